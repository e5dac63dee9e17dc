package quant

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/loxodb/loxodb/vectorindex/dist"
)

// RaBitQ codes vectors with 1 to 8 bits a component (arXiv 2405.12497; more than one
// bit: arXiv 2409.09913). What is coded is the vector's difference r from a centre,
// rotated at random: of all vectors whose components are the half-integers of B bits,
// the code x is the one of nearly the least angle to r. Then
//
//	‖r‖ / ⟨x, r/‖r‖⟩ · ⟨x, y⟩
//
// estimates ⟨r, y⟩ for any y without bias, with an error whose distribution the
// rotation fixes whatever the data: it is normal with the deviation
// ‖r‖·‖y‖·tan(r, x)/√d. So every estimate has a bound that fails with a known small
// probability (Spread deviations) and no training is needed.
//
// A record has Stride bytes: the codes and the factors add, scale, err as dist.Nibbles
// reads them for 4 bits and dist.Bits for others. It serves L2, InnerProduct and Cosine (vectors are normalised), not L1.
// Vectors and centres are given rotated, so that a query is rotated once for many
// centres. It holds nothing that changes; any number of goroutines may use it.
type RaBitQ struct {
	bits   int
	metric dist.Metric
	rot    *Rotation
	origin []float32
	steps  []float32 // what components are divided by, tried in turn, for ‖r‖ = 1
}

// Spread is how many standard deviations a bound allows for: one in 740 estimates is
// farther off to the side that matters. The paper's 1.9 (one in 35) loses a tenth of
// a percent of the true neighbours.
const Spread = 3

// SafeSpread is Spread where a bound that fails would not lose a neighbour but break
// the order of what is delivered: one estimate in a million is farther off.
const SafeSpread = 4.8

// queryLoss is the relative loss of a query's 8-bit code that bounds allow for; see
// BitQuery.prepare for greater ones.
const queryLoss = 0.012

// NewRaBitQ returns the coder for vectors of dims components, with 1 to 8 bits each.
// It panics for L1 and other numbers of bits, which callers exclude.
func NewRaBitQ(dims, bits int, metric dist.Metric) *RaBitQ {
	if bits < 1 || bits > 8 || metric == dist.L1 {
		panic(fmt.Sprintf("quant: no code of %d bits for %v", bits, metric))
	}
	padded := dist.BitDims(dims)
	if bits == nibble {
		padded = dist.NibbleDims(dims)
	}
	return newRaBitQ(bits, metric, NewRotation(dims, padded))
}

// nibble is the number of bits of codes that have a form of their own: without padding,
// so that those of up to 104 components share a cache line with their factors.
const nibble = 4

func newRaBitQ(bits int, metric dist.Metric, rot *Rotation) *RaBitQ {
	c := &RaBitQ{bits: bits, metric: metric, rot: rot}
	c.origin = make([]float32, c.rot.padded)
	// The steps of the best uniform quantizers of a normal distribution (Max, 1960),
	// and some beside: the components of one vector are not quite normal.
	best := [9]float64{1: 1, 2: 0.9957, 3: 0.5860, 4: 0.3352, 5: 0.1881, 6: 0.1041, 7: 0.0569, 8: 0.0308}[bits]
	for _, f := range []float64{0.8, 0.9, 1, 1.1, 1.2} {
		c.steps = append(c.steps, float32(f*best/math.Sqrt(float64(c.rot.padded))))
	}
	return c
}

// Stride is the length of a record in bytes.
func (c *RaBitQ) Stride() int { return RaBitQStride(c.rot.dims, c.bits) }

// RaBitQStride is the length of a record for vectors of dims components.
func RaBitQStride(dims, bits int) int {
	if bits == nibble {
		return dist.NibbleStride(dims)
	}
	return dist.BitStride(dims, bits)
}

// Padded is the length of rotated vectors.
func (c *RaBitQ) Padded() int { return c.rot.padded }

