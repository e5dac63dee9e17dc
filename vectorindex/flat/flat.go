// Package flat finds nearest vectors by looking at all of them: SIMD estimates
// over blocks of resident vectors, then exact float64 distances of the few that
// may matter. It knows ordinals, vectors and distances; it must not know rows,
// visibility, graphs, files, SQL or storage.
package flat

import (
	"math"

	"github.com/loxodb/loxodb/vectorindex/dist"
)

// Vectors is a view of resident vectors by ordinal. The first Dims float32 of a
// record of Rows are the vector as the user stored it (not normalised).
type Vectors struct {
	Rows   dist.Rows
	Metric dist.Metric
	Dims   int
	// InvNorm, for Cosine only, holds 1/‖v‖ of each vector in chunks of
	// 2^InvShift ordinals (32: one chunk); NaN for the zero vector.
	InvNorm  [][]float32
	InvShift uint
}

// InvNorm is the value of Vectors.InvNorm for v: 1/‖v‖, NaN when v is zero.
func InvNorm(v []float32) float32 {
	n := math.Sqrt(dist.NormSq64(v))
	if n == 0 {
		return float32(math.NaN())
	}
	return float32(1 / n)
}

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

// block is how many ordinals one kernel call takes: enough to pay for the call,
// few enough that the estimates stay in the first-level cache.
const block = 256

// Scorer computes distances from one query. It holds scratch: one goroutine.
type Scorer struct {
	metric  dist.Metric
	query   []float32
	invNorm float32 // of the query, Cosine only
	est     [block]float32
}

// Reset binds the scorer to a query, which it keeps and does not change.
func (s *Scorer) Reset(m dist.Metric, query []float32) {
	s.metric, s.query = m, query
	if m == dist.Cosine {
		s.invNorm = InvNorm(query)
	}
}

// Exact is the distance of one vector, accumulated in float64.
func (s *Scorer) Exact(v *Vectors, ord uint32) float64 {
	return s.metric.Exact(s.query, v.Rows.Floats(ord, v.Dims))
}

// Estimate writes the distances of at most 256 ordinals in float32 precision.
// Where float32 overflows the distance is the exact one; NaN (a zero vector
// under Cosine) becomes +Inf, so that NaN never meets a comparison. run says that
// the ordinals are consecutive, which memory answers fastest.
func (s *Scorer) Estimate(v *Vectors, ords []uint32, run bool, out []float64) {
	est := s.est[:len(ords)]
	out = out[:len(ords)]
	kernel := s.metric
	if s.metric == dist.Cosine {
		kernel = dist.InnerProduct
	}
	if run {
		dist.ScanRows(kernel, s.query, &v.Rows, ords[0], est)
	} else {
		dist.Gather(kernel, s.query, &v.Rows, ords, est)
	}
	if s.metric == dist.Cosine {
		mask := uint32(uint64(1)<<v.InvShift - 1)
		for i, o := range ords {
			inv := v.InvNorm[uint64(o)>>v.InvShift][o&mask]
			est[i] = 1 + est[i]*(inv*s.invNorm)
		}
	}
	for i, e := range est {
		d := float64(e)
		if d-d != 0 { // infinite or NaN
			if d = s.Exact(v, ords[i]); math.IsNaN(d) {
				d = math.Inf(1)
			}
		}
		out[i] = d
	}
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
