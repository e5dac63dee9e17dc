package types

import (
	"encoding/binary"
	"math"
	"strconv"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// MaxVectorDims is pgvector's VECTOR_MAX_DIM.
const MaxVectorDims = 16000

// parseVector reads "[1,2,3]" as pgvector's vector_in does, into little-endian
// float32s appended to dst.
func parseVector(dst []byte, s string) ([]byte, error) {
	i := skipSpace(s, 0)
	if i == len(s) || s[i] != '[' {
		return nil, badVector(s, "Vector contents must start with \"[\".")
	}
	i = skipSpace(s, i+1)
	if i < len(s) && s[i] == ']' {
		return nil, noDims()
	}
	for dim := 0; ; dim++ {
		if dim == MaxVectorDims {
			return nil, tooManyDims()
		}
		i = skipSpace(s, i)
		v, n := parseFloat32Fast(s[i:])
		if n == 0 {
			var err error
			if v, n, err = parseFloat32Slow(s, i); err != nil {
				return nil, err
			}
		}
		dst = binary.LittleEndian.AppendUint32(dst, math.Float32bits(v))
		i += n
		if i < len(s) && s[i] == ',' {
			i++
			continue
		}
		i = skipSpace(s, i)
		if i == len(s) {
			return nil, badVector(s, "")
		}
		if s[i] == ']' {
			break
		}
		if s[i] != ',' {
			return nil, badVector(s, "")
		}
		i++
	}
	if i = skipSpace(s, i+1); i < len(s) {
		return nil, badVector(s, "Junk after closing right brace.")
	}
	return dst, nil
}

func skipSpace(s string, i int) int {
	for i < len(s) && isSpace(s[i]) {
		i++
	}
	return i
}

func badVector(s, detail string) error {
	e := pgerr.Newf(pgerrcode.InvalidTextRepresentation, "invalid input syntax for type vector: \"%s\"", s)
	e.Detail = detail
	return e
}

func noDims() error {
	return pgerr.New(pgerrcode.DataException, "vector must have at least 1 dimension")
}

func tooManyDims() error {
	return pgerr.Newf(pgerrcode.ProgramLimitExceeded, "vector cannot have more than %d dimensions", MaxVectorDims)
}

// CheckVector answers pgvector's errors for a component that is not finite and
// for a number of dimensions out of bounds.
func CheckVector(v []float32) error {
	if len(v) < 1 {
		return noDims()
	}
	if len(v) > MaxVectorDims {
		return tooManyDims()
	}
	for _, x := range v {
		if err := checkElement(x); err != nil {
			return err
		}
	}
	return nil
}

func checkElement(x float32) error {
	if x-x == 0 {
		return nil
	}
	if x != x {
		return pgerr.New(pgerrcode.DataException, "NaN not allowed in vector")
	}
	return pgerr.New(pgerrcode.DataException, "infinite value not allowed in vector")
}

// checkDims answers 22000 when a vector has not the dimensions of its typmod.
func checkDims(mod int32, dims int) error {
	if mod >= 0 && int(mod) != dims {
		return pgerr.Newf(pgerrcode.DataException, "expected %d dimensions, not %d", mod, dims)
	}
	return nil
}

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

// parseFloat32Slow reads what strtof accepts at s[i:]; the error quotes all of s.
func parseFloat32Slow(s string, i int) (v float32, n int, err error) {
	n = floatPrefix(s[i:])
	if n == 0 {
		return 0, 0, badVector(s, "")
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
		if ne, ok := perr.(*strconv.NumError); ok && ne.Err == strconv.ErrRange {
			return 0, 0, pgerr.Newf(pgerrcode.NumericValueOutOfRange, "\"%s\" is out of range for type vector", tok)
		}
		return 0, 0, badVector(s, "")
	}
	return float32(f), n, checkElement(float32(f))
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
		if len(s)-i >= len(w) && lowerASCII(s[i:i+len(w)]) == w {
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

// appendVector prints little-endian float32s as "[1,2,3]".
func appendVector(dst, b []byte) []byte {
	dst = append(dst, '[')
	for i := 0; i+4 <= len(b); i += 4 {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendFloat32(dst, math.Float32frombits(binary.LittleEndian.Uint32(b[i:])))
	}
	return append(dst, ']')
}

// appendFloat32 is appendFloat for finite float4 at the default precision, with
// a short cut for small integers.
func appendFloat32(dst []byte, v float32) []byte {
	if n := int32(v); float32(n) == v && n > -1e6 && n < 1e6 && (n != 0 || !math.Signbit(float64(v))) {
		return strconv.AppendInt(dst, int64(n), 10)
	}
	return appendFloat(dst, float64(v), 32, 1)
}

// decodeVector reads vector_recv's format: int16 dimensions, int16 zero,
// big-endian float4s. The result owns its bytes.
func decodeVector(b []byte) ([]byte, error) {
	if len(b) < 4 {
		return nil, shortMessage()
	}
	dim, unused := int(int16(binary.BigEndian.Uint16(b))), int16(binary.BigEndian.Uint16(b[2:]))
	switch {
	case dim < 1:
		return nil, noDims()
	case dim > MaxVectorDims:
		return nil, tooManyDims()
	case unused != 0:
		return nil, pgerr.Newf(pgerrcode.DataException, "expected unused to be 0, not %d", unused)
	}
	b = b[4:]
	if len(b) < 4*dim {
		return nil, shortMessage()
	}
	if len(b) > 4*dim {
		return nil, badBinary("incorrect binary data format")
	}
	out := make([]byte, len(b))
	for i := 0; i < len(b); i += 4 {
		u := binary.BigEndian.Uint32(b[i:])
		if err := checkElement(math.Float32frombits(u)); err != nil {
			return nil, err
		}
		binary.LittleEndian.PutUint32(out[i:], u)
	}
	return out, nil
}

func appendVectorBinary(dst, b []byte) []byte {
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(b)/4))
	dst = append(dst, 0, 0)
	for i := 0; i+4 <= len(b); i += 4 {
		dst = binary.BigEndian.AppendUint32(dst, binary.LittleEndian.Uint32(b[i:]))
	}
	return dst
}

// compareVector is pgvector's vector_cmp: by components, then the shorter first.
func compareVector(a, b []byte) int {
	for i := 0; i+4 <= min(len(a), len(b)); i += 4 {
		x := math.Float32frombits(binary.LittleEndian.Uint32(a[i:]))
		y := math.Float32frombits(binary.LittleEndian.Uint32(b[i:]))
		if x < y {
			return -1
		}
		if x > y {
			return 1
		}
	}
	switch {
	case len(a) < len(b):
		return -1
	case len(a) > len(b):
		return 1
	}
	return 0
}

// VectorFromFloats is a vector datum over a copy of v, checked for typmod mod
// (−1: any) and finite components.
func VectorFromFloats(v []float32, mod int32) (Datum, error) {
	if err := CheckVector(v); err != nil {
		return Datum{}, err
	}
	if err := checkDims(mod, len(v)); err != nil {
		return Datum{}, err
	}
	out := make([]byte, 0, 4*len(v))
	for _, x := range v {
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(x))
	}
	return Bytes(out), nil
}
