package quant

import (
	"math"

	"github.com/loxodb/loxodb/vectorindex/dist"
)

// Query is a query vector prepared for one SQ8 coder: component i is
// base + scale·code[i] with a signed 8-bit code. It is reusable: preparing again
// keeps its memory. It serves one goroutine at a time.
type Query struct {
	code  []int8 // stride components, zero beyond the dimensions
	vec   []float32
	k     [5]float32
	lost  float32 // ‖q − decoded(q)‖
	norm  float32 // ‖decoded(q)‖
	exact bool    // L1: compare decoded components
}

// Prepare makes q the query v (finite; normalised here for Cosine).
func (s SQ8) Prepare(q *Query, v []float32) {
	v = v[:s.dims]
	q.grow(s)
	scale := normaliser(s.metric, v)
	if s.metric == dist.L1 {
		copy(q.vec, v)
		q.lost = 0
		return
	}
	lo, hi := dist.Range(v)
	base := float32((float64(lo) + float64(hi)) / 2 * scale)
	step := float32((float64(hi) - float64(lo)) * scale / 254)
	inv := inverse(&step)
	var codeSum int64
	var sq, errSq float64
	for i, x := range v {
		x := float64(x) * scale
		c := (float32(x) - base) * inv
		if c < 0 {
			c -= 0.5
		} else {
			c += 0.5
		}
		code := int8(max(-127, min(c, 127)))
		q.code[i] = code
		codeSum += int64(code)
		dec := float64(base) + float64(step)*float64(code)
		sq += dec * dec
		errSq += (x - dec) * (x - dec)
	}
	q.lost, q.norm = float32(math.Sqrt(errSq)), float32(math.Sqrt(sq))
	q.setFactors(s.metric, base, step, float32(codeSum), float32(sq))
}

// PrepareCode makes q the query that record rec decodes to, exactly.
func (s SQ8) PrepareCode(q *Query, rec []byte) {
	rec = rec[:s.stride]
	q.grow(s)
	if s.metric == dist.L1 {
		s.Decode(q.vec, rec)
		return
	}
	add, sum, low, step := corrections(rec[s.stride-dist.CodeTail:])
	base := low + 128*step
	dist.SignCodes(q.code[:s.dims], rec)
	// The sum of the codes follows from the sum of the decoded components.
	codeSum := float32(0)
	if step > 0 {
		codeSum = float32(math.Round((float64(sum)-float64(s.dims)*float64(low))/float64(step))) - 128*float32(s.dims)
	}
	q.lost = 0
	q.setFactors(s.metric, base, step, codeSum, add)
}

func (q *Query) grow(s SQ8) {
	q.exact = s.metric == dist.L1
	if q.exact {
		if len(q.vec) != s.dims {
			q.vec = make([]float32, s.dims)
		}
		return
	}
	if len(q.code) != s.stride {
		q.code = make([]int8, s.stride)
	}
	clear(q.code[s.dims:])
}

// setFactors fixes the affine form of dist.Codes. With x = low + step·c and
// q = base + qs·qc:  ⟨q,x⟩ = base·Σx + qs·Σqc·low + qs·step·Σ qc·c.
func (q *Query) setFactors(m dist.Metric, base, qs, codeSum, normSq float32) {
	k0, w, f := float32(0), float32(0), float32(-1)
	switch m {
	case dist.L2:
		k0, w, f = normSq, 1, -2
	case dist.Cosine:
		k0 = 1
	}
	q.k = [5]float32{k0, w, f * base, f * qs * codeSum, f * qs}
}

// Distances writes estimates of the metric's distance from q to the records ords
// of rows; out is at least as long as ords.
func (s SQ8) Distances(q *Query, rows *dist.Rows, ords []uint32, out []float32) {
	if !q.exact {
		dist.Codes(q.code, &q.k, rows, ords, out)
		return
	}
	dist.CodesL1(q.vec, rows, ords, out)
}

// LowerBound returns a value that the true distance to a vector is not below,
// given its estimate est, the greatest loss (Encode's first result) and the
// greatest decoded norm (Encode's second) of the collection. It follows from the
// Cauchy–Schwarz and triangle inequalities, so it holds always, up to float32
// rounding, for which a small slack is subtracted.
func (s SQ8) LowerBound(q *Query, est, lost, norm float32) float32 {
	slack := 1e-5 * (1 + abs(est))
	switch s.metric {
	case dist.L1: // ‖e‖₁ ≤ √d ‖e‖₂
		return est - float32(math.Sqrt(float64(s.dims)))*lost - slack
	case dist.L2: // √d² is within ‖eq‖ + ‖ex‖ of the estimate's root
		slack = 1e-5 * (norm*norm + q.norm*q.norm)
		r := float32(math.Sqrt(float64(max(est, 0)))) - q.lost - lost
		if r <= 0 {
			return -slack
		}
		return r*r - slack
	default:
		qn := q.norm + q.lost
		return est - qn*lost - q.lost*norm - 1e-5*(1+qn*norm)
	}
}

func abs(f float32) float32 { return math.Float32frombits(math.Float32bits(f) &^ (1 << 31)) }
