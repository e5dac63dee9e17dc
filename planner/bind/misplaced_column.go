package bind

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// misplacedColumn is what PostgreSQL says of a column that an expression of DDL was not found to
// have because none, or no system column, has a place there: of any in DEFAULT, whatever its name.
func misplacedColumn(err error, e ast.Expr, t *catalog.Table, place Place) error {
	pe, ok := pgerr.As(err)
	if !ok {
		return err
	}
	switch pe.Code {
	case pgerrcode.UndefinedColumn, pgerrcode.UndefinedTable, pgerrcode.SyntaxError:
	default:
		return err
	}
	var ref *ast.ColumnRef
	ast.Walk(e, func(n ast.Node) bool {
		if r, ok := n.(*ast.ColumnRef); ok && len(r.Parts) > 0 && pe.Position == int(r.Pos)+1 {
			ref = r
		}
		return ref == nil
	})
	if ref == nil {
		return err
	}
	if place == Default {
		return errAt(ref.Pos, pgerrcode.FeatureNotSupported, "cannot use column reference in DEFAULT expression")
	}
	name := ref.Parts[len(ref.Parts)-1]
	if _, system := systemColumns[name]; !system || pe.Code != pgerrcode.UndefinedColumn {
		return err
	}
	switch place {
	case Check, Generated:
		if t == nil || t.Name == "" { // a domain's value
			return err
		}
		if place == Check {
			return errAt(ref.Pos, pgerrcode.InvalidColumnReference, "system column %q reference in check constraint is invalid", name)
		}
		return errAt(ref.Pos, pgerrcode.InvalidColumnReference, "cannot use system column %q in column generation expression", name)
	case IndexKey, IndexPred:
		return pgerr.New(pgerrcode.FeatureNotSupported, "index creation on system columns is not supported")
	case PartKey:
		return pgerr.New(pgerrcode.InvalidObjectDefinition, "partition key expressions cannot contain system column references")
	}
	return err
}
