package hnsw

import (
	"math/rand/v2"
	"testing"

	"github.com/loxodb/loxodb/vectorindex/dist"
	"github.com/loxodb/loxodb/vectorindex/quant"
)

// Where lengths vary, most nodes are near to nothing by the inner product, so that no
// list leads to them, and a few long ones are near to all. Narrow beams find their way
// among these all the same.
func TestProductsOfVariedLengths(t *testing.T) {
	if raceEnabled {
		t.Skip("recall of 6,000 vectors, which nothing runs beside")
	}
	r := rand.New(rand.NewPCG(5, 6))
	draw := func(n, dims int, number func() float64) [][]float32 {
		out := make([][]float32, n)
		for i := range out {
			out[i] = make([]float32, dims)
			for j := range out[i] {
				out[i][j] = float32(number())
			}
		}
		return out
	}
	stretched := draw(6000, 24, r.NormFloat64)
	for _, v := range stretched {
		length := float32(.2 + r.ExpFloat64())
		for j := range v {
			v[j] *= length
		}
	}
	for _, c := range []struct {
		name          string
		vecs, queries [][]float32
		least         float64
	}{
		{"positive", draw(6000, 10, func() float64 { return r.Float64() * r.Float64() }), draw(40, 10, r.Float64), .97},
		{"any", stretched, draw(40, 24, r.NormFloat64), .94},
	} {
		for _, coding := range []quant.Coding{quant.CodingNone, quant.CodingSQ8} {
			g := buildOf(t, Options{Dims: len(c.vecs[0]), Metric: dist.InnerProduct, M: 16, EfConstruction: 64, Coding: coding}, c.vecs, 1)
			if got := recall(t, g, c.queries, Params{K: 20, Ef: 20}); got < c.least {
				t.Errorf("%s, %v: recall %.3f, want at least %.2f", c.name, coding, got, c.least)
			} else {
				t.Logf("%s, %v: recall %.3f", c.name, coding, got)
			}
		}
	}
}
