package pg

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// The grammar is that of a later PostgreSQL, which reads 0x1F and 1_000 as numbers
// and $1a as a parameter with an alias. PostgreSQL 15 calls them trailing junk.

// checkNumbers refuses such numbers and parameters.
func checkNumbers(s string) error {
	if !laterNumber(s) {
		return nil
	}
	for i := 0; i < len(s); {
		b := s[i]
		switch {
		case b == '\'' || b == '"':
			i = skipQuoted(s, i+1, b, false)
		case b == '$':
			if end := digits(s, i+1); end > i+1 && end < len(s) && identStart(s[end]) {
				return junk("parameter", s, i, end)
			}
			i = max(skipDollar(s, i), i+1)
		case b >= '0' && b <= '9':
			end := number(s, i)
			if end < len(s) && (s[end] == '_' || end == i+1 && b == '0' && radix(s[end])) {
				return junk("numeric literal", s, i, end)
			}
			i = end
		case isWordByte(b):
			end := i + 1
			for end < len(s) && (isWordByte(s[end]) || s[end] == '$') {
				end++
			}
			if end-i == 1 && end < len(s) && s[end] == '\'' && b|0x20 == 'e' {
				end = skipQuoted(s, end+1, '\'', true)
			}
			i = end
		default:
			i = max(skipComment(s, i), i+1)
		}
	}
	return nil
}

// laterNumber is a quick look for what checkNumbers is after.
func laterNumber(s string) bool {
	for i := 1; i < len(s); i++ {
		c := s[i]
		if s[i-1] >= '0' && s[i-1] <= '9' && (c == '_' || s[i-1] == '0' && radix(c)) ||
			s[i-1] == '$' && c >= '0' && c <= '9' {
			return true
		}
	}
	return false
}

// junk is the error about the token at start that should have ended at end.
func junk(what, s string, start, end int) error {
	for end < len(s) && (isWordByte(s[end]) || s[end] == '$') {
		end++
	}
	return pgerr.Newf(pgerrcode.SyntaxError, "trailing junk after %s at or near \"%s\"", what, s[start:end]).At(start)
}

func radix(b byte) bool {
	switch b | 0x20 {
	case 'x', 'o', 'b':
		return true
	}
	return false
}

func identStart(b byte) bool { return isWordByte(b) && (b < '0' || b > '9') }

func digits(s string, i int) int {
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	return i
}

// number is the offset after the number at i: digits, a fraction, an exponent.
func number(s string, i int) int {
	i = digits(s, i)
	if i < len(s) && s[i] == '.' && (i+1 == len(s) || s[i+1] != '.') {
		i = digits(s, i+1)
	}
	if i < len(s) && s[i]|0x20 == 'e' {
		exp := i + 1
		if exp < len(s) && (s[exp] == '+' || s[exp] == '-') {
			exp++
		}
		if end := digits(s, exp); end > exp {
			return end
		}
	}
	return i
}
