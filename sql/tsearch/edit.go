package tsearch

import (
	"bytes"
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// FromWords is a vector of lexemes without places.
func FromWords(words [][]byte) Vector {
	v := make(Vector, 0, len(words))
	for _, w := range words {
		v = append(v, Lexeme{Word: w})
	}
	return v.normal()
}

// Strip leaves out places.
func (v Vector) Strip() Vector {
	out := make(Vector, len(v))
	for i, l := range v {
		out[i].Word = l.Word
	}
	return out
}

// SetWeight gives all places a weight, or with only those of some lexemes.
func (v Vector) SetWeight(weight byte, only func(word []byte) bool) Vector {
	out := slices.Clone(v)
	for i, l := range out {
		if only != nil && !only(l.Word) {
			continue
		}
		out[i].Pos = slices.Clone(l.Pos)
		for j, p := range l.Pos {
			out[i].Pos[j] = MakePos(p.Place(), weight)
		}
	}
	return out
}

// Delete leaves out lexemes.
func (v Vector) Delete(words ...[]byte) Vector {
	var out Vector
	for _, l := range v {
		if !slices.ContainsFunc(words, func(w []byte) bool { return bytes.Equal(w, l.Word) }) {
			out = append(out, l)
		}
	}
	return out
}

// Filter keeps the places of the weights in the set of bits, and lexemes that have one.
func (v Vector) Filter(weights byte) Vector {
	var out Vector
	for _, l := range v {
		kept := Lexeme{Word: l.Word}
		for _, p := range l.Pos {
			if weights&(1<<p.Weight()) != 0 {
				kept.Pos = append(kept.Pos, p)
			}
		}
		if len(kept.Pos) > 0 {
			out = append(out, kept)
		}
	}
	return out
}

// Concat is v and w, whose places go on after v's last.
func (v Vector) Concat(w Vector) Vector {
	last := 0
	for _, l := range v {
		for _, p := range l.Pos {
			last = max(last, p.Place())
		}
	}
	out := make(Vector, 0, len(v)+len(w))
	for _, l := range v {
		out = append(out, Lexeme{Word: l.Word, Pos: slices.Clone(l.Pos)})
	}
	for _, l := range w {
		moved := Lexeme{Word: l.Word}
		for _, p := range l.Pos {
			if n := len(moved.Pos); n > 0 && moved.Pos[n-1].Place() == maxPos {
				break
			}
			moved.Pos = append(moved.Pos, MakePos(p.Place()+last, p.Weight()))
		}
		out = append(out, moved)
	}
	return out.normal()
}

// Weight is the number of a weight's letter.
func Weight(c byte) (byte, bool) {
	if c |= 0x20; c >= 'a' && c <= 'd' {
		return 3 - (c - 'a'), true
	}
	return 0, false
}

// Join is a op b, where an empty query leaves the other.
func Join(op Op, a, b *Node) *Node {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return &Node{Op: op, Left: a, Right: b}
}

// Negate is !a.
func Negate(a *Node) *Node {
	if a == nil {
		return nil
	}
	return &Node{Op: Not, Right: a}
}

// Follow is a <distance> b.
func Follow(a, b *Node, distance int) (*Node, error) {
	if distance < 0 || distance > maxPos+1 {
		return nil, pgerr.Newf(pgerrcode.InvalidParameterValue,
			"distance in phrase operator must be an integer value between zero and %d inclusive", maxPos+1)
	}
	n := Join(Phrase, a, b)
	if a != nil && b != nil {
		n.Distance = distance
	}
	return n, nil
}

// Indexable is the part of a query that an index can answer, nil if there is none
// (querytree).
func (n *Node) Indexable() *Node {
	switch {
	case n == nil || n.Op == Not:
		return nil
	case n.Op == Word:
		return n
	}
	l, r := n.Left.Indexable(), n.Right.Indexable()
	switch {
	case n.Op == Or && (l == nil || r == nil):
		return nil
	case l == nil:
		return r
	case r == nil:
		return l
	}
	return &Node{Op: n.Op, Left: l, Right: r, Distance: n.Distance}
}

// Contains reports that all words of b are words of a.
func Contains(a, b *Node) bool {
	all := true
	b.words(func(w *Node) {
		found := false
		a.words(func(x *Node) { found = found || bytes.Equal(x.Word, w.Word) })
		all = all && found
	})
	return all
}
