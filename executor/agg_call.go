package executor

import (
	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// aggCall is one aggregate: its state for all groups, and what stands before it.
type aggCall struct {
	call   *physical.AggCall
	args   []*expr.Program
	types  []types.T
	filter *expr.Program
	state  builtin.Agg
	cols   []*batch.Col
	seen   *rowSet      // DISTINCT: (group, arguments)
	refs   []*batch.Col // the columns of seen
	fresh  []uint16
	group  batch.Col
	order  *order    // ORDER BY inside the call: rows are kept and folded at the end
	rows   *rowStore // group, arguments, sort keys
	within *within   // of an ordered-set aggregate
}

func newAggCall(call *physical.AggCall) (*aggCall, error) {
	c := &aggCall{call: call, cols: make([]*batch.Col, len(call.Args))}
	var err error
	if c.args, err = programs(call.Args); err != nil {
		return nil, err
	}
	if c.filter, err = program(call.Filter); err != nil {
		return nil, err
	}
	int4 := types.Of(types.Int4OID)
	keyed := []types.T{int4}
	for _, x := range call.Args {
		c.types = append(c.types, x.Type())
		keyed = append(keyed, x.Type())
	}
	if call.Distinct || len(call.OrderBy) > 0 {
		c.group.Init(int4, batch.MaxRows)
	}
	if call.Distinct {
		c.seen = newRowSet(keyed)
	}
	if len(call.OrderBy) > 0 || call.Distinct && !orderFree(call) {
		keys := call.OrderBy
		if len(keys) == 0 { // DISTINCT folds its arguments in their order, as PostgreSQL does
			for _, x := range call.Args {
				keys = append(keys, physical.SortKey{Expr: x})
			}
		}
		if c.order, err = newOrder(keys); err != nil {
			return nil, err
		}
		c.rows = newRowStore(append(keyed, c.order.types...))
	}
	c.within, err = newWithin(call)
	return c, err
}

// orderFree reports that the order in which values are folded makes no difference.
func orderFree(call *physical.AggCall) bool {
	for _, x := range call.Args {
		if builtin.OrderedBy(x.Type()) != nil { // sorting may fail
			return false
		}
	}
	switch call.Fn.Name {
	case "count":
		return true
	case "sum", "avg", "min", "max": // of numbers without rounding and without two forms of one value
		return len(call.Args) == 1 && call.Args[0].Type().Rep() == types.RepInt
	}
	return false
}

// step folds the batch into one aggregate, or keeps the rows for finish.
func (c *aggCall) step(env *Env, s *expr.Scratch, b *batch.Batch, groups []uint32) error {
	sel := b.Sel
	if c.within != nil {
		if err := c.within.meet(env, s, b, groups); err != nil {
			return err
		}
	}
	if c.filter != nil {
		view := batch.Batch{Sel: b.Sel, Cols: b.Cols}
		if err := c.filter.Filter(&env.Env, s, &view); err != nil {
			return err
		}
		sel = view.Sel
	}
	if len(sel) == 0 {
		return nil
	}
	for i, p := range c.args {
		col, err := p.Eval(&env.Env, s, b, sel)
		if err != nil {
			return err
		}
		c.cols[i] = col
	}
	if c.rows == nil && c.seen != nil {
		var err error
		if sel, err = c.distinct(sel, groups); err != nil || len(sel) == 0 {
			return err
		}
	}
	if c.rows == nil {
		return stepAgg(c.state, env, sel, groups, c.cols)
	}
	if c.within != nil {
		sel = c.within.count(c, sel, groups)
	}
	return c.keep(env, s, b, sel, groups)
}

// keep stores rows that must be sorted or made distinct before they are folded.
func (c *aggCall) keep(env *Env, s *expr.Scratch, b *batch.Batch, sel []uint16, groups []uint32) error {
	keys := make([]*batch.Col, len(c.order.progs))
	for i, p := range c.order.progs {
		col, err := p.Eval(&env.Env, s, b, sel)
		if err != nil {
			return err
		}
		keys[i] = col
	}
	if c.seen != nil {
		var err error
		if sel, err = c.distinct(sel, groups); err != nil {
			return err
		}
	} else {
		c.withGroups(sel, groups)
	}
	var row []types.Datum
	for _, i := range sel {
		row = row[:0]
		for _, col := range c.refs {
			row = append(row, col.Datum(int(i)))
		}
		for _, col := range keys {
			row = append(row, col.Datum(int(i)))
		}
		if err := c.rows.appendRow(row); err != nil {
			return err
		}
	}
	return nil
}

// withGroups makes refs the rows' groups and the arguments.
func (c *aggCall) withGroups(sel []uint16, groups []uint32) {
	for _, i := range sel {
		c.group.I[i] = int64(groups[i])
	}
	c.refs = append(append(c.refs[:0], &c.group), c.cols...)
}

// distinct is the rows of sel whose arguments their groups have not had.
func (c *aggCall) distinct(sel []uint16, groups []uint32) ([]uint16, error) {
	c.withGroups(sel, groups)
	known := uint32(c.seen.rows.n)
	ids, err := c.seen.addAll(c.refs, sel)
	if err != nil {
		return nil, err
	}
	c.fresh = c.fresh[:0]
	for n, i := range sel {
		if ids[n] == known { // numbers are given in order
			c.fresh = append(c.fresh, i)
			known++
		}
	}
	return c.fresh, nil
}

// finish folds the kept rows of all groups in order.
func (c *aggCall) finish(env *Env, s *expr.Scratch, total int) error {
	if c.within != nil {
		if err := c.within.begin(c, env, s, total); err != nil {
			return err
		}
	}
	if c.rows == nil || c.rows.n == 0 {
		return nil
	}
	perm, err := sortRows(nil, c.rows, c.order, 1+len(c.types), nil)
	if err != nil {
		return err
	}
	out := batch.New(c.rows.types, 1)
	groups := make([]uint32, batch.MaxRows)
	for at := 0; at < len(perm); at += batch.MaxRows {
		ids := perm[at:min(at+batch.MaxRows, len(perm))]
		c.rows.gather(ids, out)
		for i := range ids {
			groups[i] = uint32(out.Cols[0].I[i])
		}
		for i := range c.types {
			c.cols[i] = &out.Cols[1+i]
		}
		if err := stepAgg(c.state, env, out.Sel, groups, c.cols); err != nil {
			return err
		}
	}
	return nil
}
