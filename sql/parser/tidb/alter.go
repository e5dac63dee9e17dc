package tidb

import (
	"slices"

	tast "github.com/pingcap/tidb/pkg/parser/ast"
	"github.com/pingcap/tidb/pkg/parser/mysql"
	"github.com/pingcap/tidb/pkg/parser/types"

	"github.com/loxodb/loxodb/sql/ast"
)

// alterStmt converts ALTER TABLE; nil when n is something else.
func (c *conv) alterStmt(n tast.StmtNode) ast.Stmt {
	if _, ok := n.(*tast.CompactTableStmt); ok { // nothing waits to be merged by hand
		return c.nothing("ALTER TABLE")
	}
	s, ok := n.(*tast.AlterTableStmt)
	if !ok {
		return nil
	}
	c.stored = true
	defer func() { c.stored = false }()
	a := &alteration{conv: c, name: c.table(s.Table)}
	// Foreign keys go first: what they need may go, too.
	isForeign := func(spec *tast.AlterTableSpec) bool { return spec.Tp == tast.AlterTableDropForeignKey }
	for _, first := range []bool{true, false} {
		for _, spec := range s.Specs {
			if isForeign(spec) == first {
				a.spec(spec)
			}
		}
	}
	if slices.ContainsFunc(s.Specs, func(spec *tast.AlterTableSpec) bool {
		return spec.Tp == tast.AlterTableAddConstraint && isKey(spec.Constraint)
	}) {
		unguarded(a.stmts) // the new key may serve in the place of one that goes
	}
	if slices.ContainsFunc(s.Specs, unsettles) {
		a.stmtCmd(ast.AlterCmd{Kind: ast.SoundTable})
	}
	a.flush()
	return c.block("ALTER TABLE", a.stmts...)
}

// unguarded lets keys be dropped that foreign keys need.
func unguarded(stmts []ast.Stmt) {
	for _, s := range stmts {
		if d, ok := s.(*ast.Drop); ok {
			d.Guarded = false
		}
	}
}

// alteration is an ALTER TABLE: commands of one statement, and other statements
// between.
type alteration struct {
	*conv
	name  ast.QName
	cmds  []ast.AlterCmd
	stmts []ast.Stmt
}

// flush ends the statement that collects commands.
func (a *alteration) flush() {
	if len(a.cmds) > 0 {
		a.stmts = append(a.stmts, &ast.AlterTable{At: a.here(), Kind: ast.ObjTable, Name: a.name, Cmds: a.cmds})
		a.cmds = nil
	}
}

func (a *alteration) cmd(k ast.AlterCmd) {
	k.At = a.here()
	a.cmds = append(a.cmds, k)
}

func (a *alteration) stmt(s ast.Stmt) {
	a.flush()
	a.stmts = append(a.stmts, s)
}

