// Package dist computes distances between vectors: float32 kernels, dot
// products of 8-bit codes and Hamming weights, each in the fastest form the
// processor offers and each checked against a plain Go oracle. It knows numbers
// and memory layouts only and must not know rows, indexes, files or SQL.
//
// Kernels are batch shaped: one call takes the query and many vectors, so that
// the query stays in registers, memory is prefetched ahead of use and the cost
// of the call is paid once. The tier (generic, avx2, avx512, neon) is chosen once at
// start from what the processor has; the environment variable LOXODB_SIMD (off,
// avx2, avx512) asks for a lower one.
package dist

import "fmt"

// Metric is an order on vectors. Every metric is expressed as a number that is
// smaller for nearer vectors, so that searches need no case distinction.
type Metric uint8

const (
	L2           Metric = iota // squared Euclidean distance
	InnerProduct               // negative dot product
	Cosine                     // 1 − cosine of the angle; NaN when a vector is zero
	L1                         // sum of absolute differences
)

// Valid reports whether m is one of the metrics above.
func (m Metric) Valid() bool { return m <= L1 }

// String returns the metric's short name: l2, ip, cosine or l1.
func (m Metric) String() string {
	switch m {
	case L2:
		return "l2"
	case InnerProduct:
		return "ip"
	case Cosine:
		return "cosine"
	case L1:
		return "l1"
	}
	return fmt.Sprintf("metric(%d)", uint8(m))
}

// Distance returns the distance of a and b with float32 accumulation, as fast
// as the processor allows. a and b must have the same length; the shorter one
// counts otherwise. The result of Cosine is NaN when a or b is zero.
func (m Metric) Distance(a, b []float32) float32 {
	n := min(len(a), len(b))
	a, b = a[:n], b[:n]
	switch m {
	case InnerProduct:
		return -Dot(a, b)
	case Cosine:
		dot, nb := DotNorm(a, b)
		return cosineDistance(dot, NormSq(a), nb)
	case L1:
		return SumAbsDiff(a, b)
	default:
		return L2Sq(a, b)
	}
}

// Exact returns the distance of a and b with float64 accumulation: the value
// that users see and that decides the order of results. The result is the same
// on every processor. The result of Cosine is NaN when a or b is zero.
func (m Metric) Exact(a, b []float32) float64 {
	n := min(len(a), len(b))
	a, b = a[:n], b[:n]
	switch m {
	case InnerProduct:
		return -Dot64(a, b)
	case Cosine:
		return Cosine64(a, b)
	case L1:
		return L1Exact(a, b)
	default:
		return L2Sq64(a, b)
	}
}
