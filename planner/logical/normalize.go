package logical

import (
	"context"

	"github.com/loxodb/loxodb/sql/expr"
)

// Normalize brings a bound tree into the form that planning starts from: WITH
// queries used once in place, constants folded, EXISTS and IN as joins, outer
// joins that cannot matter as inner ones, conditions as deep as they go. failed is what
// goes wrong whenever the statement is run, because constants in it have no result. Once
// ctx has ended the tree is of no use.
func Normalize(ctx context.Context, n Node, m *Meta, out []ColID) (tree Node, failed error) {
	r := &normalizer{ctx: ctx, m: m, keep: map[*Filter]bool{}, never: map[*Values]bool{}}
	for _, c := range m.CTEs {
		switch {
		case c.Inline && c.Refs == 1:
		case c.Refs == 0 && !c.Write: // never read
			c.Tree = r.unread().node(c.Tree)
		default:
			c.Tree = r.finished(r.node(c.Tree))
		}
	}
	n = r.finished(r.node(n))
	return n, r.failed(n, out)
}

type normalizer struct {
	ctx      context.Context
	m        *Meta
	folds    expr.FoldMemo
	keep     map[*Filter]bool
	failures []failure
	used     ColSet           // columns that are read
	passed   []passedColumn   // of WITH queries in the place of their references
	makes    []ColID          // columns of queries in FROM whose expressions are being looked at
	agg      *AggCall         // whose expressions are being looked at
	outer    bool             // there are outer joins
	never    map[*Values]bool // they stand for a full join under a condition that is never true
}

// unread is a normalizer of what PostgreSQL does not plan: nothing in it fails.
func (r *normalizer) unread() *normalizer {
	return &normalizer{ctx: r.ctx, m: r.m, keep: r.keep, never: r.never}
}

// finished does to a tree what needs all of it.
func (r *normalizer) finished(n Node) Node {
	if r.outer {
		reduce(n, nil)
		r.fullJoins(n, false)
	}
	return n
}

// node normalises bottom-up, then pushes filters from here.
func (r *normalizer) node(n Node) Node {
	if c, ok := n.(*CTERef); ok && c.CTE.inlined() {
		p := &Project{Input: c.CTE.Tree, Out: c.Out}
		for i, id := range c.CTE.Out {
			p.Exprs = append(p.Exprs, r.m.Column(id))
			r.passed = append(r.passed, passedColumn{c.Out[i], id})
		}
		n = p
	}
	r.fold(n)
	if l, ok := n.(*Limit); ok {
		r.keepFilter(l)
	}
	r.useInputs(n)
	in := r
	if neverRead(n) {
		in = r.unread()
	}
	MapInputs(n, in.node)
	if l, ok := n.(*Limit); ok {
		r.limitBelowJoin(l)
	}
	if a, ok := n.(*Agg); ok {
		if m, ok := r.minMax(a); ok {
			return m
		}
	}
	if j, ok := n.(*Join); ok {
		j.On = terms(j.On)
		r.outer = r.outer || j.Kind != Inner
		if j.Kind == Full {
			j.Unjoinable = !joinable(j.On, Produced(j.Left), Produced(j.Right))
		}
		if j.Kind == Inner && len(j.On) > 0 {
			return r.filtered(&Join{Kind: Inner, Left: j.Left, Right: j.Right}, j.On)
		}
	}
	f, ok := n.(*Filter)
	if !ok {
		return n
	}
	if r.keep[f] {
		f.Conds = terms(f.Conds)
		return over(f.Input, f.Conds)
	}
	return r.filtered(f.Input, terms(f.Conds))
}

// keepFilter leaves the conditions of a nearest-neighbour query on its table:
// as joins they would hide it from the vector index.
func (r *normalizer) keepFilter(l *Limit) {
	s := sortOf(l.Input)
	if s == nil {
		return
	}
	if k, ok := FindKNN(s); ok && k.Scan != nil {
		n := s.Input
		for {
			switch x := n.(type) {
			case *Project:
				n = x.Input
				continue
			case *Filter:
				r.keep[x] = true
			}
			return
		}
	}
}

// terms splits conditions into their ANDed parts and drops those always true.
func terms(conds []expr.Expr) []expr.Expr {
	var out []expr.Expr
	for _, c := range conds {
		for _, t := range Conjuncts(nil, c) {
			if !IsTrue(t) {
				out = append(out, plainBound(t))
			}
		}
	}
	return out
}

// Filtered puts conditions on a tree as Normalize would.
func Filtered(n Node, conds []expr.Expr, m *Meta) Node {
	return (&normalizer{ctx: context.Background(), m: m}).filtered(n, conds)
}

// filtered puts conditions on an input: as joins where they are subqueries, the
// others as deep as they go.
func (r *normalizer) filtered(in Node, conds []expr.Expr) Node {
	var keep []expr.Expr
	for _, c := range conds {
		if IsFalse(c) {
			return r.neverTrue(in)
		}
		if j, ok := r.unnest(in, c); ok {
			in = j
			continue
		}
		keep = append(keep, c)
	}
	return PushFilter(in, keep)
}

// unnest turns a condition that is EXISTS, NOT EXISTS or IN into a join.
func (r *normalizer) unnest(in Node, cond expr.Expr) (Node, bool) {
	kind := Semi
	if n, ok := cond.(*expr.Not); ok {
		cond, kind = n.X, Anti
	}
	s, ok := cond.(*Subquery)
	if !ok {
		return nil, false
	}
	switch {
	case s.Kind == expr.ExistsSub:
		return r.unnestExists(in, s, kind)
	case s.Kind == expr.AnySub && kind == Semi:
		return r.unnestIn(in, s)
	}
	return nil, false
}

