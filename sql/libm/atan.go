package libm

import "math"

// The inverse functions begin with math's, which is right to about 52 bits, and correct
// it by the sine of what is missing.

// Asin is the angle between −π/2 and π/2 with that sine.
func Asin(x float64) float64 {
	y := math.Asin(x)
	switch {
	case y != y || x == 0:
		return y
	case math.Abs(x) < 0x1p-30:
		return x + x*x*x/6
	}
	s, c := sincos(y)
	d := c.mulFloat(x).sub(cofactor(x).mul(s))
	return y + d.hi
}

// Acos is the angle between 0 and π with that cosine.
func Acos(x float64) float64 {
	y := math.Acos(x)
	if y != y || x == 1 {
		return y
	}
	s, c := sincos(y)
	d := cofactor(x).mul(c).sub(s.mulFloat(x))
	return y + d.hi
}

// cofactor is √(1 − x²).
func cofactor(x float64) dd { return sum2(1, -x).mul(sum2(1, x)).sqrt() }

// Atan is the angle between −π/2 and π/2 with that tangent.
func Atan(x float64) float64 {
	switch {
	case x == 0:
		return x
	case math.Abs(x) < 0x1p-30:
		return x - x*x*x/3
	}
	return Atan2(x, 1)
}

// Atan2 is the angle of the point (x, y).
func Atan2(y, x float64) float64 {
	a := math.Atan2(y, x)
	if a != a || x == 0 || y == 0 || math.IsInf(x, 0) || math.IsInf(y, 0) {
		return a
	}
	_, ex := math.Frexp(x)
	_, ey := math.Frexp(y)
	if ex-ey > 100 && x > 0 {
		return y / x
	}
	if ex-ey > 100 || ey-ex > 100 {
		return a // a multiple of π/2 as near as can be
	}
	x, y = math.Ldexp(x, -ex), math.Ldexp(y, -ex)
	s, c := sincos(a)
	t := c.mulFloat(y).sub(s.mulFloat(x))
	u := c.mulFloat(x).add(s.mulFloat(y))
	return a + t.hi/u.hi
}
