package regex

import "strings"

// charEscapes are the escapes that stand for a character.
var charEscapes = map[rune]rune{'a': 7, 'b': 8, 'B': '\\', 'e': 27, 'f': 12, 'n': 10, 'r': 13, 't': 9, 'v': 11}

// otherEscapes are those that stand for a class or a constraint.
var otherEscapes = map[rune]struct {
	tok kind
	val rune
}{
	'd': {tokShort, 0}, 's': {tokShort, 1}, 'w': {tokShort, 2},
	'D': {tokNotShort, 0}, 'S': {tokNotShort, 1}, 'W': {tokNotShort, 2},
	'A': {tokTextStart, 0}, 'Z': {tokTextEnd, 0}, 'm': {tokWordStart, 0}, 'M': {tokWordEnd, 0},
	'y': {tokWordEdge, 0}, 'Y': {tokNoWordEdge, 0},
}

// escape reads what follows a backslash in an advanced expression.
func (l *lexer) escape() {
	c := l.take()
	if v, ok := charEscapes[c]; ok {
		l.set(tokPlain, v)
		return
	}
	if o, ok := otherEscapes[c]; ok {
		l.set(o.tok, o.val)
		return
	}
	switch {
	case c == 'c':
		if l.end() {
			l.fail(errEscape)
			return
		}
		l.set(tokPlain, l.take()&0o37)
	case c == 'u':
		l.number(16, 4, 4)
	case c == 'U':
		l.number(16, 8, 8)
	case c == 'x':
		l.number(16, 1, 255)
	case c >= '1' && c <= '9':
		after := l.at
		l.at--
		v, _ := l.digits(10, 255)
		// one digit always refers back, more only to a group that is there
		if l.at == after || v > 0 && int64(v) <= int64(l.groups) {
			l.set(tokBackref, rune(v))
			return
		}
		l.at = after
		l.octal()
	case c == '0':
		l.octal()
	case c < 0x80 && isLetter(byte(c)):
		l.fail(errEscape)
	default:
		l.set(tokPlain, c)
	}
}

// maxChar bounds the characters that an escape may name.
const maxChar = 0x7ffffffe

// number reads a character's code.
func (l *lexer) number(base uint32, low, high int) {
	v, n := l.digits(base, high)
	if n < low || v > maxChar {
		l.fail(errEscape)
		return
	}
	l.set(tokPlain, rune(v))
}

// octal reads a code of up to three octal digits, the first already taken.
func (l *lexer) octal() {
	l.at--
	v, n := l.digits(8, 3)
	if n == 0 {
		l.fail(errEscape)
		return
	}
	if v > 0xff {
		l.at--
		v >>= 3
	}
	l.set(tokPlain, rune(v))
}

// digits reads up to high digits.
func (l *lexer) digits(base uint32, high int) (v uint32, n int) {
	for n < high && !l.end() {
		d := strings.IndexByte("0123456789abcdef", l.p[l.at])
		if d < 0 {
			d = strings.IndexByte("0123456789ABCDEF", l.p[l.at])
		}
		if d < 0 || uint32(d) >= base {
			break
		}
		v = v*base + uint32(d)
		l.at++
		n++
	}
	return v, n
}
