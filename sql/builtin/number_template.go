package builtin

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// numNode is an element of a number template: a keyword, or with none a literal
// character.
type numNode struct {
	word string // upper case, but th and rn as written
	char string
}

// Where the sign of S stands.
const (
	signNone = iota
	signBefore
	signAfter
)

// numTemplate is a parsed number template (table 9.29).
type numTemplate struct {
	nodes                                           []numNode
	pre, post, multi                                int // places before and after the point, and after V
	zeroStart, zeroEnd                              int // places of the first 0 before the point, from 1 (0 none), and of the last 0
	sign                                            int // of S
	signPlace                                       int // places before S
	zero, blank, fill, lsign, minus, plus, brackets bool
	roman, point, exponent, multiply                bool
}

func templateError(msg string) *pgerr.Error { return pgerr.New(pgerrcode.SyntaxError, msg) }

// numWords are the keywords, longest first among those with a common start; each
// in upper or in lower case.
var numWords = []string{",", ".", "0", "9", "B", "C", "D", "EEEE", "FM", "G", "L", "MI", "PL", "PR", "RN", "SG", "SP", "S", "TH", "V"}

func numWord(s string) string {
	for _, w := range numWords {
		if strings.HasPrefix(s, w) || strings.HasPrefix(s, strings.ToLower(w)) {
			return s[:len(w)]
		}
	}
	return ""
}

func parseNumberTemplate(s string) (*numTemplate, error) {
	p := &numTemplate{}
	char := func(n int) {
		_, size := utf8.DecodeRuneInString(s[n:])
		p.nodes = append(p.nodes, numNode{char: s[n : n+size]})
		s = s[n+size:]
	}
	for s != "" {
		if w := numWord(s); w != "" {
			if err := p.keyword(strings.ToUpper(w)); err != nil {
				return nil, err
			}
			s = s[len(w):]
			if u := strings.ToUpper(w); u != "TH" && u != "RN" {
				w = u
			}
			p.nodes = append(p.nodes, numNode{word: w})
			continue
		}
		switch {
		case s[0] == '"':
			s = s[1:]
			for s != "" && s[0] != '"' {
				if s[0] == '\\' && len(s) > 1 {
					s = s[1:]
				}
				char(0)
			}
			s = strings.TrimPrefix(s, `"`)
		case strings.HasPrefix(s, `\"`):
			char(1)
		default:
			char(0)
		}
	}
	return p, nil
}

// keyword takes a keyword into account, by the rules of which go together.
func (p *numTemplate) keyword(w string) error {
	if p.exponent && w != "EEEE" {
		return templateError("\"EEEE\" must be the last pattern used")
	}
	switch w {
	case "9", "0":
		return p.digit(w)
	case "B":
		p.blank = p.blank || p.pre == 0 && p.post == 0 && !p.zero
	case "D", ".":
		switch {
		case p.point:
			return templateError("multiple decimal points")
		case p.multiply:
			return templateError("cannot use \"V\" and decimal point together")
		}
		p.point = true
	case "FM":
		p.fill = true
	case "S":
		return p.signOf()
	case "MI", "PL", "SG":
		if p.lsign {
			return templateError("cannot use \"S\" and \"" + w + "\" together")
		}
		p.minus, p.plus = p.minus || w != "PL", p.plus || w != "MI"
	case "PR":
		if p.lsign || p.plus || p.minus {
			return templateError("cannot use \"PR\" and \"S\"/\"PL\"/\"MI\"/\"SG\" together")
		}
		p.brackets = true
	case "RN":
		p.roman = true
	case "V":
		if p.point {
			return templateError("cannot use \"V\" and decimal point together")
		}
		p.multiply = true
	case "EEEE":
		switch {
		case p.exponent:
			return templateError("cannot use \"EEEE\" twice")
		case slices.Contains([]bool{p.blank, p.fill, p.lsign, p.brackets, p.minus, p.plus, p.roman, p.multiply}, true):
			return templateError("\"EEEE\" is incompatible with other formats").
				WithDetail("\"EEEE\" may only be used together with digit and decimal point patterns.")
		}
		p.exponent = true
	}
	return nil
}

func (p *numTemplate) digit(w string) error {
	if p.brackets {
		return templateError("\"" + w + "\" must be ahead of \"PR\"")
	}
	switch {
	case w == "9" && p.multiply:
		p.multi++
	case p.point:
		p.post++
	default:
		if w == "0" && !p.zero {
			p.zero, p.zeroStart = true, p.pre+1
		}
		p.pre++
	}
	if w == "0" {
		p.zeroEnd = p.pre + p.post
	}
	return nil
}

func (p *numTemplate) signOf() error {
	switch {
	case p.lsign:
		return templateError("cannot use \"S\" twice")
	case p.plus || p.minus || p.brackets:
		return templateError("cannot use \"S\" and \"PL\"/\"MI\"/\"SG\"/\"PR\" together")
	case !p.point:
		p.sign, p.signPlace, p.lsign = signBefore, p.pre, true
	case p.sign == signNone:
		p.sign, p.lsign = signAfter, true
	}
	return nil
}
