package libm

import (
	"math"
	"math/big"
	"sync"
)

// reduce is x less its nearest multiple of π/2, and which quarter that is.
func reduce(x float64) (r dd, quarter int) {
	if math.Abs(x) <= math.Pi/4 {
		return dd{x, 0}, 0
	}
	if math.Abs(x) > 1<<20 {
		return reduceLarge(x)
	}
	k := math.RoundToEven(x / pi2[0])
	a, b := product(k, pi2[0]), product(k, pi2[1])
	s := sum2(x, -a.hi)
	r = s.addFloat(-a.lo).sub(b)
	// the error of the first step is exact in s; what is left is the third part
	return r.addFloat(-k * pi2[2]), int(int64(k) & 3)
}

// bigPi is π/2 to as many bits as the largest number needs, by Machin's formula.
var bigPi = sync.OnceValue(func() *big.Float {
	const bits = 1400
	one := new(big.Int).Lsh(big.NewInt(1), bits)
	arctan := func(inverse int64) *big.Int { // of 1/inverse, by its series
		term := new(big.Int).Quo(one, big.NewInt(inverse))
		sum := new(big.Int).Set(term)
		square := big.NewInt(inverse * inverse)
		for n := int64(3); term.Sign() != 0; n += 2 {
			term.Quo(term, square)
			part := new(big.Int).Quo(term, big.NewInt(n))
			if n&2 != 0 {
				sum.Sub(sum, part)
			} else {
				sum.Add(sum, part)
			}
		}
		return sum
	}
	a := arctan(5)
	a.Lsh(a, 3).Sub(a, new(big.Int).Lsh(arctan(239), 1)) // π/2 = 8 atan 1/5 − 2 atan 1/239
	f := new(big.Float).SetPrec(bits).SetInt(a)
	return f.SetMantExp(f, -bits)
})

func reduceLarge(x float64) (dd, int) {
	half := bigPi()
	b := new(big.Float).SetPrec(1400).SetFloat64(x)
	q := new(big.Float).SetPrec(1400).Quo(b, half)
	if x > 0 {
		q.Add(q, big.NewFloat(0.5))
	} else {
		q.Sub(q, big.NewFloat(0.5))
	}
	k, _ := q.Int(nil)
	b.Sub(b, new(big.Float).SetPrec(1400).Mul(half, new(big.Float).SetPrec(1400).SetInt(k)))
	hi, _ := b.Float64()
	lo, _ := b.Sub(b, big.NewFloat(hi)).Float64()
	return dd{hi, lo}, int(new(big.Int).And(k, big.NewInt(3)).Int64())
}

// sine and cosine of |r| up to π/4, by their series.
func sine(r dd) dd {
	x := r.mul(r)
	p := 0.0
	for n := 27; n > 17; n -= 2 {
		p = inverses[n].hi - p*x.hi
	}
	s := x.mulFloat(-p).add(inverses[17])
	for n := 15; n >= 1; n -= 2 {
		s = inverses[n].sub(s.mul(x))
	}
	return s.mul(r)
}

func cosine(r dd) dd {
	x := r.mul(r)
	p := 0.0
	for n := 28; n > 18; n -= 2 {
		p = inverses[n].hi - p*x.hi
	}
	s := x.mulFloat(-p).add(inverses[18])
	for n := 16; n >= 0; n -= 2 {
		s = inverses[n].sub(s.mul(x))
	}
	return s
}

// sincos are both for any finite number.
func sincos(x float64) (s, c dd) {
	r, quarter := reduce(x)
	s, c = sine(r), cosine(r)
	switch quarter {
	case 1:
		return c, s.neg()
	case 2:
		return s.neg(), c.neg()
	case 3:
		return c.neg(), s
	}
	return s, c
}

func unbounded(x float64) bool { return x != x || math.IsInf(x, 0) }

// Sin, Cos and Tan are of an angle in radians.
func Sin(x float64) float64 {
	switch {
	case unbounded(x):
		return math.NaN()
	case x == 0:
		return x // with its sign
	case math.Abs(x) < 0x1p-30: // x³/6 is all that counts
		return x - x*x*x/6
	}
	r, quarter := reduce(x)
	return quarterSine(r, quarter)
}

func Cos(x float64) float64 {
	if unbounded(x) {
		return math.NaN()
	}
	r, quarter := reduce(x)
	return quarterSine(r, quarter+1)
}

func quarterSine(r dd, quarter int) float64 {
	var v dd
	if quarter&1 != 0 {
		v = cosine(r)
	} else {
		v = sine(r)
	}
	if quarter&2 != 0 {
		v = v.neg()
	}
	return v.float()
}

func Tan(x float64) float64 {
	switch {
	case unbounded(x):
		return math.NaN()
	case x == 0:
		return x
	case math.Abs(x) < 0x1p-30:
		return x + x*x*x/3
	}
	s, c := sincos(x)
	return s.div(c).float()
}
