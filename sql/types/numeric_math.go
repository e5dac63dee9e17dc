package types

import (
	"math"
	"math/big"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// maxResultScale is NUMERIC_MAX_RESULT_SCALE.
const maxResultScale = 2 * maxDisplayScale

func decFloat(x dec) float64 {
	d, err := x.datum()
	if err != nil {
		return math.Inf(1)
	}
	return NumericToFloat(d)
}

// lnWeight is estimate_ln_dweight: about the decimal weight of ln(a), a > 0.
func lnWeight(a Datum) int {
	x := decOf(a.ref)
	near := decOf(a.ref).round(max(x.scale, 1))
	if compareDec(near, dec{scale: 1, small: 9}) >= 0 && compareDec(near, dec{scale: 1, small: 11}) <= 0 {
		diff, _ := addDec(x, dec{neg: true, small: 1}).datum() // smaller than a
		if numDigits(diff.ref) == 0 {
			return 0
		}
		return numWeight(diff.ref)*4 + int(math.Log10(float64(numDigit(diff.ref, 0))))
	}
	b := a.ref
	if numDigits(b) == 0 {
		return 0
	}
	digits, weight := float64(numDigit(b, 0)), numWeight(b)*4
	if numDigits(b) > 1 {
		digits = digits*10000 + float64(numDigit(b, 1))
		weight -= 4
	}
	return int(math.Log10(math.Abs(math.Log(digits) + float64(weight)*math.Ln10)))
}

func checkLog(a Datum) error {
	switch NumericSign(a) {
	case 0:
		return pgerr.New(pgerrcode.InvalidArgumentForLogarithm, "cannot take logarithm of zero")
	case -1:
		return pgerr.New(pgerrcode.InvalidArgumentForLogarithm, "cannot take logarithm of a negative number")
	}
	return nil
}

// NumericLn is ln(a); 2201E for zero and negative numbers.
func NumericLn(a Datum) (Datum, error) {
	if NumericIsNaN(a) || NumericIsInf(a) == 1 {
		return a, nil
	}
	if err := checkLog(a); err != nil {
		return Datum{}, err
	}
	return lnDec(a, clampScale(max(minSigDigits-lnWeight(a), NumericScale(a)))).datum()
}

// NumericLog is log(base, a).
func NumericLog(base, a Datum) (Datum, error) {
	if NumericIsNaN(base) || NumericIsNaN(a) {
		return NumericNaN(), nil
	}
	if err := checkLog(base); err != nil {
		return Datum{}, err
	}
	if err := checkLog(a); err != nil {
		return Datum{}, err
	}
	switch ib, ia := NumericIsInf(base), NumericIsInf(a); {
	case ib != 0 && ia != 0:
		return NumericNaN(), nil
	case ib != 0:
		return NumericFromInt(0), nil
	case ia != 0:
		return a, nil
	}
	wb, wa := lnWeight(base), lnWeight(a)
	scale := clampScale(max(minSigDigits-(wa-wb), NumericScale(base), NumericScale(a)))
	// each with eight significant digits more than the quotient has
	den := lnDec(base, max(scale+wa-2*wb+8, 0))
	if den.isZero() {
		return Datum{}, divisionByZero()
	}
	return divDec(lnDec(a, max(scale-wb+8, 0)), den, scale, true).datum()
}

// NumericLog10 is log(a), base 10.
func NumericLog10(a Datum) (Datum, error) { return NumericLog(NumericFromInt(10), a) }

// NumericExp is e^a; 22003 on overflow.
func NumericExp(a Datum) (Datum, error) {
	switch NumericIsInf(a) {
	case 1:
		return a, nil
	case -1:
		return NumericFromInt(0), nil
	}
	if NumericIsNaN(a) {
		return a, nil
	}
	v := NumericToFloat(a)
	w := min(max(v*0.434294481903252, -maxResultScale), maxResultScale)
	scale := clampScale(max(minSigDigits-int(w), NumericScale(a)))
	return expDec(decOf(a.ref), v, scale)
}

// NumericPower is a^b; 2201F for 0 to a negative power and for negative numbers
// to a power that is no integer.
func NumericPower(a, b Datum) (Datum, error) {
	if r, ok, err := powerSpecial(a, b); ok || err != nil {
		return r, err
	}
	x, y := decOf(a.ref), decOf(b.ref)
	if x.isZero() && y.neg {
		return Datum{}, pgerr.New(pgerrcode.InvalidArgumentForPowerFunction, "zero raised to a negative power is undefined")
	}
	if isInteger(b.ref) {
		if n, ok := NumericToInt64(b); ok && n >= math.MinInt32 && n <= math.MaxInt32 {
			return powerInt(a, int(n))
		}
	}
	if x.isZero() {
		return dec{scale: minSigDigits}.datum()
	}
	neg := false
	if x.neg {
		if !isInteger(b.ref) {
			return Datum{}, pgerr.New(pgerrcode.InvalidArgumentForPowerFunction, "a negative number raised to a non-integer power yields a complex result")
		}
		last := numDigit(b.ref, numDigits(b.ref)-1)
		neg = numWeight(b.ref) == numDigits(b.ref)-1 && last%2 == 1
		a = NumericAbs(a)
		x.neg = false
	}
	// a first estimate of the result's weight gives the scale
	local := max(8-lnWeight(a), 0)
	est := mulDec(lnDec(a, local), y).round(local)
	v := decFloat(est)
	if math.Abs(v) > maxResultScale*3.01 {
		if v > 0 {
			return Datum{}, numericOverflow()
		}
		return dec{scale: maxDisplayScale}.datum()
	}
	w := v * 0.434294481903252
	scale := clampScale(max(minSigDigits-int(w), x.scale, y.scale))
	exp := mulDec(lnDec(a, scale+20+max(0, int(w))+decimalLen(y)), y)
	r, err := expDec(exp, v, scale)
	if err != nil || !neg {
		return r, err
	}
	return NumericNeg(r), nil
}

func isInteger(b []byte) bool { return numDigits(b) <= numWeight(b)+1 || numDigits(b) == 0 }

// powerSpecial is the POSIX table for NaN and infinite arguments.
func powerSpecial(a, b Datum) (Datum, bool, error) {
	one := NumericFromInt(1)
	switch ia, ib := NumericIsInf(a), NumericIsInf(b); {
	case NumericIsNaN(a):
		if !NumericIsNaN(b) && NumericSign(b) == 0 {
			return one, true, nil
		}
		return NumericNaN(), true, nil
	case NumericIsNaN(b):
		if NumericCmp(a, one) == 0 {
			return one, true, nil
		}
		return NumericNaN(), true, nil
	case ia == 0 && ib == 0:
		return Datum{}, false, nil
	case NumericSign(a) == 0 && NumericSign(b) < 0:
		return Datum{}, false, pgerr.New(pgerrcode.InvalidArgumentForPowerFunction, "zero raised to a negative power is undefined")
	case NumericCmp(a, one) == 0 || NumericSign(b) == 0:
		return one, true, nil
	case NumericSign(a) < 0 && ia == 0 && ib == 0 && !isInteger(b.ref), ia < 0 && ib == 0 && !isInteger(b.ref):
		return Datum{}, false, pgerr.New(pgerrcode.InvalidArgumentForPowerFunction, "a negative number raised to a non-integer power yields a complex result")
	case ib != 0:
		c := NumericCmp(NumericAbs(a), one)
		switch {
		case c == 0: // −1 to an infinite power
			return one, true, nil
		case (c > 0) == (ib > 0):
			return NumericInf(false), true, nil
		}
		return NumericFromInt(0), true, nil
	case NumericSign(b) < 0:
		return NumericFromInt(0), true, nil
	case ia < 0 && oddInteger(b.ref):
		return NumericInf(true), true, nil
	}
	return NumericInf(false), true, nil
}

func oddInteger(b []byte) bool {
	n := numDigits(b)
	return n > 0 && numWeight(b) == n-1 && numDigit(b, n-1)%2 == 1
}

// decLog10 is about log10(|x|), 0 for zero.
func decLog10(x dec) float64 {
	if x.isZero() {
		return 0
	}
	f, _ := new(big.Float).SetInt(x.big()).Float64()
	if math.IsInf(f, 0) {
		return float64(decimalLen(x) - x.scale)
	}
	return math.Log10(f) - float64(x.scale)
}
