package dist

// Multiply writes f·a·b, component by component, to dst. The lengths are equal; dst may
// be a or b.
func Multiply(dst, a, b []float32, f float32) {
	n := len(dst)
	a, b = a[:n], b[:n]
	whole := n &^ 7
	if whole > 0 {
		multiply(&dst[0], &a[0], &b[0], whole, f)
	}
	multiplyGo(dst[whole:], a[whole:], b[whole:], f)
}

func multiplyGo(dst, a, b []float32, f float32) {
	for i, x := range a {
		dst[i] = x * b[i] * f
	}
}

// SumDifference replaces each a and b, of equal lengths, by a + b and a − b.
func SumDifference(a, b []float32) {
	n := len(a)
	b = b[:n]
	whole := n &^ 7
	if whole > 0 {
		sumDifference(&a[0], &b[0], whole)
	}
	sumDifferenceGo(a[whole:], b[whole:])
}

func sumDifferenceGo(a, b []float32) {
	for i, x := range a {
		y := b[i]
		a[i], b[i] = x+y, x-y
	}
}

// Hadamard transforms v, whose length is a power of two of at least 8, not normalised.
func Hadamard(v []float32) {
	if len(v) < 8 || len(v)&(len(v)-1) != 0 {
		panic("dist: a Hadamard transform of a wrong length")
	}
	hadamard8(&v[0], len(v))
	for h := 8; h < len(v); h *= 2 {
		butterflies(&v[0], len(v), h)
	}
}

// hadamard8Go transforms each eight components of v.
func hadamard8Go(v []float32) {
	for i := 0; i+8 <= len(v); i += 8 {
		w := v[i : i+8 : i+8]
		a0, a1, a2, a3 := w[0]+w[1], w[0]-w[1], w[2]+w[3], w[2]-w[3]
		a4, a5, a6, a7 := w[4]+w[5], w[4]-w[5], w[6]+w[7], w[6]-w[7]
		b0, b1, b2, b3 := a0+a2, a1+a3, a0-a2, a1-a3
		b4, b5, b6, b7 := a4+a6, a5+a7, a4-a6, a5-a7
		w[0], w[1], w[2], w[3] = b0+b4, b1+b5, b2+b6, b3+b7
		w[4], w[5], w[6], w[7] = b0-b4, b1-b5, b2-b6, b3-b7
	}
}

// butterfliesGo replaces each a = v[i], b = v[i+h], for every i whose bit h is 0, by a + b
// and a − b: one level of the transform.
func butterfliesGo(v []float32, h int) {
	for i := 0; i < len(v); i += 2 * h {
		sumDifferenceGo(v[i:i+h], v[i+h:i+2*h])
	}
}
