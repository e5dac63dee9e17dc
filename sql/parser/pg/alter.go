package pg

import (
	"strings"

	pgast "github.com/sqlc-dev/oliphant/ast"

	"github.com/loxodb/loxodb/sql/ast"
)

// alterStmt converts ALTER TABLE and its relatives, and renames; nil when n is
// something else.
func (c *conv) alterStmt(n *pgast.Node) ast.Stmt {
	switch v := n.Node.(type) {
	case *pgast.Node_AlterTableStmt:
		return c.alterTable(v.AlterTableStmt)
	case *pgast.Node_RenameStmt:
		return c.rename(v.RenameStmt)
	case *pgast.Node_AlterObjectSchemaStmt:
		s := v.AlterObjectSchemaStmt
		if name, args, ok := c.routineOf(s.Object); ok && isRoutine(s.ObjectType) {
			return &ast.AlterSchema{At: c.here(), Kind: objectKind(s.ObjectType), Name: name, Args: args, Schema: s.Newschema}
		}
		name, ok := c.objectOf(s.Relation, s.Object, "")
		if !ok || byMethod(s.ObjectType) {
			return c.refused("ALTER", s.ObjectType, s.Object)
		}
		return &ast.AlterSchema{At: c.here(), Kind: objectKind(s.ObjectType), Name: name, Schema: s.Newschema, IfExists: s.MissingOk}
	case *pgast.Node_AlterDomainStmt:
		s := v.AlterDomainStmt
		out := &ast.AlterDomain{At: c.here(), Name: c.qname(s.TypeName, -1), Action: ast.DomainAction(first(s.Subtype, ' ')), Con: s.Name,
			IfExists: s.MissingOk, Cascade: s.Behavior == pgast.DropBehavior_DROP_CASCADE}
		if k := s.Def.GetConstraint(); k != nil {
			con := c.constraint(k)
			out.Constraint = &con
		} else {
			out.Expr = c.expr(s.Def)
		}
		return out
	case *pgast.Node_AlterEnumStmt:
		s := v.AlterEnumStmt
		out := &ast.AlterEnum{At: c.here(), Name: c.qname(s.TypeName, -1), Old: s.OldVal, New: s.NewVal,
			IfNotExists: s.SkipIfNewValExists, Neighbor: s.NewValNeighbor, After: s.NewValIsAfter}
		c.clauses(out)
		return out
	case *pgast.Node_AlterOwnerStmt:
		s := v.AlterOwnerStmt
		if name, args, ok := c.routineOf(s.Object); ok && isRoutine(s.ObjectType) {
			return &ast.AlterOwner{At: c.here(), Kind: objectKind(s.ObjectType), Name: name, Args: args, Owner: c.role(s.Newowner)}
		}
		name, ok := c.objectOf(s.Relation, s.Object, "")
		if !ok || byMethod(s.ObjectType) {
			return c.needOwner(s.Newowner, c.refused("ALTER", s.ObjectType, s.Object))
		}
		return &ast.AlterOwner{At: c.here(), Kind: objectKind(s.ObjectType), Name: name, Owner: c.role(s.Newowner)}
	}
	return nil
}

// clauses tells which clauses ALTER TYPE … VALUE has, as the grammar has no other sign of an
// empty label than of none.
func (c *conv) clauses(out *ast.AlterEnum) {
	b := blamer{src: c.src[c.stmtPos:c.stmtEnd]}
	b.tokens = lexemes(b.src)
	for i := range b.tokens {
		out.Rename = out.Rename || b.at(i) == "value" && b.at(i-1) == "rename"
	}
	word := b.at(len(b.tokens) - 2)
	out.Beside = !out.Rename && (word == "before" || word == "after")
}

// byMethod reports the kinds whose name lists start with an access method.
func byMethod(t pgast.ObjectType) bool {
	return t == pgast.ObjectType_OBJECT_OPCLASS || t == pgast.ObjectType_OBJECT_OPFAMILY
}

