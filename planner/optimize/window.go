package optimize

import (
	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/expr"
)

// window plans window functions; k is how many rows are wanted, infinite for all.
func (p *planner) window(x *logical.Window, k float64, need *logical.ColSet) (*rel, error) {
	return p.windowOver(x, windowKeys(x), k, need)
}

// windowKeys are the partition and the order of a window as one order.
func windowKeys(x *logical.Window) []logical.SortKey {
	keys := make([]logical.SortKey, 0, len(x.Partition)+len(x.Order))
	for _, e := range x.Partition {
		keys = append(keys, logical.SortKey{Expr: e})
	}
	return append(keys, x.Order...)
}

// windowOver plans window functions over their input in the given order of
// partition and window. Where the functions look back only, or partitions are
// short, few rows of the input give the first k.
func (p *planner) windowOver(x *logical.Window, keys []logical.SortKey, k float64, need *logical.ColSet) (*rel, error) {
	below := need.Clone(x.Partition...)
	for _, k := range x.Order {
		below.AddExpr(k.Expr)
	}
	for i := range x.Calls {
		below = below.Clone(x.Calls[i].Args...)
		below.AddExpr(x.Calls[i].Filter)
	}
	var in *rel
	var err error
	if len(keys) > 0 {
		in, err = p.sortFor(&logical.Sort{Input: x.Input, Keys: keys}, nil, k, below)
	} else {
		in, err = p.build(x.Input, below)
	}
	if err != nil {
		return nil, err
	}
	at := in.layout()
	cols := append(append([]logical.ColID(nil), in.cols...), x.Out...)
	n := &physical.Window{Base: p.base(cols), Input: in.node, Partition: p.remapAll(x.Partition, at), Order: p.remapKeys(x.Order, at)}
	for _, c := range x.Calls {
		c.Args = p.remapAll(c.Args, at)
		c.Filter = p.remap(c.Filter, at)
		c.Frame.Start.Offset = p.remapBound(c.Frame.Start.Offset)
		c.Frame.End.Offset = p.remapBound(c.Frame.End.Offset)
		n.Calls = append(n.Calls, c)
	}
	n.Needs = physical.LookaheadOf(n.Calls)
	p.inherit(&n.Base, in, float64(len(n.Calls))*p.m.HashRow)
	return &rel{n, cols}, nil
}

func (p *planner) remapBound(e expr.Expr) expr.Expr {
	if e == nil {
		return nil
	}
	return p.remap(e, nil)
}
