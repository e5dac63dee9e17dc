// Package quant compresses vectors into codes of 1 to 8 bits a component whose
// distances are integer dot products plus a correction, and bounds the error of those
// distances: SQ8 always, RaBitQ but for a known small probability. It must not know
// graphs, lists, rows, files or SQL.
package quant

import (
	"encoding/binary"
	"math"

	"github.com/loxodb/loxodb/vectorindex/dist"
)

// SQ8 is locally adaptive scalar quantization (LVQ, arXiv 2304.04759, without
// the mean): each vector has its own lower bound and step, component i is
// low + step·code[i] with an unsigned 8-bit code. It needs no training, so a
// collection can grow from nothing. Cosine vectors are normalised before they
// are coded; then every metric but L1 is an affine function of one integer dot
// product. L1 has no such form and is computed on the decoded components.
//
// A record is Stride bytes: the codes, zero padding, and four little-endian
// float32 (add, sum, low, step), where sum is the sum of the decoded components
// and add their squared norm (L2) or 0.
type SQ8 struct {
	dims   int
	stride int
	metric dist.Metric
}

// NewSQ8 returns the coder for vectors of dims components.
func NewSQ8(dims int, metric dist.Metric) SQ8 {
	return SQ8{dims: dims, stride: dist.CodeStride(dims), metric: metric}
}

// Stride returns the length of a record in bytes; see dist.CodeStride.
func (s SQ8) Stride() int { return s.stride }

// Encode writes the record of v to rec (Stride bytes). v must be finite. It
// returns the Euclidean norm of what was lost, ‖v − decoded(v)‖ with v
// normalised for Cosine, and the norm of the decoded vector.
func (s SQ8) Encode(rec []byte, v []float32) (lost, norm float32) {
	rec, v = rec[:s.stride], v[:s.dims]
	scale := normaliser(s.metric, v)
	if scale > plainHigh {
		v, scale = scaled(v, scale), 1
	}
	lo, hi := dist.Range(v)
	low, step := float32(float64(lo)*scale), float32((float64(hi)-float64(lo))*scale/255)
	inv := inverse(&step)
	g := dist.Grid{Low: lo, Inv: float32(scale * float64(inv)), Half: 0.5, Top: 255}
	codeSum, codeSq, off := g.Quantize(rec[:s.dims], v)
	clear(rec[s.dims : s.stride-dist.CodeTail])
	n, l, w := float64(s.dims), float64(low), float64(step)
	sum := n*l + w*float64(codeSum)
	sq := n*l*l + 2*l*w*float64(codeSum) + w*w*float64(codeSq)
	add := float32(0)
	if s.metric == dist.L2 {
		add = float32(sq)
	}
	putCorrections(rec[s.stride-dist.CodeTail:], add, float32(sum), low, step)
	// Places on the grid are off by their rounding, all of it by that of low.
	rounding := math.Sqrt(n) * (2e-4*w + 1e-7*math.Abs(l))
	return float32(w*math.Sqrt(float64(off)) + rounding), float32(math.Sqrt(max(sq, 0)))
}

// scaled is a vector whose normaliser float32 does not hold, normalised.
func scaled(v []float32, scale float64) []float32 {
	out := make([]float32, len(v))
	for i, x := range v {
		out[i] = float32(float64(x) * scale)
	}
	return out
}

// Decode writes the coded vector (normalised for Cosine) to dst.
func (s SQ8) Decode(dst []float32, rec []byte) {
	_, _, low, step := corrections(rec[s.stride-dist.CodeTail:])
	for i := range dst[:s.dims] {
		dst[i] = low + step*float32(rec[i])
	}
}

// normaliser is the factor that normalises v for Cosine, 1 for the other metrics and
// for the zero vector. It is a float64 because it exceeds float32 for tiny vectors.
func normaliser(m dist.Metric, v []float32) float64 {
	if m != dist.Cosine {
		return 1
	}
	n := math.Sqrt(dist.NormSq64(v))
	if n == 0 {
		return 1
	}
	return 1 / n
}

// inverse returns 1/step; a step too small to have one becomes 0, as does its inverse.
func inverse(step *float32) float32 {
	inv := 1 / *step
	if !(*step > 0) || math.IsInf(float64(inv), 0) {
		*step = 0
		return 0
	}
	return inv
}

func putCorrections(tail []byte, add, sum, low, step float32) {
	binary.LittleEndian.PutUint32(tail[0:], math.Float32bits(add))
	binary.LittleEndian.PutUint32(tail[4:], math.Float32bits(sum))
	binary.LittleEndian.PutUint32(tail[8:], math.Float32bits(low))
	binary.LittleEndian.PutUint32(tail[12:], math.Float32bits(step))
}

func corrections(tail []byte) (add, sum, low, step float32) {
	return math.Float32frombits(binary.LittleEndian.Uint32(tail[0:])),
		math.Float32frombits(binary.LittleEndian.Uint32(tail[4:])),
		math.Float32frombits(binary.LittleEndian.Uint32(tail[8:])),
		math.Float32frombits(binary.LittleEndian.Uint32(tail[12:]))
}
