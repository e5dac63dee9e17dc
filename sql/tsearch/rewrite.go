package tsearch

import (
	"bytes"
	"cmp"
	"slices"
)

// flat is a query whose nested ands and ors are one with many operands, which are sorted.
type flat struct {
	op       Op
	distance int
	word     *Node
	kids     []*flat
	kept     bool // it was put in, and is not searched again
}

func flatten(n *Node) *flat {
	f := &flat{op: n.Op, distance: n.Distance}
	if n.Op == Word {
		f.word = n
		return f
	}
	for _, x := range []*Node{n.Right, n.Left} { // as PostgreSQL has them
		if x == nil {
			continue
		}
		k := flatten(x)
		if k.op == n.Op && (n.Op == And || n.Op == Or) {
			f.kids = append(f.kids, k.kids...)
		} else {
			f.kids = append(f.kids, k)
		}
	}
	return f
}

func (f *flat) sort() *flat {
	for _, k := range f.kids {
		k.sort()
	}
	if f.op == And || f.op == Or {
		slices.SortStableFunc(f.kids, (*flat).compare)
	}
	return f
}

// compare orders as PostgreSQL does: what is greater comes first.
func (f *flat) compare(g *flat) int {
	if (f.op == Word) != (g.op == Word) {
		return cmp.Compare(b2i(f.op == Word), b2i(g.op == Word))
	}
	if f.op == Word {
		if c := cmp.Compare(int32(checksum(g.word.Word)), int32(checksum(f.word.Word))); c != 0 {
			return c
		}
		return bytes.Compare(f.word.Word, g.word.Word)
	}
	if c := cmp.Compare(g.op, f.op); c != 0 {
		return c
	}
	if c := cmp.Compare(len(g.kids), len(f.kids)); c != 0 {
		return c
	}
	for i := range f.kids {
		if c := f.kids[i].compare(g.kids[i]); c != 0 {
			return c
		}
	}
	return cmp.Compare(g.distance, f.distance)
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// node is the query with operators of two operands again.
func (f *flat) node() *Node {
	if f.op == Word {
		return f.word
	}
	kids := make([]*Node, len(f.kids))
	for i, k := range f.kids {
		kids[i] = k.node()
	}
	if f.op == Not {
		return &Node{Op: Not, Right: kids[0]}
	}
	for len(kids) > 2 { // the first two, then the others from the last on
		kids[0] = &Node{Op: f.op, Left: kids[1], Right: kids[0]}
		kids[1] = kids[len(kids)-1]
		kids = kids[:len(kids)-1]
	}
	return &Node{Op: f.op, Left: kids[1], Right: kids[0], Distance: f.distance}
}

// Rewrite replaces target in a query by another query, or leaves it out for an empty one.
func Rewrite(q, target, with *Node) *Node {
	if q == nil || target == nil {
		return q
	}
	f := flatten(q).sort().replace(flatten(target).sort(), with)
	if f == nil {
		return nil
	}
	return f.node()
}

func (f *flat) replace(target *flat, with *Node) *flat {
	if f = f.match(target, with); f == nil || f.kept || f.op == Word {
		return f
	}
	kids := f.kids[:0]
	for _, k := range f.kids {
		if k = k.replace(target, with); k != nil {
			kids = append(kids, k)
		}
	}
	switch f.kids = kids; {
	case len(kids) == 0:
		return nil
	case len(kids) == 1 && f.op != Not:
		return kids[0]
	}
	return f
}

// put is what takes the place of target.
func put(with *Node) *flat {
	if with == nil {
		return nil
	}
	f := unsorted(with)
	f.kept = true
	return f
}

// unsorted is a query as it is, neither flattened nor sorted.
func unsorted(n *Node) *flat {
	f := &flat{op: n.Op, distance: n.Distance}
	if n.Op == Word {
		f.word = n
		return f
	}
	for _, x := range []*Node{n.Right, n.Left} { // as PostgreSQL has them
		if x != nil {
			f.kids = append(f.kids, unsorted(x))
		}
	}
	return f
}

// match replaces the whole, or those of many operands that are target's.
func (f *flat) match(target *flat, with *Node) *flat {
	switch {
	case f.op != target.op || f.kept:
		return f
	case f.op == Word || len(f.kids) == len(target.kids):
		if f.compare(target) == 0 {
			return put(with)
		}
		return f
	case len(f.kids) < len(target.kids):
		return f
	}
	var rest []*flat
	found := 0
	for _, k := range f.kids {
		if found < len(target.kids) && k.compare(target.kids[found]) == 0 {
			found++
		} else {
			rest = append(rest, k)
		}
	}
	if found < len(target.kids) {
		return f
	}
	if p := put(with); p != nil {
		rest = append(rest, p)
	}
	f.kids = rest
	return f.sort()
}
