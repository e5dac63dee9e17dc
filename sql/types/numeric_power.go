package types

import "math"

// powerInt is a^n at the scale that power_var_int chooses, with as many digits on the way as
// it keeps: results may have more than a hundred thousand.
func powerInt(a Datum, n int) (Datum, error) {
	x := decOf(a.ref)
	scale := clampScale(max(minSigDigits, x.scale))
	one := dec{small: 1}
	switch n {
	case 0:
		return one.round(scale).datum()
	case 1:
		return x.round(scale).datum()
	case -1:
		return divDec(one, x, scale, true).datum()
	case 2:
		return mulDec(x, x).round(scale).datum()
	}
	// log10 of the result, for the digits needed and the range
	f := float64(n) * decLog10(x)
	if f > 4*(maxNumericWeight+1) {
		return Datum{}, numericOverflow()
	}
	if f+1 < float64(-scale) {
		return dec{scale: scale}.datum()
	}
	digits := 1 + scale + int(f) + int(math.Log(math.Abs(float64(n)))) + 8
	times := func(x, y dec) dec {
		local := digits - 4*(places(x)+places(y))
		return mulDec(x, y).round(max(min(local, x.scale+y.scale), 0))
	}
	r := one
	for base, m := x, uint64(max(n, -n)); ; base = times(base, base) { // square and multiply
		if m&1 != 0 {
			r = times(base, r)
		}
		if m >>= 1; m == 0 {
			break
		}
		if places(base) > maxNumericWeight || places(r) > maxNumericWeight {
			if n > 0 {
				return Datum{}, numericOverflow()
			}
			return dec{scale: scale}.datum()
		}
	}
	if n > 0 {
		return r.round(scale).datum()
	}
	if r.isZero() {
		return Datum{}, divisionByZero()
	}
	return divDec(one, r, scale, true).datum()
}

// places is the weight of a number's first digit to the base of 10000.
func places(x dec) int {
	if x.isZero() {
		return 0
	}
	n := decimalLen(x) - x.scale - 1
	if n < 0 {
		n -= 3
	}
	return n / 4
}
