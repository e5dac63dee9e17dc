package ast

import "strconv"

func (p *printer) alterTable(v *AlterTable) {
	p.s("ALTER ", string(v.Kind), " ", ifExists(v.IfExists), []string{"", "ONLY "}[b2i(v.Only)])
	p.qname(v.Name)
	for i := range v.Cmds {
		p.s([]string{", ", " "}[b2i(i == 0)])
		p.alterCmd(&v.Cmds[i])
	}
}

// alterColumn writes ALTER COLUMN name.
func (p *printer) alterColumn(c *AlterCmd, rest string) {
	p.s("ALTER COLUMN ")
	p.ident(c.Name)
	p.s(" ", rest)
}

// named writes an action, IF EXISTS, the name and CASCADE.
func (p *printer) named(c *AlterCmd, words string) {
	p.s(words, " ", ifExists(c.IfExists))
	p.ident(c.Name)
	if c.Cascade {
		p.s(" CASCADE")
	}
}

func (p *printer) alterCmd(c *AlterCmd) {
	switch c.Kind {
	case AddColumn:
		p.s("ADD COLUMN ", ifNot(c.IfExists))
		p.columnDef(*c.Column)
		p.place(c.Place)
	case DropColumn:
		p.named(c, "DROP COLUMN")
	case ColumnDefault:
		if c.Expr == nil {
			p.alterColumn(c, "DROP DEFAULT")
			return
		}
		p.alterColumn(c, "SET DEFAULT ")
		p.expr(c.Expr)
	case SetNotNull:
		p.alterColumn(c, "SET NOT NULL")
	case DropNotNull:
		p.alterColumn(c, "DROP NOT NULL")
	case ColumnType:
		p.alterColumn(c, "TYPE ")
		p.typeName(*c.Type)
		if c.Collation != nil {
			p.s(" COLLATE ")
			p.qname(*c.Collation)
		}
		if c.Expr != nil {
			p.s(" USING ")
			p.expr(c.Expr)
		}
	case AddConstraint:
		p.s("ADD ")
		p.constraint(*c.Constraint)
	case DropConstraint:
		p.named(c, "DROP CONSTRAINT")
	case ValidateConstraint:
		p.named(c, "VALIDATE CONSTRAINT")
	case RedefineColumn:
		p.s("MODIFY COLUMN ")
		p.columnDef(*c.Column)
		p.place(c.Place)
	case MoveColumn:
		p.alterColumn(c, "PLACE")
		p.place(c.Place)
	case TableCollation:
		if c.Convert {
			p.s("CONVERT TO ")
		}
		p.s("COLLATE ")
		p.qname(*c.Collation)
	case ColumnOnUpdate:
		p.alterColumn(c, "ON UPDATE ")
		p.expr(c.Expr)
	case RestartIdentity:
		p.s("RESTART AUTO_INCREMENT")
		for _, o := range c.SeqOptions {
			p.s(" ")
			p.seqOption(o)
		}
	case EnforceCheck, UnenforceCheck:
		p.s("ALTER CHECK ")
		p.ident(c.Name)
		p.s([]string{" ENFORCED", " NOT ENFORCED"}[b2i(c.Kind == UnenforceCheck)])
	case KeyVisible, KeyInvisible:
		p.s("ALTER INDEX ")
		p.ident(c.Name)
		p.s([]string{" VISIBLE", " INVISIBLE"}[b2i(c.Kind == KeyInvisible)])
	case AddPartitions, DropPartitions, TruncatePartitions, ReorganizePartitions, CoalescePartitions, ExchangePartition, RemovePartitioning, DivideTable:
		p.namedPartitions(c)
	case AlterConstraint:
		p.s("ALTER CONSTRAINT ")
		p.ident(c.Name)
		p.s(" ", notWord(!c.Constraint.Deferrable), "DEFERRABLE",
			[]string{"", " INITIALLY DEFERRED"}[b2i(c.Constraint.InitiallyDeferred)])
	default:
		if !p.alterColumnMore(c) {
			p.alterRelation(c)
		}
	}
}

// place writes where a column goes. PostgreSQL's grammar has no words for that, nor for
// the actions of MySQL's dialect: they are printed to be read.
func (p *printer) place(to *ColumnPlace) {
	switch {
	case to == nil:
	case to.First:
		p.s(" FIRST")
	default:
		p.s(" AFTER ")
		p.ident(to.After)
	}
}