// spec converts one action.
func (a *alteration) spec(s *tast.AlterTableSpec) {
	switch s.Tp {
	case tast.AlterTableAddColumns:
		a.addColumns(s)
	case tast.AlterTableDropColumn:
		a.cmd(ast.AlterCmd{Kind: ast.DropColumn, Name: s.OldColumnName.Name.L, IfExists: s.IfExists, Guarded: true})
	case tast.AlterTableModifyColumn:
		a.modify(s, s.NewColumns[0].Name.Name.L)
	case tast.AlterTableChangeColumn:
		a.modify(s, s.OldColumnName.Name.L)
	case tast.AlterTableRenameColumn:
		a.renameColumn(s.OldColumnName.Name.L, s.NewColumnName.Name.L)
	case tast.AlterTableAlterColumn:
		a.setDefault(s.NewColumns[0])
	case tast.AlterTableAddConstraint:
		a.addConstraint(s.Constraint)
	case tast.AlterTableDropPrimaryKey:
		a.cmd(ast.AlterCmd{Kind: ast.DropConstraint, Primary: true})
	case tast.AlterTableDropForeignKey:
		a.cmd(ast.AlterCmd{Kind: ast.DropConstraint, Name: fold(s.Name), IfExists: s.IfExists})
	case tast.AlterTableDropCheck:
		a.cmd(ast.AlterCmd{Kind: ast.DropConstraint, Name: fold(s.Constraint.Name), IfExists: s.IfExists})
	case tast.AlterTableAlterCheck:
		kind := ast.EnforceCheck
		if !s.Constraint.Enforced {
			kind = ast.UnenforceCheck
		}
		a.cmd(ast.AlterCmd{At: a.here(), Kind: kind, Name: fold(s.Constraint.Name)})
	case tast.AlterTableDropIndex:
		a.stmt(a.dropIndex(a.name, s.Name, s.IfExists))
	case tast.AlterTableRenameIndex:
		a.stmt(&ast.Rename{At: a.here(), Kind: ast.ObjIndex, Name: a.name, Of: ast.ObjTable, Old: s.FromKey.O, New: s.ToKey.O, Key: true})
	case tast.AlterTableRenameTable:
		a.stmt(a.renameTable(a.name, a.table(s.NewTable)))
		a.name = a.table(s.NewTable)
	case tast.AlterTableIndexInvisible:
		kind := ast.KeyVisible
		if s.Visibility == tast.IndexVisibilityInvisible {
			kind = ast.KeyInvisible
		}
		a.cmd(ast.AlterCmd{At: a.here(), Kind: kind, Name: s.IndexName.O})
	case tast.AlterTableOption:
		a.options(s.Options)
	case tast.AlterTableAddPartitions, tast.AlterTableDropPartition, tast.AlterTableTruncatePartition, tast.AlterTableReorganizePartition,
		tast.AlterTableCoalescePartitions, tast.AlterTableExchangePartition, tast.AlterTableRemovePartitioning,
		tast.AlterTablePartition, tast.AlterTableRebuildPartition, tast.AlterTableCheckPartitions, tast.AlterTableOptimizePartition,
		tast.AlterTableRepairPartition:
		a.partitions(s)
	case tast.AlterTableLock, tast.AlterTableAlgorithm, tast.AlterTableForce, tast.AlterTableEnableKeys, tast.AlterTableDisableKeys,
		tast.AlterTableWithValidation, tast.AlterTableSetTiFlashReplica, tast.AlterTableCache, tast.AlterTableNoCache,
		tast.AlterTableAttributes, tast.AlterTableStatsOptions, tast.AlterTableOrderByColumns,
		tast.AlterTableSecondaryLoad, tast.AlterTableSecondaryUnload:
		// How the work is done, where another server keeps copies, or in which order rows are kept until
		// others come.
	default:
		words := alterations[s.Tp]
		if words == "" {
			a.fail(nil, "this form of ALTER TABLE is not supported")
		}
		a.failAt(fold(words), "ALTER TABLE ... %s is not supported", words)
	}
}

// alterations are the words of the forms that are not supported.
var alterations = map[tast.AlterTableType]string{
	tast.AlterTableWriteable: "READ", tast.AlterTablePartitionAttributes: "ATTRIBUTES", tast.AlterTablePartitionOptions: "PLACEMENT POLICY",
	tast.AlterTableWithoutValidation: "WITHOUT VALIDATION", tast.AlterTableImportPartitionTablespace: "IMPORT PARTITION",
	tast.AlterTableDiscardPartitionTablespace: "DISCARD PARTITION", tast.AlterTableImportTablespace: "IMPORT TABLESPACE",
	tast.AlterTableDiscardTablespace: "DISCARD TABLESPACE", tast.AlterTableAddStatistics: "ADD STATS_EXTENDED",
	tast.AlterTableDropStatistics: "DROP STATS_EXTENDED", tast.AlterTableDropFirstPartition: "FIRST PARTITION",
	tast.AlterTableAddLastPartition: "LAST PARTITION", tast.AlterTableReorganizeLastPartition: "SPLIT MAXVALUE PARTITION",
	tast.AlterTableReorganizeFirstPartition: "MERGE FIRST PARTITION", tast.AlterTableRemoveTTL: "REMOVE TTL", tast.AlterTableSplitIndex: "SPLIT",
	tast.AlterTableAddMaskingPolicy: "ADD MASKING POLICY", tast.AlterTableEnableMaskingPolicy: "ENABLE MASKING POLICY",
	tast.AlterTableDisableMaskingPolicy: "DISABLE MASKING POLICY", tast.AlterTableDropMaskingPolicy: "DROP MASKING POLICY",
	tast.AlterTableModifyMaskingPolicyExpression: "MODIFY MASKING POLICY", tast.AlterTableModifyMaskingPolicyRestrictOn: "MODIFY MASKING POLICY",
}

