package bind

import (
	"slices"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// projectSet is project for select lists with set-returning calls. Those that
// stand inside other expressions get a level of their own below; so do all beside
// literals whose type is still open, which who uses the query takes from the top.
func (b *binder) projectSet(in logical.Node, exprs []expr.Expr) (logical.Node, []logical.ColID) {
	if !nestedSRF(exprs) && !anyOpen(exprs) {
		p := &logical.ProjectSet{Input: in, Exprs: exprs, Out: b.outputs(in, exprs)}
		return p, p.Out
	}
	inner, outer := innermostSRFs(exprs)
	need := map[logical.ColID]bool{}
	for _, e := range outer {
		logical.Free(e, func(c logical.ColID) { need[c] = true })
	}
	for _, c := range in.Cols() {
		if need[c] {
			inner = append(inner, b.meta.Column(c))
		}
	}
	tree, ids := b.projectSet(in, inner)
	again := false
	for i := range outer {
		outer[i] = logical.Rewrite(outer[i], func(n expr.Expr) expr.Expr {
			if c, ok := n.(*expr.Column); ok && c.Index < 0 {
				return &expr.Column{Index: ids[-c.Index-1], T: c.T}
			}
			return n
		})
		again = again || hasSRF(outer[i])
	}
	if again {
		return b.projectSet(tree, outer)
	}
	return b.project(tree, outer)
}

// expandSets expands those of the expressions that return sets below what is still to come,
// beside all columns; what it returns puts their columns in their places elsewhere. nil: there are none.
func (b *binder) expandSets(q *selection, exprs []expr.Expr) func(expr.Expr) expr.Expr {
	var sets []expr.Expr
	for _, e := range exprs {
		if hasSRF(e) && !slices.ContainsFunc(sets, func(s expr.Expr) bool { return same(s, e) }) {
			sets = append(sets, e)
		}
	}
	if sets == nil {
		return nil
	}
	all := slices.Clone(sets)
	for _, c := range q.tree.Cols() {
		all = append(all, b.meta.Column(c))
	}
	tree, ids := b.projectSet(q.tree, all)
	q.tree = tree
	var instead func(expr.Expr) expr.Expr
	instead = func(e expr.Expr) expr.Expr {
		if i := slices.IndexFunc(sets, func(s expr.Expr) bool { return same(s, e) }); i >= 0 {
			return b.meta.Column(ids[i])
		}
		return logical.Map(e, instead)
	}
	return instead
}

// innermostSRFs takes the set-returning calls without further ones in their
// arguments out of the expressions; column −n stands for the n-th of them.
func innermostSRFs(exprs []expr.Expr) (inner, outer []expr.Expr) {
	var take func(expr.Expr) expr.Expr
	take = func(e expr.Expr) expr.Expr {
		if c, ok := e.(*expr.Call); ok && c.Fn.RetSet && !anySRF(c.Args) {
			inner = append(inner, c)
			return &expr.Column{Index: -len(inner), T: c.T}
		}
		return logical.Map(e, take)
	}
	outer = make([]expr.Expr, len(exprs))
	for i, e := range exprs {
		outer[i] = take(e)
	}
	return inner, outer
}

// nestedSRF reports a set-returning call below the top of an expression.
func nestedSRF(exprs []expr.Expr) bool {
	for _, e := range exprs {
		if c, ok := e.(*expr.Call); ok && c.Fn.RetSet {
			if anySRF(c.Args) {
				return true
			}
		} else if hasSRF(e) {
			return true
		}
	}
	return false
}

func anyOpen(exprs []expr.Expr) bool {
	return slices.ContainsFunc(exprs, func(e expr.Expr) bool { return e.Type().OID == types.UnknownOID })
}

func anySRF(l []expr.Expr) bool {
	for _, e := range l {
		if hasSRF(e) {
			return true
		}
	}
	return false
}

func hasSRF(e expr.Expr) bool {
	found := false
	logical.Walk(e, func(n expr.Expr) bool {
		if c, ok := n.(*expr.Call); ok && c.Fn.RetSet {
			found = true
		}
		return !found
	})
	return found
}

// nestedSet is the last set-returning call below the top of an expression, nil for none.
func nestedSet(e expr.Expr) *expr.Call {
	var last *expr.Call
	logical.Map(e, func(part expr.Expr) expr.Expr {
		logical.Walk(part, func(n expr.Expr) bool {
			if c, ok := n.(*expr.Call); ok && c.Fn.RetSet {
				last = c
			}
			return true
		})
		return part
	})
	return last
}
