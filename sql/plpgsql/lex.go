package plpgsql

import (
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

type tokenKind uint8

const (
	end  tokenKind = iota
	word           // an identifier or keyword; folded unless quoted
	number
	text
	param
	symbol
)

type token struct {
	kind       tokenKind
	val        string // of words: folded; of strings: their value; of symbols: as written
	quoted     bool   // a word in quotes: no keyword
	start, end int
	line       int
}

// is reports an unquoted keyword, or a symbol.
func (t token) is(s string) bool {
	return t.val == s && (t.kind == word && !t.quoted || t.kind == symbol)
}

// lexer splits a function's text as PostgreSQL's scanner does, as far as the statements
// around SQL need it.
type lexer struct {
	src  string
	at   int
	line int
}

func fail(pos int, format string, args ...any) *pgerr.Error {
	return pgerr.Newf(pgerrcode.SyntaxError, format, args...).At(pos)
}

func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

func isStart(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// skip passes blanks and comments.
func (l *lexer) skip() error {
	for l.at < len(l.src) {
		rest := l.src[l.at:]
		switch {
		case isSpace(rest[0]):
			if rest[0] == '\n' {
				l.line++
			}
			l.at++
		case strings.HasPrefix(rest, "--"):
			n := strings.IndexByte(rest, '\n')
			if n < 0 {
				n = len(rest)
			}
			l.at += n
		case strings.HasPrefix(rest, "/*"):
			if err := l.comment(); err != nil {
				return err
			}
		default:
			return nil
		}
	}
	return nil
}

func (l *lexer) comment() error {
	start, depth := l.at, 0
	for l.at < len(l.src) {
		rest := l.src[l.at:]
		switch {
		case strings.HasPrefix(rest, "/*"):
			depth++
			l.at += 2
			continue
		case strings.HasPrefix(rest, "*/"):
			depth--
			l.at += 2
			if depth == 0 {
				return nil
			}
			continue
		case rest[0] == '\n':
			l.line++
		}
		l.at++
	}
	return fail(start, "unterminated /* comment at or near \"%s\"", l.src[start:])
}

func (l *lexer) next() (token, error) {
	if err := l.skip(); err != nil {
		return token{}, err
	}
	t := token{start: l.at, line: l.line}
	if l.at >= len(l.src) {
		t.end = l.at
		return t, nil
	}
	rest := l.src[l.at:]
	c := rest[0]
	var err error
	switch {
	case (c == 'e' || c == 'E') && len(rest) > 1 && rest[1] == '\'':
		l.at++
		t.kind = text
		t.val, err = l.str(true)
	case len(rest) > 1 && strings.IndexByte("bBxXnN", c) >= 0 && rest[1] == '\'':
		l.at++
		t.kind = text
		t.val, err = l.str(false)
	case c == '\'':
		t.kind = text
		t.val, err = l.str(false)
	case c == '"':
		t.kind, t.quoted = word, true
		t.val, err = l.quotedName()
	case c == '$':
		err = l.dollar(&t)
	case isStart(c):
		t.kind = word
		n := 1
		for n < len(rest) && (isStart(rest[n]) || isDigit(rest[n]) || rest[n] == '$') {
			n++
		}
		l.at += n
		t.val = strings.ToLower(rest[:n])
	case isDigit(c) || c == '.' && len(rest) > 1 && isDigit(rest[1]):
		t.kind = number
		l.number()
		t.val = l.src[t.start:l.at]
	default:
		t.kind = symbol
		t.val = l.symbol()
	}
	t.end = l.at
	return t, err
}

func (l *lexer) str(escapes bool) (string, error) {
	start := l.at
	var b strings.Builder
	for l.at++; l.at < len(l.src); l.at++ {
		switch c := l.src[l.at]; {
		case c == '\'' && strings.HasPrefix(l.src[l.at:], "''"):
			b.WriteByte('\'')
			l.at++
		case c == '\'':
			l.at++
			return b.String(), nil
		case c == '\\' && escapes && l.at+1 < len(l.src):
			l.at++
			b.WriteString(l.escape())
		default:
			if c == '\n' {
				l.line++
			}
			b.WriteByte(c)
		}
	}
	return "", fail(start, "unterminated quoted string at or near \"%s\"", l.src[start:])
}

// escape reads what follows a backslash; l.at stays on its last byte.
func (l *lexer) escape() string {
	switch c := l.src[l.at]; c {
	case 'n':
		return "\n"
	case 't':
		return "\t"
	case 'r':
		return "\r"
	case 'b':
		return "\b"
	case 'f':
		return "\f"
	case 'u', 'U':
		n := 4
		if c == 'U' {
			n = 8
		}
		var r rune
		for i := 0; i < n && l.at+1 < len(l.src); i++ {
			d := strings.IndexByte("0123456789abcdef", l.src[l.at+1]|0x20)
			if d < 0 {
				break
			}
			r = r<<4 | rune(d)
			l.at++
		}
		return string(utf8.AppendRune(nil, r))
	default:
		return string(c)
	}
}

func (l *lexer) quotedName() (string, error) {
	start := l.at
	var b strings.Builder
	for l.at++; l.at < len(l.src); l.at++ {
		switch c := l.src[l.at]; {
		case c == '"' && strings.HasPrefix(l.src[l.at:], `""`):
			b.WriteByte('"')
			l.at++
		case c == '"':
			l.at++
			return b.String(), nil
		default:
			b.WriteByte(c)
		}
	}
	return "", fail(start, "unterminated quoted identifier at or near \"%s\"", l.src[start:])
}

// dollar reads $1 and $tag$…$tag$.
func (l *lexer) dollar(t *token) error {
	rest := l.src[l.at:]
	n := 1
	for n < len(rest) && isDigit(rest[n]) {
		n++
	}
	if n > 1 {
		t.kind, t.val = param, rest[:n]
		l.at += n
		return nil
	}
	for n < len(rest) && (isStart(rest[n]) || isDigit(rest[n])) {
		n++
	}
	if n >= len(rest) || rest[n] != '$' {
		t.kind, t.val = symbol, "$"
		l.at++
		return nil
	}
	tag := rest[:n+1]
	stop := strings.Index(rest[n+1:], tag)
	if stop < 0 {
		return fail(l.at, "unterminated dollar-quoted string at or near \"%s\"", rest)
	}
	t.kind, t.val = text, rest[n+1:n+1+stop]
	l.line += strings.Count(t.val, "\n")
	l.at += n + 1 + stop + len(tag)
	return nil
}

func (l *lexer) number() {
	for l.at < len(l.src) {
		c := l.src[l.at]
		if c == '.' && strings.HasPrefix(l.src[l.at:], "..") || !isDigit(c) && c != '.' {
			break
		}
		l.at++
	}
	if l.at < len(l.src) && (l.src[l.at]|0x20) == 'e' {
		n := l.at + 1
		if n < len(l.src) && (l.src[n] == '+' || l.src[n] == '-') {
			n++
		}
		if n < len(l.src) && isDigit(l.src[n]) {
			for n < len(l.src) && isDigit(l.src[n]) {
				n++
			}
			l.at = n
		}
	}
}

// symbols are those of more than one character that matter here.
var symbols = []string{":=", "..", "<<", ">>", "::", "=>", "<=", ">=", "<>", "!="}

func (l *lexer) symbol() string {
	rest := l.src[l.at:]
	for _, s := range symbols {
		if strings.HasPrefix(rest, s) {
			l.at += len(s)
			return s
		}
	}
	l.at++
	return rest[:1]
}
