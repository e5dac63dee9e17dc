// Package flat finds nearest vectors by looking at all of them: SIMD estimates
// over blocks of resident vectors, then exact float64 distances of the few that
// may matter. It knows ordinals, vectors and distances; it must not know rows,
// visibility, graphs, files, SQL or storage.
package flat

import (
	"math"
	"slices"

	"github.com/loxodb/loxodb/vectorindex/dist"
)

// Candidate is an ordinal with its distance.
type Candidate struct {
	Dist float64
	Ord  uint32
}

// compare orders candidates: nearer first, NaN last, ties by ordinal.
func compare(a, b Candidate) int {
	switch {
	case a.Dist < b.Dist:
		return -1
	case a.Dist > b.Dist:
		return 1
	case a.Dist != b.Dist: // at least one NaN
		if an, bn := math.IsNaN(a.Dist), math.IsNaN(b.Dist); an != bn {
			if an {
				return 1
			}
			return -1
		}
	}
	switch {
	case a.Ord < b.Ord:
		return -1
	case a.Ord > b.Ord:
		return 1
	}
	return 0
}

// block is how many ordinals one kernel call takes: enough to pay for the call and
// for what is done once a block, few enough that the estimates stay in the
// first-level cache.
const block = 1024

// tiny is where float32 sums begin to lose precision: estimates nearer to zero
// are not trusted.
const tiny = 1e-30

// Scorer computes distances from one query. It holds scratch: one goroutine.
type Scorer struct {
	query   dist.Query
	space   dist.Space
	norm    float64     // of the query, where slack needs it
	affine  dist.Affine // from kernel sums to distances
	est     [block]float32
	factors [block]float32
	marks   [block / 64]uint64
}

// Reset binds the scorer to a query of the space, which it keeps and does not change.
func (s *Scorer) Reset(sp dist.Space, query []byte) {
	s.space = sp
	s.query.Reset(sp, query)
	s.norm, s.affine = 0, s.query.Affine()
	if sp.Metric == dist.InnerProduct || sp.Element == dist.Sparse {
		s.norm = math.Sqrt(sp.NormSq(query))
	}
}

// Exact is the distance of one vector, accumulated in float64.
func (s *Scorer) Exact(v *dist.Vectors, ord uint32) float64 { return s.query.Exact(v.Bytes(ord)) }

// run estimates the distances of the n ordinals from lo on, at most a block and
// all in one chunk of InvNorm, into est, and marks those that may be below bound.
func (s *Scorer) run(v *dist.Vectors, lo, n uint32, bound float64) []uint64 {
	est := s.est[:n]
	s.query.SumRange(v, lo, est)
	var factors []float32
	if s.space.Normed() {
		factors = v.InvNorm[uint64(lo)>>v.InvShift][lo&v.InvMask():]
	}
	return s.below(est, factors, bound)
}

// list is run for any ordinals, at most a block.
func (s *Scorer) list(v *dist.Vectors, ords []uint32, bound float64) []uint64 {
	est := s.est[:len(ords)]
	s.query.Sums(v, ords, est)
	var factors []float32
	if s.space.Normed() {
		factors = s.factors[:len(ords)]
		mask := v.InvMask()
		for i, o := range ords {
			factors[i] = v.InvNorm[uint64(o)>>v.InvShift][o&mask]
		}
	}
	return s.below(est, factors, bound)
}

func (s *Scorer) below(est, factors []float32, bound float64) []uint64 {
	b := float32(bound)
	if float64(b) < bound {
		b = math.Nextafter32(b, float32(math.Inf(1)))
	}
	if math.Abs(bound) < tiny {
		b = tiny
	}
	marks := s.marks[:dist.MarkWords(len(est))]
	dist.Below(est, factors, s.affine, b, marks)
	return marks
}

// trusted is estimate i of the last run or list as a distance to compare by. Where
// float32 overflows or loses precision it is the exact one; NaN (a zero vector
// under Cosine) becomes +Inf, so that NaN never meets a comparison.
func (s *Scorer) trusted(v *dist.Vectors, i int, ord uint32) float64 {
	d := float64(s.est[i])
	if a := math.Abs(d); !(a >= tiny && a <= math.MaxFloat32) {
		if d = s.Exact(v, ord); math.IsNaN(d) {
			d = math.Inf(1)
		}
	}
	return d
}

// slack is how far an estimate near d can be from the exact distance, the error
// of a float32 sum in eight lanes or more: relative to the sum of the terms'
// magnitudes, which for products is about the product of the norms. Sums of
// sparse vectors are float64 and rounded once; counts of bits are exact.
func (s *Scorer) slack(v *dist.Vectors, d float64, kept []Candidate) float64 {
	longest := 0.0
	if s.norm > 0 {
		for _, c := range kept {
			longest = max(longest, s.space.NormSq(v.Bytes(c.Ord)))
		}
		longest = math.Sqrt(longest)
	}
	return s.margin(d, longest)
}

// margin is slack for vectors of at most the given norm.
func (s *Scorer) margin(d, longest float64) float64 {
	const unit = 1.0 / (1 << 24)
	err := float64(s.space.Dims/4+32) * unit
	switch {
	case !s.space.Estimates():
		return 0
	case s.space.Element == dist.Sparse:
		if s.space.Metric == dist.Cosine {
			return 4 * unit
		}
		return 2*unit*math.Abs(d) + 1e-11*(s.norm+longest)*(s.norm+longest)
	case s.space.Metric == dist.Cosine:
		return err
	case s.space.Metric == dist.InnerProduct:
		return err * s.norm * longest
	}
	return err * math.Abs(d)
}

// Top keeps the m nearest candidates it is shown: a max-heap on the distance.
type Top struct {
	heap []Candidate
	m    int
}

// Reset empties the set and fixes its size.
func (t *Top) Reset(m int) { t.heap, t.m = t.heap[:0], m }

// Full reports whether m candidates are held, so that others may have been refused.
func (t *Top) Full() bool { return len(t.heap) >= t.m }

// Worst is the distance that a new candidate has to beat: +Inf until full.
func (t *Top) Worst() float64 {
	if len(t.heap) < t.m {
		return math.Inf(1)
	}
	return t.heap[0].Dist
}

// Sorted appends the candidates held to dst, nearest first, ties by ordinal.
func (t *Top) Sorted(dst []Candidate) []Candidate {
	from := len(dst)
	dst = append(dst, t.heap...)
	slices.SortFunc(dst[from:], compare)
	return dst
}

// Push offers a candidate, whose distance is not NaN.
func (t *Top) Push(c Candidate) {
	if len(t.heap) < t.m {
		t.heap = append(t.heap, c)
		i := len(t.heap) - 1
		for i > 0 {
			p := (i - 1) / 2
			if t.heap[p].Dist >= t.heap[i].Dist {
				break
			}
			t.heap[p], t.heap[i] = t.heap[i], t.heap[p]
			i = p
		}
		return
	}
	if t.m == 0 || c.Dist >= t.heap[0].Dist {
		return
	}
	t.heap[0] = c
	for i := 0; ; {
		l := 2*i + 1
		if l >= len(t.heap) {
			return
		}
		if r := l + 1; r < len(t.heap) && t.heap[r].Dist > t.heap[l].Dist {
			l = r
		}
		if t.heap[i].Dist >= t.heap[l].Dist {
			return
		}
		t.heap[i], t.heap[l] = t.heap[l], t.heap[i]
		i = l
	}
}
