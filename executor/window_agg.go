package executor

import (
	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/types"
)

// aggregate folds the frames. A frame that begins with the partition only grows, so one
// state serves all rows; so it does where rows that leave the frame can be taken back.
// Any other frame is folded anew for each row.
func (c *windowCall) aggregate(env *Env, p *partitionRows) error {
	c.from, c.to = 0, 0 // the store may have moved
	f := &c.def.Frame
	switch {
	case f.Exclude != physical.ExcludeNone:
		return c.refold(env, p)
	case f.Start.Kind == physical.UnboundedPreceding:
		return c.slide(env, p, nil)
	}
	if state, ok := c.newState(1).(builtin.Retractor); ok {
		return c.slide(env, p, state)
	}
	return c.refold(env, p)
}

func (c *windowCall) newState(groups int) builtin.Agg {
	state := c.def.Fn.Agg(c.types)
	state.Grow(groups)
	return state
}

// slide keeps one state for frames that only move forward: rows that come are stepped,
// and those that go taken back; from a nil back none goes.
func (c *windowCall) slide(env *Env, p *partitionRows, back builtin.Retractor) error {
	var state builtin.Agg = back
	if back == nil {
		state = c.newState(1)
	}
	first, done, known := p.lo, p.lo, false // folded are rows first..done−1
	var last types.Datum
	for i := p.lo; i < p.hi; i++ {
		lo, hi, err := c.frame(env, p, i)
		if err != nil {
			return err
		}
		if back != nil && lo > first {
			if gone := min(lo, done); gone > first {
				if err := c.fold(env, back.Retract, first, gone, 0, nil); err != nil {
					return err
				}
				known = false
			}
			first = lo
		}
		if done = max(done, first); hi > done {
			if err := c.fold(env, state.Step, done, hi, 0, nil); err != nil {
				return err
			}
			done, known = hi, false
		}
		if !known {
			if last, err = c.result(env, state, 0); err != nil {
				return err
			}
			known = true
		}
		c.add(last)
	}
	return nil
}

// refold folds each row's frame anew, in groups of a state that many rows share.
func (c *windowCall) refold(env *Env, p *partitionRows) error {
	var state builtin.Agg
	for i := p.lo; i < p.hi; i++ {
		g := uint32(i-p.lo) % batch.MaxRows
		if g == 0 {
			state = c.newState(min(batch.MaxRows, p.hi-i))
		}
		lo, hi, err := c.frame(env, p, i)
		if err != nil {
			return err
		}
		if hi > lo {
			var skip func(int) bool
			if c.def.Frame.Exclude != physical.ExcludeNone {
				skip = func(j int) bool { return c.excluded(p, i, j) }
			}
			if err := c.fold(env, state.Step, lo, hi, g, skip); err != nil {
				return err
			}
		}
		d, err := c.result(env, state, g)
		if err != nil {
			return err
		}
		c.add(d)
	}
	return nil
}

// result copies the state's present value.
func (c *windowCall) result(env *Env, state builtin.Agg, group uint32) (_ types.Datum, err error) {
	defer types.CatchStop(&err)
	d, err := state.Final(&env.Ctx, group)
	if err != nil || d.IsNull() || c.inline {
		return d, err
	}
	return types.Bytes(c.arena.Copy(d.Bytes())), nil
}

// zeroGroups sends every row to group 0.
var zeroGroups [batch.MaxRows]uint32

// step is Agg.Step, or Retract.
type step func(c *builtin.Ctx, sel []uint16, groups []uint32, args []*batch.Col) error

// fold steps rows lo..hi−1 that pass the filter and are not skipped, all for one group.
func (c *windowCall) fold(env *Env, do step, lo, hi int, group uint32, skip func(int) bool) (err error) {
	defer types.CatchStop(&err)
	for at := lo; at < hi; {
		c.show(at)
		end := min(hi, c.to)
		sel := batch.Identity(c.to - c.from)[at-c.from : end-c.from]
		if c.filter != nil || skip != nil {
			sel = c.passing(sel, skip)
		}
		groups := &zeroGroups
		if group != 0 {
			groups = &c.groups
			for _, i := range sel {
				groups[i] = group
			}
		}
		if len(sel) > 0 {
			if err := do(&env.Ctx, sel, groups[:], c.cols); err != nil {
				return err
			}
		}
		at = end
	}
	return nil
}

// show makes cols a batch of the arguments that row at is in: rows from..to−1.
func (c *windowCall) show(at int) {
	if at >= c.from && at < c.to {
		return
	}
	c.from = at
	c.to = min(at+batch.MaxRows, c.store.n)
	v := c.store.window(&c.view, c.from, c.to-c.from)
	c.cols = columnRefs(c.cols, v)[:len(c.types)]
}

// passing is the rows of sel that pass the filter and are not skipped.
func (c *windowCall) passing(sel []uint16, skip func(int) bool) []uint16 {
	passed := &c.view.Cols[len(c.types)]
	c.sel = c.sel[:0]
	for _, i := range sel {
		if !passed.Null[i] && passed.I[i] != 0 && (skip == nil || !skip(c.from+int(i))) {
			c.sel = append(c.sel, i)
		}
	}
	return c.sel
}
