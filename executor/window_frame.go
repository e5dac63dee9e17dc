package executor

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// partitionRows is one partition: rows lo..hi−1, and its groups of peers.
type partitionRows struct {
	lo, hi int
	group  []uint32 // of row lo+i
	starts []int    // first row of each group, then hi
}

// peers are the rows that are equal to row i in the window's order.
func (p *partitionRows) peers(i int) (lo, hi int) {
	g := p.group[i-p.lo]
	return p.starts[g], p.starts[g+1]
}

// offsets evaluates the frame's offsets, once per execution.
func (c *windowCall) offsets(env *Env, s *expr.Scratch) error {
	for _, b := range []struct {
		p    *expr.Program
		n    *int64
		name string
	}{{c.start, &c.startN, "starting"}, {c.end, &c.endN, "ending"}} {
		if b.p == nil {
			continue
		}
		d, err := b.p.One(&env.Env, s)
		if err != nil {
			return err
		}
		if d.IsNull() {
			return pgerr.Newf(pgerrcode.NullValueNotAllowedDataException, "frame %s offset must not be null", b.name)
		}
		if *b.n = d.Int(); *b.n < 0 {
			return pgerr.Newf(pgerrcode.InvalidPrecedingOrFollowingSize, "frame %s offset must not be negative", b.name)
		}
	}
	return nil
}

// frame is the range of rows that row i sees, before exclusion; hi ≤ lo means none.
func (c *windowCall) frame(p *partitionRows, i int) (lo, hi int) {
	f := &c.def.Frame
	lo = c.bound(p, i, f.Mode, &f.Start, c.startN, false)
	hi = c.bound(p, i, f.Mode, &f.End, c.endN, true)
	return max(lo, p.lo), min(hi, p.hi)
}

// bound is the first row of the frame, or the one after its last.
func (c *windowCall) bound(p *partitionRows, i int, mode physical.FrameMode, b *physical.FrameBound, n int64, end bool) int {
	switch b.Kind {
	case physical.UnboundedPreceding:
		return p.lo
	case physical.UnboundedFollowing:
		return p.hi
	}
	size := int64(p.hi - p.lo + 1)
	n = min(n, size) // further than that is outside anyway
	switch b.Kind {
	case physical.OffsetPreceding:
		n = -n
	case physical.CurrentRow:
		n = 0
	}
	if mode == physical.FrameRows {
		at := i + int(n)
		if end {
			at++
		}
		return at
	}
	g := int64(p.group[i-p.lo]) + n
	groups := int64(len(p.starts) - 1)
	if end {
		g++
	}
	switch {
	case g < 0:
		return p.lo
	case g > groups:
		return p.hi
	}
	return p.starts[g]
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
func (c *windowCall) nth(p *partitionRows, i int, n int64) int {
	lo, hi := c.frame(p, i)
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
