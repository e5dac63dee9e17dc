package flat

import (
	"context"
	"math"
	"math/bits"
	"slices"

	"github.com/loxodb/loxodb/vectorindex/dist"
)

// Within appends every ordinal of [lo, hi) that keep keeps (nil keeps all) and whose
// exact distance is at most radius to dst, in exact distance order; those without a
// distance (NaN) only when radius is +Inf. exacts counts the exact distances computed.
func (s *Scorer) Within(ctx context.Context, v *dist.Vectors, lo, hi uint32, radius float64, keep func([]uint32) []uint32, dst []Candidate) (_ []Candidate, exacts int64, _ error) {
	from := len(dst)
	chunk := uint64(1) << v.InvShift
	var ords [block]uint32
	for at, i := lo, 0; at < hi; i++ {
		if err := interrupted(ctx, i); err != nil {
			return dst[:from], exacts, err
		}
		n := min(block, hi-at, uint32(min(chunk-uint64(at)&(chunk-1), block)))
		near := ords[:0]
		for w, mark := range s.run(v, at, n, s.widened(v, at, n, radius)) {
			for ; mark != 0; mark &= mark - 1 {
				near = append(near, at+uint32(64*w+bits.TrailingZeros64(mark)))
			}
		}
		if keep != nil && len(near) > 0 {
			near = keep(near)
		}
		exacts += int64(len(near))
		for _, o := range near {
			if d := s.Exact(v, o); d <= radius || math.IsInf(radius, 1) {
				dst = append(dst, Candidate{Dist: d, Ord: o})
			}
		}
		at += n
	}
	slices.SortFunc(dst[from:], compare)
	return dst, exacts, nil
}

// widened is a bound above the estimates of all that lie within radius among the n
// ordinals from lo on.
func (s *Scorer) widened(v *dist.Vectors, lo, n uint32, radius float64) float64 {
	longest := 0.0
	if s.norm > 0 { // the error depends on the vector's length
		for o := lo; o < lo+n; o++ {
			longest = max(longest, s.space.NormSq(v.Bytes(o)))
		}
		longest = math.Sqrt(longest)
	}
	return math.Nextafter(radius+s.margin(radius, longest), math.Inf(1))
}