// objectOf names an object given as a relation, a name list, or a bare string;
// false for those that need more than a name (functions, operators).
func (c *conv) objectOf(rel *pgast.RangeVar, obj *pgast.Node, sub string) (ast.QName, bool) {
	if rel != nil {
		return c.relname(rel), true
	}
	switch o := obj.GetNode().(type) {
	case nil:
		return ast.QName{At: c.here(), Name: sub}, sub != ""
	case *pgast.Node_String_:
		return ast.QName{At: c.here(), Name: o.String_.Sval}, true
	case *pgast.Node_TypeName:
		return c.typeName(o.TypeName).Name, true
	case *pgast.Node_List:
		for _, it := range o.List.Items {
			if _, ok := it.Node.(*pgast.Node_String_); !ok {
				return ast.QName{}, false
			}
		}
		return c.qname(o.List.Items, -1), true
	}
	return ast.QName{}, false
}

func (c *conv) rename(s *pgast.RenameStmt) ast.Stmt {
	out := &ast.Rename{At: c.here(), Kind: objectKind(s.RenameType), Old: s.Subname, New: s.Newname, IfExists: s.MissingOk, Only: s.Relation != nil && !s.Relation.Inh,
		Cascade: s.Behavior == pgast.DropBehavior_DROP_CASCADE}
	switch s.RenameType {
	case pgast.ObjectType_OBJECT_COLUMN:
		out.Of = objectKind(s.RelationType)
	case pgast.ObjectType_OBJECT_ATTRIBUTE:
		out.Kind, out.Of = ast.ObjColumn, ast.ObjType
	case pgast.ObjectType_OBJECT_TABCONSTRAINT:
		out.Of = ast.ObjTable
	case pgast.ObjectType_OBJECT_DOMCONSTRAINT:
		out.Of = ast.ObjDomain
	}
	if name, args, ok := c.routineOf(s.Object); ok && isRoutine(s.RenameType) {
		out.Name, out.Args = name, args
		return out
	}
	name, ok := c.objectOf(s.Relation, s.Object, s.Subname)
	if !ok || byMethod(s.RenameType) {
		return c.refused("ALTER", s.RenameType, s.Object)
	}
	out.Name = name
	if s.Relation == nil && s.Object == nil {
		out.Old = ""
	}
	return out
}

func (c *conv) alterTable(s *pgast.AlterTableStmt) ast.Stmt {
	kind := objectKind(s.Objtype)
	out := &ast.AlterTable{At: c.here(), Kind: kind, Name: c.relname(s.Relation), Only: !s.Relation.Inh, IfExists: s.MissingOk}
	for _, n := range s.Cmds {
		cmd := n.GetAlterTableCmd()
		if d := cmd.Def.GetPartitionCmd(); kind == ast.ObjTable && cmd.Subtype == pgast.AlterTableType_AT_AttachPartition && d.Bound == nil {
			c.noBound(int(d.Name.Location))
		}
		out.Cmds = append(out.Cmds, c.alterCmd(cmd))
	}
	if len(s.Cmds) > 1 {
		c.partitionAlone(s)
	}
	return out
}

// partitionAlone refuses ATTACH and DETACH PARTITION among other actions.
func (c *conv) partitionAlone(s *pgast.AlterTableStmt) {
	b := blamer{src: c.src[c.stmtPos:c.stmtEnd]}
	b.tokens = lexemes(b.src)
	for i, level := 0, 0; i < len(b.tokens); i++ {
		switch w := b.at(i); {
		case w == "(":
			level++
		case w == ")":
			level--
		case level == 0 && w == "," && (b.at(i+1) == "attach" || b.at(i+1) == "detach") && b.at(i+2) == "partition":
			panic(bail{missed(c.src, int(c.stmtPos)+b.tokens[i+1].start)})
		case level == 0 && w == "," && s.Cmds[0].GetAlterTableCmd().GetDef().GetPartitionCmd() != nil:
			panic(bail{missed(c.src, int(c.stmtPos)+b.tokens[i].start)})
		}
	}
}

