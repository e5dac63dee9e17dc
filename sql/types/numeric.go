package types

import (
	"encoding/binary"
	"math"
	"strconv"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// A numeric datum is PostgreSQL's wire format of the type (numeric_send), all
// numbers 16-bit big-endian:
//
//	ndigits, weight, sign, dscale, then ndigits base-10000 digits
//
// The value is Σ digit[i]·10000^(weight−i); dscale is how many decimals are
// shown. It is kept normalised: no leading or trailing zero digits, zero has no
// digits and weight 0, and no digit lies beyond dscale. Two datums of equal
// value therefore differ at most in dscale.
const (
	numPos  = 0x0000
	numNeg  = 0x4000
	numNaN  = 0xC000
	numPInf = 0xD000
	numNInf = 0xF000

	numHeader = 8

	maxNumericScale  = 16383 // NUMERIC_DSCALE_MAX
	maxNumericWeight = 32767
	maxDisplayScale  = 1000 // NUMERIC_MAX_DISPLAY_SCALE
	minSigDigits     = 16   // NUMERIC_MIN_SIG_DIGITS
)

func numSign(b []byte) uint16 { return binary.BigEndian.Uint16(b[4:]) }
func numWeight(b []byte) int  { return int(int16(binary.BigEndian.Uint16(b[2:]))) }
func numScale(b []byte) int   { return int(binary.BigEndian.Uint16(b[6:])) }
func numDigits(b []byte) int  { return (len(b) - numHeader) / 2 }
func numDigit(b []byte, i int) int {
	return int(binary.BigEndian.Uint16(b[numHeader+2*i:]))
}

// validNumeric reports a datum long enough to be read: decoders guarantee it,
// and this guards against others.
func validNumeric(b []byte) bool { return len(b) >= numHeader && len(b)%2 == 0 }

func appendNumHeader(dst []byte, ndigits, weight int, sign uint16, dscale int) []byte {
	dst = binary.BigEndian.AppendUint16(dst, uint16(ndigits))
	dst = binary.BigEndian.AppendUint16(dst, uint16(weight))
	dst = binary.BigEndian.AppendUint16(dst, sign)
	return binary.BigEndian.AppendUint16(dst, uint16(dscale))
}

func numericSpecial(sign uint16) Datum {
	dscale := 0
	if sign != numNaN {
		dscale = 0x20 // as numeric_send has it; it means nothing
	}
	return Bytes(appendNumHeader(make([]byte, 0, numHeader), 0, 0, sign, dscale))
}

// NumericNaN is the numeric NaN.
func NumericNaN() Datum { return numericSpecial(numNaN) }

// NumericInf is Infinity, or −Infinity.
func NumericInf(neg bool) Datum {
	if neg {
		return numericSpecial(numNInf)
	}
	return numericSpecial(numPInf)
}

// NumericIsNaN reports the numeric NaN.
func NumericIsNaN(d Datum) bool { return validNumeric(d.ref) && numSign(d.ref) == numNaN }

// NumericIsInf reports ±Infinity: 1, −1, or 0 for anything else.
func NumericIsInf(d Datum) int {
	if validNumeric(d.ref) {
		switch numSign(d.ref) {
		case numPInf:
			return 1
		case numNInf:
			return -1
		}
	}
	return 0
}

// NumericScale is the display scale of a finite numeric.
func NumericScale(d Datum) int {
	if !validNumeric(d.ref) || numSign(d.ref)&numNaN == numNaN {
		return 0
	}
	return numScale(d.ref)
}

// NumericSign is −1, 0 or 1; NaN counts as 1.
func NumericSign(d Datum) int {
	if !validNumeric(d.ref) {
		return 0
	}
	switch numSign(d.ref) {
	case numPos:
		if numDigits(d.ref) == 0 {
			return 0
		}
		return 1
	case numNeg, numNInf:
		return -1
	}
	return 1
}

func numericOverflow() error {
	return pgerr.New(pgerrcode.NumericValueOutOfRange, "value overflows numeric format")
}

// appendNumericDecimal encodes the number whose significant decimal digits are
// digits (values 0–9 as ASCII) with the point after the first `point` of them
// (which may be negative or beyond the end). Digits beyond dscale must be zero.
func appendNumericDecimal(dst []byte, neg bool, digits []byte, point, dscale int) ([]byte, error) {
	if dscale > maxNumericScale {
		return dst, numericOverflow()
	}
	for len(digits) > 0 && digits[0] == '0' {
		digits = digits[1:]
		point--
	}
	for len(digits) > 0 && digits[len(digits)-1] == '0' {
		digits = digits[:len(digits)-1]
	}
	if len(digits) == 0 {
		return appendNumHeader(dst, 0, 0, numPos, dscale), nil
	}
	sign := uint16(numPos)
	if neg {
		sign = numNeg
	}
	// the first group holds the digits above a multiple of four before the point
	weight := floorDiv(point-1, 4)
	if weight > maxNumericWeight || weight < -maxNumericWeight-1 {
		return dst, numericOverflow()
	}
	first := point - 4*weight // 1..4 digits
	groups := 1
	if len(digits) > first {
		groups += (len(digits) - first + 3) / 4
	}
	dst = appendNumHeader(dst, groups, weight, sign, dscale)
	for g, at := 0, first-4; g < groups; g, at = g+1, at+4 {
		v := 0
		for i := at; i < at+4; i++ {
			v *= 10
			if i >= 0 && i < len(digits) {
				v += int(digits[i] - '0')
			}
		}
		dst = binary.BigEndian.AppendUint16(dst, uint16(v))
	}
	return dst, nil
}

func floorDiv(a, b int) int {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

// parseNumeric reads numeric's text: decimal with optional exponent, NaN, and
// [+-]inf[inity].
func parseNumeric(s string) ([]byte, error) {
	p := trimSpace(s)
	neg := false
	rest := p
	if rest != "" && (rest[0] == '-' || rest[0] == '+') {
		neg = rest[0] == '-'
		rest = rest[1:]
	}
	if rest == "" {
		return nil, badInput("numeric", s)
	}
	if !isDigit(rest[0]) && rest[0] != '.' {
		switch LowerASCII(rest) {
		case "nan":
			if len(rest) == len(p) {
				return NumericNaN().ref, nil
			}
		case "inf", "infinity":
			return NumericInf(neg).ref, nil
		}
		return nil, badInput("numeric", s)
	}
	digits := make([]byte, 0, len(rest))
	point := -1
	i := 0
	for ; i < len(rest); i++ {
		if isDigit(rest[i]) {
			digits = append(digits, rest[i])
		} else if rest[i] == '.' && point < 0 {
			point = len(digits)
		} else {
			break
		}
	}
	if len(digits) == 0 {
		return nil, badInput("numeric", s)
	}
	if point < 0 {
		point = len(digits)
	}
	dscale := len(digits) - point
	if i < len(rest) {
		if rest[i]|0x20 != 'e' {
			return nil, badInput("numeric", s)
		}
		exp, err := strconv.ParseInt(rest[i+1:], 10, 64)
		if ne, ok := err.(*strconv.NumError); ok && ne.Err == strconv.ErrRange || exp > math.MaxInt32/2 || exp < -math.MaxInt32/2 {
			return nil, numericOverflow()
		}
		if err != nil {
			return nil, badInput("numeric", s)
		}
		point += int(exp)
		dscale = max(0, dscale-int(exp))
	}
	return appendNumericDecimal(make([]byte, 0, numHeader+2*(len(digits)/4+2)), neg, digits, point, dscale)
}

// appendNumeric prints a numeric as numeric_out does.
func appendNumeric(dst, b []byte) []byte {
	if !validNumeric(b) {
		return dst
	}
	switch numSign(b) {
	case numNaN:
		return append(dst, "NaN"...)
	case numPInf:
		return append(dst, "Infinity"...)
	case numNInf:
		return append(dst, "-Infinity"...)
	case numNeg:
		dst = append(dst, '-')
	}
	n, weight, dscale := numDigits(b), numWeight(b), numScale(b)
	digit := func(w int) int { // the base-10000 digit of weight w
		if i := weight - w; i >= 0 && i < n {
			return numDigit(b, i)
		}
		return 0
	}
	if weight < 0 || n == 0 {
		dst = append(dst, '0')
	} else {
		dst = strconv.AppendInt(dst, int64(digit(weight)), 10)
		for w := weight - 1; w >= 0; w-- {
			dst = append4(dst, digit(w))
		}
	}
	if dscale == 0 {
		return dst
	}
	dst = append(dst, '.')
	end := len(dst) + dscale
	for w := -1; len(dst) < end; w-- {
		dst = append4(dst, digit(w))
	}
	return dst[:end]
}

func append4(dst []byte, v int) []byte {
	return append(dst, byte('0'+v/1000), byte('0'+v/100%10), byte('0'+v/10%10), byte('0'+v%10))
}

// decodeNumeric checks numeric's wire format; the result borrows b where b is
// already normalised.
func decodeNumeric(b []byte) ([]byte, error) {
	if len(b) < numHeader {
		return nil, shortMessage()
	}
	n := int(binary.BigEndian.Uint16(b))
	sign := numSign(b)
	switch sign {
	case numPos, numNeg, numNaN, numPInf, numNInf:
	default:
		return nil, badBinary("invalid sign in external \"numeric\" value")
	}
	if numScale(b) > maxNumericScale {
		return nil, badBinary("invalid scale in external \"numeric\" value")
	}
	if len(b) < numHeader+2*n {
		return nil, shortMessage()
	}
	if len(b) > numHeader+2*n {
		return nil, badBinary("incorrect binary data format")
	}
	if sign != numPos && sign != numNeg {
		return numericSpecial(sign).ref, nil
	}
	for i := 0; i < n; i++ {
		if numDigit(b, i) >= 10000 {
			return nil, badBinary("invalid digit in external \"numeric\" value")
		}
	}
	frac := 4 * (n - 1 - numWeight(b)) // decimals that the digits can hold
	if n > 0 && numDigit(b, 0) != 0 && numDigit(b, n-1) != 0 && frac <= numScale(b) ||
		n == 0 && numWeight(b) == 0 && numSign(b) == numPos {
		return b, nil
	}
	// normalise, cutting what lies beyond the scale as numeric_recv does
	digits := make([]byte, 0, 4*n)
	for i := 0; i < n; i++ {
		digits = append4(digits, numDigit(b, i))
	}
	point := 4 * (numWeight(b) + 1)
	if keep := point + numScale(b); keep < len(digits) {
		digits = digits[:max(keep, 0)]
	}
	return appendNumericDecimal(nil, numSign(b) == numNeg, digits, point, numScale(b))
}
