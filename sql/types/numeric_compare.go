package types

import (
	"math"
	"math/big"
	"strconv"
)

// NumericFromInt is v with scale 0.
func NumericFromInt(v int64) Datum {
	var buf [20]byte
	neg := v < 0
	u := uint64(v)
	if neg {
		u = -u
	}
	digits := strconv.AppendUint(buf[:0], u, 10)
	b, _ := appendNumericDecimal(make([]byte, 0, 18), neg, digits, len(digits), 0) // an int64 always fits
	return Bytes(b)
}

// NumericFromFloat is what casting a float to numeric gives: bits significant
// digits are 15 (64) or 6 (32).
func NumericFromFloat(v float64, bits int) (Datum, error) {
	switch {
	case math.IsNaN(v):
		return NumericNaN(), nil
	case math.IsInf(v, 0):
		return NumericInf(v < 0), nil
	}
	prec := 15
	if bits == 32 {
		prec = 6
	}
	var buf [32]byte
	b, err := parseNumeric(string(appendFloatG(buf[:0], v, prec, bits)))
	return Bytes(b), err
}

// NumericToFloat is the nearest float64; numbers beyond its range are ±Inf.
func NumericToFloat(d Datum) float64 {
	switch NumericIsInf(d) {
	case 1:
		return math.Inf(1)
	case -1:
		return math.Inf(-1)
	}
	if NumericIsNaN(d) {
		return math.NaN()
	}
	var buf [64]byte
	v, _ := strconv.ParseFloat(string(appendNumeric(buf[:0], d.ref)), 64) // only ErrRange is possible: v is ±Inf
	return v
}

// NumericToInt64 rounds half away from zero; ok is false when the result does
// not fit or d is not finite.
func NumericToInt64(d Datum) (v int64, ok bool) {
	if v, ok := shortInt(d.ref); ok {
		return v, true
	}
	x := decOf(d.ref)
	if x.kind != finite {
		return 0, false
	}
	x = x.round(0)
	if x.wide == nil {
		v = int64(x.small)
		if x.neg {
			v = -v
		}
		return v, true
	}
	c := x.big()
	if x.neg {
		c = new(big.Int).Neg(c)
	}
	return c.Int64(), c.IsInt64()
}

// NumericFromBig is v·10^−scale, shown with scale decimals; 22003 where it has too many digits.
func NumericFromBig(v *big.Int, scale int) (Datum, error) {
	return dec{neg: v.Sign() < 0, scale: scale, wide: new(big.Int).Abs(v)}.shrink().datum()
}

// NumericUnscaled is the integer d·10^scale, where the scale is that of d, which is finite.
func NumericUnscaled(d Datum) (v *big.Int, scale int) {
	n := decOf(d.ref)
	if v = n.big(); n.neg {
		v = new(big.Int).Neg(v)
	}
	return v, n.scale
}

// compareNumeric orders numerics, NaN above Infinity above all else.
func compareNumeric(a, b []byte) int {
	ra, rb := numRank(a), numRank(b)
	if ra != rb {
		if ra < rb {
			return -1
		}
		return 1
	}
	switch ra {
	case 1:
		return compareNumAbs(a, b)
	case -1:
		return compareNumAbs(b, a)
	}
	return 0
}

// numRank puts numerics into classes in order: −Infinity −2, negative −1, zero
// 0, positive 1, Infinity 2, NaN 3.
func numRank(b []byte) int {
	if !validNumeric(b) {
		return 0
	}
	switch numSign(b) {
	case numNeg:
		return -1
	case numNaN:
		return 3
	case numPInf:
		return 2
	case numNInf:
		return -2
	}
	if numDigits(b) == 0 {
		return 0
	}
	return 1
}

func compareNumAbs(a, b []byte) int {
	if wa, wb := numWeight(a), numWeight(b); wa != wb {
		if wa < wb {
			return -1
		}
		return 1
	}
	na, nb := numDigits(a), numDigits(b)
	for i := 0; i < min(na, nb); i++ {
		if da, db := numDigit(a, i), numDigit(b, i); da != db {
			if da < db {
				return -1
			}
			return 1
		}
	}
	switch {
	case na < nb:
		return -1
	case na > nb:
		return 1
	}
	return 0
}