// plainAlters are the actions that carry a name at most.
var plainAlters = map[pgast.AlterTableType]ast.AlterKind{
	pgast.AlterTableType_AT_DropColumn:         ast.DropColumn,
	pgast.AlterTableType_AT_ColumnDefault:      ast.ColumnDefault,
	pgast.AlterTableType_AT_DropNotNull:        ast.DropNotNull,
	pgast.AlterTableType_AT_SetNotNull:         ast.SetNotNull,
	pgast.AlterTableType_AT_DropExpression:     ast.DropExpression,
	pgast.AlterTableType_AT_DropIdentity:       ast.DropIdentity,
	pgast.AlterTableType_AT_DropConstraint:     ast.DropConstraint,
	pgast.AlterTableType_AT_ValidateConstraint: ast.ValidateConstraint,
	pgast.AlterTableType_AT_EnableRowSecurity:  ast.EnableRowSecurity,
	pgast.AlterTableType_AT_DisableRowSecurity: ast.DisableRowSecurity,
	pgast.AlterTableType_AT_ForceRowSecurity:   ast.ForceRowSecurity,
	pgast.AlterTableType_AT_NoForceRowSecurity: ast.NoForceRowSecurity,
	pgast.AlterTableType_AT_ClusterOn:          ast.ClusterOn,
	pgast.AlterTableType_AT_DropCluster:        ast.WithoutCluster,
	pgast.AlterTableType_AT_SetLogged:          ast.SetLogged,
	pgast.AlterTableType_AT_SetUnLogged:        ast.SetUnlogged,
	pgast.AlterTableType_AT_SetTableSpace:      ast.SetTablespace,
	pgast.AlterTableType_AT_SetAccessMethod:    ast.SetAccessMethod,
	pgast.AlterTableType_AT_EnableTrig:         ast.EnableTrigger,
	pgast.AlterTableType_AT_DisableTrig:        ast.DisableTrigger,
	pgast.AlterTableType_AT_EnableAlwaysTrig:   ast.EnableAlwaysTrigger,
	pgast.AlterTableType_AT_EnableReplicaTrig:  ast.EnableReplicaTrigger,
}

// allTriggers are ENABLE and DISABLE TRIGGER ALL and USER.
var allTriggers = map[pgast.AlterTableType]struct {
	kind ast.AlterKind
	who  string
}{
	pgast.AlterTableType_AT_EnableTrigAll:   {ast.EnableTrigger, "ALL"},
	pgast.AlterTableType_AT_EnableTrigUser:  {ast.EnableTrigger, "USER"},
	pgast.AlterTableType_AT_DisableTrigAll:  {ast.DisableTrigger, "ALL"},
	pgast.AlterTableType_AT_DisableTrigUser: {ast.DisableTrigger, "USER"},
}

func (c *conv) alterCmd(a *pgast.AlterTableCmd) ast.AlterCmd {
	out := ast.AlterCmd{At: ast.At{Pos: ast.NoPos}, Name: a.Name, IfExists: a.MissingOk,
		Cascade: a.Behavior == pgast.DropBehavior_DROP_CASCADE}
	if kind, ok := plainAlters[a.Subtype]; ok {
		out.Kind = kind
		out.Expr = c.exprOrNil(a)
		return out
	}
	if t, ok := allTriggers[a.Subtype]; ok {
		out.Kind = t.kind
		out.Options = []ast.Option{{At: ast.At{Pos: ast.NoPos}, Name: t.who}}
		return out
	}
	switch a.Subtype {
	case pgast.AlterTableType_AT_AddColumn, pgast.AlterTableType_AT_AlterColumnType,
		pgast.AlterTableType_AT_AddConstraint, pgast.AlterTableType_AT_AddIdentity,
		pgast.AlterTableType_AT_AlterConstraint:
		c.alterDef(a, &out)
	case pgast.AlterTableType_AT_SetIdentity:
		out.Kind, out.SeqOptions = ast.SetIdentity, c.seqOptions(a.Def.GetList().GetItems())
	case pgast.AlterTableType_AT_SetStatistics:
		out.Kind = ast.SetStatistics
		out.Num = int(a.Num)
		if a.Def != nil {
			out.Expr = c.litOf(a.Def, -1)
		}
	case pgast.AlterTableType_AT_SetStorage:
		out.Kind = ast.SetStorage
		out.Options = []ast.Option{{At: ast.At{Pos: ast.NoPos}, Name: c.str(a.Def)}}
	case pgast.AlterTableType_AT_SetCompression:
		out.Kind = ast.SetCompression
		out.Options = []ast.Option{{At: ast.At{Pos: ast.NoPos}, Name: c.str(a.Def)}}
	case pgast.AlterTableType_AT_SetOptions, pgast.AlterTableType_AT_SetRelOptions:
		out.Kind, out.Options = ast.SetOptions, c.options(a.Def.GetList().GetItems())
	case pgast.AlterTableType_AT_ResetOptions, pgast.AlterTableType_AT_ResetRelOptions:
		out.Kind, out.Options = ast.ResetOptions, c.options(a.Def.GetList().GetItems())
	case pgast.AlterTableType_AT_ChangeOwner:
		out.Kind, out.Name = ast.ChangeOwner, c.role(a.Newowner)
	case pgast.AlterTableType_AT_ReplicaIdentity:
		r := a.Def.GetReplicaIdentityStmt()
		out.Kind, out.Name = ast.ReplicaIdentity, r.GetName()
		out.Options = []ast.Option{{At: ast.At{Pos: ast.NoPos}, Name: r.GetIdentityType()}}
	default:
		if c.alterChildren(a, &out) {
			return out
		}
		out.Kind, out.Name = ast.AlterOther, otherAlters[a.Subtype]
		switch {
		case out.Name == "":
			out.Name = "this ALTER TABLE action"
		case strings.HasSuffix(out.Name, " RULE"):
			out.Of = &ast.QName{At: c.here(), Name: a.Name}
		}
	}
	return out
}

