package libm

import "math"

// The functions of this file are not rounded best: they are computed in double
// precision by the formulas that C libraries have always used for them, for the sake of
// the same last digit.

// Log10 is the logarithm to base 10, from the natural one of the mantissa and the
// exponent's own part, whose upper bits times any exponent are exact.
func Log10(x float64) float64 {
	if x != x || x == 0 || math.IsInf(x, 1) {
		return Log(x)
	}
	m, e := math.Frexp(x)
	m, e = 2*m, e-1
	if e < 0 { // towards 1 from below
		m, e = m/2, e+1
	}
	k := float64(e)
	return k*log2Low + (1/math.Ln10)*Log(m) + k*log2Top
}

// The logarithm of 2 to base 10: its first 41 bits and the rest.
const (
	log2Top = 0x1.34413509f6p-2
	log2Low = 0x1.9fef311f12b36p-42
)

// Cbrt is the cube root, by the algorithm of glibc to 2.36: a polynomial approximates that
// of the mantissa, one step of Halley's method brings it to nearly full precision, and the
// remainder of the exponent by three is a factor. The products are rounded one by one.
func Cbrt(x float64) float64 {
	if x == 0 || x != x || math.IsInf(x, 0) {
		return x
	}
	m, e := math.Frexp(math.Abs(x))
	u := cbrtStart[0]
	for i, c := range cbrtStart[1:] {
		if u = float64(u * m); i == len(cbrtStart)-2 {
			u = c + u
		} else {
			u = c - u
		}
	}
	cube := float64(float64(u*u) * u)
	y := float64(float64(u*(cube+2*m))/(2*cube+m)) * cbrtOfPower[2+e%3]
	return math.Copysign(math.Ldexp(y, e/3), x)
}

var (
	// cbrtStart are the polynomial's coefficients, that of the highest power first; but for
	// the last each is less what comes before it.
	cbrtStart = [...]float64{
		0.14526389938548637, 0.7849323449766392, 1.8346927748361308, 2.4469312256353444, 2.114994941673713, 1.508191937815849, 0.35489576504391984,
	}
	// cbrtOfPower are the cube roots of 2 to the powers −2 to 2.
	cbrtOfPower = [...]float64{0.6299605249474365, 0.7937005259840997, 1, 1.2599210498948732, 1.5874010519681996}
)

// beyond is where e^x ± e^−x is e^x.
const beyond = 22

// Sinh is the hyperbolic sine.
func Sinh(x float64) float64 {
	a, half := math.Abs(x), math.Copysign(0.5, x)
	switch {
	case x != x || math.IsInf(x, 0) || a < 0x1p-28:
		return x
	case a > 709:
		w := Exp(a / 2)
		return half * w * w
	case a > beyond:
		return half * Exp(a)
	}
	t := math.Expm1(a)
	if a < 1 {
		return half * (2*t - t*t/(t+1))
	}
	return half * (t + t/(t+1))
}

// Cosh is the hyperbolic cosine.
func Cosh(x float64) float64 {
	a := math.Abs(x)
	switch {
	case x != x || math.IsInf(x, 0):
		return a
	case a > 709:
		w := Exp(a / 2)
		return 0.5 * w * w
	case a > beyond:
		return 0.5 * Exp(a)
	case a < math.Ln2/2:
		t := math.Expm1(a)
		w := 1 + t
		return 1 + t*t/(w+w)
	}
	t := Exp(a)
	return 0.5*t + 0.5/t
}

// Tanh is the hyperbolic tangent.
func Tanh(x float64) float64 {
	a := math.Abs(x)
	switch {
	case x != x || a < 0x1p-55:
		return x
	case a > beyond:
		return math.Copysign(1, x)
	case a >= 1:
		return math.Copysign(1-2/(math.Expm1(2*a)+2), x)
	}
	t := math.Expm1(-2 * a)
	return math.Copysign(-t/(t+2), x)
}

// Asinh, Acosh and Atanh are the inverse functions.
func Asinh(x float64) float64 {
	a := math.Abs(x)
	switch {
	case x != x || math.IsInf(x, 0) || a < 0x1p-28:
		return x
	case a > 1<<28:
		a = Log(a) + math.Ln2
	case a > 2:
		a = Log(2*a + 1/(math.Sqrt(a*a+1)+a))
	default:
		s := a * a
		a = math.Log1p(a + s/(1+math.Sqrt(1+s)))
	}
	return math.Copysign(a, x)
}

func Acosh(x float64) float64 {
	switch {
	case x < 1 || x != x:
		return math.NaN()
	case x >= 1<<28:
		return Log(x) + math.Ln2
	case x > 2:
		return Log(2*x - 1/(x+math.Sqrt(x*x-1)))
	}
	t := x - 1
	return math.Log1p(t + math.Sqrt(2*t+t*t))
}

func Atanh(x float64) float64 { return math.Atanh(x) }
