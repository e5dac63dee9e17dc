package bind

import (
	"slices"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/sql/expr"
)

// byDistance sorts by a distance itself where its item is NULL for NaN: as the one key, in
// ascending order, it gives the same order, and an index can serve it. An item of the select
// list becomes NULL above the order and LIMIT. Groups and DISTINCT sort by what is in their rows.
func (q *selection) byDistance(ref *targetRef) {
	if q.x.Distinct || q.x.DistinctOn != nil || len(q.x.GroupBy) > 0 || q.x.Having != nil || len(q.level.aggs) > 0 {
		return
	}
	it := q.item(ref)
	d := logical.PlainDistance(it.e)
	if d == nil {
		return
	}
	if !ref.junk {
		q.nullable = append(q.nullable, nullableItem{ref.n, it.e.(*expr.Call)})
	}
	it.e = d
}

// nullableItem is an item of the select list that is computed as a distance, and the call of
// builtin.NullIfNaN that it is.
type nullableItem struct {
	at   int
	call *expr.Call
}

// withNulls puts the calls over the finished query.
func (b *binder) withNulls(q *selection, tree logical.Node, out []outCol) logical.Node {
	if len(q.nullable) == 0 {
		return tree
	}
	exprs := make([]expr.Expr, len(out))
	for i := range out {
		exprs[i] = b.meta.Column(out[i].id)
		if k := slices.IndexFunc(q.nullable, func(n nullableItem) bool { return n.at == i }); k >= 0 {
			call := *q.nullable[k].call
			call.Args = []expr.Expr{exprs[i]}
			exprs[i] = &call
		}
	}
	tree, ids := b.project(tree, exprs)
	for i := range out {
		out[i].id = ids[i]
	}
	return tree
}
