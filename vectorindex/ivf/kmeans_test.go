package ivf

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// Points are put into any order where they lie, without a second copy of them.
func TestReorder(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 9))
	for _, n := range []int{0, 1, 2, 3, 64, 1001} {
		const d = 5
		points := gauss(r, n*d, 1)
		order := make([]int32, n)
		for i, o := range r.Perm(n) {
			order[i] = int32(o)
		}
		var want []float32
		for _, o := range order {
			want = append(want, points[int(o)*d:int(o+1)*d]...)
		}
		if reorder(points, d, order); !slices.Equal(points, want) {
			t.Fatalf("%d points in order %v: %v, want %v", n, order, points, want)
		}
	}
	const n, d = 20_000, 16
	points := gauss(r, n*d, 1)
	order := make([]int32, n)
	for i, o := range r.Perm(n) {
		order[i] = int32(o)
	}
	if bytes := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			reorder(points, d, order)
		}
	}).AllocedBytesPerOp(); bytes > 4*n*d/10 {
		t.Errorf("%d bytes are taken to reorder %d", bytes, 4*n*d)
	}
}
