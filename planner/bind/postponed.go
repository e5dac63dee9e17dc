package bind

import (
	"slices"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// postponement is the projection of select items that are computed when the rows have
// been sorted: below LIMIT if they are sets, else above it.
type postponement struct {
	top  logical.Node
	hole logical.Node // stands for its input
	sets bool
}

// over puts the projection on its input.
func (p *postponement) over(in logical.Node) logical.Node {
	var fill func(logical.Node) logical.Node
	fill = func(n logical.Node) logical.Node {
		if n == p.hole {
			return in
		}
		logical.MapInputs(n, fill)
		return n
	}
	return fill(p.top)
}

// postponed are the select items with volatile functions or sets that are computed when
// the rows have been sorted and, but for sets, counted off: numbers of a sequence follow
// the order, and rows beyond a LIMIT take none. nil: there are none. What is sorted,
// grouped or told apart by cannot wait; nor can any set where a set is among that.
func (q *selection) postponed() map[int]bool {
	if len(q.keys) == 0 && q.x.Limit == nil || q.x.Distinct || q.x.DistinctOn != nil && len(q.keys) == 0 {
		return nil
	}
	waits := func(e expr.Expr) bool { return logical.CallsVolatile(e) && !q.x.WithTies }
	if len(q.keys) > 0 && !q.sortsSets() {
		waits = func(e expr.Expr) bool { return hasSRF(e) || logical.CallsVolatile(e) && !q.x.WithTies }
	} else if slices.ContainsFunc(q.targets, func(t target) bool { return hasSRF(t.e) }) {
		if len(q.keys) == 0 {
			return nil
		}
		waits = func(e expr.Expr) bool { return !hasSRF(e) && logical.CallsVolatile(e) && !q.x.WithTies }
	}
	var late map[int]bool
	for i := range q.targets {
		if !waits(q.targets[i].e) || q.referred(i) {
			continue
		}
		if late == nil {
			late = map[int]bool{}
		}
		late[i] = true
	}
	if late == nil {
		return nil
	}
	for i := range q.targets { // who takes the result gives literals without a type theirs
		if q.targets[i].e.Type().OID == types.UnknownOID && !q.referred(i) {
			late[i] = true
		}
	}
	return late
}

// sortsSets reports a set among what rows are sorted, grouped or told apart by.
func (q *selection) sortsSets() bool {
	if slices.ContainsFunc(q.junk, func(t target) bool { return hasSRF(t.e) }) {
		return true
	}
	for i := range q.targets {
		if hasSRF(q.targets[i].e) && q.referred(i) {
			return true
		}
	}
	return false
}

// referred reports that ORDER BY or DISTINCT ON means the item of the select list.
func (q *selection) referred(i int) bool {
	is := func(r *targetRef) bool { return !r.junk && r.n == i }
	return slices.ContainsFunc(q.on, is) ||
		slices.ContainsFunc(q.keys, func(k logical.SortKey) bool { return is(k.Expr.(*targetRef)) })
}

// projectLate computes the other items below the order, and the late ones above.
func (b *binder) projectLate(q *selection, exprs []expr.Expr, late map[int]bool) []logical.ColID {
	var now, then []expr.Expr
	for i, e := range exprs {
		if late[i] {
			then = append(then, e)
		} else {
			now = append(now, e)
		}
	}
	have := logical.Produced(q.tree)
	seen := map[logical.ColID]bool{}
	for _, e := range then {
		logical.Free(e, func(c logical.ColID) {
			if have.Has(c) && !seen[c] {
				seen[c] = true
				now = append(now, b.meta.Column(c))
			}
		})
	}
	var below []logical.ColID
	if anySRF(now) {
		q.tree, below = b.projectSet(q.tree, now)
	} else {
		q.tree, below = b.project(q.tree, now)
	}
	p := &postponement{hole: &logical.Values{Out: below}, sets: anySRF(then)}
	all, k := make([]expr.Expr, len(exprs)), 0
	for i, e := range exprs {
		if all[i] = e; !late[i] {
			all[i] = b.meta.Column(below[k])
			k++
		}
	}
	q.late = p
	var ids []logical.ColID
	if p.sets {
		p.top, ids = b.projectSet(p.hole, all)
	} else {
		p.top, ids = b.project(p.hole, all)
	}
	return ids
}
