package dist

import (
	"bytes"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// checkGrid compares Quantize, Fit and Range of tier k with the oracle: codes to the bit.
func checkGrid(t *testing.T, k kernels, r *rand.Rand, dims, shift int) {
	t.Helper()
	defer func(k kernels) { active = k }(active)
	active = k
	v := guarded(r, dims, shift)
	if dims > 0 && r.IntN(4) == 0 {
		v[r.IntN(dims)] = float32(math.Copysign(1e30, r.NormFloat64()))
	}
	lo, hi := Range(v)
	if dims > 0 && (lo != slices.Min(v) || hi != slices.Max(v)) {
		t.Fatalf("%s range dims=%d: %v to %v, want %v to %v", k.name, dims, lo, hi, slices.Min(v), slices.Max(v))
	}
	for _, g := range []Grid{
		{Low: -2, Inv: 255 / 4.0, Half: 0.5, Top: 255},
		{Low: lo, Inv: 255 / max(hi-lo, 1), Half: 0.5, Top: 255},
		{Low: lo, Half: 0.5, Top: 255},
		{Inv: 2.9, Half: 8, Top: 15},
	} {
		got, want := make([]byte, dims+1), make([]byte, dims+1)
		got[dims], want[dims] = 42, 42
		gs, gq, gOff := g.Quantize(got[:dims], v)
		ws, wq, wOff := quantizeGo(want[:dims], v, &g)
		if gs != ws || gq != wq || !bytes.Equal(got, want) {
			t.Fatalf("%s quantize %+v dims=%d: %v, %v, want %v, %v; %v, want %v", k.name, g, dims, gs, gq, ws, wq, got, want)
		}
		if math.Abs(float64(gOff-wOff)) > 1e-5*float64(wOff) {
			t.Fatalf("%s quantize %+v dims=%d: off %v, want %v", k.name, g, dims, gOff, wOff)
		}
		size := 0.0
		for _, x := range v {
			size += math.Abs(float64(x)) * float64(g.Top)
		}
		gd, gq32 := g.Fit(v)
		wd, wq32 := fitGo(v, &g)
		if !closeTo(gd, wd, size) || math.Abs(float64(gq32-wq32)) > 1e-4*float64(wq32) {
			t.Fatalf("%s fit %+v dims=%d: %v, %v, want %v, %v", k.name, g, dims, gd, gq32, wd, wq32)
		}
	}
}

// checkTransforms compares what rotations are made of: to the bit.
func checkTransforms(t *testing.T, k kernels, r *rand.Rand, dims, shift int) {
	t.Helper()
	defer func(k kernels) { active = k }(active)
	active = k
	a, b := guarded(r, dims, shift), guarded(r, dims, shift+1)
	got, want := make([]float32, dims+1), make([]float32, dims+1)
	got[dims], want[dims] = 42, 42
	Multiply(got[:dims], a, b, 1.5)
	multiplyGo(want[:dims], a, b, 1.5)
	if !slices.Equal(got, want) {
		t.Fatalf("%s multiply dims=%d: %v, want %v", k.name, dims, got, want)
	}
	x, y := slices.Clone(a), slices.Clone(b)
	SumDifference(x, y)
	sumDifferenceGo(a, b)
	if !slices.Equal(a, x) || !slices.Equal(b, y) {
		t.Fatalf("%s sums and differences dims=%d: %v %v, want %v %v", k.name, dims, x, y, a, b)
	}
	if dims < 8 || dims&(dims-1) != 0 {
		return
	}
	Hadamard(x)
	hadamard8Go(a)
	for h := 8; h < dims; h *= 2 {
		butterfliesGo(a, h)
	}
	if !slices.Equal(a, x) {
		t.Fatalf("%s Hadamard transform of %d: %v, want %v", k.name, dims, x, a)
	}
}

func checkSigns(t *testing.T, k kernels, r *rand.Rand, dims, shift int) {
	t.Helper()
	defer func(k kernels) { active = k }(active)
	active = k
	codes := make([]byte, shift+dims)[shift:]
	for i := range codes {
		codes[i] = byte(r.Uint32())
	}
	got, want := make([]int8, dims+1), make([]int8, dims+1)
	got[dims], want[dims] = 42, 42
	SignCodes(got[:dims], codes)
	signCodesGo(want[:dims], codes)
	if !slices.Equal(got, want) {
		t.Fatalf("%s signs dims=%d: %v, want %v", k.name, dims, got, want)
	}
}

func TestEncodingAgainstOracle(t *testing.T) {
	for _, k := range available() {
		r := rand.New(rand.NewPCG(8, 8))
		for dims := 0; dims <= 2100; dims += 1 + dims/64 {
			checkGrid(t, k, r, dims, dims%16)
			checkTransforms(t, k, r, dims, dims%16)
			checkSigns(t, k, r, dims, dims%16)
		}
		for dims := 8; dims <= 4096; dims *= 2 {
			checkTransforms(t, k, r, dims, 3)
		}
	}
}

// TestHadamard: entry j of the transform of unit vector i is −1 to the number of bits that
// i and j share.
func TestHadamard(t *testing.T) {
	for n := 8; n <= 64; n *= 2 {
		for i := range n {
			v := make([]float32, n)
			v[i] = 1
			Hadamard(v)
			for j, x := range v {
				want := float32(1)
				if bitsOf(i&j)%2 == 1 {
					want = -1
				}
				if x != want {
					t.Fatalf("n=%d: entry %d of unit vector %d is %v", n, j, i, x)
				}
			}
		}
	}
}

func bitsOf(n int) (count int) {
	for ; n > 0; n &= n - 1 {
		count++
	}
	return count
}

func FuzzEncoding(f *testing.F) {
	f.Add(uint64(1), uint16(100), uint8(3))
	f.Fuzz(func(t *testing.T, seed uint64, dims uint16, shift uint8) {
		for _, k := range available() {
			r := rand.New(rand.NewPCG(seed, 9))
			checkGrid(t, k, r, int(dims)%2101, int(shift)%16)
			checkTransforms(t, k, r, int(dims)%2101, int(shift)%16)
			checkSigns(t, k, r, int(dims)%2101, int(shift)%16)
			checkTransforms(t, k, r, 8<<(dims%10), int(shift)%16)
		}
	})
}
