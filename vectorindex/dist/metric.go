// Package dist computes distances between vectors of every element type, 8-bit
// codes and bits, each in the fastest form the processor offers and each checked
// against a plain Go oracle. It knows numbers and memory layouts only and must not
// know rows, indexes, files or SQL.
//
// Kernels are batch shaped: one call takes the query and many vectors, so that
// the query stays in registers, memory is prefetched ahead of use and the cost
// of the call is paid once. The tier (generic, avx2, avx512, neon) is chosen once at
// start from what the processor has; the environment variable LOXODB_SIMD (off,
// avx2, avx512) asks for a lower one.
package dist

import (
	"fmt"
	"math"
)

// Metric is an order on vectors. Every metric is expressed as a number that is
// smaller for nearer vectors, so that searches need no case distinction.
type Metric uint8

const (
	L2           Metric = iota // squared Euclidean distance
	InnerProduct               // negative dot product
	Cosine                     // 1 − cosine of the angle; NaN when a vector is zero
	L1                         // sum of absolute differences
	Hamming                    // number of different bits
	Jaccard                    // 1 − |a ∧ b| / |a ∨ b|; 1 when no bit is set
)

var metricNames = [...]string{L2: "l2", InnerProduct: "ip", Cosine: "cosine", L1: "l1", Hamming: "hamming", Jaccard: "jaccard"}

// Valid reports whether m is one of the metrics above.
func (m Metric) Valid() bool { return int(m) < len(metricNames) }

// String returns the metric's short name: l2, ip, cosine, l1, hamming or jaccard.
func (m Metric) String() string {
	if m.Valid() {
		return metricNames[m]
	}
	return fmt.Sprintf("metric(%d)", uint8(m))
}

// Distance returns the distance of a and b with float32 accumulation, as fast
// as the processor allows. a and b must have the same length; the shorter one
// counts otherwise. The result of Cosine is NaN when a or b is zero, that of a
// metric of bits always.
func (m Metric) Distance(a, b []float32) float32 {
	n := min(len(a), len(b))
	a, b = a[:n], b[:n]
	switch m {
	case L2:
		return L2Sq(a, b)
	case InnerProduct:
		return -Dot(a, b)
	case Cosine:
		dot, nb := DotNorm(a, b)
		return cosineDistance(dot, NormSq(a), nb)
	case L1:
		return SumAbsDiff(a, b)
	}
	return float32(math.NaN())
}

// Exact returns the distance of a and b with float64 accumulation: the value
// that users see and that decides the order of results. The result is the same
// on every processor. The result of Cosine is NaN when a or b is zero, that of a
// metric of bits always. Space.Exact is the same for every element type.
func (m Metric) Exact(a, b []float32) float64 {
	n := min(len(a), len(b))
	a, b = a[:n], b[:n]
	switch m {
	case L2:
		return L2Sq64(a, b)
	case InnerProduct:
		return -Dot64(a, b)
	case Cosine:
		return Cosine64(a, b)
	case L1:
		return L1Exact(a, b)
	}
	return math.NaN()
}
