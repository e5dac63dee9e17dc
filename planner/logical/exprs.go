package logical

import (
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// Map rebuilds an expression with f applied to each direct child. Children that
// f returns unchanged are shared; so is e itself when nothing changed.
func Map(e expr.Expr, f func(expr.Expr) expr.Expr) expr.Expr {
	switch x := e.(type) {
	case *expr.Call:
		if a, ch := mapList(x.Args, f); ch {
			c := *x
			c.Args = a
			return &c
		}
	case *expr.And:
		if a, ch := mapList(x.Args, f); ch {
			return &expr.And{Args: a}
		}
	case *expr.Or:
		if a, ch := mapList(x.Args, f); ch {
			return &expr.Or{Args: a}
		}
	case *expr.Not:
		if a := f(x.X); a != x.X {
			return &expr.Not{X: a}
		}
	case *expr.IsNull:
		if a := f(x.X); a != x.X {
			return &expr.IsNull{X: a, Not: x.Not, Whole: x.Whole, Unknown: x.Unknown}
		}
	case *expr.IsBool:
		if a := f(x.X); a != x.X {
			return &expr.IsBool{X: a, Want: x.Want, Not: x.Not}
		}
	case *expr.IsDistinct:
		if l, r := f(x.L), f(x.R); l != x.L || r != x.R {
			return &expr.IsDistinct{L: l, R: r, Not: x.Not}
		}
	case *expr.Cast:
		if a := f(x.X); a != x.X {
			c := *x
			c.X = a
			return &c
		}
	case *expr.ToDomain:
		if a := f(x.X); a != x.X {
			c := *x
			c.X = a
			return &c
		}
	case *expr.Relabel:
		if a := f(x.X); a != x.X {
			return &expr.Relabel{X: a, T: x.T, Implicit: x.Implicit, Collation: x.Collation, Domain: x.Domain}
		}
	default:
		return mapOther(e, f)
	}
	return e
}

func mapOther(e expr.Expr, f func(expr.Expr) expr.Expr) expr.Expr {
	switch x := e.(type) {
	case *expr.Case:
		return mapCase(x, f)
	case *expr.Coalesce:
		if a, ch := mapList(x.Args, f); ch {
			return &expr.Coalesce{Args: a, T: x.T}
		}
	case *expr.MinMax:
		if a, ch := mapList(x.Args, f); ch {
			return &expr.MinMax{Least: x.Least, Args: a, T: x.T}
		}
	case *expr.ArrayOf:
		if a, ch := mapList(x.Elems, f); ch {
			return &expr.ArrayOf{Elems: a, T: x.T, Nested: x.Nested}
		}
	case *expr.RowOf:
		if a, ch := mapList(x.Args, f); ch {
			return &expr.RowOf{Args: a, T: x.T, Cast: x.Cast}
		}
	case *expr.RowOrder:
		if l, ch := mapList(x.Parts(), f); ch {
			return x.With(l)
		}
	case *expr.AnyAll:
		if l, r := f(x.L), f(x.R); l != x.L || r != x.R {
			return &expr.AnyAll{All: x.All, Op: x.Op, L: l, R: r}
		}
	case *expr.InList:
		l := f(x.L)
		if a, ch := mapList(x.List, f); ch || l != x.L {
			return &expr.InList{L: l, List: a, Not: x.Not, Op: x.Op}
		}
	case *expr.Field:
		if a := f(x.X); a != x.X {
			return &expr.Field{X: a, N: x.N, T: x.T, Name: x.Name, Domain: x.Domain}
		}
	case *expr.Assign:
		if l, ch := mapList(x.Parts(), f); ch {
			return x.With(l)
		}
	case *expr.Subscript:
		s := *x
		var c1, c2, c3 bool
		s.X = f(x.X)
		s.Index, c1 = mapList(x.Index, f)
		s.Lo, c2 = mapList(x.Lo, f)
		s.Hi, c3 = mapList(x.Hi, f)
		if s.X != x.X || c1 || c2 || c3 {
			return &s
		}
	case *Subquery:
		if l, ch := mapList(x.Left, f); ch {
			s := *x
			s.Left = l
			return &s
		}
	}
	return e
}

func mapCase(x *expr.Case, f func(expr.Expr) expr.Expr) expr.Expr {
	c := *x
	changed := false
	c.Whens = make([]expr.When, len(x.Whens))
	for i, w := range x.Whens {
		c.Whens[i] = expr.When{Cond: f(w.Cond), Result: f(w.Result)}
		changed = changed || c.Whens[i] != w
	}
	if x.Else != nil {
		c.Else = f(x.Else)
		changed = changed || c.Else != x.Else
	}
	if changed {
		return &c
	}
	return x
}

// mapList maps a list; nil entries (open slice bounds) stay.
func mapList(l []expr.Expr, f func(expr.Expr) expr.Expr) ([]expr.Expr, bool) {
	for i, e := range l {
		if e == nil {
			continue
		}
		if n := f(e); n != e {
			out := append([]expr.Expr(nil), l...)
			out[i] = n
			for j := i + 1; j < len(l); j++ {
				if l[j] != nil {
					out[j] = f(l[j])
				}
			}
			return out, true
		}
	}
	return l, false
}

// Walk visits e and everything below it, parents first, until f returns false
// for a node (its children are then skipped). Subquery trees are not entered.
func Walk(e expr.Expr, f func(expr.Expr) bool) {
	if e == nil || !f(e) {
		return
	}
	switch x := e.(type) { // the most usual ones, of which the others are made
	case *expr.Column, *expr.Const:
		return
	case *expr.Call:
		for _, a := range x.Args {
			Walk(a, f)
		}
		return
	}
	Map(e, func(c expr.Expr) expr.Expr {
		Walk(c, f)
		return c
	})
}

// Rewrite replaces bottom-up.
func Rewrite(e expr.Expr, f func(expr.Expr) expr.Expr) expr.Expr {
	return f(Map(e, func(c expr.Expr) expr.Expr { return Rewrite(c, f) }))
}

// Free calls each for every column that e uses, those of subqueries' outer
// references included.
func Free(e expr.Expr, each func(ColID)) { (*around)(nil).free(e, each) }

// Uses reports whether e uses a column for which in is true.
func Uses(e expr.Expr, in func(ColID) bool) bool {
	found := false
	Free(e, func(c ColID) { found = found || in(c) })
	return found
}

// FreeTree calls each for every column that a tree uses but does not produce:
// its outer references.
func FreeTree(n Node, each func(ColID)) { (*around)(nil).freeTree(n, each) }

// around is what the trees around an expression make, the innermost first. It is handed
// down beside the function that is told of the others: one that wraps another for each
// tree would have all of them, and what they refer to, allocated.
type around struct {
	made  ColSet
	outer *around
}

// makes reports a column that one of the trees makes.
func (a *around) makes(c ColID) bool {
	for ; a != nil; a = a.outer {
		if a.made.Has(c) {
			return true
		}
	}
	return false
}

func (a *around) free(e expr.Expr, each func(ColID)) {
	Walk(e, func(n expr.Expr) bool {
		switch x := n.(type) {
		case *expr.Column:
			if !a.makes(x.Index) {
				each(x.Index)
			}
		case *Subquery:
			a.freeTree(x.Tree, each)
		}
		return true
	})
}

func (a *around) freeTree(n Node, each func(ColID)) {
	if s, ok := n.(*Scan); ok && s.Secure == nil {
		return // all that a table gives is its own
	}
	in := &around{outer: a}
	Visit(n, func(m Node) { defines(m, &in.made) })
	VisitExprs(n, func(e expr.Expr) { in.free(e, each) })
}

// defines adds the columns that the node itself makes: not those that it passes on.
func defines(n Node, made *ColSet) {
	computed := func(exprs []expr.Expr, out []ColID) {
		for i, id := range out {
			if c, ok := exprs[i].(*expr.Column); !ok || c.Index != id {
				made.Add(id)
			}
		}
	}
	switch x := n.(type) {
	case *Project:
		computed(x.Exprs, x.Out)
	case *ProjectSet:
		computed(x.Exprs, x.Out)
	case *Agg:
		computed(x.Groups, x.GroupOut)
		for _, id := range x.AggOut {
			made.Add(id)
		}
		for i := range x.Grouping {
			made.Add(x.Grouping[i].Out)
		}
	case *Window:
		for _, id := range x.Out {
			made.Add(id)
		}
	case *Filter, *Join, *Sort, *Limit, *Distinct, *Lock:
	default:
		for _, id := range n.Cols() {
			made.Add(id)
		}
	}
}

// Visit calls f for n and every node below it, not into subqueries of expressions.
func Visit(n Node, f func(Node)) {
	f(n)
	a, b := inputs(n)
	if a != nil {
		Visit(a, f)
	}
	if b != nil {
		Visit(b, f)
	}
}

// VisitExprs calls f with every expression of the tree.
func VisitExprs(n Node, f func(expr.Expr)) {
	Visit(n, func(m Node) {
		MapExprs(m, func(e expr.Expr) expr.Expr {
			f(e)
			return e
		})
	})
}

// CallsVolatile reports whether e calls a volatile function outside of subqueries.
func CallsVolatile(e expr.Expr) bool {
	found := false
	Walk(e, func(n expr.Expr) bool {
		if c, ok := n.(*expr.Call); ok {
			found = found || c.Fn.Volatility == builtin.Volatile
		}
		return !found
	})
	return found
}

// RewriteTree replaces bottom-up in all expressions of a tree, subqueries included.
func RewriteTree(n Node, f func(expr.Expr) expr.Expr) {
	Visit(n, func(m Node) {
		MapExprs(m, func(e expr.Expr) expr.Expr {
			Walk(e, func(x expr.Expr) bool {
				if s, ok := x.(*Subquery); ok {
					RewriteTree(s.Tree, f)
				}
				return true
			})
			return Rewrite(e, f)
		})
	})
}

// HasSubquery reports a subquery anywhere in e.
func HasSubquery(e expr.Expr) bool {
	found := false
	Walk(e, func(n expr.Expr) bool {
		if _, ok := n.(*Subquery); ok {
			found = true
		}
		return !found
	})
	return found
}

// IsVolatile reports whether e calls a volatile function; subqueries count as
// volatile when their trees do.
func IsVolatile(e expr.Expr) bool {
	found := false
	Walk(e, func(n expr.Expr) bool {
		switch x := n.(type) {
		case *expr.Call:
			found = found || x.Fn.Volatility == builtin.Volatile
		case *Subquery:
			VisitExprs(x.Tree, func(s expr.Expr) { found = found || IsVolatile(s) })
			Visit(x.Tree, func(m Node) {
				if f, ok := m.(*Func); ok {
					for _, c := range f.Calls { // of these VisitExprs sees the arguments
						found = found || c.Fn.Volatility == builtin.Volatile
					}
				}
			})
		}
		return !found
	})
	return found
}

// Conjuncts appends the terms of e's top-level ANDs.
func Conjuncts(dst []expr.Expr, e expr.Expr) []expr.Expr {
	if a, ok := e.(*expr.And); ok {
		for _, x := range a.Args {
			dst = Conjuncts(dst, x)
		}
		return dst
	}
	return append(dst, e)
}

// Conjoin is the AND of conds, nil when there is none.
func Conjoin(conds []expr.Expr) expr.Expr {
	switch len(conds) {
	case 0:
		return nil
	case 1:
		return conds[0]
	}
	return &expr.And{Args: conds}
}

// IsTrue and IsFalse recognise constants; NULL counts as false in a condition.
func IsTrue(e expr.Expr) bool {
	c, ok := e.(*expr.Const)
	return ok && c.T.OID == types.BoolOID && c.D.Bool()
}

// IsFalse reports a constant false or NULL condition.
func IsFalse(e expr.Expr) bool {
	c, ok := e.(*expr.Const)
	return ok && c.T.OID == types.BoolOID && !c.D.Bool()
}
