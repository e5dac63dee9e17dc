package logical

import (
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/opclass"
	"github.com/loxodb/loxodb/sql/types"
)

// Leaks reports a condition that could tell of the rows that it is asked of, by an error
// or by what else its functions do: such a one is asked of rows that row security shows
// only (PostgreSQL's contain_leaked_vars). A call that sees no column tells of none.
func Leaks(e expr.Expr) bool {
	leaks := false
	Walk(e, func(n expr.Expr) bool {
		switch x := n.(type) {
		case *expr.Column, *expr.Const, *expr.Param, *expr.And, *expr.Or, *expr.Not, *expr.IsNull, *expr.IsBool, *expr.Relabel:
		case *expr.Call:
			leaks = leaks || !tight(x.Fn, x.Op) && seesColumn(x)
		case *expr.RowOrder:
			for i, op := range x.Ops {
				leaks = leaks || !tight(op.Func, op) && seesColumn(x.Pair(i))
			}
		case *expr.AnyAll:
			leaks = leaks || !tight(x.Op.Func, x.Op)
		case *expr.InList:
			leaks = leaks || x.Op == nil || !tight(x.Op.Func, x.Op)
		default:
			leaks = leaks || seesColumn(n) || HasSubquery(n)
		}
		return !leaks
	})
	return leaks
}

// tight reports a function that tells nothing: those that are marked so, and distances of
// vectors, whose errors are about dimensions.
func tight(f *builtin.Func, op *builtin.Operator) bool {
	return f != nil && (f.Leakproof() || op != nil && opclass.Distance(op.Name, op.Left))
}

func seesColumn(e expr.Expr) bool { return Uses(e, func(ColID) bool { return true }) }

// Guarded is a condition that is asked only where all of guards are true.
func Guarded(guards []expr.Expr, c expr.Expr) expr.Expr {
	t := types.Of(types.BoolOID)
	return &expr.Case{Whens: []expr.When{{Cond: Conjoin(guards), Result: c}}, Else: &expr.Const{T: t, D: types.Bool(false)}, T: t}
}

// Secured are conditions on a scan with those of row security before them. The others
// that leak are asked where these hold.
func (n *Scan) Secured(conds []expr.Expr) []expr.Expr {
	if len(n.Secure) == 0 || len(conds) >= len(n.Secure) && conds[0] == n.Secure[0] {
		return conds
	}
	out := append(make([]expr.Expr, 0, len(n.Secure)+len(conds)), n.Secure...)
	for _, c := range conds {
		if Leaks(c) {
			c = Guarded(n.Secure, c)
		}
		out = append(out, c)
	}
	return out
}
