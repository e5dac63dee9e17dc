package bind

import "github.com/loxodb/loxodb/sql/ast"

// showGroups writes GROUP BY as its analysis leaves it: a single grouping set is a list of
// expressions, and an empty one beside others says nothing.
func (t *Trace) showGroups(q *ast.Select) {
	if t.oneSet[q] {
		q.GroupBy = expressionsOf(nil, q.GroupBy)
		return
	}
	kept := make([]ast.GroupItem, 0, len(q.GroupBy))
	for _, g := range q.GroupBy {
		if g.Kind != ast.GroupEmpty {
			kept = append(kept, g)
		}
	}
	if len(kept) > 0 {
		q.GroupBy = kept
	}
}

// expressionsOf adds the expressions of grouping items, in order.
func expressionsOf(out, list []ast.GroupItem) []ast.GroupItem {
	for _, g := range list {
		if r, ok := g.Expr.(*ast.Row); ok && g.Kind == ast.GroupExpr && !r.Explicit {
			for _, e := range r.Args {
				out = append(out, ast.GroupItem{At: g.At, Kind: ast.GroupExpr, Expr: e})
			}
		} else if g.Kind == ast.GroupExpr {
			out = append(out, g)
		}
		out = expressionsOf(out, g.Items)
	}
	return out
}
