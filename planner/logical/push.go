package logical

import (
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// PushFilter puts conditions on a tree, each as deep as it can go. Conditions
// that are volatile stay on top, as do those that a node's meaning does not let pass.
func PushFilter(n Node, conds []expr.Expr) Node {
	if len(conds) == 0 {
		return n
	}
	switch x := n.(type) {
	case *Filter:
		return PushFilter(x.Input, append(append([]expr.Expr(nil), x.Conds...), conds...))
	case *Project:
		down, up := split(conds, func(c expr.Expr) bool { return throughProject(c, x) })
		for i, c := range down {
			down[i] = Substitute(c, x)
		}
		x.Input = PushFilter(x.Input, down)
		return over(x, up)
	case *Join:
		return pushJoin(x, conds)
	case *Sort:
		x.Input = PushFilter(x.Input, conds)
		return x
	case *Distinct:
		if x.On == nil {
			down, up := split(conds, func(c expr.Expr) bool { return !IsVolatile(c) })
			x.Input = PushFilter(x.Input, down)
			return over(x, up)
		}
	case *Agg:
		groups := &ColSet{}
		for i, c := range x.GroupOut {
			if g, ok := x.Groups[i].(*expr.Column); ok && g.Index == c {
				groups.Add(c)
			}
		}
		made := Produced(x)
		down, up := split(conds, func(c expr.Expr) bool {
			return x.Sets == nil && len(x.Groups) > 0 && !IsVolatile(c) && !Uses(c, func(id ColID) bool { return made.Has(id) && !groups.Has(id) })
		})
		x.Input = PushFilter(x.Input, down)
		return over(x, up)
	case *SetOp:
		return pushSetOp(x, conds)
	}
	return &Filter{Input: n, Conds: conds}
}

func over(n Node, conds []expr.Expr) Node {
	if len(conds) == 0 {
		return n
	}
	return &Filter{Input: n, Conds: conds}
}

func split(conds []expr.Expr, down func(expr.Expr) bool) (yes, no []expr.Expr) {
	for _, c := range conds {
		if down(c) {
			yes = append(yes, c)
		} else {
			no = append(no, c)
		}
	}
	return yes, no
}

// throughProject: the definitions that the condition needs may be computed twice.
func throughProject(c expr.Expr, p *Project) bool {
	if IsVolatile(c) {
		return false
	}
	ok := true
	Free(c, func(id ColID) {
		for i, o := range p.Out {
			if o == id && (HasSubquery(p.Exprs[i]) || IsVolatile(p.Exprs[i])) {
				ok = false
			}
		}
	})
	return ok && !(HasSubquery(c) && usesComputed(c, p))
}

// usesComputed: a subquery's outer references cannot be substituted in its tree.
func usesComputed(c expr.Expr, p *Project) bool {
	return Uses(c, func(id ColID) bool {
		for i, o := range p.Out {
			if o == id {
				d, ok := p.Exprs[i].(*expr.Column)
				return !ok || d.Index != id
			}
		}
		return false
	})
}

// pushJoin sends conditions to the sides that they use alone. A condition that
// rejects NULLs of an outer join's optional side makes that side not optional.
func pushJoin(j *Join, conds []expr.Expr) Node {
	left, right := Produced(j.Left), Produced(j.Right)
	simplify(j, conds)
	var toLeft, toRight, up []expr.Expr
	for _, c := range conds {
		usesL := Uses(c, func(id ColID) bool { return left.Has(id) })
		usesR := Uses(c, func(id ColID) bool { return right.Has(id) })
		switch {
		case IsVolatile(c):
			up = append(up, c)
		case !usesR && (j.Kind == Inner || j.Kind == Left || j.Kind == Semi || j.Kind == Anti):
			toLeft = append(toLeft, c)
		case !usesL && usesR && (j.Kind == Inner || j.Kind == Right):
			toRight = append(toRight, c)
		default:
			up = append(up, c)
		}
	}
	j.Left = PushFilter(j.Left, toLeft)
	j.Right = PushFilter(j.Right, toRight)
	if j.Kind == Inner {
		j.On = append(append([]expr.Expr(nil), j.On...), up...)
		return j
	}
	return over(j, up)
}

// strictOn reports that the condition is not true when the side's columns are all NULL.
func strictOn(c expr.Expr, side *ColSet) bool {
	switch x := c.(type) {
	case *expr.Call:
		return x.Fn.Strict && anyStrictArg(x.Args, side)
	case *expr.IsNull:
		return x.Not && strictValue(x.X, side)
	case *expr.And:
		for _, a := range x.Args {
			if strictOn(a, side) {
				return true
			}
		}
	case *expr.Or:
		return allOf(x.Args, side, strictOn)
	case *expr.Not:
		switch n := x.X.(type) {
		case *expr.Or:
			return anyStrictArg(n.Args, side)
		case *expr.IsNull:
			return !n.Not && strictValue(n.X, side)
		}
	case *expr.InList:
		return strictValue(x.L, side) || allOf(x.List, side, strictValue) && !x.Not || x.Not && anyStrictArg(x.List, side)
	case *expr.AnyAll:
		return x.Op.Func.Strict && (!x.All || hasElements(x.R)) && (strictValue(x.L, side) || strictValue(x.R, side))
	case *expr.IsBool:
		return !x.Not && strictValue(x.X, side)
	}
	return strictValue(c, side)
}

// hasElements reports an array that is known to have some.
func hasElements(e expr.Expr) bool {
	switch x := e.(type) {
	case *expr.Const:
		return x.D.IsNull() || types.ArrayLen(x.D) > 0
	case *expr.ArrayOf:
		return len(x.Elems) > 0
	}
	return false
}

func allOf(l []expr.Expr, side *ColSet, is func(expr.Expr, *ColSet) bool) bool {
	for _, a := range l {
		if !is(a, side) {
			return false
		}
	}
	return len(l) > 0
}

func anyStrictArg(args []expr.Expr, side *ColSet) bool {
	for _, a := range args {
		if strictValue(a, side) {
			return true
		}
	}
	return false
}

// strictValue reports that the expression is NULL when the side's columns are.
func strictValue(e expr.Expr, side *ColSet) bool {
	switch x := e.(type) {
	case *expr.Column:
		return side.Has(x.Index)
	case *expr.Call:
		return x.Fn.Strict && anyStrictArg(x.Args, side)
	case *expr.Cast:
		return strictValue(x.X, side)
	case *expr.Relabel:
		return strictValue(x.X, side)
	case *expr.Not:
		return strictValue(x.X, side)
	case *expr.And:
		return allOf(x.Args, side, strictValue)
	case *expr.Or:
		return allOf(x.Args, side, strictValue)
	}
	return false
}

// pushSetOp filters both inputs instead of the result.
func pushSetOp(x *SetOp, conds []expr.Expr) Node {
	down, up := split(conds, func(c expr.Expr) bool { return !IsVolatile(c) && !HasSubquery(c) })
	if len(down) > 0 {
		rename := func(cols []ColID) []expr.Expr {
			out := make([]expr.Expr, len(down))
			for i, c := range down {
				out[i] = Rewrite(c, func(n expr.Expr) expr.Expr {
					if col, ok := n.(*expr.Column); ok {
						for k, id := range x.Out {
							if id == col.Index {
								return &expr.Column{Index: cols[k], T: col.T, Name: col.Name}
							}
						}
					}
					return n
				})
			}
			return out
		}
		x.Left, x.Right = PushFilter(x.Left, rename(x.LeftCols)), PushFilter(x.Right, rename(x.RightCols))
	}
	return over(x, up)
}