// alterColumnMore writes the rarer actions on a column; false for others.
func (p *printer) alterColumnMore(c *AlterCmd) bool {
	switch c.Kind {
	case AddIdentity:
		p.alterColumn(c, "ADD ")
		p.constraint(*c.Constraint)
	case SetIdentity:
		p.alterColumn(c, "")
		for i, o := range c.SeqOptions {
			p.s([]string{" ", ""}[b2i(i == 0)])
			if o.Name != "restart" {
				p.s("SET ")
			}
			p.seqOption(o)
		}
	case DropIdentity:
		p.alterColumn(c, "DROP IDENTITY")
		if c.IfExists {
			p.s(" IF EXISTS")
		}
	case DropExpression:
		p.alterColumn(c, "DROP EXPRESSION")
		if c.IfExists {
			p.s(" IF EXISTS")
		}
	case SetStatistics:
		if c.Name == "" {
			p.s("ALTER COLUMN ", strconv.Itoa(c.Num), " SET STATISTICS ")
		} else {
			p.alterColumn(c, "SET STATISTICS ")
		}
		if c.Expr == nil {
			p.s("DEFAULT")
		} else {
			p.bare(c.Expr)
		}
	case SetStorage, SetCompression:
		p.alterColumn(c, []string{"SET STORAGE ", "SET COMPRESSION "}[b2i(c.Kind == SetCompression)])
		p.ident(c.Options[0].Name)
	case SetOptions, ResetOptions:
		word := []string{"RESET ", "SET "}[b2i(c.Kind == SetOptions)]
		if c.Name != "" {
			p.alterColumn(c, word)
		} else {
			p.s(word)
		}
		p.options(c.Options, " = ")
	default:
		return false
	}
	return true
}

var relationActions = map[AlterKind]string{EnableTrigger: "ENABLE TRIGGER ", DisableTrigger: "DISABLE TRIGGER ",
	EnableRowSecurity: "ENABLE ROW LEVEL SECURITY", DisableRowSecurity: "DISABLE ROW LEVEL SECURITY",
	ForceRowSecurity: "FORCE ROW LEVEL SECURITY", NoForceRowSecurity: "NO FORCE ROW LEVEL SECURITY",
	EnableAlwaysTrigger: "ENABLE ALWAYS TRIGGER ", EnableReplicaTrigger: "ENABLE REPLICA TRIGGER ",
	SetTablespace: "SET TABLESPACE ", SetAccessMethod: "SET ACCESS METHOD ",
	ClusterOn: "CLUSTER ON ", WithoutCluster: "SET WITHOUT CLUSTER", SetLogged: "SET LOGGED", SetUnlogged: "SET UNLOGGED"}

func (p *printer) alterRelation(c *AlterCmd) {
	switch c.Kind {
	case ChangeOwner:
		p.s("OWNER TO ")
		p.role(c.Name)
	case ReplicaIdentity:
		p.s("REPLICA IDENTITY ")
		switch c.Options[0].Name {
		case "n":
			p.s("NOTHING")
		case "f":
			p.s("FULL")
		case "d":
			p.s("DEFAULT")
		default:
			p.s("USING INDEX ")
			p.ident(c.Name)
		}
	case SetTyped:
		p.s("OF ")
		p.callable(c.Type.Name)
	case DropTyped:
		p.s("NOT OF")
	case AddInherit, DropInherit:
		p.s([]string{"", "NO "}[b2i(c.Kind == DropInherit)], "INHERIT ")
		p.qname(*c.Of)
	case AttachPartition:
		p.s("ATTACH PARTITION ")
		p.qname(*c.Of)
		if c.Bound != nil {
			p.s(" ")
			p.partitionBound(c.Bound)
		}
	case DetachPartition:
		p.s("DETACH PARTITION ")
		p.qname(*c.Of)
		p.s([]string{"", " CONCURRENTLY"}[b2i(c.Concurrently)], []string{"", " FINALIZE"}[b2i(c.Finalize)])
	case AlterOther:
		p.s(c.Name)
	default:
		p.s(relationActions[c.Kind])
		if len(c.Options) > 0 { // TRIGGER ALL, USER
			p.s(c.Options[0].Name)
		} else if c.Name != "" {
			p.ident(c.Name)
		}
	}
}

// namedPartitions writes what MySQL's dialect does with partitions.
func (p *printer) namedPartitions(c *AlterCmd) {
	switch c.Kind {
	case RemovePartitioning:
		p.s("REMOVE PARTITIONING")
		return
	case ExchangePartition:
		p.s("EXCHANGE PARTITION ")
		p.ident(c.Name)
		p.s(" WITH TABLE ")
		p.qname(*c.Of)
		return
	case DivideTable:
		p.partitionBy(c.PartitionBy)
	}
	p.s(map[AlterKind]string{AddPartitions: "ADD", DropPartitions: "DROP", TruncatePartitions: "TRUNCATE", ReorganizePartitions: "REORGANIZE",
		CoalescePartitions: "COALESCE"}[c.Kind], " PARTITION")
	if c.Num > 0 {
		p.s(" ", strconv.Itoa(c.Num))
	}
	if c.Parts != nil {
		p.s(" ")
		p.idents(c.Parts)
		p.s(" INTO")
	}
	for i, x := range c.Partitions {
		p.s([]string{" ", ", "}[b2i(i > 0)])
		p.ident(x.Name)
		if x.Bound != nil {
			p.s(" ")
			p.partitionBound(x.Bound)
		}
	}
}
