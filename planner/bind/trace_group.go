package bind

import (
	"slices"

	"github.com/loxodb/loxodb/sql/ast"
)

// showGroups writes GROUP BY as its analysis leaves it: a single grouping set is a list of
// expressions, and an empty one beside others says nothing.
func (t *Trace) showGroups(q *ast.Select) {
	onceInSets(q.GroupBy)
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

// onceInSets leaves out of grouping sets what is in them already.
func onceInSets(list []ast.GroupItem) {
	for i := range list {
		g := &list[i]
		onceInSets(g.Items)
		seen := map[string]bool{}
		again := func(e ast.Expr) bool {
			text := ast.Print(e)
			was := seen[text]
			seen[text] = true
			return was
		}
		if r, ok := g.Expr.(*ast.Row); ok && g.Kind == ast.GroupExpr && !r.Explicit {
			once := *r
			once.Args = slices.DeleteFunc(slices.Clone(r.Args), again)
			g.Expr = &once
		}
		if g.Kind == ast.GroupRow {
			g.Items = slices.DeleteFunc(slices.Clone(g.Items), func(m ast.GroupItem) bool { return m.Kind == ast.GroupExpr && again(m.Expr) })
		}
	}
}
