package types

import (
	"strconv"
	"strings"
)

// floatDigits are the digits that MySQL prints of a FLOAT (FLT_DIG).
const floatDigits = 6

// AppendMySQLReal prints a floating point number of 32 or 64 bits as MySQL does: a FLOAT with
// six digits, a DOUBLE with all it needs; from 1e-15 below 1e15 without an exponent, and that
// without a plus sign or zeros.
func AppendMySQLReal(dst []byte, f float64, bits int) []byte {
	var buf [32]byte
	text := buf[:0]
	if bits == 32 {
		text = strconv.AppendFloat(text, f, 'e', floatDigits-1, 64)
		f, _ = strconv.ParseFloat(string(text), 64)
	}
	text = strconv.AppendFloat(text[:0], f, 'e', -1, 64)
	digits, exponent, _ := strings.Cut(string(text), "e")
	if n, err := strconv.Atoi(exponent); err == nil && (n < -15 || n > 14) {
		return strconv.AppendInt(append(append(dst, digits...), 'e'), int64(n), 10)
	}
	return strconv.AppendFloat(dst, f, 'f', -1, 64)
}
