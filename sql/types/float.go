package types

import (
	"errors"
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// parseFloat reads a float as C's strtod does (decimal, hexadecimal, inf,
// infinity, nan in any case) with blanks around it; bits is 32 or 64.
func parseFloat(s string, bits int) (float64, error) {
	typ := "double precision"
	if bits == 32 {
		typ = "real"
	}
	p := trimSpace(s)
	v, err := strtod(p, bits)
	if err == nil {
		return v, nil
	}
	// what strtod would stop at decides: an overflow is reported before the junk
	// behind it
	if n := floatPrefix(p); n > 0 {
		if _, err = strtod(p[:n], bits); errors.Is(err, strconv.ErrRange) {
			quoted := p[:n]
			if bits == 32 {
				quoted = s
			}
			return 0, pgerr.Newf(pgerrcode.NumericValueOutOfRange, "\"%s\" is out of range for type %s", quoted, typ)
		}
	}
	return 0, badInput(typ, s)
}

// strtod reads all of p; ErrRange stands for overflow and for underflow to zero.
func strtod(p string, bits int) (float64, error) {
	if p == "" || strings.IndexByte(p, '_') >= 0 {
		return 0, strconv.ErrSyntax
	}
	if isHexFloat(p) && strings.IndexByte(p, 'p') < 0 && strings.IndexByte(p, 'P') < 0 {
		p += "p0"
	}
	if (p[0] == '-' || p[0] == '+') && strings.EqualFold(p[1:], "nan") {
		p = p[1:]
	}
	v, err := strconv.ParseFloat(p, bits)
	if err == nil && v == 0 && hasSignificand(p) {
		return 0, strconv.ErrRange
	}
	return v, err
}

func isHexFloat(p string) bool {
	if p[0] == '-' || p[0] == '+' {
		p = p[1:]
	}
	return len(p) > 2 && p[0] == '0' && p[1]|0x20 == 'x'
}

// hasSignificand reports a non-zero digit before the exponent: such a text that
// reads as zero has underflowed.
func hasSignificand(p string) bool {
	hex := isHexFloat(p)
	if hex {
		p = p[strings.IndexAny(p, "xX")+1:]
	}
	for i := 0; i < len(p); i++ {
		c := p[i] | 0x20
		if !hex && c == 'e' || hex && c == 'p' {
			return false
		}
		if p[i] >= '1' && p[i] <= '9' || hex && c >= 'a' && c <= 'f' {
			return true
		}
	}
	return false
}

// appendFloat prints v as float4out and float8out do: the shortest text that
// reads back as v, in exponent form below 1e-4 and from 1e6 (float4) or 1e15
// (float8); extra below 1 means DIG+extra significant digits as %g prints them.
func appendFloat(dst []byte, v float64, bits, extra int) []byte {
	switch {
	case math.IsNaN(v):
		return append(dst, "NaN"...)
	case math.IsInf(v, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(v, -1):
		return append(dst, "-Infinity"...)
	}
	low, limit, dig := 1e-4, 1e15, 15
	if bits == 32 {
		low, limit, dig = float64(float32(1e-4)), 1e6, 6
	}
	if extra < 1 {
		return appendFloatG(dst, v, max(dig+extra, 1), bits)
	}
	abs := math.Abs(v)
	if abs == 0 || abs >= low && abs < limit {
		return strconv.AppendFloat(dst, v, 'f', -1, bits)
	}
	start := len(dst)
	dst = strconv.AppendFloat(dst, v, 'e', -1, bits)
	if abs >= 0x1p24 {
		dst = offBoundary(dst, start, v, bits)
	}
	return dst
}

// offBoundary replaces a shortest text that lies exactly halfway to the next
// float. Such a text reads back as v only by the round-half-even rule, on which
// PostgreSQL chooses not to rely. It can happen for large v only, whose spacing
// allows a boundary that ends in decimal zeros.
func offBoundary(dst []byte, start int, v float64, bits int) []byte {
	for {
		text := dst[start:]
		if !onBoundary(text, v, bits) {
			return dst
		}
		digits := 0
		for _, c := range text {
			if c == 'e' {
				break
			}
			if isDigit(c) {
				digits++
			}
		}
		dst = strconv.AppendFloat(dst[:start], v, 'e', digits, bits) // one digit more
	}
}

// onBoundary reports that the decimal text is the middle between v and a neighbour.
func onBoundary(text []byte, v float64, bits int) bool {
	x, _, err := big.ParseFloat(string(text), 10, 200, big.ToNearestEven)
	if err != nil {
		return false
	}
	for _, to := range [...]float64{math.Inf(1), math.Inf(-1)} {
		next := math.Nextafter(v, to)
		if bits == 32 {
			next = float64(math.Nextafter32(float32(v), float32(to)))
		}
		if math.IsInf(next, 0) {
			continue
		}
		mid := new(big.Float).SetPrec(200).SetFloat64(v)
		mid.Add(mid, big.NewFloat(next))
		if mid.Quo(mid, big.NewFloat(2)).Cmp(x) == 0 {
			return true
		}
	}
	return false
}

// appendFloatG is printf's %.*g: trailing zeros of the fraction go.
func appendFloatG(dst []byte, v float64, prec, bits int) []byte {
	start := len(dst)
	dst = strconv.AppendFloat(dst, v, 'e', prec-1, 64)
	at := start
	for at < len(dst) && dst[at] != 'e' {
		at++
	}
	exp, err := strconv.Atoi(string(dst[at+1:]))
	if err != nil || exp < -4 || exp >= prec {
		// drop zeros of the mantissa, keep the exponent
		end := at
		for end > start && dst[end-1] == '0' && containsDot(dst[start:end]) {
			end--
		}
		if end > start && dst[end-1] == '.' {
			end--
		}
		return append(dst[:end], dst[at:]...)
	}
	dst = strconv.AppendFloat(dst[:start], v, 'f', prec-1-exp, 64)
	if containsDot(dst[start:]) {
		for dst[len(dst)-1] == '0' {
			dst = dst[:len(dst)-1]
		}
		if dst[len(dst)-1] == '.' {
			dst = dst[:len(dst)-1]
		}
	}
	return dst
}

func containsDot(b []byte) bool {
	for _, c := range b {
		if c == '.' {
			return true
		}
	}
	return false
}

// CompareFloats orders NaN above everything and equal to itself, −0 equal to 0.
func CompareFloats(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	case a == b:
		return 0
	case math.IsNaN(a) && math.IsNaN(b):
		return 0
	case math.IsNaN(a):
		return 1
	}
	return -1
}

func float32Bits(v float64) uint32 { return math.Float32bits(float32(v)) }

func float32From(u uint32) float64 { return float64(math.Float32frombits(u)) }
