package regex

import "strings"

// Flags are the options of PostgreSQL's chapter 9.7.3.4. The zero value is an
// advanced expression that minds case.
type Flags struct {
	Fold        bool // i
	Literal     bool // q
	DotStops    bool // n, p: . and [^…] do not match newline
	LineAnchors bool // n, w: ^ and $ match at lines
	Expanded    bool // x
	Extended    bool // e: an ERE
	Basic       bool // b: a BRE
}

// Set applies one option letter and reports whether there is such an option.
func (f *Flags) Set(c rune) bool {
	switch c {
	case 'b':
		f.Basic, f.Extended, f.Literal = true, false, false
	case 'e':
		f.Basic, f.Extended, f.Literal = false, true, false
	case 'i':
		f.Fold = true
	case 'c':
		f.Fold = false
	case 'q':
		f.Literal, f.Basic, f.Extended = true, false, false
	case 'n', 'm':
		f.DotStops, f.LineAnchors = true, true
	case 'p':
		f.DotStops, f.LineAnchors = true, false
	case 'w':
		f.DotStops, f.LineAnchors = false, true
	case 's':
		f.DotStops, f.LineAnchors = false, false
	case 'x':
		f.Expanded = true
	case 't':
		f.Expanded = false
	default:
		return false
	}
	return true
}

func (f Flags) advanced() bool { return !f.Literal && !f.Extended && !f.Basic }

// directors reads ***: or ***= and the embedded options at the start of an advanced
// expression, and gives where the rest begins.
func (f *Flags) directors(p string) (int, error) {
	if f.Literal && (f.Expanded || f.DotStops || f.LineAnchors) {
		return 0, errArgument
	}
	if f.Literal {
		return 0, nil
	}
	at := 0
	if len(p) >= 4 && strings.HasPrefix(p, "***") {
		switch p[3] {
		case '=':
			*f = Flags{Literal: true, Fold: f.Fold}
			return 4, nil
		case ':':
			f.Basic, f.Extended = false, false
			at = 4
		default:
			return 0, errOperand
		}
	}
	if !f.advanced() || len(p)-at < 3 || p[at:at+2] != "(?" || !isLetter(p[at+2]) {
		return at, nil
	}
	for at += 2; at < len(p) && isLetter(p[at]); at++ {
		if !f.Set(rune(p[at])) {
			return 0, errOption
		}
	}
	if at >= len(p) || p[at] != ')' {
		return 0, errOption
	}
	if f.Literal {
		f.Expanded, f.DotStops, f.LineAnchors = false, false, false
	}
	return at + 1, nil
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
