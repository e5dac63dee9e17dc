package flat

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/loxodb/loxodb/vectorindex/dist"
	"github.com/loxodb/loxodb/vectorindex/indextest"
)

// One pass for many queries finds for each what a sort of all distances finds, in every
// space, without the entry that does not count, and looks at blocks that fit a cache.
func TestMany(t *testing.T) {
	for _, dims := range []int{1, 17, 600} {
		for _, sp := range indextest.Spaces(dims) {
			rng := rand.New(rand.NewPCG(5, uint64(dims)))
			n := 1500
			random := func(int, int) float32 { return float32(rng.NormFloat64()) }
			c := newCollection(rng, sp, n, random)
			queries := make([]Sought, 9)
			for i := range queries {
				queries[i] = Sought{Vec: c.plain[rng.IntN(n)], K: 1 + 12*i}
				if i%2 == 1 {
					ord := rng.IntN(n)
					queries[i].Vec, queries[i].Without = c.plain[ord], uint32(ord+1)
				}
			}
			last := uint32(0)
			err := Many(t.Context(), sp, c.view, uint32(n), queries, func(seen uint32) {
				if step := int(seen - last); step > 64 && sp.Element != dist.Sparse && step*sp.Size() > manyBytes {
					t.Errorf("%v: a block of %d", sp, step)
				}
				last = seen
			})
			if err != nil || last != uint32(n) {
				t.Fatalf("%v: %d vectors seen, %v", sp, last, err)
			}
			for i := range queries {
				q := &queries[i]
				want := c.model(q.Vec, func(ord uint32) bool { return ord+1 != q.Without })[:q.K]
				got := q.Distances()
				for j := range want {
					w := want[j].Dist
					if math.IsNaN(w) {
						w = math.Inf(1)
					}
					if j >= len(got) || got[j] != w && math.Abs(got[j]-w) > 1e-5*(1+math.Abs(w)) {
						t.Fatalf("%v, query %d, place %d: got %v, want %v", sp, i, j, got, want)
					}
				}
			}
		}
	}
}

func TestManyIsCancelled(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	sp := dist.Space{Dims: 100}
	c := newCollection(rng, sp, 5000, func(int, int) float32 { return rng.Float32() })
	ctx, cancel := context.WithCancel(t.Context())
	blocks := 0
	err := Many(ctx, sp, c.view, 5000, []Sought{{Vec: c.plain[0], K: 3}}, func(uint32) { blocks++; cancel() })
	if !errors.Is(err, context.Canceled) || blocks != 1 {
		t.Errorf("%v after %d blocks", err, blocks)
	}
}
