package bind

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
)

// isDefault reports DEFAULT as the value that a column is given.
func isDefault(e ast.Expr) bool {
	d, ok := e.(*ast.Default)
	return ok && d.Of == nil
}

// columnDefaultOf binds DEFAULT(column), the value that a column has by default. In the values of
// INSERT, which see no columns, it is one of the table that is written.
func (b *binder) columnDefaultOf(s *scope, x *ast.Default) (expr.Expr, error) {
	col, err := b.tableColumn(s, x.Of)
	if err != nil {
		return nil, err
	}
	switch {
	case col == nil || col.Generated != 0 || col.Identity != 0 || col.AutoIncrement || col.SequenceID != 0:
		return nil, errAt(x.Pos, pgerrcode.FeatureNotSupported, "DEFAULT of this column is not supported")
	case col.NotNull && col.Default == "" && domainDefault(col, b.o) == "":
		return nil, errAt(x.Pos, pgerrcode.NotNullViolation, "column \"%s\" has no default value", col.Name)
	}
	return columnDefault(col, b.o)
}

// tableColumn is the column of a table that a name means, nil for one of a query or view.
func (b *binder) tableColumn(s *scope, ref *ast.ColumnRef) (*catalog.Column, error) {
	e, err := b.columnRef(s, ref)
	for p := s; err != nil && p != nil; p = p.parent {
		if len(p.unseen) == 0 {
			continue
		}
		if found, ferr := b.columnRef(&scope{items: p.unseen}, ref); ferr == nil {
			e, err = found, nil
		}
	}
	if err != nil {
		return nil, err
	}
	c, ok := e.(*expr.Column)
	if !ok || c.Index <= 0 || c.Index >= len(b.meta.Cols) {
		return nil, nil
	}
	info := &b.meta.Cols[logical.ColID(c.Index)]
	if info.Table == nil {
		return nil, nil
	}
	return info.Table.Column(info.Attr), nil
}
