package tidb

import (
	tast "github.com/pingcap/tidb/pkg/parser/ast"

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
	for _, spec := range s.Specs {
		a.spec(spec)
	}
	a.flush()
	return c.block("ALTER TABLE", a.stmts...)
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
		a.cmd(ast.AlterCmd{Kind: ast.DropColumn, Name: s.OldColumnName.Name.L, IfExists: s.IfExists})
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
	case tast.AlterTableDropIndex:
		a.stmt(a.dropIndex(a.name, s.Name, s.IfExists))
	case tast.AlterTableRenameIndex:
		a.stmt(&ast.Rename{At: a.here(), Kind: ast.ObjIndex, Name: ast.QName{At: placeless, Schema: a.name.Schema, Name: indexName(a.name.Name, s.FromKey.L)},
			Of: ast.ObjIndex, Old: indexName(a.name.Name, s.FromKey.L), New: indexName(a.name.Name, s.ToKey.L)})
	case tast.AlterTableRenameTable:
		a.stmt(a.renameTable(a.name, a.table(s.NewTable)))
		a.name = a.table(s.NewTable)
	case tast.AlterTableOption:
		a.options(s.Options)
	case tast.AlterTableLock, tast.AlterTableAlgorithm, tast.AlterTableForce, tast.AlterTableEnableKeys, tast.AlterTableDisableKeys,
		tast.AlterTableWithValidation, tast.AlterTableSetTiFlashReplica, tast.AlterTableCache, tast.AlterTableNoCache,
		tast.AlterTableAttributes, tast.AlterTableStatsOptions:
		// How the work is done, or where another server keeps copies.
	default:
		a.fail(nil, "this form of ALTER TABLE is not supported")
	}
}

// inPlace refuses a position among the columns: values that come without names
// would end up in other columns than meant.
func (a *alteration) inPlace(p *tast.ColumnPosition) {
	if p != nil && p.Tp != tast.ColumnPositionNone {
		a.fail(nil, "FIRST and AFTER are not supported: a column is added at the end")
	}
}

func (a *alteration) addColumns(s *tast.AlterTableSpec) {
	a.inPlace(s.Position)
	for _, d := range s.NewColumns {
		p := &tableParts{name: a.name, keys: map[string]bool{}}
		def := a.columnDef(d, p)
		a.cmd(ast.AlterCmd{Kind: ast.AddColumn, Column: &def, IfExists: s.IfNotExists})
		for _, after := range p.after {
			a.stmt(after)
		}
	}
	for _, k := range s.NewConstraints {
		a.addConstraint(k)
	}
}

func (a *alteration) addConstraint(k *tast.Constraint) {
	p := &tableParts{name: a.name, table: &ast.CreateTable{}, keys: map[string]bool{}}
	a.tableConstraint(k, p)
	for i := range p.table.Constraints {
		a.cmd(ast.AlterCmd{Kind: ast.AddConstraint, Constraint: &p.table.Constraints[i]})
	}
	for _, s := range p.after {
		if x, ok := s.(*ast.CreateIndex); ok && k.IfNotExists {
			x.IfNotExists = true
		}
		a.stmt(s)
	}
}

// modify gives a column a new definition as a whole: what is not written is gone.
func (a *alteration) modify(s *tast.AlterTableSpec, old string) {
	a.inPlace(s.Position)
	d := s.NewColumns[0]
	name := d.Name.Name.L
	if name != old {
		a.renameColumn(old, name)
	}
	p := &tableParts{name: a.name, keys: map[string]bool{}}
	def := a.columnDef(d, p)
	a.cmd(ast.AlterCmd{Kind: ast.DropConstraint, Name: checkName(a.name.Name, old), IfExists: true})
	notNull, hasDefault := false, false
	var later []ast.AlterCmd
	for i := range def.Constraints {
		k := &def.Constraints[i]
		switch k.Kind {
		case ast.ConNotNull:
			notNull = true
		case ast.ConNull:
		case ast.ConDefault:
			hasDefault = true
			later = append(later, ast.AlterCmd{Kind: ast.ColumnDefault, Name: name, Expr: k.Expr})
		case ast.ConCheck:
			later = append(later, ast.AlterCmd{Kind: ast.AddConstraint, Constraint: k})
		default:
			a.fail(nil, "MODIFY and CHANGE of column \"%s\" cannot give it this property", name)
		}
	}
	if !hasDefault {
		a.cmd(ast.AlterCmd{Kind: ast.ColumnDefault, Name: name})
	}
	a.cmd(ast.AlterCmd{Kind: ast.ColumnType, Name: name, Type: &def.Type, Bits: def.Bits, Declared: def.Declared,
		Expr: cast(&ast.ColumnRef{At: placeless, Parts: []string{name}}, def.Type)})
	kind := ast.DropNotNull
	if notNull {
		kind = ast.SetNotNull
	}
	a.cmd(ast.AlterCmd{Kind: kind, Name: name})
	for _, k := range later {
		a.cmd(k)
	}
	for _, after := range p.after {
		a.stmt(after)
	}
}

func (a *alteration) renameColumn(old, name string) {
	a.stmt(&ast.Rename{At: a.here(), Kind: ast.ObjColumn, Of: ast.ObjTable, Name: a.name, Old: old, New: name})
}

func (a *alteration) setDefault(d *tast.ColumnDef) {
	k := ast.AlterCmd{Kind: ast.ColumnDefault, Name: d.Name.Name.L}
	if len(d.Options) > 0 {
		k.Expr = a.expr(d.Options[0].Expr)
	}
	a.cmd(k)
}

func (a *alteration) options(list []*tast.TableOption) {
	p := &tableParts{name: a.name}
	if a.tableOptions(list, p) > 0 {
		a.fail(nil, "ALTER TABLE ... AUTO_INCREMENT is not supported")
	}
	for _, s := range p.after {
		a.stmt(s)
	}
}
