package executor

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// partitionRows is one partition: rows lo..hi−1, and its groups of peers.
type partitionRows struct {
	lo, hi int
	group  []uint32 // of row lo+i
	starts []int    // first row of each group, then hi
	// key is the only order key of all rows of the window, with its order; for RANGE
	// with an offset.
	key   *batch.Col
	order *physical.SortKey
}

// peers are the rows that are equal to row i in the window's order.
func (p *partitionRows) peers(i int) (lo, hi int) {
	g := p.group[i-p.lo]
	return p.starts[g], p.starts[g+1]
}

// frameEnd is one end of a call's frame: its offset in this execution, and for
// RANGE with an offset how far the rows before the present one have moved it.
type frameEnd struct {
	def    *physical.FrameBound
	name   string // in errors
	offset *expr.Program
	n      int64 // of ROWS and GROUPS
	value  types.Datum
	cursor
}

// cursor is a place among a partition's rows that only moves forward.
type cursor struct {
	row int // whose place it is
	at  int
}

// evaluate computes the offset, once per execution.
func (f *frameEnd) evaluate(env *Env, s *expr.Scratch) error {
	if f.offset == nil {
		return nil
	}
	d, err := f.offset.One(&env.Env, s)
	if err != nil {
		return err
	}
	if d.IsNull() {
		return pgerr.Newf(pgerrcode.NullValueNotAllowedDataException, "frame %s offset must not be null", f.name)
	}
	if f.def.InRange != nil { // which refuses what is negative
		f.value = d.Clone()
		return nil
	}
	if f.n = d.Int(); f.n < 0 {
		return pgerr.Newf(pgerrcode.InvalidPrecedingOrFollowingSize, "frame %s offset must not be negative", f.name)
	}
	return nil
}

// frame is the range of rows that row i sees, before exclusion; hi ≤ lo means none.
// Rows of a partition are asked for in ascending order.
func (c *windowCall) frame(env *Env, p *partitionRows, i int) (lo, hi int, err error) {
	if lo, err = c.bound(env, p, i, &c.start, false); err != nil {
		return 0, 0, err
	}
	if hi, err = c.bound(env, p, i, &c.end, true); err != nil {
		return 0, 0, err
	}
	return max(lo, p.lo), min(hi, p.hi), nil
}

// bound is the first row of the frame, or the one after its last.
func (c *windowCall) bound(env *Env, p *partitionRows, i int, f *frameEnd, end bool) (int, error) {
	switch {
	case f.def.Kind == physical.UnboundedPreceding:
		return p.lo, nil
	case f.def.Kind == physical.UnboundedFollowing:
		return p.hi, nil
	case f.def.InRange != nil:
		return c.byValue(env, p, i, f, end)
	}
	size := int64(p.hi - p.lo + 1)
	n := min(f.n, size) // further than that is outside anyway
	switch f.def.Kind {
	case physical.OffsetPreceding:
		n = -n
	case physical.CurrentRow:
		n = 0
	}
	if c.def.Frame.Mode == physical.FrameRows {
		at := i + int(n)
		if end {
			at++
		}
		return at, nil
	}
	g := int64(p.group[i-p.lo]) + n
	groups := int64(len(p.starts) - 1)
	if end {
		g++
	}
	switch {
	case g < 0:
		return p.lo, nil
	case g > groups:
		return p.hi, nil
	}
	return p.starts[g], nil
}

// byValue finds the end of a RANGE frame by comparing order keys with row i's, from
// where row i−1's frame had it: keys are sorted, so it never moves back.
func (c *windowCall) byValue(env *Env, p *partitionRows, i int, f *frameEnd, end bool) (int, error) {
	if f.row < p.lo || f.row > i {
		f.cursor = cursor{row: p.lo, at: p.lo}
	}
	f.row = i
	base := p.key.Datum(i)
	desc := p.order.Desc
	sub := (f.def.Kind == physical.OffsetPreceding) != desc
	less := end != desc
	args := [5]types.Datum{1: base, 2: f.value, 3: types.Bool(sub), 4: types.Bool(less)}
	for ; f.at < p.hi; f.at++ {
		in, err := c.inRange(env, p, f, &args, end)
		if err != nil {
			return 0, err
		}
		if in != end { // the first row that is in, or the first after them that is not
			break
		}
	}
	return f.at, nil
}

// inRange reports that the frame may begin at row f.at, or that the row is not yet
// beyond its end. NULLs are peers of each other only, before or after all others.
func (c *windowCall) inRange(env *Env, p *partitionRows, f *frameEnd, args *[5]types.Datum, end bool) (bool, error) {
	v := p.key.Datum(f.at)
	if v.IsNull() || args[1].IsNull() {
		if v.IsNull() && args[1].IsNull() {
			return true, nil
		}
		return (v.IsNull() == p.order.NullsFirst) == end, nil
	}
	args[0] = v
	env.Site = nil
	d, err := f.def.InRange.Eval(&env.Ctx, args[:])
	return d.Bool(), err
}

// excluded reports that the EXCLUDE clause leaves row j out of row i's frame.
func (c *windowCall) excluded(p *partitionRows, i, j int) bool {
	switch c.def.Frame.Exclude {
	case physical.ExcludeCurrent:
		return j == i
	case physical.ExcludeGroup:
		return p.group[j-p.lo] == p.group[i-p.lo]
	case physical.ExcludeTies:
		return j != i && p.group[j-p.lo] == p.group[i-p.lo]
	}
	return false
}

// nth is the n-th row (from 1) of row i's frame, or from its end when n is
// negative; −1 when there is none.
func (c *windowCall) nth(env *Env, p *partitionRows, i int, n int64) (int, error) {
	lo, hi, err := c.frame(env, p, i)
	if err != nil {
		return 0, err
	}
	return c.nthOf(p, i, lo, hi, n), nil
}

func (c *windowCall) nthOf(p *partitionRows, i, lo, hi int, n int64) int {
	if c.def.Frame.Exclude == physical.ExcludeNone {
		at := int64(lo) + n - 1
		if n < 0 {
			at = int64(hi) + n
		}
		if hi <= lo || at < int64(lo) || at >= int64(hi) {
			return -1
		}
		return int(at)
	}
	if n > 0 {
		for j := lo; j < hi; j++ {
			if !c.excluded(p, i, j) {
				if n--; n == 0 {
					return j
				}
			}
		}
		return -1
	}
	for j := hi - 1; j >= lo; j-- {
		if !c.excluded(p, i, j) {
			if n++; n == 0 {
				return j
			}
		}
	}
	return -1
}
