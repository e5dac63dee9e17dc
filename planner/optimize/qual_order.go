package optimize

import (
	"cmp"
	"slices"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// correlatedCost is more than what any function says of itself: a subquery that runs for
// each row.
const correlatedCost = 1e6

// inOrderOfCost are conditions that a node asks of its rows, the cheap ones first and equal
// ones as they are written (PostgreSQL's order_qual_clauses): what a function costs is what it
// was declared with, and who calls one that tells of its calls sees it.
func inOrderOfCost(conds []expr.Expr) []expr.Expr {
	if len(conds) < 2 {
		return conds
	}
	costs := make(map[expr.Expr]float64, len(conds))
	for _, c := range conds {
		costs[c] = qualCost(c)
	}
	less := func(a, b expr.Expr) int { return cmp.Compare(costs[a], costs[b]) }
	if slices.IsSortedFunc(conds, less) {
		return conds
	}
	out := slices.Clone(conds)
	slices.SortStableFunc(out, less)
	return out
}

// qualCost is what an expression costs for a row, in calls of a simple function.
func qualCost(e expr.Expr) (cost float64) {
	logical.Walk(e, func(n expr.Expr) bool {
		switch x := n.(type) {
		case *expr.Call:
			cost += callCost(x)
		case *expr.Cast, *expr.IsDistinct:
			cost++
		case *expr.MinMax:
			cost += float64(len(x.Args))
		case *expr.RowOrder:
			cost += float64(len(x.Ops))
		case *expr.AnyAll:
			cost += float64(elements(x.R)) / 2
		case *expr.InList:
			cost += max(float64(len(x.List))/2, 1)
		case *logical.Subquery:
			cost += subqueryCost(x)
			return false
		}
		return true
	})
	return cost
}

// elements is how many an array has, or is taken to have.
func elements(e expr.Expr) int {
	switch x := e.(type) {
	case *expr.Const:
		if !x.D.IsNull() && x.T.IsArray() {
			return types.ArrayLen(x.D)
		}
	case *expr.ArrayOf:
		return len(x.Elems)
	}
	return 10
}

func callCost(x *expr.Call) float64 {
	if x.Fn != nil && x.Fn.User != nil {
		return x.Fn.User.Cost
	}
	return 1
}

// subqueryCost takes one that asks nothing of the row to be computed once.
func subqueryCost(x *logical.Subquery) float64 {
	correlated := false
	logical.FreeTree(x.Tree, func(logical.ColID) { correlated = true })
	switch {
	case correlated:
		return correlatedCost
	case len(x.Left) > 0:
		return 1
	}
	return 0
}
