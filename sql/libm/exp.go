package libm

import (
	"math"
	"math/big"
)

// expm1 is e^x − 1 for |x| below 0.4, to about 98 bits.
func expm1(x dd) dd {
	const halvings = 8
	r := x.scale(1.0 / (1 << halvings))
	// the Taylor series without its first term, its smallest terms in one number
	p := r.hi * (inverses[11].hi + r.hi*inverses[12].hi)
	s := inverses[10].addFloat(p)
	for n := 9; n >= 1; n-- {
		s = s.mul(r).add(inverses[n])
	}
	s = s.mul(r)
	for range halvings { // e^2r − 1 from e^r − 1
		s = s.scale(2).add(s.mul(s))
	}
	return s
}

// exp2k is e^x as a number near 1 and the power of two to multiply with.
func exp2k(x dd) (m dd, k int) {
	f := math.RoundToEven(x.hi / ln2.hi)
	r := x.sub(ln2.mulFloat(f))
	return expm1(r).addFloat(1), int(f)
}

// scaled is m · 2^k rounded once, even where the result is denormal.
func scaled(m dd, k int) float64 {
	if k > -1000 && k < 1020 {
		return math.Ldexp(m.float(), k)
	}
	b := new(big.Float).SetPrec(140).SetFloat64(m.hi)
	b.Add(b, big.NewFloat(m.lo))
	f, _ := b.SetMantExp(b, k).Float64()
	return f
}

// Exp is e^x.
func Exp(x float64) float64 {
	switch {
	case x != x || math.IsInf(x, 1):
		return x
	case x > 710:
		return math.Inf(1)
	case x < -746:
		return 0
	case math.Abs(x) < 0x1p-60:
		return 1 + x
	}
	m, k := exp2k(dd{x, 0})
	return scaled(m, k)
}

// log is the natural logarithm of a positive finite number.
func log(x float64) dd {
	m, e := math.Frexp(x) // also of denormal numbers
	if m < math.Sqrt2/2 {
		m, e = 2*m, e-1
	}
	y := math.Log(m)
	// one step of Newton's: ln m = y + 2 (m − e^y) / (m + e^y)
	em := expm1(dd{y, 0})
	d := sum2(m-1, -em.hi).addFloat(-em.lo)
	d = d.scale(2).div(em.addFloat(1 + m))
	return ln2.mulFloat(float64(e)).add(sum2(y, d.hi).addFloat(d.lo))
}

// Log is the natural logarithm; its argument is not negative.
func Log(x float64) float64 {
	switch {
	case x != x || math.IsInf(x, 1):
		return x
	case x == 0:
		return math.Inf(-1)
	}
	return log(x).float()
}

// Pow is x^y.
func Pow(x, y float64) float64 {
	v := math.Pow(x, y)
	if v != v || x == 0 || y == 0 || x == 1 || math.IsInf(x, 0) || math.IsInf(y, 0) {
		return v // what math says where there is nothing to round
	}
	l := log(math.Abs(x))
	switch p := l.mulFloat(y); {
	case l.hi*y > 710:
		v = math.Inf(1)
	case l.hi*y < -746:
		v = 0
	case math.Abs(p.hi) < 0x1p-60:
		v = 1 + p.hi
	default:
		m, k := exp2k(p)
		v = scaled(m, k)
	}
	if x < 0 && math.Mod(y, 2) != 0 { // an odd power
		return -v
	}
	return v
}
