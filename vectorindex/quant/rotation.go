package quant

import (
	"math"
	"math/bits"
	"math/rand/v2"

	"github.com/loxodb/loxodb/vectorindex/dist"
)

// Rotation is a random rotation that costs O(d log d): rounds of random signs and a
// Hadamard transform (arXiv 2405.12497, section 5, uses a dense one; the fast form
// is the usual replacement). Vectors are padded with zeros to a multiple of 8. Where
// that is no power of two, the transform covers the first and the last so many
// components in turn, and a step that turns each component by 45° against its partner
// half the length away mixes the rest. It depends on the padded length alone.
type Rotation struct {
	dims   int
	padded int
	whole  int         // components that one transform covers, a power of two
	signs  [][]float32 // per round: ±(the transform's normalisation) or ±1
}

// NewRotation returns the rotation of vectors of dims components, padded to so many, a
// multiple of 8.
func NewRotation(dims, padded int) *Rotation {
	r := &Rotation{dims: dims, padded: padded, whole: 1 << (bits.Len(uint(padded)) - 1)}
	rounds := 3
	if r.whole != padded {
		rounds = 4
	}
	rng := rand.New(rand.NewPCG(0x5261426974, uint64(padded)))
	norm := float32(1 / math.Sqrt(float64(r.whole)))
	r.signs = make([][]float32, rounds)
	for i := range r.signs {
		s := make([]float32, padded)
		at := r.start(i)
		for j := range s {
			s[j] = 1
			if j >= at && j < at+r.whole {
				s[j] = norm
			}
			if rng.Uint64()&1 == 0 {
				s[j] = -s[j]
			}
		}
		r.signs[i] = s
	}
	return r
}

// Padded is the length of rotated vectors.
func (r *Rotation) Padded() int { return r.padded }

// start is the first component that the transform of a round covers.
func (r *Rotation) start(round int) int {
	if round%2 == 0 {
		return 0
	}
	return r.padded - r.whole
}

// Apply writes scale·v, rotated, to dst, which has Padded components.
func (r *Rotation) Apply(dst, v []float32, scale float64) {
	dst = dst[:r.padded]
	for i, x := range v[:r.dims] {
		dst[i] = float32(float64(x) * scale)
	}
	clear(dst[r.dims:])
	for i, s := range r.signs {
		for j := range dst {
			dst[j] *= s[j]
		}
		at := r.start(i)
		hadamard(dst[at : at+r.whole])
		if r.whole != r.padded {
			r.turn(dst)
		}
	}
}

func (r *Rotation) turn(v []float32) {
	a, b := v[:r.padded/2], v[r.padded/2:]
	for i, x := range a {
		y := b[i]
		a[i], b[i] = (x+y)*(1/math.Sqrt2), (x-y)*(1/math.Sqrt2)
	}
}

// hadamard transforms v, whose length is a power of two of at least 8, not normalised.
func hadamard(v []float32) {
	for i := 0; i+8 <= len(v); i += 8 {
		w := v[i : i+8 : i+8]
		a0, a1, a2, a3 := w[0]+w[1], w[0]-w[1], w[2]+w[3], w[2]-w[3]
		a4, a5, a6, a7 := w[4]+w[5], w[4]-w[5], w[6]+w[7], w[6]-w[7]
		b0, b1, b2, b3 := a0+a2, a1+a3, a0-a2, a1-a3
		b4, b5, b6, b7 := a4+a6, a5+a7, a4-a6, a5-a7
		w[0], w[1], w[2], w[3] = b0+b4, b1+b5, b2+b6, b3+b7
		w[4], w[5], w[6], w[7] = b0-b4, b1-b5, b2-b6, b3-b7
	}
	for h := 8; h < len(v); h *= 2 {
		dist.Butterflies(v, h)
	}
}
