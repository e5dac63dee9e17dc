package logical

import (
	"slices"

	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// failure is a computation of constants that fails. It fails the statement even where no
// row ever asks for it, as in PostgreSQL, which computes constants when it plans; but not
// if one of cols, columns of queries in FROM or of an aggregate that it makes, is read by
// nobody.
type failure struct {
	err  error
	cols []ColID
	agg  *AggCall // that it is an argument of
}

// fails notes a failure in what is being looked at.
func (r *normalizer) fails(err error) {
	r.failures = append(r.failures, failure{err, slices.Clone(r.makes), r.agg})
}

// fold folds the expressions of a node and notes what fails.
func (r *normalizer) fold(n Node) {
	switch x := n.(type) {
	case *Project:
		for i, e := range x.Exprs {
			x.Exprs[i] = r.expr(e, x.Out[i])
			r.noteMod(x.Out[i], x.Exprs[i].Type())
		}
	case *Filter:
		x.Conds = r.conds(x.Conds)
	case *Join:
		x.On = r.conds(x.On)
	case *Agg:
		for i, e := range x.Groups {
			x.Groups[i] = r.expr(e, 0)
		}
		outer := r.agg
		for i := range x.Aggs {
			r.agg = &x.Aggs[i]
			r.agg.mapExprs(func(e expr.Expr) expr.Expr { return r.expr(e, x.AggOut[i]) })
		}
		r.agg = outer
	default:
		MapExprs(n, func(e expr.Expr) expr.Expr { return r.expr(e, 0) })
	}
}

// folded folds an expression, and notes how much longer the plan becomes.
func (r *normalizer) folded(e expr.Expr) expr.Expr {
	e = r.folds.FoldTelling(r.ctx, e, r.fails)
	r.m.FoldedBytes = r.folds.Bytes
	return e
}

// conds folds conditions that must all hold: one that is false ends the list, and one that
// is NULL is as good.
func (r *normalizer) conds(list []expr.Expr) []expr.Expr {
	never := -1
	for i, e := range list {
		list[i] = canonical(r.folded(e))
		if IsFalse(list[i]) {
			if never = i; !list[i].(*expr.Const).D.IsNull() {
				break
			}
		}
	}
	if never >= 0 {
		return list[never : never+1 : never+1]
	}
	for i, e := range list {
		list[i] = r.entered(e)
	}
	return list
}

// noteMod notes the modifier of what is left of an expression, where that has one of its
// own: of CASE WHEN true THEN a ELSE 'x' END it is the one of a.
func (r *normalizer) noteMod(col ColID, t types.T) {
	if c := r.m.Cols[col].T; c.OID != t.OID || c.Mod == t.Mod || t.OID == types.RecordOID {
		return
	}
	if r.m.FoldedMods == nil {
		r.m.FoldedMods = map[ColID]int32{}
	}
	r.m.FoldedMods[col] = t.Mod
}

// expr folds an expression, which makes column col if that is not 0, and normalises the
// queries in what is left of it.
func (r *normalizer) expr(e expr.Expr, col ColID) expr.Expr {
	switch e.(type) {
	case *expr.Const, *expr.Column, *expr.Param:
		return e
	}
	if col != 0 {
		r.makes = append(r.makes, col)
		defer func() { r.makes = r.makes[:len(r.makes)-1] }()
	}
	return r.entered(r.folded(e))
}

// entered normalises the queries in an expression that is folded.
func (r *normalizer) entered(e expr.Expr) expr.Expr {
	Walk(e, func(n expr.Expr) bool {
		if s, ok := n.(*Subquery); ok {
			for i, l := range s.Left {
				s.Left[i] = r.folded(l)
			}
			s.Tree = r.node(s.Tree)
		}
		return true
	})
	if s, ok := e.(*Subquery); ok {
		return s
	}
	return Rewrite(e, orToIn)
}

// failed is the first computation of constants that fails and is asked for, nil if there
// is none.
func (r *normalizer) failed(n Node, out []ColID) error {
	looked := false
	for _, f := range r.failures {
		if f.cols != nil && !looked {
			looked = true
			r.use(out)
			r.readBy(n)
			for _, c := range r.m.CTEs {
				if c.inlined() {
					continue // its reader has it
				}
				if c.Refs > 0 || c.Write {
					r.use(c.Out)
					r.readBy(c.Tree)
				}
			}
		}
		for _, p := range r.passed { // outer queries come before those in them
			if r.used.Has(p.as) {
				r.used.Add(p.col)
			}
		}
		if !slices.ContainsFunc(f.cols, func(c ColID) bool { return !r.used.Has(c) }) {
			return f.err
		}
		if f.agg != nil {
			f.agg.mapExprs(func(e expr.Expr) expr.Expr { return &expr.Const{T: e.Type(), D: types.Null} })
		}
	}
	return nil
}

func (r *normalizer) use(l []ColID) {
	for _, c := range l {
		r.used.Add(c)
	}
}

// useInputs notes the columns that a node reads without naming them in expressions.
func (r *normalizer) useInputs(n Node) {
	switch x := n.(type) {
	case *Distinct:
		if x.On == nil {
			r.use(x.Input.Cols())
		}
	case *SetOp:
		r.use(x.LeftCols)
		r.use(x.RightCols)
	case *RecursiveUnion:
		r.use(x.InitCols)
		r.use(x.StepCols)
	case *Insert:
		r.use(x.InCols)
	case *Update:
		r.use(x.New)
	case *Merge:
		r.use(x.Input.Cols())
	}
}

// passedColumn is a column of a WITH query, and what it is called where the query stands:
// it is read if that is.
type passedColumn struct{ as, col ColID }

// passes reports an expression of a node that only passes a column of a WITH query on.
func (r *normalizer) passes(n Node, e expr.Expr) bool {
	p, ok := n.(*Project)
	c, column := e.(*expr.Column)
	if !ok || !column {
		return false
	}
	i := slices.Index(p.Exprs, e)
	return i >= 0 && slices.Contains(r.passed, passedColumn{p.Out[i], c.Index})
}

// readBy notes the columns that the expressions of a tree and the queries in it read.
func (r *normalizer) readBy(n Node) {
	Visit(n, func(m Node) {
		MapExprs(m, func(e expr.Expr) expr.Expr {
			if !r.passes(m, e) {
				r.reads(e)
			}
			return e
		})
	})
}

func (r *normalizer) reads(e expr.Expr) {
	Walk(e, func(e expr.Expr) bool {
		switch x := e.(type) {
		case *expr.Column:
			r.used.Add(x.Index)
		case *Subquery:
			if x.Kind != expr.ExistsSub {
				r.use(x.Out)
			}
			r.readBy(x.Tree)
		}
		return true
	})
}

// neverRead reports that a condition which is never true stands on a query that stays one
// of its own, which is then not even looked at.
func neverRead(n Node) bool {
	f, ok := n.(*Filter)
	if !ok {
		return false
	}
	never := false
	for _, c := range f.Conds {
		never = never || IsFalse(c)
	}
	for n := f.Input; never; {
		switch x := n.(type) {
		case *Project:
			n = x.Input
		case *Filter:
			n = x.Input
		case *Limit, *Sort, *Distinct, *Agg, *Window, *ProjectSet:
			return true
		case *SetOp:
			return x.Kind != Union || !x.All
		default:
			return false
		}
	}
	return false
}