// place is where a column is put among the others; nil = where it is, or at the end.
func place(p *tast.ColumnPosition) *ast.ColumnPlace {
	switch {
	case p == nil || p.Tp == tast.ColumnPositionNone:
		return nil
	case p.Tp == tast.ColumnPositionFirst:
		return &ast.ColumnPlace{First: true}
	}
	return &ast.ColumnPlace{After: p.RelativeColumn.Name.L}
}

func (a *alteration) addColumns(s *tast.AlterTableSpec) {
	for _, d := range s.NewColumns {
		p := &tableParts{name: a.name, adding: true}
		def := a.columnDef(d, p)
		filled := !s.IfNotExists && fill(&def, d)
		a.cmd(ast.AlterCmd{Kind: ast.AddColumn, Column: &def, IfExists: s.IfNotExists, Place: place(s.Position)})
		if filled {
			a.stmtCmd(ast.AlterCmd{Kind: ast.ColumnDefault, Name: def.Name})
		}
		for _, after := range append(p.after, p.support...) {
			a.stmt(after)
		}
	}
	for _, k := range s.NewConstraints {
		a.addConstraint(k)
	}
}

// fill gives a new column that is NOT NULL and has no default the value that MySQL puts into
// the rows that are there; the column must lose that default again.
func fill(def *ast.ColumnDef, d *tast.ColumnDef) bool {
	required := false
	for _, k := range def.Constraints {
		switch k.Kind {
		case ast.ConNotNull:
			required = true
		case ast.ConDefault, ast.ConIdentity, ast.ConGenerated, ast.ConPrimary:
			return false
		}
	}
	v := implicit(d.Tp)
	if !required || v == nil {
		return false
	}
	def.Constraints = append(def.Constraints, ast.Constraint{At: placeless, Kind: ast.ConDefault, Expr: v})
	return true
}

// implicit is the value of a type where a column must have one and none is given; nil where
// that is a zero date, or there is none.
func implicit(t *types.FieldType) ast.Expr {
	switch t.GetType() {
	case mysql.TypeTiny, mysql.TypeShort, mysql.TypeInt24, mysql.TypeLong, mysql.TypeLonglong, mysql.TypeFloat, mysql.TypeDouble,
		mysql.TypeNewDecimal, mysql.TypeBit, mysql.TypeYear:
		return integer(placeless, 0)
	case mysql.TypeString, mysql.TypeVarchar, mysql.TypeVarString, mysql.TypeBlob, mysql.TypeTinyBlob, mysql.TypeMediumBlob,
		mysql.TypeLongBlob, mysql.TypeSet:
		return text(placeless, "")
	case mysql.TypeEnum:
		if len(t.GetElems()) > 0 {
			return text(placeless, t.GetElems()[0])
		}
	case mysql.TypeDuration:
		return text(placeless, "00:00:00")
	case mysql.TypeJSON:
		return text(placeless, "null")
	}
	return nil
}

