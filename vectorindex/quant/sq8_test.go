package quant

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/loxodb/loxodb/vectorindex/dist"
)

var metrics = []dist.Metric{dist.L2, dist.InnerProduct, dist.Cosine, dist.L1}

// set is a coded collection.
type set struct {
	s          SQ8
	vecs       [][]float32
	rows       dist.Rows
	lost, norm float32
}

func coded(s SQ8, vecs [][]float32) *set {
	c := &set{s: s, vecs: vecs}
	data := make([]byte, len(vecs)*s.Stride()+63)
	c.rows = dist.FlatRows(data, s.Stride())
	for i, v := range vecs {
		lost, norm := s.Encode(c.rows.Bytes(uint32(i)), v)
		c.lost, c.norm = max(c.lost, lost), max(c.norm, norm)
	}
	return c
}

func (c *set) estimates(q *Query) []float32 {
	ords, out := make([]uint32, len(c.vecs)), make([]float32, len(c.vecs))
	for i := range ords {
		ords[i] = uint32(i)
	}
	c.s.Distances(q, &c.rows, ords, out)
	return out
}

// shapes are the kinds of vectors that embeddings come in.
var shapes = map[string]func(r *rand.Rand, dims int) []float32{
	"gauss": func(r *rand.Rand, dims int) []float32 {
		return fill(dims, func() float64 { return r.NormFloat64() })
	},
	"bytes": func(r *rand.Rand, dims int) []float32 {
		return fill(dims, func() float64 { return float64(r.IntN(256)) })
	},
	"offset": func(r *rand.Rand, dims int) []float32 {
		return fill(dims, func() float64 { return 50 + r.NormFloat64() })
	},
	"constant": func(r *rand.Rand, dims int) []float32 {
		c := r.NormFloat64()
		return fill(dims, func() float64 { return c })
	},
	"sparse": func(r *rand.Rand, dims int) []float32 {
		return fill(dims, func() float64 { return r.NormFloat64() * float64(r.IntN(10)/9) })
	},
	"tiny": func(r *rand.Rand, dims int) []float32 {
		return fill(dims, func() float64 { return 1e-30 * r.NormFloat64() })
	},
}

func fill(n int, f func() float64) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(f())
	}
	return v
}

// TestLowerBoundHolds: no true distance is below the bound of its estimate.
func TestLowerBoundHolds(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for name, shape := range shapes {
		for _, dims := range []int{1, 2, 7, 48, 100, 112, 113, 300} {
			vecs := make([][]float32, 60)
			for i := range vecs {
				vecs[i] = shape(r, dims)
			}
			for _, m := range metrics {
				c := coded(NewSQ8(dims, m), vecs)
				var q Query
				for _, v := range append(vecs[:3:3], shape(r, dims)) {
					c.s.Prepare(&q, v)
					for i, est := range c.estimates(&q) {
						exact := m.Exact(v, vecs[i])
						if b := c.s.LowerBound(&q, est, c.lost, c.norm); exact < float64(b) {
							t.Fatalf("%s %v dims=%d: exact %v, estimate %v, bound %v", name, m, dims, exact, est, b)
						}
					}
				}
			}
		}
	}
}

// TestEstimatesAreClose bounds the mean error relative to the spread of distances.
func TestEstimatesAreClose(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	const dims = 100
	vecs := make([][]float32, 300)
	for i := range vecs {
		vecs[i] = shapes["gauss"](r, dims)
	}
	for _, m := range metrics {
		c := coded(NewSQ8(dims, m), vecs)
		var q Query
		c.s.Prepare(&q, shapes["gauss"](r, dims))
		v := shapes["gauss"](r, dims)
		c.s.Prepare(&q, v)
		var errSum, lo, hi float64
		lo = math.Inf(1)
		for i, est := range c.estimates(&q) {
			exact := m.Exact(v, vecs[i])
			errSum += math.Abs(exact - float64(est))
			lo, hi = min(lo, exact), max(hi, exact)
		}
		if mean := errSum / float64(len(vecs)); mean > 0.01*(hi-lo) {
			t.Errorf("%v: mean error %v, distances %v to %v", m, mean, lo, hi)
		}
	}
}

// TestPrepareCode: a query made of a code gives the distances of the decoded vectors.
func TestPrepareCode(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for name, shape := range shapes {
		for _, dims := range []int{1, 9, 64, 100, 257} {
			vecs := make([][]float32, 20)
			for i := range vecs {
				vecs[i] = shape(r, dims)
			}
			for _, m := range metrics {
				c := coded(NewSQ8(dims, m), vecs)
				decoded := make([][]float32, len(vecs))
				for i := range vecs {
					decoded[i] = make([]float32, dims)
					c.s.Decode(decoded[i], c.rows.Bytes(uint32(i)))
				}
				var q Query
				c.s.PrepareCode(&q, c.rows.Bytes(5))
				for i, est := range c.estimates(&q) {
					var want float64
					if m == dist.Cosine {
						want = 1 - dist.Dot64(decoded[5], decoded[i])
					} else {
						want = m.Exact(decoded[5], decoded[i])
					}
					scale := 1 + float64(c.norm)*float64(c.norm)
					if math.Abs(float64(est)-want) > 1e-5*scale {
						t.Fatalf("%s %v dims=%d: estimate %v, want %v", name, m, dims, est, want)
					}
				}
			}
		}
	}
}

// TestQueryIsReusable: a query prepared for another vector first gives the same.
func TestQueryIsReusable(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	a, b := NewSQ8(300, dist.Cosine), NewSQ8(5, dist.L1)
	va, vb := shapes["gauss"](r, 300), shapes["gauss"](r, 5)
	ca, cb := coded(a, [][]float32{va}), coded(b, [][]float32{vb})
	var q, fresh Query
	a.Prepare(&q, va)
	b.Prepare(&q, vb)
	b.Prepare(&fresh, vb)
	if x, y := cb.estimates(&q)[0], cb.estimates(&fresh)[0]; x != y {
		t.Errorf("%v, want %v", x, y)
	}
	a.Prepare(&q, va)
	if d := ca.estimates(&q)[0]; math.Abs(float64(d)) > 0.01 {
		t.Errorf("a vector is %v from itself", d)
	}
}

// FuzzEncode: any finite vector can be coded and bounds hold where float32 does.
func FuzzEncode(f *testing.F) {
	f.Add(float32(1), float32(-2), float32(3e38), float32(-3e38))
	f.Add(float32(0), float32(0), float32(1e-45), float32(0))
	f.Fuzz(func(t *testing.T, x0, x1, x2, x3 float32) {
		v := []float32{x0, x1, x2, x3}
		for _, x := range v {
			if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
				t.Skip()
			}
		}
		for _, m := range metrics {
			c := coded(NewSQ8(4, m), [][]float32{v})
			var q Query
			c.s.Prepare(&q, v)
			est := c.estimates(&q)[0]
			exact := m.Exact(v, v)
			b := c.s.LowerBound(&q, est, c.lost, c.norm)
			if max(abs(x0), abs(x1), abs(x2), abs(x3)) < 1e15 && exact < float64(b) {
				t.Errorf("%v of %v: exact %v, estimate %v, bound %v", m, v, exact, est, b)
			}
		}
	})
}
