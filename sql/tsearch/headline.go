package tsearch

import (
	"bytes"
	"strings"
)

// Headline says what of a text is shown for a query, and how (ts_headline).
type Headline struct {
	MaxWords, MinWords int
	ShortWord          int // words of this length or less begin and end nothing
	MaxFragments       int // 0: one piece around the best words
	All                bool
	Start, Stop        string // around the words of the query
	Delimiter          string // between fragments
}

// NewHeadline has the values of what is not given.
func NewHeadline() Headline {
	return Headline{MaxWords: 35, MinWords: 15, ShortWord: 3, Start: "<b>", Stop: "</b>", Delimiter: " ... "}
}

// piece is a token of a text that is shown in part.
type piece struct {
	Token
	place int
	found []*Node // the words of the query that it is
	shown bool
}

// Headliner makes headlines of texts that follow each other.
type Headliner struct {
	Config
	Headline
	Query *Node
	words []*Node
	place int
	list  []piece
}

// Text is the part of a text that shows best what the query asks for.
func (h *Headliner) Text(text string) string {
	h.parse(text)
	switch {
	case h.All:
		h.show(0, len(h.list)-1)
	case h.MaxFragments > 0:
		h.fragments()
	default:
		h.best()
	}
	return h.write()
}

// parse finds the words of the query among the tokens of a text.
func (h *Headliner) parse(text string) {
	if h.words == nil {
		h.Query.words(func(n *Node) { h.words = append(h.words, n) })
	}
	h.list = h.list[:0]
	n := 0
	Parse(text, func(t Token) {
		n++
		h.Config.goOn(n)
		if len(t.Text) > maxWord {
			return
		}
		p := piece{Token: t}
		if d, ok := h.Config.Dictionary(t.Kind); ok {
			h.place++
			p.place = min(h.place, maxPos)
			if lexeme, ok := d.Lexize(t.Text); ok {
				p.found = h.find([]byte(lexeme))
			}
		}
		h.list = append(h.list, p)
	})
}

func (h *Headliner) find(lexeme []byte) (found []*Node) {
	for _, n := range h.words {
		if bytes.Equal(n.Word, lexeme) || n.Prefix && bytes.HasPrefix(lexeme, n.Word) {
			found = append(found, n)
		}
	}
	return found
}

// cover is the next shortest stretch of tokens, from one on, that has what the query
// asks for; stretches that are longer than most are not looked at.
func (h *Headliner) cover(from int) (c cover, ok bool) {
	most := max(10*h.MaxWords, 100) * max(1, h.MaxFragments)
	for from = h.hit(from); from >= 0; from = h.hit(from + 1) {
		for to := from; to >= 0 && to-from < most || to == from; to = h.hit(to + 1) {
			if h.holds(h.list[from : to+1]) {
				return cover{from, to}, true
			}
		}
	}
	return c, false
}

// hit is the next token that is a word of the query, -1 if there is none.
func (h *Headliner) hit(from int) int {
	for i := from; i < len(h.list); i++ {
		if len(h.list[i].found) > 0 {
			return i
		}
	}
	return -1
}

func (h *Headliner) holds(list []piece) bool {
	return h.Query != nil && h.Query.holds(func(n *Node, out *phrasal) answer {
		result := no
		for i := range list {
			for _, f := range list[i].found {
				if f != n {
					continue
				}
				result = yes
				if out == nil {
					return yes
				}
				if k := len(out.pos); k == 0 || out.pos[k-1] < list[i].place {
					out.pos = append(out.pos, list[i].place)
				}
			}
		}
		return result
	}) != no
}

// counts reports a token that is counted as a word: no blanks, no markup, and nothing
// whose parts follow.
func (p *piece) counts() bool { return p.Kind != Blank && p.Kind != Tag && !p.whole() }

// whole reports a token whose parts follow as tokens of their own.
func (p *piece) whole() bool {
	return p.Kind == URL || p.Kind == NumHWord || p.Kind == ASCIIHWord || p.Kind == HWord
}

// badEnd reports a token that should not be the first or the last of what is shown.
func (h *Headliner) badEnd(i int) bool {
	p := &h.list[i]
	if len(p.found) > 0 {
		return false
	}
	switch p.Kind {
	case SFloat, Version, Float, Int, UInt, Protocol, Entity:
		return true
	}
	return !p.counts() || len(p.Text) <= h.ShortWord
}

// tally counts tokens from one to another: words, and those of the query.
type tally struct{ words, hits int }

func (t *tally) add(p *piece, by int) {
	if p.counts() {
		t.words += by
	}
	if len(p.found) > 0 {
		t.hits += by
	}
}

// best shows the piece with most words of the query.
func (h *Headliner) best() {
	from, to, hits, whole := 0, -1, -1, false
	for next := 0; ; next++ {
		c, ok := h.cover(next)
		if !ok {
			break
		}
		next = c.from
		f, t, n := h.around(c)
		all := f <= c.from && t >= c.to
		switch {
		case all != whole:
			if !all {
				continue
			}
		case n < hits, n == hits && (h.badEnd(t) || to >= 0 && !h.badEnd(to)):
			continue
		}
		from, to, hits, whole = f, t, n, all
	}
	if hits < 0 {
		h.beginning()
		return
	}
	h.show(from, to)
}

// beginning shows the first words of a text that has none of the query.
func (h *Headliner) beginning() {
	var t tally
	to := -1
	for i := 0; i < len(h.list) && t.words < h.MinWords; i++ {
		t.add(&h.list[i], 1)
		to = i
	}
	h.show(0, to)
}

// around fits a cover to the wanted number of words: longer to the right up to a good
// end, then to the left, or shorter from the right.
func (h *Headliner) around(c cover) (from, to, hits int) {
	var t tally
	from, to = c.from, c.from
	i := c.from
	for ; i <= c.to && t.words < h.MaxWords; i++ {
		t.add(&h.list[i], 1)
		to = i
	}
	if t.words >= h.MaxWords {
		for i = min(i, c.to); t.words > h.MinWords && h.badEnd(i); i-- {
			t.add(&h.list[i], -1)
			to = i - 1
		}
		return from, to, t.hits
	}
	for i--; i < len(h.list) && t.words < h.MaxWords; i++ {
		if i > c.to {
			t.add(&h.list[i], 1)
		}
		to = i
		if !h.badEnd(i) && t.words >= h.MinWords {
			break
		}
	}
	if t.words < h.MinWords {
		for i = c.from - 1; i >= 0; i-- {
			t.add(&h.list[i], 1)
			if t.words >= h.MaxWords || !h.badEnd(i) && t.words >= h.MinWords {
				break
			}
		}
		from = max(i, 0)
	}
	return from, to, t.hits
}

func (h *Headliner) show(from, to int) {
	for i := from; i <= to; i++ {
		h.list[i].shown = true
	}
}

// write puts the fragments together: without tokens that come in parts, with blanks for
// markup unless everything is shown.
func (h *Headliner) write() string {
	var b strings.Builder
	inside, any := false, false
	for i := range h.list {
		p := &h.list[i]
		if !p.shown {
			inside = false
			continue
		}
		if !inside && any {
			b.WriteString(h.Delimiter)
		}
		inside, any = true, true
		switch {
		case p.Kind == Tag && !h.All:
			b.WriteByte(' ')
		case p.whole():
		case len(p.found) > 0:
			b.WriteString(h.Start + p.Text + h.Stop)
		default:
			b.WriteString(p.Text)
		}
	}
	return b.String()
}