func (a *alteration) addConstraint(k *tast.Constraint) {
	p := &tableParts{name: a.name, table: &ast.CreateTable{}}
	a.tableConstraint(k, p)
	for _, name := range p.required {
		a.cmd(ast.AlterCmd{Kind: ast.SetNotNull, Name: name})
	}
	for i := range p.table.Constraints {
		a.cmd(ast.AlterCmd{Kind: ast.AddConstraint, Constraint: &p.table.Constraints[i]})
	}
	for _, s := range append(p.after, p.support...) {
		if x, ok := s.(*ast.CreateIndex); ok && k.IfNotExists {
			x.IfNotExists = true
		}
		a.stmt(s)
	}
}

// modify gives a column a new definition as a whole: what is not written is gone.
func (a *alteration) modify(s *tast.AlterTableSpec, old string) {
	d := s.NewColumns[0]
	name := d.Name.Name.L
	if name != old {
		a.renameColumn(old, name)
	}
	p := &tableParts{name: a.name, table: &ast.CreateTable{}}
	def := a.columnDef(d, p)
	var keys []ast.AlterCmd
	for i := range def.Constraints {
		switch k := &def.Constraints[i]; k.Kind {
		case ast.ConPrimary:
			keys = append(keys, ast.AlterCmd{Kind: ast.AddConstraint, Constraint: &ast.Constraint{At: k.At, Kind: ast.ConPrimary, Columns: []string{name}, ShortKeys: true}})
		case ast.ConForeign:
			a.fail(nil, "MODIFY and CHANGE of column \"%s\" cannot add a foreign key", name)
		}
	}
	value := ast.Expr(&ast.ColumnRef{At: placeless, Parts: []string{name}})
	switch def.Type.Name.Name {
	case "varchar": // one that is too long is an error
		value = call(placeless, "to_text", value)
	case "interval":
		value = cast(call(placeless, "strict_time", value), def.Type)
	default:
		value = cast(value, def.Type)
	}
	a.stmtCmd(ast.AlterCmd{Kind: ast.RedefineColumn, Name: name, Column: &def, Expr: value, Place: place(s.Position)})
	for _, k := range keys {
		a.cmd(k)
	}
	comments := 0
	for _, after := range p.after {
		if _, ok := after.(*ast.Comment); ok {
			comments++
		}
		a.stmt(after)
	}
	if comments == 0 { // the definition has none
		a.stmt(&ast.Comment{At: a.here(), Kind: ast.ObjColumn, Name: a.name, Column: name})
	}
}

// stmtCmd is a statement of one action: those of one statement are put into
// PostgreSQL's order.
func (a *alteration) stmtCmd(k ast.AlterCmd) {
	a.flush()
	a.cmd(k)
	a.flush()
}

func (a *alteration) renameColumn(old, name string) {
	a.stmt(&ast.Rename{At: a.here(), Kind: ast.ObjColumn, Of: ast.ObjTable, Name: a.name, Old: old, New: name})
}

func (a *alteration) setDefault(d *tast.ColumnDef) {
	k := ast.AlterCmd{Kind: ast.ColumnDefault, Name: d.Name.Name.L}
	if len(d.Options) > 0 {
		k.Expr = a.expr(d.Options[0].Expr)
		k.TimeExpr = a.defaultFor(d.Options[0].Expr, "interval")
	}
	a.cmd(k)
}

func (a *alteration) options(list []*tast.TableOption) {
	if name, convert := a.tableCollation(list); name != nil {
		a.stmtCmd(ast.AlterCmd{Kind: ast.TableCollation, Collation: name, Convert: convert})
	}
	p := &tableParts{name: a.name}
	if start := a.tableOptions(list, p); start > 0 {
		a.stmtCmd(ast.AlterCmd{Kind: ast.RestartIdentity, SeqOptions: []ast.SeqOption{{At: placeless, Name: "restart", Value: integer(placeless, start)}}})
	}
	for _, s := range p.after {
		a.stmt(s)
	}
}
