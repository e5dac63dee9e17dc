package hnsw

import (
	"math"
	"sync/atomic"
	"unsafe"

	"github.com/loxodb/loxodb/vectorindex/dist"
)

// rawCoder walks on the vectors. For Cosine it keeps their inverse norms in the
// node records.
type rawCoder struct {
	space dist.Space
	walk  dist.Space // what is measured: inner products for Cosine
}

// rawQuery is a vector prepared for walk.
type rawQuery struct {
	query   dist.Query
	vec     []float32 // Float32 and Cosine: normalised, so that nothing overflows
	invNorm float32   // Cosine: what inner products are still to be multiplied with
	norm    float32   // 1 for Cosine
}

func newRawCoder(s dist.Space) rawCoder {
	c := rawCoder{space: s, walk: s}
	if s.Metric == dist.Cosine {
		c.walk.Metric = dist.InnerProduct
	}
	return c
}

func (c rawCoder) encode(_ *query, t *tables, ord uint32) (lost, norm float32) {
	n := math.Sqrt(c.space.NormSq(t.vector(ord)))
	if c.space.Metric == dist.Cosine {
		atomic.StoreUint32(t.node(ord, nodeInv), math.Float32bits(inverse(n)))
		n = min(n, 1)
	}
	return 0, float32(n)
}

func (c rawCoder) prepare(q *query, vec []byte) {
	r := &q.raw
	n := math.Sqrt(c.space.NormSq(vec))
	r.norm, r.invNorm = float32(n), 1
	if c.space.Metric == dist.Cosine {
		r.norm = 1
		if c.space.Element == dist.Float32 && n != 0 {
			r.vec = append(r.vec[:0], dist.Floats(vec)...)
			for i, x := range r.vec {
				r.vec[i] = float32(float64(x) / n)
			}
			vec = unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(r.vec))), len(vec))
		} else {
			r.invNorm = inverse(n)
		}
	}
	r.query.Reset(c.walk, vec)
}

func (c rawCoder) prepareNode(q *query, t *tables, ord uint32) { c.prepare(q, t.vector(ord)) }

func (c rawCoder) distances(q *query, t *tables, ords []uint32, out []float32) {
	q.raw.query.Distances(t.raw, ords, out)
	if c.space.Metric != dist.Cosine {
		return
	}
	for i, o := range ords {
		out[i] = 1 + out[i]*(q.raw.invNorm*math.Float32frombits(atomic.LoadUint32(t.node(o, nodeInv))))
	}
}

func (c rawCoder) prefetch(t *tables, ords []uint32) {
	if c.space.Element != dist.Sparse {
		dist.PrefetchRows(&t.raw.Rows, ords)
		return
	}
	for _, o := range ords {
		t.raw.Prefetch(o)
	}
}

func (c rawCoder) bounds(*query, *tables, []uint32, []float32) bool { return false }

// lowerBound allows for the rounding of float32 sums, or of the result alone where
// sums are of integers or float64. What overflowed says nothing.
func (c rawCoder) lowerBound(q *query, est, _, norm float32) float32 {
	guard := float32(1e-4)
	switch {
	case est-est != 0:
		return float32(math.Inf(-1))
	case !c.space.Estimates():
		return est
	case c.space.Element >= dist.Int8:
		guard = 1e-6
	}
	abs := float32(math.Abs(float64(est)))
	switch c.space.Metric {
	case dist.L2, dist.L1:
		if c.space.Element == dist.Sparse { // norms that cancel
			r := q.raw.norm + norm
			return est - guard*abs - 1e-12*r*r
		}
		return est - guard*abs
	case dist.InnerProduct:
		if c.space.Element >= dist.Int8 {
			return est - guard*abs - 1e-12*q.raw.norm*norm
		}
		return est - guard*(1+q.raw.norm*norm)
	}
	return est - guard*2
}

// inverse is 1/n for the norm n of a vector, 0 for 0. It is NaN, which makes every
// estimate one that says nothing, where float32 has no accurate value.
func inverse(n float64) float32 {
	switch {
	case n == 0:
		return 0
	case n < 1e-30 || n > 1e30:
		return float32(math.NaN())
	}
	return float32(1 / n)
}
