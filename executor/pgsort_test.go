package executor

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// What was sorted is in order, whatever its length and however many elements are equal.
func TestPGSort(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for n := range 300 {
		a := make([]int, n)
		for i := range a {
			a[i] = rng.IntN(1 + n/(1+n%7))
		}
		want := slices.Sorted(slices.Values(a))
		if pgSort(a, func(x, y int) int { return x - y }); !slices.Equal(a, want) {
			t.Fatalf("%d elements: %v", n, a)
		}
	}
}
