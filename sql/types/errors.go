package types

import (
	"unicode/utf8"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// badInput is 22P02, the answer of every input function to text it cannot read.
// typ is the type's display name, as FormatType gives it.
func badInput(typ, s string) error {
	return pgerr.Newf(pgerrcode.InvalidTextRepresentation, "invalid input syntax for type %s: \"%s\"", typ, s)
}

// valueRange is 22003 for text that is a number too large for an integer type.
func valueRange(typ, s string) error {
	return pgerr.Newf(pgerrcode.NumericValueOutOfRange, "value \"%s\" is out of range for type %s", s, typ)
}

// typeRange is 22003 for a computed value: "integer out of range".
func typeRange(typ string) error {
	return pgerr.Newf(pgerrcode.NumericValueOutOfRange, "%s out of range", typ)
}

// badBinary is 22P03.
func badBinary(format string, args ...any) error {
	return pgerr.Newf(pgerrcode.InvalidBinaryRepresentation, format, args...)
}

// shortMessage is 08P01, the answer to binary input that ends too early.
func shortMessage() error {
	return pgerr.New(pgerrcode.ProtocolViolation, "insufficient data left in message")
}

// noData is 08P01 for a single byte that is not there.
func noData() error { return pgerr.New(pgerrcode.ProtocolViolation, "no data left in message") }

// invalidMessage is 08P01 for bytes behind a value whose own reader looks for the end.
func invalidMessage() error { return pgerr.New(pgerrcode.ProtocolViolation, "invalid message format") }

// divisionByZero is 22012.
func divisionByZero() error {
	return pgerr.New(pgerrcode.DivisionByZero, "division by zero")
}

// CheckUTF8 answers 22021 with PostgreSQL's wording if b is not UTF-8 or
// contains a zero byte, which no text value may hold.
func CheckUTF8(b []byte) error {
	for i := 0; i < len(b); {
		if c := b[i]; c < utf8.RuneSelf {
			if c == 0 {
				return badUTF8(b[i : i+1])
			}
			i++
			continue
		}
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n <= 1 {
			return badUTF8(b[i:])
		}
		i += n
	}
	return nil
}

// badUTF8 shows the bytes that the first one announces, as many as there are.
func badUTF8(b []byte) error {
	n := 1
	switch c := b[0]; {
	case c&0xe0 == 0xc0:
		n = 2
	case c&0xf0 == 0xe0:
		n = 3
	case c&0xf8 == 0xf0:
		n = 4
	}
	n = min(n, len(b))
	const hex = "0123456789abcdef"
	var msg []byte
	for i, c := range b[:n] {
		if i > 0 {
			msg = append(msg, ' ')
		}
		msg = append(msg, '0', 'x', hex[c>>4], hex[c&15])
	}
	return pgerr.Newf(pgerrcode.CharacterNotInRepertoire, "invalid byte sequence for encoding \"UTF8\": %s", msg)
}

// isSpace is C's isspace in the C locale, which PostgreSQL's parsers use.
func isSpace(c byte) bool {
	return c == ' ' || c >= '\t' && c <= '\r'
}

func trimSpace(s string) string {
	for s != "" && isSpace(s[0]) {
		s = s[1:]
	}
	for s != "" && isSpace(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isAlpha(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// LowerASCII folds A–Z and leaves all else, like pg_tolower in the C locale.
func LowerASCII(s string) string {
	for i := 0; i < len(s); i++ {
		if s[i] >= 'A' && s[i] <= 'Z' {
			b := []byte(s)
			for j := i; j < len(b); j++ {
				b[j] = lower(b[j])
			}
			return string(b)
		}
	}
	return s
}
