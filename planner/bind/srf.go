package bind

import (
	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/sql/expr"
)

// projectSet is project with set-returning calls; those below other calls get
// their own level first.
func (b *binder) projectSet(in logical.Node, exprs []expr.Expr) (logical.Node, []logical.ColID) {
	nested := false
	var inner []expr.Expr
	outer := make([]expr.Expr, len(exprs))
	for _, e := range exprs {
		if isSRF(e) {
			nestedHere := false
			for _, a := range e.(*expr.Call).Args {
				nestedHere = nestedHere || hasSRF(a)
			}
			if nestedHere {
				nested = true
			}
		} else if hasSRF(e) {
			nested = true
		}
	}
	if !nested {
		p := &logical.ProjectSet{Input: in, Exprs: exprs}
		for _, e := range exprs {
			if c, ok := e.(*expr.Column); ok {
				p.Out = append(p.Out, c.Index)
				continue
			}
			p.Out = append(p.Out, b.meta.Add(logical.ColInfo{T: e.Type()}))
		}
		return p, p.Out
	}
	// Move the innermost sets into a level of their own, with every column needed above.
	need := map[logical.ColID]bool{}
	for i, e := range exprs {
		outer[i] = logical.Rewrite(e, func(n expr.Expr) expr.Expr {
			c, ok := n.(*expr.Call)
			if !ok || !c.Fn.RetSet {
				return n
			}
			for _, a := range c.Args {
				if hasSRF(a) {
					return n
				}
			}
			inner = append(inner, c)
			return &expr.Column{Index: -len(inner), T: c.T}
		})
		logical.Free(outer[i], func(c logical.ColID) {
			if c > 0 {
				need[c] = true
			}
		})
	}
	for _, c := range in.Cols() {
		if need[c] {
			inner = append(inner, b.meta.Column(c))
		}
	}
	tree, ids := b.projectSet(in, inner)
	for i := range outer {
		outer[i] = logical.Rewrite(outer[i], func(n expr.Expr) expr.Expr {
			if c, ok := n.(*expr.Column); ok && c.Index < 0 {
				return &expr.Column{Index: ids[-c.Index-1], T: c.T}
			}
			return n
		})
		if hasSRF(outer[i]) {
			nested = false
		}
	}
	if !nested {
		return b.projectSet(tree, outer)
	}
	return b.project(tree, outer)
}

func isSRF(e expr.Expr) bool {
	c, ok := e.(*expr.Call)
	return ok && c.Fn.RetSet
}

func hasSRF(e expr.Expr) bool {
	found := false
	logical.Walk(e, func(n expr.Expr) bool {
		found = found || isSRF(n)
		return !found
	})
	return found
}
