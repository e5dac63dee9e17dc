package bind

import (
	"slices"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/opclass"
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

// isDistance reports a distance between vectors. MySQL's dialect sorts by one as PostgreSQL's
// does, rows without a vector last, so that an index can serve it; its frontend sees that of
// distances that stand in the query itself, the binder of those in derived tables and WITH queries.
func isDistance(e expr.Expr) bool {
	if d := logical.PlainDistance(e); d != nil {
		e = d
	}
	c, ok := e.(*expr.Call)
	return ok && c.Op != nil && len(c.Args) == 2 && opclass.Distance(c.Op.Name, c.Op.Left)
}

// behind is what a query below n computes as e, where e is one of its columns, else e.
func behind(n logical.Node, e expr.Expr) expr.Expr {
	c, ok := e.(*expr.Column)
	if !ok {
		return e
	}
	switch x := n.(type) {
	case *logical.Project:
		if i := slices.Index(x.Out, c.Index); i >= 0 {
			return behind(x.Input, x.Exprs[i])
		}
	case *logical.CTERef:
		if i := slices.Index(x.Out, c.Index); i >= 0 {
			out := x.CTE.Out[i]
			return behind(x.CTE.Tree, &expr.Column{Index: out, T: c.T})
		}
	case *logical.Filter:
		return behind(x.Input, e)
	case *logical.Sort:
		return behind(x.Input, e)
	case *logical.Limit:
		return behind(x.Input, e)
	case *logical.Join:
		if l := behind(x.Left, e); l != e {
			return l
		}
		return behind(x.Right, e)
	}
	return e
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
