package tsearch

import (
	"bytes"
	"slices"
)

// answer is whether a part of a query holds; maybe where places are not known.
type answer byte

const (
	no answer = iota
	yes
	maybe
)

// phrasal is where a part of a phrase ends: at the places, or with negate everywhere
// but there; it is width places long beside the first.
type phrasal struct {
	pos    []int
	negate bool
	width  int
}

// finder answers for one word. With out it tells the places, too.
type finder func(n *Node, out *phrasal) answer

// Match reports that the query holds for the vector; an empty one holds for none.
func (n *Node) Match(v Vector) bool { return n != nil && n.holds(v.find1) != no }

// holds is three-valued logic over words and phrases.
func (n *Node) holds(f finder) answer {
	switch n.Op {
	case Word:
		return f(n, nil)
	case Not:
		switch n.Right.holds(f) {
		case no:
			return yes
		case yes:
			return no
		}
		return maybe
	case And:
		l := n.Left.holds(f)
		if l == no {
			return no
		}
		r := n.Right.holds(f)
		if r == yes {
			return l
		}
		return r
	case Or:
		l := n.Left.holds(f)
		if l == yes {
			return yes
		}
		r := n.Right.holds(f)
		if r == no {
			return l
		}
		return r
	}
	if n.phrase(f, &phrasal{}) == yes {
		return yes
	}
	return no // what may be a phrase is none
}

// phrase finds the places where a part of a phrase ends.
func (n *Node) phrase(f finder, out *phrasal) answer {
	switch n.Op {
	case Word:
		return f(n, out)
	case Not:
		switch n.Right.phrase(f, out) {
		case no:
			out.negate = true
			return yes
		case maybe:
			return maybe
		}
		if len(out.pos) > 0 {
			out.negate = !out.negate
			return yes
		}
		out.negate = false // everywhere becomes nowhere
		return no
	}
	var l, r phrasal
	la := n.Left.phrase(f, &l)
	if la == no && n.Op != Or {
		return no
	}
	ra := n.Right.phrase(f, &r)
	switch {
	case ra == no && (n.Op != Or || la == no):
		return no
	case la == maybe || ra == maybe:
		return maybe
	}
	if la == no {
		l.width = 0
	}
	if ra == no {
		r.width = 0
	}
	shiftL, shiftR := 0, 0
	if n.Op == Phrase {
		shiftL = n.Distance + r.width
		out.width = n.Distance + l.width + r.width
	} else {
		out.width = max(l.width, r.width)
		shiftL, shiftR = out.width-l.width, out.width-r.width
	}
	return out.join(&l, &r, shiftL, shiftR, n.Op == Or)
}

// Which places of two lists are wanted.
const (
	onlyLeft = 1 << iota
	onlyRight
	inBoth
)

// join combines what two operands found; negated sets turn and into or.
func (out *phrasal) join(l, r *phrasal, shiftL, shiftR int, or bool) answer {
	var take int
	switch {
	case l.negate && r.negate:
		take = inBoth | onlyLeft | onlyRight
		if or {
			take = inBoth
		}
		out.negate = true
	case l.negate:
		take, out.negate = onlyRight, or
		if or {
			take = onlyLeft
		}
	case r.negate:
		take, out.negate = onlyLeft, or
		if or {
			take = onlyRight
		}
	case or:
		take = inBoth | onlyLeft | onlyRight
	default:
		take = inBoth
	}
	out.pos = merge(l.pos, r.pos, shiftL, shiftR, take)
	if len(out.pos) > 0 || out.negate {
		return yes
	}
	return no
}

func merge(l, r []int, shiftL, shiftR, take int) (out []int) {
	for i, j := 0, 0; i < len(l) || j < len(r); {
		var p, kind int
		switch {
		case j == len(r) || i < len(l) && l[i]+shiftL < r[j]+shiftR:
			p, kind = l[i]+shiftL, onlyLeft
			i++
		case i == len(l) || l[i]+shiftL > r[j]+shiftR:
			p, kind = r[j]+shiftR, onlyRight
			j++
		default:
			p, kind = l[i]+shiftL, inBoth
			i++
			j++
		}
		if take&kind != 0 {
			out = append(out, p)
		}
	}
	return out
}

// find1 answers for a word of a query out of the vector.
func (v Vector) find1(n *Node, out *phrasal) answer {
	result := no
	for _, l := range v.matching(n) {
		a := l.class(n, out)
		if out == nil {
			if a != no {
				return a
			}
			continue
		}
		if a == maybe || result == maybe {
			result = maybe
		} else if a == yes {
			result = yes
		}
	}
	if out != nil && n.Prefix {
		slices.Sort(out.pos)
		out.pos = slices.Compact(out.pos)
	}
	return result
}

// matching are the lexemes that a word of a query stands for.
func (v Vector) matching(n *Node) Vector {
	at, ok := v.find(n.Word)
	end := at
	if ok {
		end++
	}
	if n.Prefix {
		for end < len(v) && bytes.HasPrefix(v[end].Word, n.Word) {
			end++
		}
	}
	return v[at:end]
}

// class is whether a lexeme has a place of the wanted weights. Without places it has
// all weights, but nobody knows where.
func (l *Lexeme) class(n *Node, out *phrasal) answer {
	if len(l.Pos) == 0 {
		if out != nil {
			return maybe
		}
		return yes
	}
	result := no
	for _, p := range l.Pos {
		if n.Weights != 0 && n.Weights&(1<<p.Weight()) == 0 {
			continue
		}
		result = yes
		if out == nil {
			break
		}
		out.pos = append(out.pos, p.Place())
	}
	return result
}
