package tsearch

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Kind is a type of token of the default parser, by PostgreSQL's numbers.
type Kind int

const (
	ASCIIWord Kind = iota + 1
	AnyWord
	NumWord
	Email
	URL
	Host
	SFloat
	Version
	HWordNumPart
	HWordPart
	HWordASCIIPart
	Blank
	Tag
	Protocol
	NumHWord
	ASCIIHWord
	HWord
	URLPath
	File
	Float
	Int
	UInt
	Entity
)

// Kinds are their names and descriptions, in order.
var Kinds = [...][2]string{
	{"asciiword", "Word, all ASCII"}, {"word", "Word, all letters"}, {"numword", "Word, letters and digits"},
	{"email", "Email address"}, {"url", "URL"}, {"host", "Host"}, {"sfloat", "Scientific notation"},
	{"version", "Version number"}, {"hword_numpart", "Hyphenated word part, letters and digits"},
	{"hword_part", "Hyphenated word part, all letters"}, {"hword_asciipart", "Hyphenated word part, all ASCII"},
	{"blank", "Space symbols"}, {"tag", "XML tag"}, {"protocol", "Protocol head"},
	{"numhword", "Hyphenated word, letters and digits"}, {"asciihword", "Hyphenated word, all ASCII"},
	{"hword", "Hyphenated word, all letters"}, {"url_path", "URL path"}, {"file", "File or path name"},
	{"float", "Decimal notation"}, {"int", "Signed integer"}, {"uint", "Unsigned integer"}, {"entity", "XML entity"},
}

// Token is a piece of text.
type Token struct {
	Kind Kind
	Text string
}

// Parse takes a text apart as PostgreSQL's default parser does: all of it, blanks
// included; hyphenated words and addresses come whole and in parts.
func Parse(text string, emit func(Token)) {
	for s := NewScanner(text); ; {
		t, ok := s.Next()
		if !ok {
			return
		}
		emit(t)
	}
}

// Scanner gives the tokens that Parse gives, one by one.
type Scanner struct {
	p  parser
	at int
}

// NewScanner begins with a text.
func NewScanner(text string) *Scanner { return &Scanner{p: parser{s: text}} }

// Next is the next token; ok is false after the last.
func (s *Scanner) Next() (_ Token, ok bool) {
	if s.at == len(s.p.out) {
		if s.p.i >= len(s.p.s) {
			return Token{}, false
		}
		s.at, s.p.out = 0, s.p.out[:0]
		s.p.token()
	}
	s.at++
	return s.p.out[s.at-1], true
}

// parser reads a token, or several where one has parts, into out.
type parser struct {
	s   string
	i   int
	out []Token
	// Before these places no e-mail address and no host begins: what has been tried goes
	// as far as what begins later, and fails alike.
	noEmail, noHost int
}

func (p *parser) emit(t Token) { p.out = append(p.out, t) }

func (p *parser) take(kind Kind, n int) {
	p.emit(Token{kind, p.s[p.i : p.i+n]})
	p.i += n
}

// at is the byte at an offset from here, 0 beyond the end.
func (p *parser) at(n int) byte {
	if p.i+n >= len(p.s) {
		return 0
	}
	return p.s[p.i+n]
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isAlnum(c byte) bool  { return isLetter(c) || isDigit(c) }

func (p *parser) token() {
	for _, f := range []func() bool{p.markup, p.protocol, p.address, p.number, p.file, p.word} {
		if f() {
			return
		}
	}
	p.blank()
}

// blank takes what begins nothing: a character, and what comes after it up to a letter, a
// digit, or a character with which some other token may begin.
func (p *parser) blank() {
	_, n := utf8.DecodeRuneInString(p.s[p.i:])
	for p.i+n < len(p.s) && strings.IndexByte("<-+&/", p.at(n)) < 0 {
		if m, _, _, _ := run(p.s[p.i+n:]); m > 0 {
			break
		}
		_, size := utf8.DecodeRuneInString(p.s[p.i+n:])
		n += size
	}
	p.take(Blank, n)
}

// protocol is http:// and the like.
func (p *parser) protocol() bool {
	n := 0
	for isLetter(p.at(n)) {
		n++
	}
	if n == 0 || !strings.HasPrefix(p.s[p.i+n:], "://") {
		return false
	}
	p.take(Protocol, n+3)
	return true
}

// run is how many letters and digits begin s, and which are among them.
func run(s string) (n int, letters, digits, wide bool) {
	for n < len(s) {
		r, size := rune(s[n]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(s[n:])
		}
		switch {
		case r < utf8.RuneSelf && isDigit(byte(r)), r >= utf8.RuneSelf && unicode.IsDigit(r):
			digits = true
		case r < utf8.RuneSelf && isLetter(byte(r)):
			letters = true
		case r >= utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsMark(r)):
			letters, wide = true, true
		default:
			return n, letters, digits, wide
		}
		n += size
	}
	return n, letters, digits, wide
}

// word takes a word, or several with hyphens between: the whole, then its parts.
func (p *parser) word() bool {
	n, letters, digits, wide := run(p.s[p.i:])
	if n == 0 || !letters {
		return false
	}
	parts, end := 1, n
	for p.at(end) == '-' {
		m, l, d, w := run(p.s[p.i+end+1:])
		if m == 0 || !l {
			break // digits alone are a negative number
		}
		letters, digits, wide = letters || l, digits || d, wide || w
		end += 1 + m
		parts++
	}
	if parts == 1 {
		p.take(kindOf(digits, wide, NumWord, AnyWord, ASCIIWord), n)
		return true
	}
	whole := p.s[p.i : p.i+end]
	p.emit(Token{kindOf(digits, wide, NumHWord, HWord, ASCIIHWord), whole})
	for k, part := range strings.Split(whole, "-") {
		if k > 0 {
			p.emit(Token{Blank, "-"})
		}
		_, _, d, w := run(part)
		p.emit(Token{kindOf(d, w, HWordNumPart, HWordPart, HWordASCIIPart), part})
	}
	p.i += end
	if p.at(0) == '-' && isDigit(p.at(1)) {
		p.take(Blank, 1) // here it is no sign
	}
	return true
}

func kindOf(digits, wide bool, number, any, ascii Kind) Kind {
	switch {
	case digits:
		return number
	case wide:
		return any
	}
	return ascii
}
