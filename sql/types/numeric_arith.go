package types

import (
	"math/big"
	"math/bits"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// Result scales follow PostgreSQL 15's numeric.c: sums take the larger scale,
// products the sum of both, quotients at least 16 significant digits
// (select_div_scale).

// NumericCmp orders two numerics.
func NumericCmp(a, b Datum) int { return compareNumeric(a.ref, b.ref) }

// NumericNeg is −a.
func NumericNeg(a Datum) Datum {
	if areLong(a) {
		x := longOf(a)
		x.neg = !x.neg
		d, _ := x.datum()
		return d
	}
	x := decOf(a.ref)
	x.neg = !x.neg && !x.isZero()
	d, _ := x.datum() // same size as a
	return d
}

// NumericAbs is |a|.
func NumericAbs(a Datum) Datum {
	if areLong(a) {
		x := longOf(a)
		x.neg = false
		d, _ := x.datum()
		return d
	}
	x := decOf(a.ref)
	x.neg = false
	d, _ := x.datum() // same size as a
	return d
}

// NumericAdd is a + b.
func NumericAdd(a, b Datum) (Datum, error) {
	if areLong(a, b) {
		return addLong(longOf(a), longOf(b)).datum()
	}
	return addDec(decOf(a.ref), decOf(b.ref)).datum()
}

// NumericSub is a − b.
func NumericSub(a, b Datum) (Datum, error) {
	if areLong(a, b) {
		y := longOf(b)
		y.neg = !y.neg
		return addLong(longOf(a), y).datum()
	}
	y := decOf(b.ref)
	y.neg = !y.neg
	return addDec(decOf(a.ref), y).datum()
}

func nan() dec { return dec{kind: notANumber} }

func addDec(x, y dec) dec {
	switch {
	case x.kind == notANumber || y.kind == notANumber:
		return nan()
	case x.kind == infinite && y.kind == infinite && x.neg != y.neg:
		return nan()
	case x.kind == infinite:
		return x
	case y.kind == infinite:
		return y
	}
	x, y = align(x, y)
	r := dec{neg: x.neg, scale: x.scale}
	if x.wide == nil && y.wide == nil {
		switch {
		case x.neg == y.neg:
			r.small = x.small + y.small
			if r.small > maxSmall {
				r.wide = new(big.Int).SetUint64(r.small)
			}
		case x.small >= y.small:
			r.small = x.small - y.small
		default:
			r.small, r.neg = y.small-x.small, y.neg
		}
		return r.shrink()
	}
	bx, by := x.big(), y.big()
	r.wide = new(big.Int)
	switch {
	case x.neg == y.neg:
		r.wide.Add(bx, by)
	case bx.Cmp(by) >= 0:
		r.wide.Sub(bx, by)
	default:
		r.wide.Sub(by, bx)
		r.neg = y.neg
	}
	return r.shrink()
}

// NumericMul is a · b.
func NumericMul(a, b Datum) (Datum, error) {
	if areLong(a, b) && isShort(a) {
		a, b = b, a
	}
	if areLong(a, b) && isShort(b) {
		return mulLong(longOf(a), longOf(b)).atMost(maxNumericScale).datum()
	}
	x := mulDec(decOf(a.ref), decOf(b.ref))
	if x.scale > maxNumericScale {
		x = x.round(maxNumericScale)
	}
	return x.datum()
}

func mulDec(x, y dec) dec {
	neg := x.neg != y.neg
	switch {
	case x.kind == notANumber || y.kind == notANumber:
		return nan()
	case x.kind == infinite || y.kind == infinite:
		if x.isZero() || y.isZero() {
			return nan()
		}
		return dec{kind: infinite, neg: neg}
	}
	r := dec{neg: neg, scale: x.scale + y.scale}
	if x.wide == nil && y.wide == nil {
		if hi, lo := bits.Mul64(x.small, y.small); hi == 0 && lo <= maxSmall {
			r.small = lo
			return r.shrink()
		}
	}
	r.wide = new(big.Int).Mul(x.big(), y.big())
	return r.shrink()
}

// NumericDiv is a / b at select_div_scale's scale, rounded; 22012 for zero.
func NumericDiv(a, b Datum) (Datum, error) {
	if areLong(a, b) && isShort(b) {
		return divLong(longOf(a), longOf(b), divScale(a.ref, b.ref), true).datum()
	}
	x, y := decOf(a.ref), decOf(b.ref)
	if r, ok, err := divSpecial(x, y); ok || err != nil {
		return r, err
	}
	return divDec(x, y, divScale(a.ref, b.ref), true).datum()
}

// NumericDivAt is a / b with so many digits behind the point, rounded or cut off; 22012 for
// zero.
func NumericDivAt(a, b Datum, scale int, round bool) (Datum, error) {
	if areLong(a, b) && isShort(b) {
		return divLong(longOf(a), longOf(b), clampScale(scale), round).datum()
	}
	x, y := decOf(a.ref), decOf(b.ref)
	if r, ok, err := divSpecial(x, y); ok || err != nil {
		return r, err
	}
	return divDec(x, y, clampScale(scale), round).datum()
}

// divSpecial handles division with NaN, infinities and by zero.
func divSpecial(x, y dec) (Datum, bool, error) {
	switch {
	case x.kind == notANumber || y.kind == notANumber:
		return NumericNaN(), true, nil
	case x.kind == infinite && y.kind == infinite:
		return NumericNaN(), true, nil
	case y.isZero():
		return Datum{}, false, divisionByZero()
	case x.kind == infinite:
		return NumericInf(x.neg != y.neg), true, nil
	case y.kind == infinite:
		return NumericFromInt(0), true, nil
	}
	return Datum{}, false, nil
}

// divDec is x/y at the given scale, rounded half away from zero or truncated.
// y is not zero.
func divDec(x, y dec, scale int, round bool) dec {
	if q, ok := divSmall(x, y, scale, round); ok {
		return q
	}
	// x/10^xs / (y/10^ys) · 10^scale = x·10^(scale+ys−xs) / y
	num, den := x.big(), y.big()
	shift := scale + y.scale - x.scale
	if shift >= 0 {
		num = new(big.Int).Mul(num, pow10(shift))
	} else {
		den = new(big.Int).Mul(den, pow10(-shift))
	}
	q, r := new(big.Int).QuoRem(num, den, new(big.Int))
	if round && r.Lsh(r, 1).CmpAbs(den) >= 0 {
		q.Add(q, big.NewInt(1))
	}
	return dec{neg: x.neg != y.neg, scale: scale, wide: q}.shrink()
}

// divSmall is divDec where 128 bits are enough, as for most averages.
func divSmall(x, y dec, scale int, round bool) (dec, bool) {
	shift := scale + y.scale - x.scale
	if x.wide != nil || y.wide != nil || shift < 0 || shift >= len(pow10u) {
		return dec{}, false
	}
	hi, lo := bits.Mul64(x.small, pow10u[shift])
	if hi >= y.small {
		return dec{}, false
	}
	q, r := bits.Div64(hi, lo, y.small)
	if round && r >= y.small-r {
		q++
	}
	if q > maxSmall {
		return dec{}, false
	}
	return dec{neg: x.neg != y.neg && q != 0, scale: scale, small: q}, true
}

// divScale is select_div_scale for two datums.
func divScale(a, b []byte) int {
	w1, d1 := leading(a)
	w2, d2 := leading(b)
	return quotientScale(w1, d1, w2, d2, max(numScale(a), numScale(b)))
}

// quotientScale is divScale by what is leading in both, and the larger scale.
func quotientScale(w1, d1, w2, d2, scale int) int {
	q := w1 - w2
	if d1 <= d2 {
		q--
	}
	return clampScale(max(minSigDigits-q*4, scale))
}

// leading is the weight and the value of the first base-10000 digit.
func leading(b []byte) (weight, digit int) {
	if numDigits(b) == 0 {
		return 0, 0
	}
	return numWeight(b), numDigit(b, 0)
}

func clampScale(s int) int { return min(max(s, 0), maxDisplayScale) }

// NumericDivTrunc is div(a, b): the quotient cut to an integer.
func NumericDivTrunc(a, b Datum) (Datum, error) {
	if areLong(a, b) && isShort(b) {
		return divLong(longOf(a), longOf(b), 0, false).datum()
	}
	x, y := decOf(a.ref), decOf(b.ref)
	if r, ok, err := divSpecial(x, y); ok || err != nil {
		return r, err
	}
	return divDec(x, y, 0, false).datum()
}

// NumericMod is a % b, with a's sign; 22012 for zero.
func NumericMod(a, b Datum) (Datum, error) {
	if areLong(a, b) && isShort(b) {
		return modLong(longOf(a), longOf(b)).datum()
	}
	x, y := decOf(a.ref), decOf(b.ref)
	switch {
	case x.kind == notANumber || y.kind == notANumber:
		return NumericNaN(), nil
	case x.kind == infinite:
		if y.isZero() {
			return Datum{}, divisionByZero()
		}
		return NumericNaN(), nil
	case y.kind == infinite:
		return a, nil
	case y.isZero():
		return Datum{}, divisionByZero()
	}
	return modDec(x, y).datum()
}

// modDec is x % y of finite numbers; y is not zero.
func modDec(x, y dec) dec {
	x, y = align(x, y)
	if x.wide == nil && y.wide == nil {
		x.small %= y.small
		return x.shrink()
	}
	x.wide = new(big.Int).Rem(x.big(), y.big())
	return x.shrink()
}

// NumericRound is round(a, n): halves away from zero; n may be negative.
func NumericRound(a Datum, n int) (Datum, error) {
	if areLong(a) {
		return longOf(a).cut(boundScale(n), true).datum()
	}
	x := decOf(a.ref)
	if x.kind != finite {
		return a, nil
	}
	return x.round(boundScale(n)).datum()
}

// NumericTrunc is trunc(a, n).
func NumericTrunc(a Datum, n int) (Datum, error) {
	if areLong(a) {
		return longOf(a).cut(boundScale(n), false).datum()
	}
	x := decOf(a.ref)
	if x.kind != finite {
		return a, nil
	}
	return x.trunc(boundScale(n)).datum()
}

// boundScale limits an argument of round and trunc to what numbers have digits for.
func boundScale(n int) int { return min(max(n, -(maxNumericWeight+1)*4-1), maxNumericScale) }

// NumericFloor is the largest integer not above a.
func NumericFloor(a Datum) (Datum, error) { return toInteger(a, true) }

// NumericCeil is the smallest integer not below a.
func NumericCeil(a Datum) (Datum, error) { return toInteger(a, false) }

func toInteger(a Datum, down bool) (Datum, error) {
	if areLong(a) {
		return integerLong(longOf(a), down).datum()
	}
	x := decOf(a.ref)
	if x.kind != finite {
		return a, nil
	}
	return integerDec(x, down).datum()
}

func integerDec(x dec, down bool) dec {
	t := x.trunc(0)
	if compareDec(t, x) != 0 && x.neg == down {
		t = addDec(t, dec{neg: down, small: 1})
	}
	return t
}

// compareDec compares finite values.
func compareDec(x, y dec) int {
	y.neg = !y.neg
	d := addDec(x, y)
	switch {
	case d.isZero():
		return 0
	case d.neg:
		return -1
	}
	return 1
}

// NumericSqrt is √a to at least 16 significant digits; 2201F below zero.
func NumericSqrt(a Datum) (Datum, error) {
	x := decOf(a.ref)
	switch {
	case x.kind == notANumber:
		return a, nil
	case x.neg:
		return Datum{}, pgerr.New(pgerrcode.InvalidArgumentForPowerFunction, "cannot take square root of a negative number")
	case x.kind == infinite:
		return a, nil
	}
	sweight := (numWeight(a.ref)+1)*4/2 - 1
	scale := clampScale(max(minSigDigits-sweight, x.scale))
	if x.isZero() {
		return dec{scale: scale}.datum()
	}
	return sqrtDec(x, scale).datum()
}

// NumericSqrtTo is the square root of a number that is not negative, rounded to a scale.
func NumericSqrtTo(a Datum, scale int) (Datum, error) { return sqrtDec(decOf(a.ref), scale).datum() }

// sqrtDec is √x rounded to the scale.
func sqrtDec(x dec, scale int) dec {
	// one more digit than wanted, marked sticky, decides the rounding
	work := max(scale+1, x.scale)
	n := new(big.Int).Mul(x.big(), pow10(2*work-x.scale))
	r := new(big.Int).Sqrt(n)
	return dec{scale: work, wide: r}.round(scale)
}

// NumericTrimScale drops trailing zeros of the decimals (trim_scale).
func NumericTrimScale(a Datum) (Datum, error) {
	x := decOf(a.ref)
	if x.kind != finite {
		return a, nil
	}
	return NumericTrunc(a, NumericMinScale(a))
}

// NumericMinScale is min_scale: the decimals needed to show a exactly.
func NumericMinScale(a Datum) int {
	b := a.ref
	if !validNumeric(b) || numDigits(b) == 0 {
		return 0
	}
	last := numDigit(b, numDigits(b)-1)
	scale := 4 * (numDigits(b) - 1 - numWeight(b))
	for ; last%10 == 0; last /= 10 {
		scale--
	}
	return max(scale, 0)
}
