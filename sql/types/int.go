package types

import (
	"math"
	"strconv"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// intType describes one integer type's bounds and name.
type intType struct {
	name     string
	min, max int64
}

var (
	int2Type = intType{"smallint", math.MinInt16, math.MaxInt16}
	int4Type = intType{"integer", math.MinInt32, math.MaxInt32}
	int8Type = intType{"bigint", math.MinInt64, math.MaxInt64}
)

func intTypeOf(oid OID) (intType, bool) {
	switch oid {
	case Int2OID:
		return int2Type, true
	case Int4OID:
		return int4Type, true
	case Int8OID:
		return int8Type, true
	}
	return intType{}, false
}

// checkInt is the value as a datum, or 22003 "integer out of range".
func checkInt(it intType, v int64) (Datum, error) {
	if v < it.min || v > it.max {
		return Datum{}, typeRange(it.name)
	}
	return Int(v), nil
}

// parseInt reads an optionally signed decimal with blanks around it.
func parseInt(it intType, s string) (int64, error) {
	p := trimSpace(s)
	neg := false
	if p != "" && (p[0] == '-' || p[0] == '+') {
		neg = p[0] == '-'
		p = p[1:]
	}
	if p == "" {
		return 0, badInput(it.name, s)
	}
	limit := uint64(it.max)
	if neg {
		limit++
	}
	var v uint64
	over := false
	for i := 0; i < len(p); i++ {
		c := p[i] - '0'
		if c > 9 {
			if over {
				break // PostgreSQL notices the overflow first
			}
			return 0, badInput(it.name, s)
		}
		if over {
			continue
		}
		if v > (limit-uint64(c))/10 {
			over = true
			continue
		}
		v = v*10 + uint64(c)
	}
	if over {
		return 0, valueRange(it.name, s)
	}
	if neg {
		return -int64(v), nil
	}
	return int64(v), nil
}

// parseOid reads an unsigned 32-bit number as strtoul does: a minus sign is
// accepted and wraps. typ is oid, xid or cid.
func parseOid(typ, s string) (int64, error) {
	p := trimSpace(s)
	v, err := parseInt(int8Type, p)
	if err != nil {
		if pgerr.Code(err) == pgerrcode.NumericValueOutOfRange {
			return 0, valueRange(typ, s)
		}
		return 0, badInput(typ, s)
	}
	if v < math.MinInt32 || v > math.MaxUint32 {
		return 0, valueRange(typ, s)
	}
	return int64(uint32(v)), nil
}

// parseBool accepts unique prefixes of true, false, yes, no, and on, off, 1, 0.
func parseBool(s string) (bool, error) {
	p := trimSpace(s)
	if v, ok := boolWord(p); ok {
		return v, nil
	}
	return false, badInput("boolean", s)
}

func boolWord(p string) (v, ok bool) {
	if p == "" {
		return false, false
	}
	switch lower(p[0]) {
	case 't':
		return true, isPrefix(p, "true")
	case 'f':
		return false, isPrefix(p, "false")
	case 'y':
		return true, isPrefix(p, "yes")
	case 'n':
		return false, isPrefix(p, "no")
	case 'o': // "o" alone is ambiguous
		if len(p) >= 2 && isPrefix(p, "on") {
			return true, true
		}
		return false, len(p) >= 2 && isPrefix(p, "off")
	case '1':
		return true, len(p) == 1
	case '0':
		return false, len(p) == 1
	}
	return false, false
}

// isPrefix reports whether p, whatever its case, begins the lower-case word.
func isPrefix(p, word string) bool {
	if len(p) > len(word) {
		return false
	}
	for i := 0; i < len(p); i++ {
		if lower(p[i]) != word[i] {
			return false
		}
	}
	return true
}

func appendInt(dst []byte, v int64) []byte { return strconv.AppendInt(dst, v, 10) }

// parseMoney reads an amount in the C locale: optional sign, "$", commas, and
// parentheses for negative amounts; no digits at all are zero. The value is in
// cents.
func parseMoney(s string) (int64, error) {
	p, neg := moneySign(trimSpace(s))
	var v uint64
	frac := -1
	limit := uint64(math.MaxInt64)
	if neg {
		limit++
	}
	i := 0
	for ; i < len(p) && frac < 2; i++ {
		switch c := p[i]; {
		case isDigit(c):
			if v > (limit-uint64(c-'0'))/10 {
				return 0, valueRange("money", s)
			}
			v = v*10 + uint64(c-'0')
			if frac >= 0 {
				frac++
			}
		case c == '.' && frac < 0:
			frac = 0
		case c == ',':
		default:
			return moneyEnd(s, p[i:], v, max(frac, 0), neg, limit)
		}
	}
	// the first digit beyond cents rounds
	if i < len(p) && isDigit(p[i]) {
		if p[i] >= '5' {
			v++
		}
		for i < len(p) && isDigit(p[i]) {
			i++
		}
	}
	return moneyEnd(s, p[i:], v, max(frac, 0), neg, limit)
}

func moneySign(p string) (rest string, neg bool) {
	if p != "" && p[0] == '$' {
		p = trimSpace(p[1:])
	}
	switch {
	case p != "" && p[0] == '-':
		neg, p = true, p[1:]
	case p != "" && p[0] == '(':
		neg, p = true, p[1:]
	case p != "" && p[0] == '+':
		p = p[1:]
	}
	p = trimSpace(p)
	if p != "" && p[0] == '$' {
		p = trimSpace(p[1:])
	}
	return p, neg
}

func moneyEnd(s, rest string, v uint64, frac int, neg bool, limit uint64) (int64, error) {
	for i := 0; i < len(rest); i++ {
		switch c := rest[i]; {
		case isSpace(c), c == ')', c == '$':
		case c == '-':
			neg = true
		case c == '+':
		default:
			return 0, badInput("money", s)
		}
	}
	for ; frac < 2; frac++ {
		if v > limit/10 {
			return 0, valueRange("money", s)
		}
		v *= 10
	}
	if v > limit {
		return 0, valueRange("money", s)
	}
	if neg {
		return -int64(v), nil
	}
	return int64(v), nil
}

// appendMoney prints cents as -$1,234.56.
func appendMoney(dst []byte, v int64) []byte {
	u := uint64(v)
	if v < 0 {
		dst = append(dst, '-')
		u = -u
	}
	dst = append(dst, '$')
	var buf [20]byte
	digits := strconv.AppendUint(buf[:0], u/100, 10)
	for i, c := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, c)
	}
	cents := byte(u % 100)
	return append(dst, '.', '0'+cents/10, '0'+cents%10)
}

// parseChar reads a "char": a backslash and three octal digits, or the first byte.
func parseChar(s string) int64 {
	if len(s) == 4 && s[0] == '\\' && isOctal(s[1]) && isOctal(s[2]) && isOctal(s[3]) {
		return int64((s[1]-'0')<<6 | (s[2]-'0')<<3 | (s[3] - '0'))
	}
	if s == "" {
		return 0
	}
	return int64(s[0])
}

// appendChar prints a "char": nothing for zero, octal above ASCII.
func appendChar(dst []byte, c byte) []byte {
	switch {
	case c == 0:
		return dst
	case c >= 0x80:
		return append(dst, '\\', '0'+c>>6, '0'+c>>3&7, '0'+c&7)
	}
	return append(dst, c)
}
