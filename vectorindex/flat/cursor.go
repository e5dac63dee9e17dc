package flat

import (
	"context"
	"math"
	"math/bits"
	"slices"

	"github.com/loxodb/loxodb/vectorindex/dist"
)

// Cursor yields the candidates of a set of ordinals in exact distance order, a
// batch at a time, until all were yielded, each once. It keeps memory for one
// batch, not for all distances: when the first batch is not enough it scans
// again for a batch eight times as large, so k results cost one scan and all n
// cost O(log n) scans. One goroutine; reusable by Reset.
type Cursor struct {
	scorer *Scorer
	vecs   *dist.Vectors
	lo, hi uint32   // the ordinals [lo, hi) ...
	list   []uint32 // ... or, when isList, these
	isList bool
	keep   func(ords []uint32) []uint32

	// Look, if not nil, is told now and then how many vectors were looked at since the last
	// time.
	Look func(n uint32)

	seen    []uint64 // one bit an ordinal that was yielded (or excluded); nil before it is needed
	yielded []uint32 // what seen will have to hold, while seen is nil
	batch   int
	done    bool
	top     Top
	ords    [block]uint32

	// Scanned and Exacts count the distances computed, estimated and exact.
	Scanned, Exacts int64
}

// growth is the factor between the batches of one cursor.
const growth = 8

// Reset starts a scan over the ordinals [lo, hi). keep filters ordinals in place
// (nil keeps all), of a range only those that are near enough to matter; it must
// answer the same for the life of the scan or turn from yes to no. batch is how many candidates the caller expects
// to need.
func (c *Cursor) Reset(s *Scorer, v *dist.Vectors, lo, hi uint32, batch int, keep func([]uint32) []uint32) {
	c.reset(s, v, batch, keep)
	c.lo, c.hi, c.isList, c.list = lo, hi, false, nil
}

// ResetList starts a scan over the given ordinals, which it keeps and does not change.
func (c *Cursor) ResetList(s *Scorer, v *dist.Vectors, list []uint32, batch int, keep func([]uint32) []uint32) {
	c.reset(s, v, batch, keep)
	c.lo, c.hi, c.isList, c.list = 0, 0, true, list
	for _, o := range list {
		c.hi = max(c.hi, o+1)
	}
}

func (c *Cursor) reset(s *Scorer, v *dist.Vectors, batch int, keep func([]uint32) []uint32) {
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

// enough is a batch that is handed out even if all of it is as far as the worst.
const enough = 1 << 16

// settle turns the estimates of the batch into exact distances and keeps those
// that no refused candidate can precede: all of them when none was refused,
// otherwise those clearly nearer than the worst estimate kept. The others come
// again with the next, larger scan. Only in a batch of enough near-ties may a
// distance follow one that is larger by the error of the estimate.
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
	limit -= c.scorer.slack(c.vecs, limit, got)
	n := len(got)
	for n > 0 && !(got[n-1].Dist <= limit) {
		n--
	}
	if n == 0 && (c.batch >= enough || duplicates(got)) {
		n = len(got) // more scans would not tell them apart either
	}
	for _, cand := range got[:n] {
		c.yielded = append(c.yielded, cand.Ord)
	}
	return dst[:from+n]
}

// duplicates reports whether sorted candidates are many and equally far.
func duplicates(got []Candidate) bool {
	first, last := got[0].Dist, got[len(got)-1].Dist
	return len(got) >= 16 && (first == last || math.IsNaN(first))
}

// scan shows every remaining candidate that may be near enough to top.
func (c *Cursor) scan(ctx context.Context) error {
	if c.isList {
		return c.scanList(ctx)
	}
	// A run stays in one chunk of inverse norms; no chunk is longer than its directory says.
	chunk := uint64(1) << c.vecs.InvShift
	for at, i := c.lo, 0; at < c.hi; i++ {
		if err := interrupted(ctx, i); err != nil {
			return err
		}
		n := min(block, c.hi-at, uint32(min(chunk-uint64(at)&(chunk-1), block)))
		c.scanRun(at, n)
		at += n
		if c.Look != nil {
			c.Look(n)
		}
	}
	return nil
}

// scanRun looks at the ordinals [at, at+n). All are measured, since memory is
// fastest as one stream, and only those that are near enough are filtered.
func (c *Cursor) scanRun(at, n uint32) {
	marks := c.scorer.run(c.vecs, at, n, c.top.Worst())
	c.Scanned += int64(n)
	near := c.ords[:0]
	for w, mark := range marks {
		for ; mark != 0; mark &= mark - 1 {
			near = append(near, at+uint32(64*w+bits.TrailingZeros64(mark)))
		}
	}
	for _, o := range c.filter(near) {
		c.offer(int(o-at), o)
	}
}

// scanList looks at the list. Records far apart are expensive to visit: they are
// filtered first.
func (c *Cursor) scanList(ctx context.Context) error {
	for at, i := 0, 0; at < len(c.list); i++ {
		if err := interrupted(ctx, i); err != nil {
			return err
		}
		n := copy(c.ords[:], c.list[at:])
		at += n
		ords := c.filter(c.ords[:n])
		if len(ords) == 0 {
			continue
		}
		marks := c.scorer.list(c.vecs, ords, c.top.Worst())
		c.Scanned += int64(len(ords))
		for w, mark := range marks {
			for ; mark != 0; mark &= mark - 1 {
				j := 64*w + bits.TrailingZeros64(mark)
				c.offer(j, ords[j])
			}
		}
	}
	return nil
}

// interrupted looks at the context every few blocks, the first included.
func interrupted(ctx context.Context, block int) error {
	if block%16 != 0 {
		return nil
	}
	return ctx.Err()
}

// filter drops, in place, what was yielded before and what must not be.
func (c *Cursor) filter(ords []uint32) []uint32 {
	if len(ords) > 0 && len(c.seen) > 0 {
		n := 0
		for _, o := range ords {
			ords[n] = o
			n += int(^c.seen[o>>6] >> (o & 63) & 1)
		}
		ords = ords[:n]
	}
	if len(ords) > 0 && c.keep != nil {
		ords = c.keep(ords)
	}
	return ords
}

// offer shows the candidate of estimate i to top.
func (c *Cursor) offer(i int, ord uint32) {
	if d := c.scorer.trusted(c.vecs, i, ord); d < c.top.Worst() || !c.top.Full() {
		c.top.Push(Candidate{Dist: d, Ord: ord})
	}
}
