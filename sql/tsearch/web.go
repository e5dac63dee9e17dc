package tsearch

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// WebQuery is websearch_to_tsquery: words as a search engine takes them, "phrases", or,
// and - for not; nothing is an error.
func (c Config) WebQuery(text string) (n *Node, asked bool) {
	w := webParser{config: c, s: text}
	var out, part *Node // the alternatives before this one, and this one
	for w.some() {
		part = Join(And, part, w.operand())
		if w.or() {
			out, part = Join(Or, out, part), nil
		}
	}
	if out = Join(Or, out, part); out == nil {
		return nil, false
	}
	return clean(out), true
}

type webParser struct {
	config Config
	s      string
}

func isOperator(c byte) bool { return strings.IndexByte("!&|()", c) >= 0 }

// some passes over what is nothing to search for, and reports that something is left.
func (w *webParser) some() bool {
	w.s = strings.TrimLeftFunc(w.s, func(r rune) bool { return r < utf8.RuneSelf && (isSpace(byte(r)) || isOperator(byte(r))) })
	return w.s != ""
}

// operand reads a word, a phrase in quotation marks, or not and one of these.
func (w *webParser) operand() *Node {
	switch {
	case !w.some():
		return &Node{Op: Stop}
	case w.s[0] == '-':
		w.s = w.s[1:]
		return &Node{Op: Not, Right: w.operand()}
	case w.s[0] == '"':
		phrase, rest, _ := strings.Cut(w.s[1:], `"`)
		w.s = rest
		return w.config.lexemes(phrase, Phrase, 0, false)
	}
	end := 1
	for end < len(w.s) && !isSpace(w.s[end]) && !isOperator(w.s[end]) && w.s[end] != '"' && w.s[end] != ':' {
		end++
	}
	word := w.s[:end]
	w.s = w.s[end:]
	return w.config.lexemes(word, Phrase, 0, false)
}

// or takes the word or, unless it is the last one or a part of another.
func (w *webParser) or() bool {
	s := strings.TrimLeft(w.s, " \t\n\v\f\r")
	if len(s) < 3 || !strings.EqualFold(s[:2], "or") {
		return false
	}
	r, n := utf8.DecodeRuneInString(s[2:])
	if r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) {
		return false
	}
	if strings.TrimLeft(s[2+n:], " \t\n\v\f\r") == "" {
		return false
	}
	w.s = s[2:]
	return true
}
