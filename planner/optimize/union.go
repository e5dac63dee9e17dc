package optimize

import (
	"math"
	"slices"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/expr"
)

func (p *planner) setOp(x *logical.SetOp) (*rel, error) {
	if x.Kind == logical.Union {
		return p.union(x)
	}
	l, err := p.exactly(x.Left, x.LeftCols)
	if err != nil {
		return nil, err
	}
	r, err := p.exactly(x.Right, x.RightCols)
	if err != nil {
		return nil, err
	}
	l, r = p.comparable(l), p.comparable(r)
	n := &physical.SetOp{Base: p.base(x.Out), Except: x.Kind == logical.Except, All: x.All, Left: l.node, Right: r.node}
	li, ri := l.info(), r.info()
	n.Rows = math.Max(li.Rows/2, 1)
	n.Cost = li.Cost + ri.Cost + (li.Rows+ri.Rows)*p.m.HashRow
	n.Startup = ri.Cost
	return &rel{n, x.Out}, nil
}

// comparable sorts a side whose rows may turn out not to be comparable, which shows then.
func (p *planner) comparable(in *rel) *rel {
	by := p.columns(in.cols)
	if !slices.ContainsFunc(by, comparedLate) {
		return in
	}
	return p.sortedBy(in, by)
}

// union flattens UNION ALL of UNION ALLs, and UNIONs of UNIONs.
func (p *planner) union(x *logical.SetOp) (*rel, error) {
	n := &physical.Append{}
	var add func(t logical.Node, cols []logical.ColID) error
	add = func(t logical.Node, cols []logical.ColID) error {
		if u, ok := t.(*logical.SetOp); ok && u.Kind == logical.Union && (u.All || !x.All) && sameIDs(u.Out, cols) {
			if err := add(u.Left, u.LeftCols); err != nil {
				return err
			}
			return add(u.Right, u.RightCols)
		}
		r, err := p.exactly(t, cols)
		if err != nil {
			return err
		}
		n.Inputs = append(n.Inputs, r.node)
		n.Rows += r.info().Rows
		n.Cost += r.info().Cost
		return nil
	}
	if err := add(x.Left, x.LeftCols); err != nil {
		return nil, err
	}
	if err := add(x.Right, x.RightCols); err != nil {
		return nil, err
	}
	rows, c := n.Rows, n.Cost
	n.Base = p.base(x.Out)
	n.Rows, n.Cost = rows, c
	out := &rel{n, x.Out}
	if x.All {
		return out, nil
	}
	if u, ok := p.uniqueOver(out); ok {
		return u, nil
	}
	d := &physical.HashDistinct{Base: p.base(x.Out), Input: n}
	d.Rows, d.Cost = rows, c+rows*p.m.HashRow
	return &rel{d, x.Out}, nil
}

func sameIDs(a, b []logical.ColID) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// cte plans a materialised WITH query once.
func (p *planner) cte(c *logical.CTE) (int, error) {
	if n, ok := p.ctes[c]; ok {
		return n, nil
	}
	p.push(&frame{sealed: true})
	saved := p.frames
	r, err := p.exactly(c.Tree, c.Out)
	p.frames = saved
	p.pop()
	if err != nil {
		return 0, err
	}
	n := len(p.plan.CTEs)
	p.plan.CTEs = append(p.plan.CTEs, r.node)
	p.ctes[c] = n
	return n, nil
}

func (p *planner) cteRef(x *logical.CTERef) (*rel, error) {
	i, err := p.cte(x.CTE)
	if err != nil {
		return nil, err
	}
	n := &physical.CTEScan{Base: p.base(x.Out), CTE: i, Name: x.CTE.Name}
	n.Rows = p.plan.CTEs[i].Info().Rows
	n.Cost = n.Rows * p.m.Emit
	return &rel{n, x.Out}, nil
}

// readsWork reports whether a tree reads a working table, in subqueries and WITH
// queries, too.
func readsWork(n logical.Node, work int) bool {
	found := false
	logical.Visit(n, func(n logical.Node) {
		switch x := n.(type) {
		case *logical.WorkRef:
			found = found || x.Work == work
		case *logical.CTERef:
			found = found || readsWork(x.CTE.Tree, work)
		}
	})
	logical.VisitExprs(n, func(e expr.Expr) {
		logical.Walk(e, func(e expr.Expr) bool {
			if q, ok := e.(*logical.Subquery); ok && !found {
				found = readsWork(q.Tree, work)
			}
			return !found
		})
	})
	return found
}

func (p *planner) recursive(x *logical.RecursiveUnion) (*rel, error) {
	init, err := p.exactly(x.Init, x.InitCols)
	if err != nil {
		return nil, err
	}
	step, err := p.exactly(x.Step, x.StepCols)
	if err != nil {
		return nil, err
	}
	n := &physical.RecursiveUnion{Base: p.base(x.Out), Work: x.Work, Init: init.node, Step: step.node, Distinct: x.Distinct}
	for c, i := range p.ctes {
		if readsWork(c.Tree, x.Work) {
			n.CTEs = append(n.CTEs, i)
		}
	}
	slices.Sort(n.CTEs)
	n.Rows = init.info().Rows + 10*step.info().Rows
	n.Cost = init.info().Cost + 10*step.info().Cost
	return &rel{n, x.Out}, nil
}
