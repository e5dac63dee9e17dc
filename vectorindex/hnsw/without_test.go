package hnsw

import (
	"testing"

	"github.com/loxodb/loxodb/vectorindex/dist"
)

// A node that a search does without is not delivered, and its neighbours are found.
func TestWithout(t *testing.T) {
	vecs := clustered(5, 3000, 16)
	g := buildOf(t, Options{Dims: 16, Metric: dist.L2, Seed: 1}, vecs, 2)
	tried, found := 0, 0
	for ord := uint32(0); ord < 300; ord++ {
		if !g.Lone(ord) {
			continue
		}
		tried++
		s := search(t, g, vecs[ord], Params{K: 1, Ef: 80, Without: ord + 1})
		got := take(t, s, 1)[0]
		s.Close()
		best := -1.0
		for i, v := range vecs {
			if d := dist.L2Sq64(v, vecs[ord]); i != int(ord) && (best < 0 || d < best) {
				best = d
			}
		}
		if got.Ord == ord {
			t.Fatalf("node %d was found", ord)
		}
		if got.Dist <= best*(1+1e-9) {
			found++
		}
	}
	if tried < 250 || found < tried*9/10 {
		t.Errorf("%d of %d nearest found", found, tried)
	}
}
