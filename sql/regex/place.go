package regex

import "unicode"

// holds reports whether a constraint holds at a place.
func (r *runner) holds(c cond, pos int) bool {
	chars := r.text.chars
	switch c {
	case condTextStart:
		return pos == 0
	case condTextEnd:
		return pos == len(chars)
	case condLineStart:
		return pos == 0 || chars[pos-1] == '\n'
	case condLineEnd:
		return pos == len(chars) || chars[pos] == '\n'
	}
	before, after := pos > 0 && isWord(chars[pos-1]), pos < len(chars) && isWord(chars[pos])
	switch c {
	case condWordStart:
		return !before && after
	case condWordEnd:
		return before && !after
	case condWordEdge:
		return before != after
	}
	return before == after
}

// looks reports whether a look-around holds at a place.
func (r *runner) looks(i *inst, pos int) bool {
	switch i.look {
	case lookAhead:
		return r.begins(i.inner, pos)
	case lookNotAhead:
		return !r.begins(i.inner, pos)
	case lookBehind:
		return r.ends(i.inner, pos)
	}
	return !r.ends(i.inner, pos)
}

// begins reports whether a match begins at pos.
func (r *runner) begins(p *program, pos int) bool {
	w := r.work(p)
	if yes, ok := w.ahead[pos]; ok {
		return yes
	}
	if w.ahead == nil {
		w.ahead = map[int]bool{}
	}
	yes := r.shortest(p, pos, pos, len(r.text.chars)) >= 0
	w.ahead[pos] = yes
	return yes
}

// ends reports whether a match ends at pos. One pass over the text answers for all
// places: it goes as far as it is asked about.
func (r *runner) ends(p *program, pos int) bool {
	w := r.work(p)
	for len(w.behind) <= pos && r.err == nil {
		at := len(w.behind)
		if at > 0 {
			r.step(p, w, at-1)
		}
		r.follow(p, w, &w.now, p.start, at, 0)
		w.behind = append(w.behind, w.now.has(0))
		r.pause(len(w.now.list))
	}
	return pos < len(w.behind) && w.behind[pos]
}

// same compares characters as the expression does.
func (r *runner) same(a, b rune) bool {
	return a == b || r.fold && unicode.ToLower(a) == unicode.ToLower(b)
}
