package regex

import (
	"strings"
	"unicode/utf8"
)

// kind is what a token is.
type kind byte

const (
	tokNone  kind = iota // before the first
	tokEOS               // the end of the expression
	tokPlain             // a character
	tokDigit             // of a bound
	tokBackref
	tokOpen // value 1: captures
	tokClose
	tokLook // value: a look kind
	tokBar
	tokCaret
	tokDollar
	tokDot
	tokStar // value of quantifiers: 1 = greedy
	tokPlus
	tokQuestion
	tokBrace
	tokBraceEnd // value 1 = greedy
	tokComma
	tokBracket // value 0: complemented
	tokBracketEnd
	tokRange
	tokCollate
	tokEquiv
	tokClass
	tokEnd // of a name in brackets
	tokShort
	tokNotShort // a class escape and its complement; value: index into shortClasses
	tokTextStart
	tokTextEnd
	tokWordStart
	tokWordEnd
	tokWordEdge
	tokNoWordEdge
)

// mode is what part of an expression is read.
type mode byte

const (
	inERE mode = iota
	inBRE
	inLiteral
	inBound  // {…}
	inBBound // \{…\}
	inBracket
	inCollate
	inEquiv
	inClass
)

// shortClasses are the classes of \d, \s and \w.
var shortClasses = [...]string{"digit", "space", "word"}

// lexer splits an expression into tokens; tok and val are the next one.
type lexer struct {
	p      string
	at     int
	flags  Flags
	mode   mode
	last   kind
	tok    kind
	val    rune
	groups int // opened so far, for \10 and the like
	err    error
}

// fail notes the first error and ends the expression.
func (l *lexer) fail(e Error) {
	l.tok = tokEOS
	if l.err == nil {
		l.err = e
	}
}

func (l *lexer) set(k kind, v rune) { l.tok, l.val = k, v }

func (l *lexer) end() bool { return l.at >= len(l.p) }

// sees reports that s follows.
func (l *lexer) sees(s string) bool { return strings.HasPrefix(l.p[l.at:], s) }

func (l *lexer) take() rune {
	r, n := utf8.DecodeRuneInString(l.p[l.at:])
	l.at += n
	return r
}

// takeIf skips the byte c if it follows.
func (l *lexer) takeIf(c byte) bool {
	if l.at < len(l.p) && l.p[l.at] == c {
		l.at++
		return true
	}
	return false
}

// next reads a token.
func (l *lexer) next() {
	if l.err != nil {
		return
	}
	l.last = l.tok
	if l.flags.Expanded && (l.mode == inERE || l.mode == inBRE || l.mode == inBound || l.mode == inBBound) {
		l.skip()
	}
	if l.end() {
		switch l.mode {
		case inBound, inBBound:
			l.fail(errBrace)
		case inBracket, inCollate, inEquiv, inClass:
			l.fail(errBracket)
		default:
			l.set(tokEOS, 0)
		}
		return
	}
	c := l.take()
	switch l.mode {
	case inERE:
		l.nextERE(c)
	case inBRE:
		l.nextBRE(c)
	case inLiteral:
		l.set(tokPlain, c)
	case inBound, inBBound:
		l.nextBound(c)
	case inBracket:
		l.nextBracket(c)
	case inCollate:
		l.nextName(c, '.')
	case inEquiv:
		l.nextName(c, '=')
	case inClass:
		l.nextName(c, ':')
	}
}

// skip passes white space and comments of an expanded expression.
func (l *lexer) skip() {
	for {
		for !l.end() && (l.p[l.at] == ' ' || l.p[l.at] >= '\t' && l.p[l.at] <= '\r') {
			l.at++
		}
		if l.end() || l.p[l.at] != '#' {
			return
		}
		for !l.end() && l.p[l.at] != '\n' {
			l.at++
		}
	}
}

func (l *lexer) nextBound(c rune) {
	switch {
	case c >= '0' && c <= '9':
		l.set(tokDigit, c-'0')
	case c == ',':
		l.set(tokComma, 0)
	case c == '}' && l.mode == inBound:
		l.mode = inERE
		l.set(tokBraceEnd, l.greed())
	case c == '\\' && l.mode == inBBound && l.takeIf('}'):
		l.mode = inBRE
		l.set(tokBraceEnd, 1)
	default:
		l.fail(errCount)
	}
}

// greed reads the ? after a quantifier: 0 if it is there.
func (l *lexer) greed() rune {
	if l.flags.advanced() && l.takeIf('?') {
		return 0
	}
	return 1
}

