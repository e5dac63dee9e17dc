// Package regex matches PostgreSQL's regular expressions: advanced, extended and
// basic ones, with look-around constraints, back references and PostgreSQL's own
// rules of what is preferred. An expression is parsed into a tree of parts, each
// with a language and a preference (parse.go). What a part can match is decided by
// an automaton (nfa.go, run.go), so time is bounded by the text and not by the ways
// through it; where captures lie is found by taking the whole match apart along the
// tree (dissect.go). Expressions without preferences for short matches, back
// references and look-around are found by Go's regexp (gosyntax.go), and only taken
// apart here.
package regex

import (
	"regexp"
	"sync"
	"unicode/utf8"
)

// Regexp is a compiled expression, safe for concurrent use.
type Regexp struct {
	tree    *node
	groups  int
	fold    bool
	hasBack bool
	fast    *regexp.Regexp // finds the same match as a whole; nil = only the automaton does
	back    bool           // what is before a place matters to it

	once sync.Once
	prog *program // the whole, made when the automaton is needed
}

// Compile parses an expression. Errors are of type Error.
func Compile(pattern string, flags Flags) (*Regexp, error) {
	p, err := parse(pattern, flags)
	if err != nil {
		return nil, err
	}
	if err := p.fits(); err != nil {
		return nil, err
	}
	re := &Regexp{tree: p.tree, groups: p.groups, fold: p.flags.Fold, hasBack: p.hasBack}
	if !p.hasBack && p.tree.flags&shorter == 0 {
		if text, ok := goSyntax(p.tree.x); ok {
			if fast, err := regexp.Compile(text); err == nil { // Go bounds repetitions more tightly
				fast.Longest()
				re.fast, re.back = fast, looksBack(p.tree.x)
			}
		}
	}
	return re, nil
}

// Groups is the number of capturing groups.
func (re *Regexp) Groups() int { return re.groups }

// Match reports whether there is a match in s. check is asked from time to time
// whether to go on; nil = always.
func (re *Regexp) Match(s []byte, check func() error) (bool, error) {
	if re.fast != nil {
		return re.fastMatch(s, check)
	}
	m := re.On(s, check)
	loc, err := m.find(0, false)
	return loc != nil, err
}

// Matcher finds matches in one text.
type Matcher struct {
	re    *Regexp
	s     []byte
	check func() error
	text  *text
	run   *runner
}

// On prepares a search in s.
func (re *Regexp) On(s []byte, check func() error) *Matcher {
	return &Matcher{re: re, s: s, check: check}
}

// Find gives the first match that begins at byte from or later: pairs of offsets
// of the whole and of each group, -1 for a group without part in it; nil = none.
func (m *Matcher) Find(from int) ([]int, error) {
	return m.find(from, true)
}

func (m *Matcher) find(from int, groups bool) ([]int, error) {
	if from > len(m.s) {
		return nil, nil
	}
	if re := m.re; re.fast != nil && (from == 0 || !re.back) {
		loc, err := re.fastIndex(m.s[from:], m.check)
		if loc == nil || err != nil || !groups {
			return loc, err
		}
		loc[0] += from
		loc[1] += from
		if re.groups == 0 {
			return loc, nil
		}
		if err := m.open(); err != nil {
			return nil, err
		}
		return m.dissect(m.text.charAt(loc[0]), m.text.charAt(loc[1]))
	}
	if err := m.open(); err != nil {
		return nil, err
	}
	return m.search(m.text.charAt(from), groups)
}

// open decodes the text for the automaton.
func (m *Matcher) open() error {
	if m.text != nil {
		return nil
	}
	t, err := newText(m.s, m.check)
	if err != nil {
		return err
	}
	m.text = t
	m.run = &runner{text: m.text, check: m.check, fold: m.re.fold}
	m.re.once.Do(func() {
		m.re.prog = compileExpr(m.re.tree.x)
		m.re.prog.first = m.re.prog.begins()
	})
	return nil
}

// text is a subject as characters.
type text struct {
	chars []rune
	off   []int // byte offsets of the characters and of the end; nil = ASCII
}

func newText(s []byte, check func() error) (*text, error) {
	t := &text{chars: make([]rune, 0, len(s))}
	for i := 0; i < len(s); {
		if len(t.chars)%longText == longText-1 && check != nil {
			if err := check(); err != nil {
				return nil, err
			}
		}
		r, n := utf8.DecodeRune(s[i:])
		if n > 1 && t.off == nil {
			t.off = make([]int, i, len(s)+1)
			for k := range t.off {
				t.off[k] = k
			}
		}
		if t.off != nil {
			t.off = append(t.off, i)
		}
		t.chars = append(t.chars, r)
		i += n
	}
	if t.off != nil {
		t.off = append(t.off, len(s))
	}
	return t, nil
}

// offset is the byte offset of a character.
func (t *text) offset(char int) int {
	if t.off == nil || char < 0 {
		return char
	}
	return t.off[char]
}

// charAt is the character at a byte offset.
func (t *text) charAt(off int) int {
	if t.off == nil {
		return off
	}
	lo, hi := 0, len(t.off)-1
	for lo < hi {
		if mid := (lo + hi) / 2; t.off[mid] < off {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}