// Rotate writes v (normalised for Cosine), rotated, to dst (Padded components).
func (c *RaBitQ) Rotate(dst, v []float32) { c.rot.Apply(dst, v, normaliser(c.metric, v)) }

// RotateCentre writes a centre, a point among vectors that are normalised already
// for Cosine, rotated, to dst.
func (c *RaBitQ) RotateCentre(dst, centre []float32) { c.rot.Apply(dst, centre, 1) }

// Scratch is the memory of one goroutine that encodes.
type Scratch struct {
	diff []float32
	code []byte
}

// factors are what a record has beside the code: of what the code is multiplied with,
// scale, and of the deviation of an estimate, err.
type factors struct{ normSq, onCentre, scale, err float64 }

// Encode writes the record of the rotated vector o, coded against the rotated centre
// (nil = the origin), to rec. It returns the record's err factor.
func (c *RaBitQ) Encode(s *Scratch, rec []byte, o, centre []float32) float32 {
	f := c.encode(s, o, centre)
	add := f.normSq
	if c.metric != dist.L2 {
		add = -f.onCentre
	}
	at := 0
	if c.bits == nibble {
		at = dist.PackNibbles(rec, s.code)
	} else {
		at = dist.PackBits(rec, s.code, c.bits)
	}
	tail := rec[at : at+dist.BitTail]
	binary.LittleEndian.PutUint32(tail[0:], math.Float32bits(float32(add)))
	binary.LittleEndian.PutUint32(tail[4:], math.Float32bits(float32(f.scale)))
	binary.LittleEndian.PutUint32(tail[8:], math.Float32bits(float32(f.err)))
	clear(rec[at+dist.BitTail : c.Stride()])
	return float32(f.err)
}

// encode leaves the code of o against centre in s.code.
func (c *RaBitQ) encode(s *Scratch, o, centre []float32) (f factors) {
	n := c.rot.padded
	if len(s.diff) != n {
		s.diff, s.code = make([]float32, n), make([]byte, n)
	}
	if centre == nil {
		centre = c.origin
	}
	dist.Residual(s.diff, o[:n], centre[:n])
	f.normSq, f.onCentre = dist.NormSq64(s.diff), dist.Dot64(s.diff, centre)
	norm := math.Sqrt(f.normSq)
	if norm == 0 {
		clear(s.code)
		return f
	}
	length := norm
	if norm < plainLow || norm > plainHigh {
		for i, x := range s.diff {
			s.diff[i] = float32(float64(x) / norm)
		}
		length = 1
	}
	if dot, sq := c.nearest(s, length); dot > 0 {
		f.scale = norm / dot
		tan := max(0, sq/(dot*dot)-1)
		f.err = norm * math.Sqrt((tan+queryLoss*queryLoss)/float64(n-1))
	}
	return f
}

// nearest leaves in s.code the code x of the least angle to s.diff, of the given length,
// among those that the steps give, and returns ⟨x, diff/length⟩ and ‖x‖² of it.
func (c *RaBitQ) nearest(s *Scratch, length float64) (dot, sq float64) {
	if c.bits == 1 {
		for i, u := range s.diff {
			s.code[i] = byte(^math.Float32bits(u) >> 31)
			dot += 0.5 * math.Abs(float64(u))
		}
		return dot / length, 0.25 * float64(len(s.diff))
	}
	var best dist.Grid
	for _, step := range c.steps {
		g := dist.Grid{Inv: float32(1 / (float64(step) * length)), Half: float32(int(1) << (c.bits - 1)), Top: float32(int(1)<<c.bits - 1)}
		product, square := g.Fit(s.diff) // of twice x
		d, q := float64(product)/2/length, float64(square)/4
		if d*d*sq > dot*dot*q || sq == 0 {
			dot, sq, best = d, q, g
		}
	}
	best.Quantize(s.code, s.diff)
	return dot, sq
}

