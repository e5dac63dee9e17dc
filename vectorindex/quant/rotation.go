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
	signs  [][]float32 // per round: ±(the transform's normalisation) or ±1; the first also normalises the turns
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
	norm, first := float32(1/math.Sqrt(float64(r.whole))), float32(1)
	if r.whole != padded { // the steps of 45°
		first = float32(math.Pow(0.5, float64(rounds)/2))
	}
	r.signs = make([][]float32, rounds)
	for i := range r.signs {
		s := make([]float32, padded)
		at := r.start(i)
		for j := range s {
			s[j] = 1
			if i == 0 {
				s[j] = first
			}
			if j >= at && j < at+r.whole {
				s[j] *= norm
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

// plain are the scales that float32 products take.
const plainLow, plainHigh = 1e-30, 1e30

// Apply writes scale·v, rotated, to dst, which has Padded components.
func (r *Rotation) Apply(dst, v []float32, scale float64) {
	dst, v = dst[:r.padded], v[:r.dims]
	if scale < plainLow || scale > plainHigh {
		for i, x := range v {
			dst[i] = float32(float64(x) * scale)
		}
		v, scale = dst[:r.dims], 1
	}
	clear(dst[r.dims:])
	dist.Multiply(dst[:r.dims], v, r.signs[0][:r.dims], float32(scale))
	for i, s := range r.signs {
		if i > 0 {
			dist.Multiply(dst, dst, s, 1)
		}
		at := r.start(i)
		dist.Hadamard(dst[at : at+r.whole])
		if r.whole != r.padded {
			dist.SumDifference(dst[:r.padded/2], dst[r.padded/2:])
		}
	}
}
