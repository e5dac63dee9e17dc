package types

import (
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// pathToken is a token of a jsonpath. near is what PostgreSQL's scanner had matched
// last when the token was complete, which its errors quote; for the end, and for
// names before punctuation, that is nothing.
type pathToken struct {
	kind byte // 0 end, '"' string, '$' variable with text, '0' integer, '.' other number, 'a' name, 'o' operator in text
	text string
	near string
}

type pathLexer struct {
	s   string
	i   int
	tok pathToken
}

func (l *pathLexer) fail(msg, near string) error {
	if near == "" {
		return pgerr.Newf(pgerrcode.SyntaxError, "%s at end of jsonpath input", msg)
	}
	return pgerr.Newf(pgerrcode.SyntaxError, "%s at or near \"%s\" of jsonpath input", msg, near)
}

func (l *pathLexer) unexpected() error { return l.fail("syntax error", l.tok.near) }

func pathBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' }

// pathOther is a byte of names: neither punctuation nor blank, quote or backslash.
func pathOther(c byte) bool {
	return !pathBlank(c) && strings.IndexByte("?%$.[]{}()|&!=<>@#,*:-+/\\\"", c) < 0
}

func (l *pathLexer) at(k int) byte {
	if l.i+k < len(l.s) {
		return l.s[l.i+k]
	}
	return 0
}

// others passes over bytes of names.
func (l *pathLexer) others() string {
	from := l.i
	for l.i < len(l.s) && pathOther(l.s[l.i]) {
		l.i++
	}
	return l.s[from:l.i]
}

// pathOperators are the tokens of punctuation, longer ones first.
var pathOperators = []string{"&&", "||", "**", "<=", "==", "<>", "!=", ">="}

func (l *pathLexer) next() error {
	for {
		for pathBlank(l.at(0)) {
			l.i++
		}
		if l.at(0) != '/' || l.at(1) != '*' {
			break
		}
		if err := l.comment(); err != nil {
			return err
		}
	}
	if l.i >= len(l.s) {
		l.tok = pathToken{}
		return nil
	}
	c := l.s[l.i]
	switch {
	case c == '$' && l.at(1) == '"':
		l.i += 2
		return l.quoted('$')
	case c == '$' && l.i+1 < len(l.s) && pathOther(l.at(1)):
		from := l.i
		l.i++
		l.tok = pathToken{kind: '$', text: l.others()}
		l.tok.near = l.s[from:l.i]
		return nil
	case c == '"':
		l.i++
		return l.quoted('"')
	case isDigit(c) || c == '.' && isDigit(l.at(1)):
		return l.number()
	case c == '\\' || pathOther(c):
		return l.name()
	}
	text := l.s[l.i : l.i+1]
	for _, op := range pathOperators {
		if strings.HasPrefix(l.s[l.i:], op) {
			text = op
			break
		}
	}
	l.i += len(text)
	l.tok = pathToken{kind: 'o', text: text, near: text}
	if text == "<>" {
		l.tok.text = "!="
	}
	return nil
}

func (l *pathLexer) comment() error {
	end := strings.Index(l.s[l.i+2:], "*/")
	if end < 0 {
		return l.fail("unexpected end of comment", "")
	}
	l.i += end + 4
	return nil
}

func (l *pathLexer) number() error {
	from := l.i
	kind := byte('0')
	switch {
	case l.at(0) == '0':
		l.i++
	default:
		l.i = spanDigits(l.s, l.i)
	}
	if l.at(0) == '.' {
		kind = '.'
		l.i = spanDigits(l.s, l.i+1)
	}
	if c := l.at(0); c == 'e' || c == 'E' {
		sign := 1
		if c := l.at(1); c == '+' || c == '-' {
			sign = 2
		}
		if !isDigit(l.at(sign)) {
			if sign == 2 {
				return l.fail("invalid numeric literal", l.s[from:l.i+2])
			}
			return l.junk(from, l.i+1)
		}
		kind = '.'
		l.i = spanDigits(l.s, l.i+sign)
	}
	text := l.s[from:l.i]
	if l.i < len(l.s) && pathOther(l.s[l.i]) {
		return l.junk(from, l.i+1)
	}
	l.tok = pathToken{kind: kind, text: text, near: text}
	return nil
}

// junk is the answer to a number whose last byte, before end, does not belong to it:
// where the bytes of names reach further it is a name, for the longest match counts.
func (l *pathLexer) junk(from, end int) error {
	l.i = from
	if l.others(); l.i > end {
		l.i = from
		return l.name()
	}
	return l.fail("trailing junk after numeric literal", l.s[from:end])
}

// name reads a name, which may have escapes; it ends at a blank, comment or punctuation.
func (l *pathLexer) name() error {
	var b []byte
	for l.i < len(l.s) {
		switch c := l.s[l.i]; {
		case c == '\\':
			var err error
			if b, err = l.escape(b); err != nil {
				return err
			}
			continue
		case pathOther(c):
			b = append(b, c)
			l.i++
			continue
		}
		break
	}
	l.tok = pathToken{kind: 'a', text: string(b)}
	from := l.i
	for pathBlank(l.at(0)) {
		l.i++
	}
	l.tok.near = l.s[from:l.i]
	return nil
}

// quoted reads up to the closing quote.
func (l *pathLexer) quoted(kind byte) error {
	var b []byte
	for l.i < len(l.s) {
		switch c := l.s[l.i]; c {
		case '"':
			l.i++
			l.tok = pathToken{kind: kind, text: string(b), near: "\""}
			return nil
		case '\\':
			var err error
			if b, err = l.escape(b); err != nil {
				return err
			}
		default:
			b = append(b, c)
			l.i++
		}
	}
	return l.fail("unexpected end of quoted string", "")
}

// escape reads a backslash and what it stands for.
func (l *pathLexer) escape(b []byte) ([]byte, error) {
	from := l.i
	l.i++
	if l.i >= len(l.s) {
		return nil, l.fail("unexpected end after backslash", "\\")
	}
	c := l.s[l.i]
	if at := strings.IndexByte("bfnrtv", c); at >= 0 {
		l.i++
		return append(b, "\b\f\n\r\t\v"[at]), nil
	}
	switch c {
	case 'x':
		hi, ok1 := hexDigit(l.at(1))
		lo, ok2 := hexDigit(l.at(2))
		if !ok1 || !ok2 {
			n := 2
			if ok1 {
				n = 3
			}
			return nil, l.fail("invalid hex character sequence", l.s[from:min(from+n, len(l.s))])
		}
		l.i += 3
		return l.addRune(b, rune(hi)<<4|rune(lo))
	case 'u':
		return l.unicode(b, from)
	}
	_, n := utf8.DecodeRuneInString(l.s[l.i:])
	b = append(b, l.s[l.i:l.i+n]...)
	l.i += n
	return b, nil
}

// unicode reads \uXXXX or \u{X…}, and both halves of a surrogate pair.
func (l *pathLexer) unicode(b []byte, from int) ([]byte, error) {
	r, ok := l.codePoint()
	if !ok {
		return nil, l.fail("invalid unicode sequence", l.s[from:l.i])
	}
	bad := func(detail string) error {
		return pgerr.New(pgerrcode.InvalidTextRepresentation, "invalid input syntax for type jsonpath").WithDetail("%s", detail)
	}
	switch {
	case r >= 0xdc00 && r <= 0xdfff:
		return nil, bad("Unicode low surrogate must follow a high surrogate.")
	case r >= 0xd800 && r <= 0xdbff:
		if l.at(0) != '\\' || l.at(1) != 'u' {
			return nil, bad("Unicode low surrogate must follow a high surrogate.")
		}
		at := l.i
		l.i++
		low, ok := l.codePoint()
		if !ok {
			return nil, l.fail("invalid unicode sequence", l.s[at:l.i])
		}
		if low >= 0xd800 && low <= 0xdbff {
			return nil, bad("Unicode high surrogate must not follow a high surrogate.")
		}
		if low < 0xdc00 || low > 0xdfff {
			return nil, bad("Unicode low surrogate must follow a high surrogate.")
		}
		r = 0x10000 + (r-0xd800)<<10 + low - 0xdc00
	}
	return l.addRune(b, r)
}

// codePoint reads behind the backslash; if it fails l.i is where the digits ended.
func (l *pathLexer) codePoint() (r rune, ok bool) {
	l.i++
	braces := l.at(0) == '{'
	most := 4
	if braces {
		most = 6
		l.i++
	}
	n := 0
	for ; n < most; n++ {
		v, hex := hexDigit(l.at(0))
		if !hex {
			break
		}
		r = r<<4 | rune(v)
		l.i++
	}
	if !braces {
		return r, n == 4
	}
	if n == 0 || l.at(0) != '}' {
		return 0, false
	}
	l.i++
	return r, true
}

func (l *pathLexer) addRune(b []byte, r rune) ([]byte, error) {
	if r == 0 {
		return nil, pgerr.New(pgerrcode.UntranslatableCharacter, "unsupported Unicode escape sequence").
			WithDetail("\\u0000 cannot be converted to text.")
	}
	if r > utf8.MaxRune {
		return nil, pgerr.New(pgerrcode.SyntaxError, "invalid Unicode code point")
	}
	return utf8.AppendRune(b, r), nil
}
