package logical

import (
	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/expr"
)

// Inputs are the node's direct inputs.
func Inputs(n Node) []Node {
	switch a, b := inputs(n); {
	case a == nil:
		return nil
	case b == nil:
		return []Node{a}
	default:
		return []Node{a, b}
	}
}

// inputs are the node's direct inputs: nil for those that there are not.
func inputs(n Node) (a, b Node) {
	switch x := n.(type) {
	case *Filter:
		return x.Input, nil
	case *Project:
		return x.Input, nil
	case *ProjectSet:
		return x.Input, nil
	case *Join:
		return x.Left, x.Right
	case *Agg:
		return x.Input, nil
	case *Window:
		return x.Input, nil
	case *Sort:
		return x.Input, nil
	case *Limit:
		return x.Input, nil
	case *Distinct:
		return x.Input, nil
	case *SetOp:
		return x.Left, x.Right
	case *RecursiveUnion:
		return x.Init, x.Step
	case *Lock:
		return x.Input, nil
	case *Insert:
		return x.Input, nil
	case *Update:
		return x.Input, nil
	case *Delete:
		return x.Input, nil
	case *Merge:
		return x.Input, nil
	}
	return nil, nil
}

// MapInputs replaces the inputs in place with f's results. Trees under
// optimisation are owned by one statement, so nodes are changed, not copied.
func MapInputs(n Node, f func(Node) Node) {
	switch x := n.(type) {
	case *Filter:
		x.Input = f(x.Input)
	case *Project:
		x.Input = f(x.Input)
	case *ProjectSet:
		x.Input = f(x.Input)
	case *Join:
		x.Left, x.Right = f(x.Left), f(x.Right)
	case *Agg:
		x.Input = f(x.Input)
	case *Window:
		x.Input = f(x.Input)
	case *Sort:
		x.Input = f(x.Input)
	case *Limit:
		x.Input = f(x.Input)
	case *Distinct:
		x.Input = f(x.Input)
	case *SetOp:
		x.Left, x.Right = f(x.Left), f(x.Right)
	case *RecursiveUnion:
		x.Init, x.Step = f(x.Init), f(x.Step)
	case *Lock:
		x.Input = f(x.Input)
	case *Insert:
		x.Input = f(x.Input)
	case *Update:
		x.Input = f(x.Input)
	case *Delete:
		x.Input = f(x.Input)
	case *Merge:
		x.Input = f(x.Input)
	}
}

// mapExprs replaces the call's expressions in place with f's results.
func (a *AggCall) mapExprs(f func(expr.Expr) expr.Expr) {
	for i, e := range a.Args {
		a.Args[i] = f(e)
	}
	for i, e := range a.Direct {
		a.Direct[i] = f(e)
	}
	if a.Filter != nil {
		a.Filter = f(a.Filter)
	}
	for i := range a.OrderBy {
		a.OrderBy[i].Expr = f(a.OrderBy[i].Expr)
	}
}

// MapExprs replaces the node's own expressions in place with f's results.
func MapExprs(n Node, f func(expr.Expr) expr.Expr) {
	list := func(l []expr.Expr) {
		for i, e := range l {
			if e != nil {
				l[i] = f(e)
			}
		}
	}
	keys := func(k []SortKey) {
		for i := range k {
			k[i].Expr = f(k[i].Expr)
		}
	}
	checks := func(l []physical.RowCheck) {
		for i := range l {
			l[i].Cond = f(l[i].Cond)
		}
	}
	switch x := n.(type) {
	case *Scan:
		list(x.Secure)
	case *Func:
		for i, c := range x.Calls {
			x.Calls[i] = mapCall(c, f)
		}
	case *Values:
		for _, r := range x.Rows {
			list(r)
		}
	case *Filter:
		list(x.Conds)
	case *Project:
		list(x.Exprs)
	case *ProjectSet:
		list(x.Exprs)
	case *Join:
		list(x.On)
	case *Agg:
		list(x.Groups)
		for i := range x.Aggs {
			x.Aggs[i].mapExprs(f)
		}
	case *Window:
		list(x.Partition)
		keys(x.Order)
		for i := range x.Calls {
			list(x.Calls[i].Args)
			if x.Calls[i].Filter != nil {
				x.Calls[i].Filter = f(x.Calls[i].Filter)
			}
			for _, b := range []*physical.FrameBound{&x.Calls[i].Frame.Start, &x.Calls[i].Frame.End} {
				if b.Offset != nil {
					b.Offset = f(b.Offset)
				}
			}
		}
	case *Sort:
		keys(x.Keys)
	case *Limit:
		if x.Limit != nil {
			x.Limit = f(x.Limit)
		}
		if x.Offset != nil {
			x.Offset = f(x.Offset)
		}
		keys(x.WithTies)
	case *Distinct:
		list(x.On)
	case *Insert:
		list(x.Returning)
		checks(x.Checks)
		checks(x.Views)
		if c := x.OnConflict; c != nil {
			checks(c.Using)
			checks(c.Checks)
			list(c.Values)
			if c.Where != nil {
				c.Where = f(c.Where)
			}
		}
	case *Update:
		list(x.Returning)
		checks(x.Checks)
		checks(x.Views)
	case *Delete:
		list(x.Returning)
		if x.Most != nil {
			x.Most = f(x.Most)
		}
	case *Merge:
		for i := range x.Whens {
			w := &x.Whens[i]
			checks(w.Using)
			checks(w.Checks)
			list(w.Values)
			if w.Cond != nil {
				w.Cond = f(w.Cond)
			}
		}
	}
}

// mapCall maps the arguments of a call that must stay a call.
func mapCall(c *expr.Call, f func(expr.Expr) expr.Expr) *expr.Call {
	a, changed := mapList(c.Args, f)
	if !changed {
		return c
	}
	n := *c
	n.Args = a
	return &n
}