func (l *lexer) nextBracket(c rune) {
	switch c {
	case '\\':
		if !l.flags.advanced() {
			l.set(tokPlain, c)
			return
		}
		if l.end() {
			l.fail(errEscape)
			return
		}
		l.escape()
		if l.err == nil && l.tok != tokPlain && l.tok != tokShort && l.tok != tokNotShort {
			l.fail(errEscape)
		}
	case '-':
		if l.last == tokBracket || l.sees("]") {
			l.set(tokPlain, c)
		} else {
			l.set(tokRange, c)
		}
	case '[':
		if l.end() {
			l.fail(errBracket)
			return
		}
		switch {
		case l.takeIf('.'):
			l.mode, l.tok = inCollate, tokCollate
		case l.takeIf('='):
			l.mode, l.tok = inEquiv, tokEquiv
		case l.takeIf(':'):
			l.mode, l.tok = inClass, tokClass
		default:
			l.set(tokPlain, c)
		}
	case ']':
		if l.last == tokBracket {
			l.set(tokPlain, c)
			return
		}
		l.mode = inERE
		if l.flags.Basic {
			l.mode = inBRE
		}
		l.set(tokBracketEnd, 0)
	default:
		l.set(tokPlain, c)
	}
}

// nextName reads a character of [.name.] or its end.
func (l *lexer) nextName(c, delimiter rune) {
	if c == delimiter && l.takeIf(']') {
		l.mode = inBracket
		l.set(tokEnd, c)
		return
	}
	l.set(tokPlain, c)
}

func (l *lexer) nextERE(c rune) {
	switch c {
	case '|':
		l.set(tokBar, 0)
	case '*':
		l.set(tokStar, l.greed())
	case '+':
		l.set(tokPlus, l.greed())
	case '?':
		l.set(tokQuestion, l.greed())
	case '{':
		if l.flags.Expanded {
			l.skip()
		}
		if l.end() || l.p[l.at] < '0' || l.p[l.at] > '9' {
			l.set(tokPlain, c)
			return
		}
		l.mode = inBound
		l.set(tokBrace, 0)
	case '(':
		l.open()
	case ')':
		l.set(tokClose, c)
	case '[':
		l.bracket()
	case '.':
		l.set(tokDot, 0)
	case '^':
		l.set(tokCaret, 0)
	case '$':
		l.set(tokDollar, 0)
	case '\\':
		switch {
		case l.end():
			l.fail(errEscape)
		case l.flags.advanced():
			l.escape()
		default:
			l.set(tokPlain, l.take())
		}
	default:
		l.set(tokPlain, c)
	}
}

// open reads what follows a parenthesis.
func (l *lexer) open() {
	if !l.flags.advanced() || !l.takeIf('?') {
		l.set(tokOpen, 1)
		return
	}
	switch {
	case l.takeIf(':'):
		l.set(tokOpen, 0)
	case l.takeIf('#'):
		for !l.end() && l.p[l.at] != ')' {
			l.at++
		}
		l.takeIf(')')
		l.tok = l.last
		l.next()
	case l.takeIf('='):
		l.set(tokLook, rune(lookAhead))
	case l.takeIf('!'):
		l.set(tokLook, rune(lookNotAhead))
	case l.takeIf('<'):
		switch {
		case l.takeIf('='):
			l.set(tokLook, rune(lookBehind))
		case l.takeIf('!'):
			l.set(tokLook, rune(lookNotBehind))
		default:
			l.fail(errOperand)
		}
	default:
		l.fail(errOperand)
	}
}

func (l *lexer) bracket() {
	switch {
	case l.sees("[:<:]]"):
		l.at += 6
		l.set(tokWordStart, 0)
	case l.sees("[:>:]]"):
		l.at += 6
		l.set(tokWordEnd, 0)
	case l.takeIf('^'):
		l.mode = inBracket
		l.set(tokBracket, 0)
	default:
		l.mode = inBracket
		l.set(tokBracket, 1)
	}
}

func (l *lexer) nextBRE(c rune) {
	switch c {
	case '*':
		if l.last == tokNone || l.last == tokOpen || l.last == tokCaret {
			l.set(tokPlain, c)
		} else {
			l.set(tokStar, 1)
		}
	case '[':
		l.bracket()
	case '.':
		l.set(tokDot, 0)
	case '^':
		if l.last == tokNone || l.last == tokOpen {
			l.set(tokCaret, 0)
		} else {
			l.set(tokPlain, c)
		}
	case '$':
		if l.flags.Expanded {
			l.skip()
		}
		if l.end() || l.sees(`\)`) {
			l.set(tokDollar, 0)
		} else {
			l.set(tokPlain, c)
		}
	case '\\':
		if l.end() {
			l.fail(errEscape)
			return
		}
		l.escapeBRE(l.take())
	default:
		l.set(tokPlain, c)
	}
}

func (l *lexer) escapeBRE(c rune) {
	switch {
	case c == '{':
		l.mode = inBBound
		l.set(tokBrace, 0)
	case c == '(':
		l.set(tokOpen, 1)
	case c == ')':
		l.set(tokClose, c)
	case c == '<':
		l.set(tokWordStart, 0)
	case c == '>':
		l.set(tokWordEnd, 0)
	case c >= '1' && c <= '9':
		l.set(tokBackref, c-'0')
	default:
		l.set(tokPlain, c)
	}
}
