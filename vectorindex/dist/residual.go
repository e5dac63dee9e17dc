package dist

import "math"

// Residual writes a − b to dst and returns the greatest absolute component and the
// squared norm of it. The lengths are equal; whole blocks of 64 are fast.
func Residual(dst, a, b []float32) (most, normSq float32) {
	n := len(dst)
	a, b = a[:n], b[:n]
	whole := n &^ 63
	if whole > 0 {
		most, normSq = residual(&dst[0], &a[0], &b[0], whole)
	}
	if whole < n {
		m, q := residualGo(dst[whole:], a[whole:], b[whole:])
		most, normSq = max(most, m), normSq+q
	}
	return most, normSq
}

// Round8 writes inv·v, rounded to the nearest integer (halves to even), to dst and
// returns the sum. The products lie within ±127; whole blocks of 64 are fast.
func Round8(dst []int8, v []float32, inv float32) (sum int32) {
	n := len(dst)
	v = v[:n]
	whole := n &^ 63
	if whole > 0 {
		sum = round8(&dst[0], &v[0], inv, whole)
	}
	return sum + round8Go(dst[whole:], v[whole:], inv)
}

func residualGo(dst, a, b []float32) (most, normSq float32) {
	for i, x := range a {
		d := x - b[i]
		dst[i] = d
		most = max(most, abs32(d))
		normSq += d * d
	}
	return most, normSq
}

func round8Go(dst []int8, v []float32, inv float32) (sum int32) {
	for i, x := range v {
		c := int8(math.RoundToEven(float64(x * inv)))
		dst[i] = c
		sum += int32(c)
	}
	return sum
}
