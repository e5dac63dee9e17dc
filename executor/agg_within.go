package executor

import (
	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// within is what an ordered-set aggregate has beside its rows: the direct arguments
// of each group, evaluated on the first of its rows, and the number of rows.
type within struct {
	progs  []*expr.Program
	cols   []*batch.Col
	groups []withinGroup
	first  []uint16
	sel    []uint16
}

type withinGroup struct {
	met    bool // direct is known
	rows   int64
	direct []types.Datum
}

// newWithin is nil for other aggregates.
func newWithin(call *physical.AggCall) (*within, error) {
	if call.Fn.AggKind != 'o' && call.Fn.AggKind != 'h' {
		return nil, nil
	}
	progs, err := programs(call.Direct)
	return &within{progs: progs, cols: make([]*batch.Col, len(progs))}, err
}

// reset begins with a new state of the call.
func (w *within) reset(c *aggCall) {
	w.groups = w.groups[:0]
	h, ok := c.state.(builtin.HypotheticalAgg)
	if !ok {
		return
	}
	var order []builtin.ColumnOrder
	for i, k := range c.order.keys {
		order = append(order, builtin.ColumnOrder{T: c.order.types[i], Desc: k.Desc, NullsFirst: k.NullsFirst})
	}
	h.Order(order)
}

// meet evaluates the direct arguments of groups that are new, on the first of their
// rows, whether that is filtered out or not.
func (w *within) meet(env *Env, s *expr.Scratch, b *batch.Batch, groups []uint32) error {
	w.first = w.first[:0]
	for _, i := range b.Sel {
		g := int(groups[i])
		for len(w.groups) <= g {
			w.groups = append(w.groups, withinGroup{})
		}
		if !w.groups[g].met {
			w.groups[g].met = true
			w.first = append(w.first, i)
		}
	}
	if len(w.first) == 0 {
		return nil
	}
	for k, p := range w.progs {
		col, err := p.Eval(&env.Env, s, b, w.first)
		if err != nil {
			return err
		}
		w.cols[k] = col
	}
	for _, i := range w.first {
		g := &w.groups[groups[i]]
		for _, col := range w.cols {
			g.direct = append(g.direct, col.Datum(int(i)).Clone())
		}
	}
	return nil
}

// count returns the rows that are to be kept: NULLs are not when values are aggregated.
func (w *within) count(c *aggCall, sel []uint16, groups []uint32) []uint16 {
	w.sel = w.sel[:0]
	for _, i := range sel {
		if c.call.Fn.AggKind == 'o' && c.cols[0].Null[i] {
			continue
		}
		w.sel = append(w.sel, i)
		w.groups[groups[i]].rows++
	}
	return w.sel
}

// begin tells the state what it needs before the rows come in order. The one group of
// an input without rows has direct arguments that use no column.
func (w *within) begin(c *aggCall, env *Env, s *expr.Scratch, total int) error {
	state := c.state.(builtin.OrderedAgg)
	if total == 1 && len(w.groups) == 0 {
		none := &batch.Batch{Sel: batch.Identity(1)}
		if err := w.meet(env, s, none, zeroGroups[:]); err != nil {
			return err
		}
	}
	for g := range w.groups {
		if err := state.Begin(uint32(g), w.groups[g].rows, w.groups[g].direct); err != nil {
			return err
		}
	}
	return nil
}
