package types

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// scanString finds the end of a string and checks its escapes.
func (p *jsonParser) scanString() error {
	s := p.s
	i := p.i + 1
	high := false // the last escape was a high surrogate
	for i < len(s) {
		switch c := s[i]; {
		case c == '"':
			p.i = i + 1
			return p.alone(high)
		case c < ' ':
			p.i = i
			hex := "0123456789abcdef"
			return p.error("Character with value 0x" + string([]byte{hex[c>>4], hex[c&15]}) + " must be escaped.")
		case c == '\\':
			n, err := p.scanEscape(i, &high)
			if err != nil {
				return err
			}
			i += n
		default:
			if high {
				_, n := utf8.DecodeRuneInString(s[i:])
				p.i = i + n
				return p.alone(high)
			}
			i++
		}
	}
	p.i = len(s)
	return p.fail("Token \"%s\" is invalid.")
}

// alone is the error of a high surrogate that no low one has followed up to p.i.
func (p *jsonParser) alone(high bool) error {
	if high {
		return p.error("Unicode low surrogate must follow a high surrogate.")
	}
	return nil
}

// scanEscape checks the escape at i, after a high surrogate or not, and gives its length.
func (p *jsonParser) scanEscape(i int, high *bool) (n int, err error) {
	s := p.s
	if i+1 == len(s) {
		p.i = i + 1
		return 0, p.fail("Token \"%s\" is invalid.")
	}
	if s[i+1] != 'u' {
		_, n := utf8.DecodeRuneInString(s[i+1:])
		p.i = i + 1 + n
		if *high {
			return 0, p.alone(true)
		}
		if strings.IndexByte("\"\\/bfnrt", s[i+1]) < 0 {
			return 0, p.error("Escape sequence \"\\" + s[i+1:i+1+n] + "\" is invalid.")
		}
		return 2, nil
	}
	for k := i + 2; k < i+6; k++ {
		if k >= len(s) {
			p.i = len(s)
			return 0, p.fail("Token \"%s\" is invalid.")
		}
		if _, ok := hexDigit(s[k]); !ok {
			p.i = k + 1
			return 0, p.error("\"\\u\" must be followed by four hexadecimal digits.")
		}
	}
	if p.decode {
		p.i = i + 6
		return 6, p.codePoint(hex4(s[i+2:]), high)
	}
	return 6, nil
}

// codePoint checks an escaped code point, which ends at p.i.
func (p *jsonParser) codePoint(r rune, high *bool) error {
	switch {
	case r >= 0xd800 && r < 0xdc00:
		if *high {
			return p.error("Unicode high surrogate must not follow a high surrogate.")
		}
		*high = true
		return nil
	case r >= 0xdc00 && r < 0xe000:
		if !*high {
			return p.alone(true)
		}
		*high = false
		return nil
	case *high:
		return p.alone(true)
	case r == 0:
		e := pgerr.New(pgerrcode.UntranslatableCharacter, "unsupported Unicode escape sequence").
			WithDetail("\\u0000 cannot be converted to text.")
		e.Where = p.context()
		return e
	}
	return nil
}

// decoded is the current string token without quotes and escapes, which scanString has
// checked with decode set.
func (p *jsonParser) decoded() string {
	s := p.s[p.start+1 : p.i-1]
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			out = append(out, s[i])
			continue
		}
		i++
		switch s[i] {
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			r := hex4(s[i+1:])
			i += 4
			if r >= 0xd800 && r < 0xdc00 {
				r = 0x10000 + (r-0xd800)<<10 + (hex4(s[i+3:]) - 0xdc00)
				i += 6
			}
			out = utf8.AppendRune(out, r)
		default:
			out = append(out, s[i])
		}
	}
	return string(out)
}

// CheckJSONEscapes reports the escapes of a json value that stand for no character, as
// PostgreSQL's functions do that read the text in it: 22P02 for half a surrogate pair,
// 22P05 for \u0000.
func CheckJSONEscapes(b []byte) error {
	if !bytes.Contains(b, []byte(`\u`)) {
		return nil
	}
	p := jsonParser{s: string(b), decode: true}
	return p.document()
}

// hex4 reads four hex digits that scanString has checked.
func hex4(s string) rune {
	var r rune
	for i := 0; i < 4; i++ {
		v, _ := hexDigit(s[i])
		r = r<<4 | rune(v)
	}
	return r
}

// decodeJSONString is a string token without quotes and escapes. Errors are 22P02 and
// 22P05 for escapes that stand for no character.
func decodeJSONString(tok []byte) ([]byte, error) {
	p := jsonParser{s: string(tok), decode: true}
	if err := p.scanString(); err != nil {
		return nil, err
	}
	return []byte(p.decoded()), nil
}