// BitQuery is a query prepared against one centre. It is reusable: preparing again
// keeps its memory. It serves one goroutine at a time.
type BitQuery struct {
	code  []int8
	pairs []int8 // the code for dist.Nibbles
	diff  []float32
	k     [4]float32 // of estimates, see dist.Bits
	low   [4]float32 // of bounds
	wide  float32    // the bound of an estimate is wide·err + slack below it
	slack float32    // for the rounding of float32
}

// Prepare makes q the rotated query y, seen from the rotated centre that the records
// were coded against (nil = the origin).
func (c *RaBitQ) Prepare(q *BitQuery, y, centre []float32) {
	n := c.rot.padded
	if len(q.code) != n {
		q.code, q.diff = make([]int8, n), make([]float32, n)
		q.pairs = make([]int8, dist.NibbleQuery(n))
	}
	if centre == nil {
		centre = c.origin
	}
	most, normSq := dist.Residual(q.diff, y[:n], centre[:n])
	step := most / 127
	inv := inverse(&step)
	sum := dist.Round8(q.code, q.diff, inv)
	if c.bits == nibble {
		dist.PutNibbleQuery(q.pairs, q.code)
	}
	q.slack = 2e-6 * (normSq + dist.NormSq(centre))
	c.setFactors(q, step, sum, normSq, dist.Dot(y[:n], centre))
}

func (c *RaBitQ) setFactors(q *BitQuery, step float32, sum int32, normSq, onCentre float32) {
	f, k0 := float32(-1), -onCentre
	switch c.metric {
	case dist.L2:
		f, k0 = -2, normSq
	case dist.Cosine:
		k0 = 1 - onCentre
	}
	middle := float32(int(1)<<c.bits-1) / 2
	q.k = [4]float32{k0, f * step, -f * step * middle * float32(sum), 0}
	norm := float32(math.Sqrt(float64(normSq)))
	// A component loses up to half a step, evenly spread.
	lost := step * float32(math.Sqrt(float64(c.rot.padded)/12))
	q.wide = -f * Spread * max(norm, lost/queryLoss)
}

// Distances writes estimates of the metric's distance from q to the records ords of
// rows.
func (c *RaBitQ) Distances(q *BitQuery, rows *dist.Rows, ords []uint32, out []float32) {
	c.products(q, &q.k, rows, ords, out)
}

func (c *RaBitQ) products(q *BitQuery, k *[4]float32, rows *dist.Rows, ords []uint32, out []float32) {
	if c.bits == nibble {
		dist.Nibbles(q.pairs, c.rot.padded, k, rows, ords, out)
		return
	}
	dist.Bits(q.code, c.bits, k, rows, ords, out)
}

// LowerBounds writes what the distances are not below, but for one estimate in a
// thousand; see Spread.
func (c *RaBitQ) LowerBounds(q *BitQuery, rows *dist.Rows, ords []uint32, out []float32) {
	c.lowerBounds(q, q.wide, rows, ords, out)
}

// SafeBounds is LowerBounds with SafeSpread deviations. What is no number says
// nothing.
func (c *RaBitQ) SafeBounds(q *BitQuery, rows *dist.Rows, ords []uint32, out []float32) {
	c.lowerBounds(q, q.wide*(SafeSpread/Spread), rows, ords, out)
}

func (c *RaBitQ) lowerBounds(q *BitQuery, wide float32, rows *dist.Rows, ords []uint32, out []float32) {
	q.low = q.k
	q.low[0] -= q.slack
	q.low[3] = -wide
	c.products(q, &q.low, rows, ords, out)
}

// LowerBound is the bound of one estimate, given the greatest err factor of the
// records.
func (c *RaBitQ) LowerBound(q *BitQuery, est, err float32) float32 {
	if est-est != 0 { // overflowed: it says nothing
		return float32(math.Inf(-1))
	}
	return est - q.wide*err - q.slack - 1e-6*abs(est)
}
