package types

import (
	"errors"
	"math"
	"strconv"
)

// The numbers of vectors' texts: read as C's strtof does, printed as float4out does.

var floatPow10 = [...]float64{
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
}

// parseFloat32Fast reads a plain decimal of at most 19 significant digits at
// the start of s, exactly rounded. n is 0 when it declines: the number then goes
// through parseFloat32Slow.
//
// The quotient (or product) of the two float64s is off by at most 1½ ulp of a
// float64, so rounding it to float32 is right unless it lies that near to the
// middle between two float32s; those cases decline.
func parseFloat32Fast(s string) (v float32, n int) {
	i := 0
	neg := false
	if i < len(s) && s[i] == '-' {
		neg = true
		i++
	}
	var m uint64
	start := i
	for i < len(s) && s[i]-'0' <= 9 {
		m = m*10 + uint64(s[i]-'0')
		i++
	}
	digits := i - start
	exp := 0
	if i < len(s) && s[i] == '.' {
		i++
		frac := i
		for i < len(s) && s[i]-'0' <= 9 {
			m = m*10 + uint64(s[i]-'0')
			i++
		}
		exp = frac - i
		digits += i - frac
	}
	if digits == 0 || digits > 19 {
		return 0, 0
	}
	if i < len(s) && s[i] != ',' && s[i] != ']' {
		if s[i]|0x20 == 'e' {
			e, k := shortExponent(s[i+1:])
			if k == 0 {
				return 0, 0
			}
			exp += e
			i += 1 + k
		} else if !isSpace(s[i]) {
			return 0, 0
		}
	}
	f, ok := scaleFloat32(m, exp)
	if !ok {
		return 0, 0
	}
	if neg {
		f = -f
	}
	return f, i
}

// shortExponent reads [+-]d{1,3}; k is the number of bytes, 0 if it is no such.
func shortExponent(s string) (e, k int) {
	neg := false
	if k < len(s) && (s[k] == '-' || s[k] == '+') {
		neg = s[k] == '-'
		k++
	}
	start := k
	for k < len(s) && s[k]-'0' <= 9 {
		if k-start == 3 {
			return 0, 0
		}
		e = e*10 + int(s[k]-'0')
		k++
	}
	if k == start {
		return 0, 0
	}
	if neg {
		e = -e
	}
	return e, k
}

// scaleFloat32 is m·10^exp, exactly rounded, if that can be told cheaply.
func scaleFloat32(m uint64, exp int) (float32, bool) {
	if m == 0 {
		return 0, true
	}
	f := float64(m)
	switch {
	case exp == 0:
	case exp < 0 && exp >= -22:
		f /= floatPow10[-exp]
	case exp > 0 && exp <= 22:
		f *= floatPow10[exp]
	default:
		return 0, false
	}
	const half, slack = 1 << 28, 4 // of the 29 bits that float32 drops
	low := math.Float64bits(f) & (1<<29 - 1)
	if low-(half-slack) <= 2*slack || f < 0x1p-126 || f > 3.4e38 {
		return 0, false
	}
	return float32(f), true
}

// parseFloat32Slow reads what strtof accepts at s[i:], infinities and NaN
// included; errors name typ, and those of syntax quote all of s.
func parseFloat32Slow(typ, s string, i int) (v float32, n int, err error) {
	n = floatPrefix(s[i:])
	if n == 0 {
		return 0, 0, badInput(typ, s)
	}
	tok := s[i : i+n]
	num := tok
	if isHexFloat(num) && !hasByte(num, 'p') {
		num += "p0"
	}
	if k := indexByte(num, '('); k >= 0 { // nan(…)
		num = num[:k]
	}
	f, perr := strconv.ParseFloat(num, 32)
	if perr != nil {
		if errors.Is(perr, strconv.ErrRange) {
			return 0, 0, outOfRange(typ, tok)
		}
		return 0, 0, badInput(typ, s)
	}
	return float32(f), n, nil
}

func hasByte(s string, c byte) bool { return indexByte(s, c) >= 0 }

// indexByte finds c, or its upper-case form, in s.
func indexByte(s string, c byte) int {
	for i := 0; i < len(s); i++ {
		if s[i] == c || lower(s[i]) == c {
			return i
		}
	}
	return -1
}

// floatPrefix is the length of the longest prefix of s that C's strtof would
// consume (without leading blanks), 0 if none.
func floatPrefix(s string) int {
	i := 0
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		i++
	}
	for _, w := range []string{"infinity", "inf", "nan"} {
		if len(s)-i >= len(w) && LowerASCII(s[i:i+len(w)]) == w {
			return i + len(w)
		}
	}
	isNum, mark := isDigit, byte('e')
	if len(s)-i > 2 && s[i] == '0' && s[i+1]|0x20 == 'x' {
		isNum = func(c byte) bool { _, ok := hexDigit(c); return ok }
		mark = 'p'
		i += 2
	}
	digits := 0
	for dot := false; i < len(s); i++ {
		if isNum(s[i]) {
			digits++
		} else if s[i] == '.' && !dot {
			dot = true
		} else {
			break
		}
	}
	if digits == 0 {
		return 0
	}
	if i < len(s) && s[i]|0x20 == mark {
		j := i + 1
		if j < len(s) && (s[j] == '-' || s[j] == '+') {
			j++
		}
		if j < len(s) && isDigit(s[j]) {
			for j < len(s) && isDigit(s[j]) {
				j++
			}
			i = j
		}
	}
	return i
}

// appendFloat32 is appendFloat for finite float4 at the default precision, with
// a short cut for small integers.
func appendFloat32(dst []byte, v float32) []byte {
	if n := int32(v); float32(n) == v && n > -1e6 && n < 1e6 && (n != 0 || !math.Signbit(float64(v))) {
		return strconv.AppendInt(dst, int64(n), 10)
	}
	return appendFloat(dst, float64(v), 32, 1)
}
