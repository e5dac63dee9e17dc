package bind

import (
	"cmp"
	"slices"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/expr"
)

// windowList collects the window functions of a select list: one node for each
// different window.
type windowList struct {
	nodes []*logical.Window
	// at are the nodes' places among the query's definitions: the WINDOW clause's,
	// then those written at calls.
	at []int
	// waiting are all calls: their definitions are bound behind the rest of the query.
	waiting []waitingWindow
}

// waitingWindow is a call of a window function whose window is not bound yet, and the scope
// it stands in.
type waitingWindow struct {
	s    scope
	call physical.WindowCall
	over *ast.Window
	id   logical.ColID
}

// add registers a node whose definition is the n-th.
func (l *windowList) add(n *logical.Window, at int) {
	l.nodes, l.at = append(l.nodes, n), append(l.at, at)
}

// clauseRefs numbers the expressions that the clauses of a query sort and group by.
type clauseRefs []expr.Expr

func (r *clauseRefs) of(e expr.Expr) int {
	for i, have := range *r {
		if same(have, e) {
			return i
		}
	}
	*r = append(*r, e)
	return len(*r) - 1
}

// windowKey is one item of a window's partition and order.
type windowKey struct {
	ref              int
	desc, nullsFirst bool
}

// orderWindows puts the windows of a query into the order in which PostgreSQL
// evaluates them: by the numbers that ORDER BY, GROUP BY, DISTINCT and the windows
// themselves give to their expressions, higher ones first, longer windows before
// their prefixes. It shows where a window leaves the order of rows open, as
// row_number() OVER () does: it meets them as the window before has left them.
func orderWindows(q *selection) {
	l := q.windowCalls
	if l == nil || len(l.nodes) < 2 {
		return
	}
	refs := q.clauseRefs()
	type ranked struct {
		n    *logical.Window
		at   int
		keys []windowKey
	}
	all := make([]ranked, len(l.nodes))
	for i, n := range l.nodes {
		all[i] = ranked{n: n, at: l.at[i]}
	}
	slices.SortStableFunc(all, func(a, b ranked) int { return cmp.Compare(a.at, b.at) })
	for i := range all {
		all[i].keys = refs.window(all[i].n)
	}
	slices.SortStableFunc(all, func(a, b ranked) int { return compareWindows(a.keys, b.keys) })
	for i := range all {
		l.nodes[i], l.at[i] = all[i].n, all[i].at
	}
}

// clauseRefs numbers what the clauses before the windows name.
func (q *selection) clauseRefs() *clauseRefs {
	r := &clauseRefs{}
	for i := range q.keys {
		if t, ok := q.keys[i].Expr.(*targetRef); ok {
			r.of(q.item(t).e)
		}
	}
	for i := range q.groups {
		r.of(q.groups[i].e)
	}
	for _, t := range q.on {
		r.of(q.item(t).e)
	}
	if q.x.Distinct {
		for i := range q.targets {
			r.of(q.targets[i].e)
		}
	}
	return r
}

// item is the select item or sort key that t stands for.
func (q *selection) item(t *targetRef) *target {
	if t.junk {
		return &q.junk[t.n]
	}
	return &q.targets[t.n]
}

// window numbers a window's order and then its partition, and lists both without
// repetitions, the partition first.
func (r *clauseRefs) window(n *logical.Window) []windowKey {
	order := make([]windowKey, len(n.Order))
	for i, k := range n.Order {
		order[i] = windowKey{r.of(k.Expr), k.Desc, k.NullsFirst}
	}
	keys := make([]windowKey, 0, len(n.Partition)+len(order))
	add := func(k windowKey) {
		if !slices.ContainsFunc(keys, func(have windowKey) bool { return have.ref == k.ref }) {
			keys = append(keys, k)
		}
	}
	for _, e := range n.Partition {
		add(windowKey{ref: r.of(e)})
	}
	for _, k := range order {
		add(k)
	}
	return keys
}

// compareWindows orders by the first item that differs, descending, then the longer first.
func compareWindows(a, b []windowKey) int {
	for i := range min(len(a), len(b)) {
		x, y := a[i], b[i]
		switch {
		case x.ref != y.ref:
			return cmp.Compare(y.ref, x.ref)
		case x.desc != y.desc:
			return first(x.desc)
		case x.nullsFirst != y.nullsFirst:
			return first(x.nullsFirst)
		}
	}
	return cmp.Compare(len(b), len(a))
}

// first is −1 for what comes first.
func first(it bool) int {
	if it {
		return -1
	}
	return 1
}
