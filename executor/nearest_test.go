package executor

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestNearest compares the heap with a sort of everything, ties and NaN included.
func TestNearest(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 1))
		all := make([]found, r.IntN(300))
		for i := range all {
			all[i] = found{float64(r.IntN(20)), uint64(i)}
			if r.IntN(10) == 0 {
				all[i].dist = math.NaN()
			}
		}
		max := r.IntN(60) + 1
		var n nearest
		n.reset(int64(max))
		for _, i := range r.Perm(len(all)) {
			if n.takes(all[i]) {
				n.push(all[i])
			}
		}
		slices.SortFunc(all, found.compare)
		want := all[:min(max, len(all))]
		got := n.sorted()
		for i := range want {
			if len(got) != len(want) || got[i].row != want[i].row {
				t.Fatalf("seed %d: first %d of %d are %v, want %v", seed, max, len(all), got, want)
			}
		}
	}
}
