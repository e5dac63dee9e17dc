package types

import (
	"encoding/hex"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// parseBytea reads the hex (\x…) and the escape format.
func parseBytea(s string) ([]byte, error) {
	if len(s) >= 2 && s[0] == '\\' && s[1] == 'x' {
		return parseByteaHex(s[2:])
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); {
		switch {
		case s[i] != '\\':
			out = append(out, s[i])
			i++
		case i+1 < len(s) && s[i+1] == '\\':
			out = append(out, '\\')
			i += 2
		case i+3 < len(s) && s[i+1] >= '0' && s[i+1] <= '3' && isOctal(s[i+2]) && isOctal(s[i+3]):
			out = append(out, (s[i+1]-'0')<<6|(s[i+2]-'0')<<3|(s[i+3]-'0'))
			i += 4
		default:
			return nil, pgerr.New(pgerrcode.InvalidTextRepresentation, "invalid input syntax for type bytea")
		}
	}
	return out, nil
}

func isOctal(c byte) bool { return c >= '0' && c <= '7' }

func parseByteaHex(s string) ([]byte, error) {
	out := make([]byte, 0, len(s)/2)
	for i := 0; i < len(s); {
		if c := s[i]; c == ' ' || c == '\n' || c == '\t' || c == '\r' {
			i++
			continue
		}
		hi, ok := hexDigit(s[i])
		if !ok {
			return nil, badHexDigit(s[i:])
		}
		i++
		if i >= len(s) {
			return nil, pgerr.New(pgerrcode.InvalidParameterValue, "invalid hexadecimal data: odd number of digits")
		}
		lo, ok := hexDigit(s[i])
		if !ok {
			return nil, badHexDigit(s[i:])
		}
		i++
		out = append(out, hi<<4|lo)
	}
	return out, nil
}

func badHexDigit(s string) error {
	_, n := utf8.DecodeRuneInString(s)
	return pgerr.Newf(pgerrcode.InvalidParameterValue, "invalid hexadecimal digit: \"%s\"", s[:n])
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case isDigit(c):
		return c - '0', true
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10, true
	}
	return 0, false
}

func appendBytea(dst, b []byte, escape bool) []byte {
	if !escape {
		dst = append(dst, '\\', 'x')
		return hex.AppendEncode(dst, b)
	}
	for _, c := range b {
		switch {
		case c == '\\':
			dst = append(dst, '\\', '\\')
		case c < 0x20 || c > 0x7e:
			dst = append(dst, '\\', '0'+c>>6, '0'+c>>3&7, '0'+c&7)
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

// parseUUID reads 32 hex digits, with a hyphen allowed after every fourth and
// braces around.
func parseUUID(s string) ([]byte, error) {
	p := s
	braces := p != "" && p[0] == '{'
	if braces {
		p = p[1:]
	}
	out := make([]byte, 16)
	for i := range out {
		if len(p) < 2 {
			return nil, badInput("uuid", s)
		}
		hi, ok1 := hexDigit(p[0])
		lo, ok2 := hexDigit(p[1])
		if !ok1 || !ok2 {
			return nil, badInput("uuid", s)
		}
		out[i] = hi<<4 | lo
		p = p[2:]
		if p != "" && p[0] == '-' && i%2 == 1 && i < 15 {
			p = p[1:]
		}
	}
	if braces {
		if !strings.HasPrefix(p, "}") {
			return nil, badInput("uuid", s)
		}
		p = p[1:]
	}
	if p != "" {
		return nil, badInput("uuid", s)
	}
	return out, nil
}

func appendUUID(dst, b []byte) []byte {
	if len(b) != 16 {
		return dst
	}
	var buf [36]byte
	hex.Encode(buf[:8], b[:4])
	hex.Encode(buf[9:13], b[4:6])
	hex.Encode(buf[14:18], b[6:8])
	hex.Encode(buf[19:23], b[8:10])
	hex.Encode(buf[24:], b[10:])
	buf[8], buf[13], buf[18], buf[23] = '-', '-', '-', '-'
	return append(dst, buf[:]...)
}
