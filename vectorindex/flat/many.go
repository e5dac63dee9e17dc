package flat

import (
	"context"
	"math"
	"math/bits"
	"slices"

	"github.com/loxodb/loxodb/vectorindex/dist"
)

// Sought is one of several queries that are asked in one pass.
type Sought struct {
	Vec     []byte // of the space; kept, not changed
	K       int
	Without uint32 // 1 + an ordinal that does not count; 0 = none
	// Nearest gets the K nearest by exact distance, nearest first, those without a
	// distance last with +Inf.
	Nearest []Candidate
}

// bound is what a Scorer holds of a query.
type bound struct {
	query  dist.Query
	norm   float64
	affine dist.Affine
}

// manyBytes is about how many bytes of vectors are compared with all queries before the
// next are read: they stay in a core's own cache.
const manyBytes = 256 << 10

// Many finds the nearest of the first n vectors for every query in one pass, so that
// memory is read once for all of them. Among near-ties, within the error of a float32
// sum, it may take the one that is a little farther. look is called between blocks with
// the number of vectors seen; when ctx ends, so does the scan, with its error.
func Many(ctx context.Context, sp dist.Space, v *dist.Vectors, n uint32, queries []Sought, look func(seen uint32)) error {
	var s Scorer // one for all: its scratch stays in the first-level cache
	prepared, tops := make([]bound, len(queries)), make([]Top, len(queries))
	for i := range queries {
		s.query = dist.Query{}
		s.Reset(sp, queries[i].Vec)
		prepared[i] = bound{s.query, s.norm, s.affine}
		tops[i].Reset(queries[i].K)
	}
	step := uint32(max(64, min(block, manyBytes/max(sp.Size(), 1)&^63)))
	if sp.Element == dist.Sparse {
		step = block
	}
	chunk := uint64(1) << v.InvShift
	for at := uint32(0); at < n; {
		if err := ctx.Err(); err != nil {
			return err
		}
		m := min(step, n-at, uint32(min(chunk-uint64(at)&(chunk-1), block)))
		for i := range queries {
			s.query, s.norm, s.affine = prepared[i].query, prepared[i].norm, prepared[i].affine
			s.offer(&tops[i], v, at, m, queries[i].Without)
		}
		at += m
		look(at)
	}
	for i := range queries {
		queries[i].Nearest = tops[i].Sorted(nil)
	}
	return nil
}

// offer shows a top those of n vectors from lo on that may be near enough.
func (s *Scorer) offer(top *Top, v *dist.Vectors, lo, n, without uint32) {
	for w, mark := range s.run(v, lo, n, top.Worst()) {
		for ; mark != 0; mark &= mark - 1 {
			i := 64*w + bits.TrailingZeros64(mark)
			ord := lo + uint32(i)
			if ord+1 == without || s.trusted(v, i, ord) > top.Worst() {
				continue
			}
			d := s.Exact(v, ord)
			if math.IsNaN(d) {
				d = math.Inf(1)
			}
			top.Push(Candidate{Dist: d, Ord: ord})
		}
	}
}

// Distances are those of the nearest.
func (q *Sought) Distances() []float64 {
	out := make([]float64, 0, len(q.Nearest))
	for _, c := range q.Nearest {
		out = append(out, c.Dist)
	}
	return slices.Clip(out)
}
