package flat

import (
	"context"
	"math"
	"slices"
)

// Cursor yields the candidates of a set of ordinals in exact distance order, a
// batch at a time, until all were yielded, each once. It keeps memory for one
// batch, not for all distances: when the first batch is not enough it scans
// again for a batch eight times as large, so k results cost one scan and all n
// cost O(log n) scans. One goroutine; reusable by Reset.
type Cursor struct {
	scorer *Scorer
	vecs   *Vectors
	lo, hi uint32   // the ordinals [lo, hi) ...
	list   []uint32 // ... or, when isList, these
	isList bool
	keep   func(ords []uint32) []uint32

	seen    []uint64 // one bit an ordinal that was yielded (or excluded); nil before it is needed
	yielded []uint32 // what seen will have to hold, while seen is nil
	batch   int
	done    bool
	top     Top
	ords    [block]uint32
	dists   [block]float64

	// Scanned and Exacts count the distances computed, estimated and exact.
	Scanned, Exacts int64
}

// growth is the factor between the batches of one cursor.
const growth = 8

// guard is the relative error allowed to an estimate, see Next. Float32 sums of
// thousands of terms in eight or more lanes stay far below it.
const guard = 1e-4

// Reset starts a scan over the ordinals [lo, hi). keep filters a block of
// ordinals in place (nil keeps all); it must answer the same for the life of the
// scan or turn from yes to no. batch is how many candidates the caller expects
// to need.
func (c *Cursor) Reset(s *Scorer, v *Vectors, lo, hi uint32, batch int, keep func([]uint32) []uint32) {
	c.reset(s, v, batch, keep)
	c.lo, c.hi, c.isList, c.list = lo, hi, false, nil
}

// ResetList starts a scan over the given ordinals, which it keeps and does not change.
func (c *Cursor) ResetList(s *Scorer, v *Vectors, list []uint32, batch int, keep func([]uint32) []uint32) {
	c.reset(s, v, batch, keep)
	c.lo, c.hi, c.isList, c.list = 0, 0, true, list
	for _, o := range list {
		c.hi = max(c.hi, o+1)
	}
}

func (c *Cursor) reset(s *Scorer, v *Vectors, batch int, keep func([]uint32) []uint32) {
	c.scorer, c.vecs, c.keep = s, v, keep
	c.seen, c.yielded = c.seen[:0], c.yielded[:0]
	c.batch, c.done = max(batch, 1), false
	c.Scanned, c.Exacts = 0, 0
}

// Exclude removes ordinals that the caller has already handed out; call it
// before the first Next.
func (c *Cursor) Exclude(ords []uint32) {
	c.yielded = append(c.yielded, ords...)
	c.mark()
}

// Release drops what the cursor refers to and keeps its own memory.
func (c *Cursor) Release() { c.scorer, c.vecs, c.keep, c.list, c.done = nil, nil, nil, nil, true }

// mark moves yielded into seen.
func (c *Cursor) mark() {
	words := (int(c.hi) + 63) / 64
	if len(c.seen) == 0 {
		c.seen = slices.Grow(c.seen[:0], words)[:words]
		clear(c.seen)
	}
	for _, o := range c.yielded {
		if o < c.hi {
			c.seen[o>>6] |= 1 << (o & 63)
		}
	}
	c.yielded = c.yielded[:0]
}

// Next appends the next candidates to dst in distance order. Nothing appended
// and no error means the end.
func (c *Cursor) Next(ctx context.Context, dst []Candidate) ([]Candidate, error) {
	for !c.done {
		if len(c.yielded) > 0 {
			c.mark()
		}
		c.top.Reset(c.batch)
		if err := c.scan(ctx); err != nil {
			return dst, err
		}
		from := len(dst)
		dst = c.settle(dst)
		c.batch = min(c.batch*growth, math.MaxInt32)
		if len(dst) > from {
			return dst, nil
		}
	}
	return dst, nil
}

// settle turns the estimates of the batch into exact distances and keeps those
// that no refused candidate can precede: all of them when none was refused,
// otherwise those clearly nearer than the worst estimate kept. The others come
// again with the next scan. Only in a batch of near-ties alone may a distance
// follow one that is larger by the error of the estimate.
func (c *Cursor) settle(dst []Candidate) []Candidate {
	from := len(dst)
	full, limit := c.top.Full(), c.top.Worst()
	for _, cand := range c.top.heap {
		cand.Dist = c.scorer.Exact(c.vecs, cand.Ord)
		dst = append(dst, cand)
	}
	c.Exacts += int64(len(c.top.heap))
	got := dst[from:]
	slices.SortFunc(got, compare)
	if !full {
		c.done = true
		return dst
	}
	limit -= guard * math.Abs(limit)
	n := len(got)
	for n > 0 && !(got[n-1].Dist <= limit) {
		n--
	}
	if n == 0 {
		// All are as far as the worst, as among duplicates. Scanning again for more
		// would end only with everything in one batch.
		n = len(got)
	}
	for _, cand := range got[:n] {
		c.yielded = append(c.yielded, cand.Ord)
	}
	return dst[:from+n]
}

// scan shows every remaining candidate's estimate to top.
func (c *Cursor) scan(ctx context.Context) error {
	if c.isList {
		for at := 0; at < len(c.list); at += block {
			n := copy(c.ords[:], c.list[at:])
			if err := c.score(ctx, at, c.ords[:n]); err != nil {
				return err
			}
		}
		return nil
	}
	for at := c.lo; at < c.hi; {
		n := min(block, c.hi-at)
		for i := range n {
			c.ords[i] = at + i
		}
		if err := c.score(ctx, int(at-c.lo), c.ords[:n]); err != nil {
			return err
		}
		at += n
	}
	return nil
}

func (c *Cursor) score(ctx context.Context, at int, ords []uint32) error {
	if at%(64*block) == 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	if len(c.seen) > 0 {
		n := 0
		for _, o := range ords {
			ords[n] = o
			n += int(^c.seen[o>>6] >> (o & 63) & 1)
		}
		ords = ords[:n]
	}
	if c.keep != nil {
		ords = c.keep(ords)
	}
	if len(ords) == 0 {
		return nil
	}
	// Filters drop ordinals and keep their order: first and last tell of a gap.
	run := !c.isList && int(ords[len(ords)-1]-ords[0]) == len(ords)-1
	c.scorer.Estimate(c.vecs, ords, run, c.dists[:len(ords)])
	c.Scanned += int64(len(ords))
	worst := c.top.Worst()
	for i, d := range c.dists[:len(ords)] {
		if d < worst || !c.top.Full() {
			c.top.Push(Candidate{Dist: d, Ord: ords[i]})
			worst = c.top.Worst()
		}
	}
	return nil
}
