package executor

import (
	"slices"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/expr"
)

// Aggregates over the same rows that fold them into the same state, as sum and avg of one
// column, share it: one call is stepped, and the others take their results from its state. So
// PostgreSQL does, and a transition function with effects is called once a row.

// aggResult is one column of results.
type aggResult struct {
	call  *aggCall    // whose state it is
	own   *aggCall    // the aggregate, if it is another; it has no rows of its own
	state builtin.Agg // that the results are of; of own, it has adopted the call's
}

// addCall makes the aggregate a result of the node: of a call that there is, if that can be.
func (a *agg) addCall(call *physical.AggCall) error {
	c, err := newAggCall(call)
	if err != nil {
		return err
	}
	for i, of := range a.calls {
		if !sameRows(call, of.call) {
			continue
		}
		if adopts(c, of) {
			a.results = append(a.results, aggResult{call: of, own: c})
			return nil
		}
		if adopts(of, c) && a.allAdopt(of, c) {
			a.calls[i] = c
			for k := range a.results {
				if r := &a.results[k]; r.call == of {
					if r.call = c; r.own == nil {
						r.own = of
					}
				}
			}
			a.results = append(a.results, aggResult{call: c})
			return nil
		}
	}
	a.calls = append(a.calls, c)
	a.results = append(a.results, aggResult{call: c})
	return nil
}

// allAdopt reports that the aggregates that take their results from one call can do so from
// another.
func (a *agg) allAdopt(from, to *aggCall) bool {
	return !slices.ContainsFunc(a.results, func(r aggResult) bool { return r.call == from && r.own != nil && !adopts(r.own, to) })
}

// adopts reports that a call over the same rows can take its results from another's state.
func adopts(c, of *aggCall) bool {
	state, ok := c.call.Fn.Agg(c.types).(builtin.Adopter)
	return ok && state.Adopt(of.call.Fn.Agg(of.types))
}

// sameRows reports that two aggregates fold the same rows in the same order.
func sameRows(a, b *physical.AggCall) bool {
	if a.Fn.AggKind != 'n' || b.Fn.AggKind != 'n' || a.Distinct != b.Distinct || len(a.OrderBy) != len(b.OrderBy) {
		return false
	}
	for i, k := range a.OrderBy {
		o := b.OrderBy[i]
		if k.Desc != o.Desc || k.NullsFirst != o.NullsFirst || !sameExpr(k.Expr, o.Expr) {
			return false
		}
	}
	return slices.EqualFunc(a.Args, b.Args, sameExpr) && (a.Filter == nil) == (b.Filter == nil) && (a.Filter == nil || sameExpr(a.Filter, b.Filter))
}

func sameExpr(a, b expr.Expr) bool { return expr.Equal(a, b) && !expr.Volatile(a) }

// adopt hands the states of complete groups to the aggregates that share them.
func (a *agg) adopt() {
	for i := range a.results {
		r := &a.results[i]
		if r.state = r.call.state; r.own != nil {
			own := r.own.call.Fn.Agg(r.own.types).(builtin.Adopter)
			own.Adopt(r.call.state)
			r.state = own
		}
	}
}
