package bind

import (
	"slices"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// With DISTINCT, MySQL orders by any expression over the items of the select list, and refuses
// those that name a column which is none of them (its error 3065). PostgreSQL takes the items
// alone.

// follows reports an expression of ORDER BY, as MySQL's dialect writes it, that the items of
// the select list tell.
func (q *selection) follows(o *ast.SortBy, ref *targetRef) bool {
	if !o.Places {
		return false
	}
	item := func(e expr.Expr) bool {
		return slices.ContainsFunc(q.targets, func(t target) bool { return same(t.e, e) })
	}
	told := true
	logical.Walk(q.junk[ref.n].e, func(e expr.Expr) bool {
		switch e.(type) {
		case *expr.Column, *logical.Subquery:
		default:
			return told && !item(e)
		}
		if item(e) {
			return false
		}
		logical.Free(e, func(id logical.ColID) { told = told && item(&expr.Column{Index: id, T: q.typeOf(id)}) })
		return false
	})
	return told
}

// typeOf is the type of a column that is an item of the select list.
func (q *selection) typeOf(id logical.ColID) (t types.T) {
	for i := range q.targets {
		if c, ok := q.targets[i].e.(*expr.Column); ok && c.Index == id {
			return c.T
		}
	}
	return t
}

// distinctItems keeps a row for each set of equal items, whatever the rows are ordered by
// beside them.
func (b *binder) distinctItems(q *selection) {
	on := make([]expr.Expr, len(q.targets))
	keys := make([]logical.SortKey, len(q.targets))
	for i := range q.targets {
		on[i] = b.meta.Column(q.refID(&targetRef{n: i}))
		keys[i] = logical.SortKey{Expr: on[i]}
	}
	q.tree = &logical.Distinct{Input: &logical.Sort{Input: q.tree, Keys: keys}, On: on}
}
