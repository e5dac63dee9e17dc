package dist

import "math"

// Exact sums: every component is converted to float64 and component i is added to
// lane i mod 32; then the lanes are folded in halves (j with j+16, j+8, …, j+1).
// This order is the same in every tier, so that a distance has the same bits on
// every processor.

const exactLanes = 32

// Dot64 returns the dot product of a and b, of equal lengths, accumulated in float64.
func Dot64(a, b []float32) float64 { return exactPair(opDot, a, b) }

// NormSq64 returns the squared Euclidean norm of a accumulated in float64.
func NormSq64(a []float32) float64 { return exactPair(opDot, a, a) }

// L2Sq64 returns the squared Euclidean distance accumulated in float64.
func L2Sq64(a, b []float32) float64 { return exactPair(opL2, a, b) }

// L1Exact returns the sum of absolute differences accumulated in float64.
func L1Exact(a, b []float32) float64 { return exactPair(opL1, a, b) }

func exactPair(op scanOp, a, b []float32) float64 {
	b = b[:len(a)]
	if len(a) == 0 {
		return 0
	}
	return exact(op, &a[0], &b[0], len(a))
}

// Cosine64 returns 1 − cos(a, b) accumulated in float64, within [0, 2], or NaN
// when one of them is zero (as pgvector's <=> does).
func Cosine64(a, b []float32) float64 {
	return CosineOf(Dot64(a, b), NormSq64(a), NormSq64(b))
}

// CosineOf is Cosine64 of vectors whose dot product and squared norms are known.
func CosineOf(dot, na, nb float64) float64 {
	sim := dot / math.Sqrt(na*nb)
	switch {
	case sim > 1:
		sim = 1
	case sim < -1:
		sim = -1
	}
	return 1 - sim
}

// cosineDistance combines a dot product and the squared norms of both sides.
func cosineDistance(dot, na, nb float32) float32 {
	if na == 0 || nb == 0 {
		return float32(math.NaN())
	}
	return float32(CosineOf(float64(dot), float64(na), float64(nb)))
}

// foldLanes adds the components that are left after whole blocks to their lanes
// and folds.
func foldLanes(l *[exactLanes]float64, a, b []float32, term func(x, y float64) float64) float64 {
	for i, x := range a {
		l[i] += term(float64(x), float64(b[i]))
	}
	for half := exactLanes / 2; half > 0; half /= 2 {
		for j := range half {
			l[j] += l[j+half]
		}
	}
	return l[0]
}

// The conversions below keep the compiler from fusing a product into an addition.

func dotTerm(x, y float64) float64 { return float64(x * y) }
func l2Term(x, y float64) float64  { return float64((x - y) * (x - y)) }
func l1Term(x, y float64) float64  { return math.Abs(x - y) }
