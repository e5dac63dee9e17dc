package dist

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestAtLeastIsCertain: what AtLeast says is true, and it says so of what is far away.
func TestAtLeastIsCertain(t *testing.T) {
	r := rand.New(rand.NewPCG(41, 1))
	for _, m := range []Metric{L2, InnerProduct, Cosine, L1} {
		for _, dims := range []int{1, 3, 100, 2000} {
			for _, scale := range []float64{1, 1e-30, 1e18, 1e30} {
				s := Space{Element: Float32, Metric: m, Dims: dims}
				q, v := make([]float32, dims), make([]float32, dims)
				for i := range q {
					q[i], v[i] = float32(scale*r.NormFloat64()), float32(scale*r.NormFloat64())
				}
				var query Query
				query.Reset(s, FloatBytes(q))
				exact := query.Exact(FloatBytes(v))
				span := math.Abs(exact) + scale*scale*float64(dims)
				if m == Cosine {
					span = 1
				}
				for _, f := range []float64{0, 1e-9, -1e-9, 1e-5, 1e-3, 0.5} {
					if query.AtLeast(FloatBytes(v), exact+f*span) && f > 0 {
						t.Fatalf("%v, %d dims, scale %v: at least %v, but %v", m, dims, scale, exact+f*span, exact)
					}
				}
				if scale == 1 && m != L1 && !query.AtLeast(FloatBytes(v), exact-0.5*span) {
					t.Errorf("%v, %d dims: nothing said of a far one", m, dims)
				}
			}
		}
	}
}
