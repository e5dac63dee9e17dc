package dist

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// checkResidual compares both functions of tier k with the oracle, also what lies behind
// the end.
func checkResidual(t *testing.T, k kernels, r *rand.Rand, dims, shift int) {
	t.Helper()
	defer func(k kernels) { active = k }(active)
	active = k
	a, b := guarded(r, dims, shift), guarded(r, dims, shift+1)
	if dims > 0 {
		a[r.IntN(dims)] = -9
	}
	got, want := make([]float32, dims+1), make([]float32, dims+1)
	got[dims], want[dims] = 42, 42
	gm, gn := Residual(got[:dims], a, b)
	wm, wn := residualGo(want[:dims], a, b)
	if gm != wm || !closeTo(gn, wn, float64(dims)) || !slices.Equal(got, want) {
		t.Fatalf("%s residual dims=%d: %v, %v, want %v, %v", k.name, dims, gm, gn, wm, wn)
	}
	inv := float32(0)
	if wm > 0 {
		inv = 127 / wm
	}
	gc, wc := make([]int8, dims+1), make([]int8, dims+1)
	gc[dims], wc[dims] = 42, 42
	if g, w := Round8(gc[:dims], want[:dims], inv), round8Go(wc[:dims], want[:dims], inv); g != w || !slices.Equal(gc, wc) {
		t.Fatalf("%s round8 dims=%d: sum %d, want %d; %v, want %v", k.name, dims, g, w, gc, wc)
	}
}

func TestResidualAgainstOracle(t *testing.T) {
	for _, k := range available() {
		r := rand.New(rand.NewPCG(7, 7))
		for dims := 0; dims <= 2112; dims += 32 {
			for shift := range 4 {
				checkResidual(t, k, r, dims, shift)
			}
		}
	}
}

func FuzzResidual(f *testing.F) {
	f.Add(uint64(1), uint8(2), uint8(3))
	f.Fuzz(func(t *testing.T, seed uint64, blocks, shift uint8) {
		for _, k := range available() {
			checkResidual(t, k, rand.New(rand.NewPCG(seed, 6)), 64*(int(blocks)%34), int(shift)%16)
		}
	})
}