// exprOrNil is the expression of SET DEFAULT; other plain actions have none.
func (c *conv) exprOrNil(a *pgast.AlterTableCmd) ast.Expr {
	if a.Subtype == pgast.AlterTableType_AT_ColumnDefault {
		return c.expr(a.Def)
	}
	if a.Def != nil {
		c.fail(-1, "unexpected %s in ALTER TABLE", nodeName(a.Def))
	}
	return nil
}

// alterDef converts the actions that carry a column or a constraint.
func (c *conv) alterDef(a *pgast.AlterTableCmd, out *ast.AlterCmd) {
	switch a.Subtype {
	case pgast.AlterTableType_AT_AddColumn:
		d := c.columnDef(a.Def.GetColumnDef())
		out.Kind, out.Column, out.At = ast.AddColumn, &d, d.At
	case pgast.AlterTableType_AT_AlterColumnType:
		d := a.Def.GetColumnDef()
		t := c.typeName(d.TypeName)
		out.Kind, out.Type, out.At = ast.ColumnType, &t, at(d.Location)
		out.Expr = c.expr(d.RawDefault)
		if d.CollClause != nil {
			out.Collation = c.qnamePtr(d.CollClause.Collname, d.CollClause.Location)
		}
	case pgast.AlterTableType_AT_AddConstraint, pgast.AlterTableType_AT_AddIdentity:
		k := c.constraint(a.Def.GetConstraint())
		out.Kind, out.Constraint, out.At = ast.AddConstraint, &k, k.At
		if a.Subtype == pgast.AlterTableType_AT_AddIdentity {
			out.Kind = ast.AddIdentity
		}
	case pgast.AlterTableType_AT_AlterConstraint:
		k := a.Def.GetAtalterConstraint()
		if k.AlterEnforceability || k.AlterInheritability {
			c.fail(-1, "only deferrability of a constraint can be altered")
		}
		out.Kind = ast.AlterConstraint
		out.Name = k.Conname
		out.Constraint = &ast.Constraint{At: ast.At{Pos: ast.NoPos}, Kind: ast.ConForeign, Name: k.Conname,
			Deferrable: k.Deferrable, InitiallyDeferred: k.Initdeferred}
	}
}

// otherAlters names the actions that have no neutral form.
var otherAlters = map[pgast.AlterTableType]string{
	pgast.AlterTableType_AT_SetExpression:             "ALTER COLUMN ... SET EXPRESSION",
	pgast.AlterTableType_AT_AlterColumnGenericOptions: "ALTER COLUMN ... OPTIONS",
	pgast.AlterTableType_AT_DropOids:                  "SET WITHOUT OIDS",
	pgast.AlterTableType_AT_EnableRule:                "ENABLE RULE",
	pgast.AlterTableType_AT_EnableAlwaysRule:          "ENABLE ALWAYS RULE",
	pgast.AlterTableType_AT_EnableReplicaRule:         "ENABLE REPLICA RULE",
	pgast.AlterTableType_AT_DisableRule:               "DISABLE RULE",
	pgast.AlterTableType_AT_GenericOptions:            "OPTIONS",
}
