package tidb

import (
	"github.com/loxodb/loxodb/sql/ast"
)

// rollupOrder is the order in which MySQL gives the rows of WITH ROLLUP: sorted, each sum
// behind the rows that it is of. Nil where an item is not to be sorted by.
func (c *conv) rollupOrder(q *ast.Select) []ast.SortBy {
	var out []ast.SortBy
	for _, it := range q.GroupBy[0].Items {
		e := it.Expr
		switch v := e.(type) {
		case *ast.Lit:
			if v.Kind != ast.LitInt || v.Int < 1 || v.Int > int64(len(q.Targets)) {
				return nil
			}
			e = q.Targets[v.Int-1].Expr
		case *ast.ColumnRef:
			if len(v.Parts) == 1 && !v.Star {
				if t := c.scope.target(fold(v.Parts[0])); t != nil {
					e = t.Expr
				}
			}
		}
		switch v := e.(type) {
		case *ast.Lit:
			return nil
		case *ast.ColumnRef:
			if v.Star {
				return nil
			}
		}
		at := ast.At{Pos: e.Position()}
		out = append(out, ast.SortBy{At: at, Expr: &ast.Grouping{At: at, Args: []ast.Expr{e}}},
			ast.SortBy{At: at, Expr: e, Nulls: ast.NullsFirst, Places: c.mixes()})
	}
	return out
}

// ofRows is a condition of HAVING that leaves out the sum of no rows, which is no row in MySQL.
func ofRows(cond ast.Expr, at ast.At) ast.Expr {
	some := &ast.Op{At: at, Name: ">", Left: &ast.Func{At: at, Name: ast.QName{At: at, Schema: system, Name: "count"}, Star: true},
		Right: &ast.Lit{At: at, Kind: ast.LitInt}}
	if cond == nil {
		return some
	}
	return &ast.BoolOp{At: at, Kind: ast.And, Args: []ast.Expr{cond, some}}
}
