package logical

import (
	"slices"

	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// canonical writes a condition so that its terms are seen: NOT goes down to what has an
// opposite, a comparison with true or false is gone, NULL is false, and what all arms of an
// OR require stands beside it.
func canonical(c expr.Expr) expr.Expr {
	switch x := c.(type) {
	case *expr.And:
		c = Map(c, canonical)
		if a, ok := c.(*expr.And); ok {
			if i := slices.IndexFunc(a.Args, IsFalse); i >= 0 {
				return a.Args[i]
			}
		}
		return c
	case *expr.Or:
		return factored(Map(c, canonical).(*expr.Or))
	case *expr.Not:
		if v, ok := x.X.(*expr.Const); ok && v.D.IsNull() {
			return v
		}
		if n := opposite(x.X); n != nil {
			return canonical(n)
		}
	case *expr.Call:
		if n := comparedWithConstant(x); n != nil {
			return canonical(n)
		}
	}
	return c
}

// opposite is NOT e without the NOT, nil if there is no such expression.
func opposite(e expr.Expr) expr.Expr {
	not := func(l []expr.Expr) []expr.Expr {
		out := make([]expr.Expr, len(l))
		for i, a := range l {
			out[i] = &expr.Not{X: a}
		}
		return out
	}
	switch x := e.(type) {
	case *expr.Not:
		return x.X
	case *expr.And:
		return &expr.Or{Args: not(x.Args)}
	case *expr.Or:
		return &expr.And{Args: not(x.Args)}
	case *expr.Call:
		if x.Op == nil || x.Op.Negator == "" || len(x.Args) != 2 || x.Op.Schema != "pg_catalog" {
			return nil
		}
		if n := builtin.ExactOperator(x.Op.Negator, x.Op.Left, x.Op.Right); n != nil && n.Schema == "pg_catalog" {
			return &expr.Call{Fn: n.Func, Op: n, Args: x.Args, T: x.T, Pos: x.Pos}
		}
	}
	return nil
}

// comparedWithConstant is the condition that another is true, or false, nil if e says no such thing.
func comparedWithConstant(e *expr.Call) expr.Expr {
	if e.Op == nil || e.Op.Left != types.BoolOID || e.Op.Right != types.BoolOID || e.Op.Name != "=" && e.Op.Name != "<>" {
		return nil
	}
	for i, a := range e.Args {
		if v, ok := a.(*expr.Const); ok && !v.D.IsNull() {
			if v.D.Bool() == (e.Op.Name == "=") {
				return e.Args[1-i]
			}
			return &expr.Not{X: e.Args[1-i]}
		}
	}
	return nil
}

// factored takes what all arms of an OR require out of them, and arms that are never true.
func factored(o *expr.Or) expr.Expr {
	if slices.ContainsFunc(o.Args, IsFalse) {
		arms := slices.DeleteFunc(slices.Clone(o.Args), IsFalse)
		switch len(arms) {
		case 0:
			return o.Args[0]
		case 1:
			return arms[0]
		}
		o = &expr.Or{Args: arms}
	}
	var common []expr.Expr
	for _, t := range Conjuncts(nil, o.Args[0]) {
		if !IsVolatile(t) && !slices.ContainsFunc(o.Args[1:], func(a expr.Expr) bool { return !requires(a, t) }) {
			common = append(common, t)
		}
	}
	if common == nil {
		return o
	}
	var arms []expr.Expr
	for _, a := range o.Args {
		var rest []expr.Expr
		for _, t := range Conjuncts(nil, a) {
			if !slices.ContainsFunc(common, func(c expr.Expr) bool { return Same(c, t) }) {
				rest = append(rest, t)
			}
		}
		if rest == nil { // this arm asks for nothing more
			return Conjoin(common)
		}
		arms = append(arms, Conjoin(rest))
	}
	return Conjoin(append(common, &expr.Or{Args: arms}))
}

func requires(arm, term expr.Expr) bool {
	return slices.ContainsFunc(Conjuncts(nil, arm), func(t expr.Expr) bool { return Same(t, term) })
}