// unnestExists joins with the subquery's rows on its correlated conditions.
func (r *normalizer) unnestExists(in Node, s *Subquery, kind JoinKind) (Node, bool) {
	tree := StripForExists(s.Tree)
	tree, on, ok := pullUp(tree, Produced(in))
	if !ok || len(on) == 0 {
		return nil, false
	}
	return &Join{Kind: kind, Left: in, Right: tree, On: on}, true
}

// unnestIn joins with the subquery's rows on the comparison. Without correlation
// and with plain equalities the distinct rows are joined inner, so that either
// side may drive.
func (r *normalizer) unnestIn(in Node, s *Subquery) (Node, bool) {
	left := map[ColID]expr.Expr{}
	for i, c := range s.LeftCols {
		if HasSubquery(s.Left[i]) || IsVolatile(s.Left[i]) {
			return nil, false
		}
		left[c] = s.Left[i]
	}
	test := Rewrite(s.Test, func(n expr.Expr) expr.Expr {
		if c, ok := n.(*expr.Column); ok {
			if l, ok := left[c.Index]; ok {
				return l
			}
		}
		return n
	})
	outer := Produced(in)
	if correlated(s.Tree, outer) {
		tree, on, ok := pullUp(topOf(s.Tree), outer)
		if !ok {
			return nil, false
		}
		test = substituteTop(test, s.Tree)
		return &Join{Kind: Semi, Left: in, Right: tree, On: append(on, Conjuncts(nil, test)...), Own: true}, true
	}
	if !plainEqualities(s.Test, s.Out) {
		return &Join{Kind: Semi, Left: in, Right: s.Tree, On: Conjuncts(nil, test)}, true
	}
	p := &Project{Input: s.Tree}
	seen := map[ColID]bool{}
	for _, c := range s.Out {
		if !seen[c] {
			seen[c] = true
			p.Exprs, p.Out = append(p.Exprs, r.m.Column(c)), append(p.Out, c)
		}
	}
	return PushFilter(&Join{Kind: Inner, Left: in, Right: &Distinct{Input: p}}, Conjuncts(nil, test)), true
}

// plainEqualities reports that the test is = on each output column as it is.
func plainEqualities(test expr.Expr, out []ColID) bool {
	terms := Conjuncts(nil, test)
	for _, t := range terms {
		c, ok := t.(*expr.Call)
		if !ok || c.Op == nil || c.Op.Strategy != 3 || c.Args[0].Type() != c.Args[1].Type() {
			return false
		}
		col, ok := c.Args[1].(*expr.Column)
		if !ok || !containsCol(out, col.Index) {
			return false
		}
	}
	return len(terms) == len(out)
}

func containsCol(l []ColID, c ColID) bool {
	for _, x := range l {
		if x == c {
			return true
		}
	}
	return false
}

func correlated(n Node, outer *ColSet) bool {
	found := false
	FreeTree(n, func(c ColID) { found = found || outer.Has(c) })
	return found
}

// topOf is the tree below projections of a subquery's select list.
func topOf(n Node) Node {
	for {
		switch x := n.(type) {
		case *Project:
			n = x.Input
		case *Sort:
			n = x.Input
		default:
			return n
		}
	}
}

// substituteTop replaces select-list columns by what they compute.
func substituteTop(e expr.Expr, n Node) expr.Expr {
	for {
		switch x := n.(type) {
		case *Project:
			e = Substitute(e, x)
			n = x.Input
		case *Sort:
			n = x.Input
		default:
			return e
		}
	}
}

// pullUp takes conditions that use outer columns out of a filter; ok false when
// outer columns are used elsewhere, or the tree's row count depends on them.
func pullUp(n Node, outer *ColSet) (Node, []expr.Expr, bool) {
	var on, keep []expr.Expr
	if f, ok := n.(*Filter); ok {
		for _, c := range f.Conds {
			used := Uses(c, func(id ColID) bool { return outer.Has(id) })
			if used && (HasSubquery(c) || IsVolatile(c)) {
				return nil, nil, false
			}
			if used {
				on = append(on, c)
			} else {
				keep = append(keep, c)
			}
		}
		n = f.Input
		if len(keep) > 0 {
			n = &Filter{Input: n, Conds: keep}
		}
	}
	switch topOf(n).(type) {
	case *Limit, *Agg, *Window, *ProjectSet, *Distinct, *SetOp, *Lock:
		if len(on) == 0 {
			return nil, nil, false
		}
	}
	if correlated(n, outer) {
		return nil, nil, false
	}
	return n, on, true
}

// Substitute replaces columns that a projection computes by their definitions.
func Substitute(e expr.Expr, p *Project) expr.Expr {
	return Rewrite(e, func(n expr.Expr) expr.Expr {
		c, ok := n.(*expr.Column)
		if !ok {
			return n
		}
		for i, id := range p.Out {
			if id == c.Index {
				if d, ok := p.Exprs[i].(*expr.Column); ok && d.Index == id {
					return n
				}
				return p.Exprs[i]
			}
		}
		return n
	})
}

// StripForExists drops what does not matter when only the presence of a row is
// asked for: order and the select list.
func StripForExists(n Node) Node { return topOf(n) }
