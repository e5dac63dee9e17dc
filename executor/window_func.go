package executor

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// compute fills out with the call's result for each row of the partition.
func (c *windowCall) compute(env *Env, p *partitionRows) error {
	if c.def.Fn.Kind == 'a' {
		return c.aggregate(env, p)
	}
	if c.def.Fn.Name == "ntile" {
		return c.ntile(p)
	}
	for i := p.lo; i < p.hi; i++ {
		d, err := c.value(env, p, i)
		if err != nil {
			return err
		}
		c.out = append(c.out, d)
	}
	return nil
}

// value is the result of a window function for row i.
func (c *windowCall) value(env *Env, p *partitionRows, i int) (types.Datum, error) {
	first, last := p.peers(i)
	n := p.hi - p.lo
	switch c.def.Fn.Name {
	case "row_number":
		return types.Int(int64(i - p.lo + 1)), nil
	case "rank":
		return types.Int(int64(first - p.lo + 1)), nil
	case "dense_rank":
		return types.Int(int64(p.group[i-p.lo]) + 1), nil
	case "percent_rank":
		if n <= 1 {
			return types.Float(0), nil
		}
		return types.Float(float64(first-p.lo) / float64(n-1)), nil
	case "cume_dist":
		return types.Float(float64(last-p.lo) / float64(n)), nil
	case "lag":
		return c.neighbour(p, i, -1), nil
	case "lead":
		return c.neighbour(p, i, 1), nil
	case "first_value":
		return c.at(c.nth(env, p, i, 1))
	case "last_value":
		return c.at(c.nth(env, p, i, -1))
	case "nth_value":
		k := c.store.datum(i, 1)
		if k.IsNull() {
			return types.Null, nil
		}
		if k.Int() <= 0 {
			return types.Null, pgerr.New(pgerrcode.InvalidArgumentForNthValueFunction, "argument of nth_value must be greater than zero")
		}
		return c.at(c.nth(env, p, i, k.Int()))
	}
	return types.Null, pgerr.NotSupported(-1, "window function %s is not supported", c.def.Fn.Name)
}

// at is the first argument's value in row j, NULL for no row.
func (c *windowCall) at(j int, err error) (types.Datum, error) {
	if err != nil || j < 0 {
		return types.Null, err
	}
	return c.store.datum(j, 0), nil
}

// neighbour is lag and lead: the value some rows away, or the default.
func (c *windowCall) neighbour(p *partitionRows, i, sign int) types.Datum {
	off := int64(1)
	if len(c.types) > 1 {
		d := c.store.datum(i, 1)
		if d.IsNull() {
			return types.Null
		}
		off = d.Int()
	}
	j := int64(i) + int64(sign)*off
	if j >= int64(p.lo) && j < int64(p.hi) {
		return c.store.datum(int(j), 0)
	}
	if len(c.types) > 2 {
		return c.store.datum(i, 2)
	}
	return types.Null
}

// ntile numbers buckets of sizes that differ by at most one, larger ones first.
func (c *windowCall) ntile(p *partitionRows) error {
	n := p.hi - p.lo
	k := c.store.datum(p.lo, 0)
	if k.IsNull() {
		for range n {
			c.out = append(c.out, types.Null)
		}
		return nil
	}
	if k.Int() <= 0 {
		return pgerr.New(pgerrcode.InvalidArgumentForNtileFunction, "argument of ntile must be greater than zero")
	}
	size, larger := int64(n)/k.Int(), int64(n)%k.Int()
	for i := range int64(n) {
		b := int64(0)
		if i < larger*(size+1) {
			b = i / (size + 1)
		} else {
			b = larger + (i-larger*(size+1))/max(size, 1)
		}
		c.out = append(c.out, types.Int(b+1))
	}
	return nil
}

// aggregate folds the frames. A frame that begins with the partition only grows,
// so one state serves all rows; any other is folded anew for each row.
func (c *windowCall) aggregate(env *Env, p *partitionRows) error {
	f := &c.def.Frame
	if f.Start.Kind != physical.UnboundedPreceding || f.Exclude != physical.ExcludeNone {
		return c.slide(env, p)
	}
	state := c.def.Fn.Agg(c.types)
	state.Grow(1)
	done, known := p.lo, false
	var last types.Datum
	for i := p.lo; i < p.hi; i++ {
		_, hi, err := c.frame(env, p, i)
		if err != nil {
			return err
		}
		if hi > done {
			if err := c.fold(env, state, done, hi, nil); err != nil {
				return err
			}
			done, known = hi, false
		}
		if !known {
			if last, err = c.result(env, state); err != nil {
				return err
			}
			known = true
		}
		c.out = append(c.out, last)
	}
	return nil
}

func (c *windowCall) slide(env *Env, p *partitionRows) error {
	for i := p.lo; i < p.hi; i++ {
		state := c.def.Fn.Agg(c.types)
		state.Grow(1)
		lo, hi, err := c.frame(env, p, i)
		if err != nil {
			return err
		}
		if hi > lo {
			skip := func(j int) bool { return c.excluded(p, i, j) }
			if err := c.fold(env, state, lo, hi, skip); err != nil {
				return err
			}
		}
		d, err := c.result(env, state)
		if err != nil {
			return err
		}
		c.out = append(c.out, d)
	}
	return nil
}

// result copies the state's present value.
func (c *windowCall) result(env *Env, state builtin.Agg) (types.Datum, error) {
	d, err := state.Final(&env.Ctx, 0)
	if err != nil || d.IsNull() || c.inline {
		return d, err
	}
	return types.Bytes(c.arena.Copy(d.Bytes())), nil
}

// zeroGroups sends every row to group 0.
var zeroGroups [batch.MaxRows]uint32

// fold steps the state over rows lo..hi−1 that pass the filter and are not skipped.
func (c *windowCall) fold(env *Env, state builtin.Agg, lo, hi int, skip func(int) bool) error {
	args := make([]*batch.Col, len(c.types))
	var sel []uint16
	for at := lo; at < hi; at += batch.MaxRows {
		n := min(batch.MaxRows, hi-at)
		v := c.store.window(&c.view, at, n)
		for k := range args {
			args[k] = &v.Cols[k]
		}
		passed := &v.Cols[len(c.types)]
		sel = sel[:0]
		for i := range n {
			if !passed.Null[i] && passed.I[i] != 0 && (skip == nil || !skip(at+i)) {
				sel = append(sel, uint16(i))
			}
		}
		if len(sel) == 0 {
			continue
		}
		if err := state.Step(&env.Ctx, sel, zeroGroups[:], args); err != nil {
			return err
		}
	}
	return nil
}
