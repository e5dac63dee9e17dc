package dist

import "math"

// Query is a vector prepared to be compared with many of its space. It is
// reusable: preparing again keeps its memory. It serves one goroutine at a time.
type Query struct {
	space   Space
	vec     []byte
	floats  []float32 // Float32: vec itself; Float16: decoded into own
	own     []float32
	normSq  float64 // Cosine, InnerProduct
	invNorm float32
	sparse  sparseQuery
}

// Reset prepares the query v (see Space.Check), which it keeps and does not change.
func (q *Query) Reset(s Space, v []byte) {
	q.space, q.vec = s, v
	switch s.Element {
	case Float32:
		q.floats = Floats(v)
	case Float16:
		if cap(q.own) < s.Dims {
			q.own = make([]float32, s.Dims)
		}
		q.own = q.own[:s.Dims]
		decodeHalves(q.own, v)
		q.floats = q.own
	case Sparse:
		q.sparse.reset(s.Dims, sparseOf(v))
	}
	switch s.Metric {
	case Cosine:
		q.normSq = s.NormSq(v)
		q.invNorm = inverseRoot(q.normSq)
	case InnerProduct:
		q.normSq = s.NormSq(v)
	}
}

// Exact is the distance of v accumulated in float64, see Space.Exact.
func (q *Query) Exact(v []byte) float64 {
	switch q.space.Element {
	case Float16:
		return q.exactHalf(v)
	case Int8:
		return q.exactInt8(v)
	case Bit:
		return exactBits(q.space.Metric, q.vec, v)
	case Sparse:
		return q.exactSparse(v)
	}
	if q.space.Metric == Cosine {
		f := Floats(v)
		return CosineOf(Dot64(q.floats, f), q.normSq, NormSq64(f))
	}
	return q.space.Metric.Exact(q.floats, Floats(v))
}

// filterSlack is the error of float32 sums that AtLeast allows for, relative to the
// product of the norms, or to the sum itself where nothing cancels.
const filterSlack = 1e-4

// plain reports whether float32 sums of products of vectors with such a squared norm
// neither overflow nor lose precision at the other end.
func plain(normSq float64) bool { return normSq > 1e-30 && normSq < 1e30 }

// AtLeast reports, at less than half of the price of Exact, that the distance of v is
// certainly bound or more. False says nothing.
func (q *Query) AtLeast(v []byte, bound float64) bool {
	if q.space.Element != Float32 {
		return false
	}
	switch q.space.Metric {
	case InnerProduct, Cosine:
		dot, normSq := DotNorm(q.floats, Floats(v))
		if !plain(float64(normSq)) || !plain(q.normSq) {
			return false
		}
		norms := math.Sqrt(float64(normSq) * q.normSq)
		if q.space.Metric == InnerProduct {
			return -float64(dot)-filterSlack*norms >= bound
		}
		return 1-float64(dot)/norms-filterSlack >= bound
	case L2:
		d := float64(L2Sq(q.floats, Floats(v)))
		return d <= math.MaxFloat32 && d*(1-filterSlack) >= bound
	}
	return false
}

// combine makes a distance of an exact dot product, or of the sum itself for the
// metrics that are one.
func (q *Query) combine(sum, normSq float64) float64 {
	switch q.space.Metric {
	case InnerProduct:
		return -sum
	case Cosine:
		return CosineOf(sum, q.normSq, normSq)
	}
	return sum
}

// op is the sum that the metric needs.
func (m Metric) op() scanOp {
	switch m {
	case InnerProduct, Cosine:
		return opDot
	case L1:
		return opL1
	}
	return opL2
}

// Estimates reports whether Distances are rounded to float32: they are exact for
// bits, of which there are few enough, compared by Hamming.
func (s Space) Estimates() bool { return s.Metric != Hamming }

// Affine makes distances of the sums of a query, see Below; where vectors are Normed,
// each sum is to be multiplied with the vector's inverse norm first.
func (q *Query) Affine() Affine {
	switch {
	case q.space.Element == Sparse:
	case q.space.Metric == InnerProduct:
		return Affine{Scale: -1}
	case q.space.Metric == Cosine:
		return Affine{Add: 1, Scale: -q.invNorm}
	}
	return Affine{Scale: 1}
}

// Distances writes the distances of the vectors ords, in float32 precision; not
// finite where float32 overflows, and for Cosine of a zero vector. out is at least
// as long as ords; every ordinal must exist.
func (q *Query) Distances(v *Vectors, ords []uint32, out []float32) {
	q.Sums(v, ords, out)
	a := q.Affine()
	switch {
	case q.space.Normed():
		for i, o := range ords {
			out[i] = a.Add + out[i]*(v.invNorm(o)*a.Scale)
		}
	case a.Scale != 1:
		for i := range ords {
			out[i] *= a.Scale
		}
	}
}

// Sums writes what the distances of the vectors ords are made of: the dot products
// for InnerProduct and Cosine of all but Sparse vectors, otherwise the distances.
func (q *Query) Sums(v *Vectors, ords []uint32, out []float32) {
	if q.space.Element == Float32 {
		SumGather(q.space.Metric, q.floats, &v.Rows, ords, out)
		return
	}
	q.gather(v, ords, out)
}

// gather is Sums of the other element types. Kernels are reached without a
// table, so that ords may lie on a caller's stack.
func (q *Query) gather(v *Vectors, ords []uint32, out []float32) {
	out = out[:len(ords)]
	if len(ords) == 0 {
		return
	}
	switch q.space.Element {
	case Float16:
		gatherHalves(q.space.Metric, q.floats, &v.Rows, ords, out)
	case Int8:
		gatherInt8(q.space.Metric, q.vec, &v.Rows, ords, out)
	case Bit:
		gatherBits(q.space.Metric, q.vec, &v.Rows, ords, out)
	default:
		q.gatherSparse(v, ords, out)
	}
}

// SumRange is Sums of the len(out) vectors from lo on, which memory answers fastest.
func (q *Query) SumRange(v *Vectors, lo uint32, out []float32) {
	if q.space.Element == Float32 {
		SumRows(q.space.Metric, q.floats, &v.Rows, lo, out)
		return
	}
	var ords [maxGather]uint32
	for at := 0; at < len(out); at += maxGather {
		n := min(maxGather, len(out)-at)
		for i := range n {
			ords[i] = lo + uint32(at+i)
		}
		q.gather(v, ords[:n], out[at:at+n])
	}
}

// cosineOrNaN is 1 − dot/√(na·nb) in float32.
func cosineOrNaN(dot, na, nb float64) float32 {
	if na == 0 || nb == 0 {
		return float32(math.NaN())
	}
	return float32(CosineOf(dot, na, nb))
}
