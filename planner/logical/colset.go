package logical

import (
	"iter"
	"math/bits"
	"slices"

	"github.com/loxodb/loxodb/sql/expr"
)

// ColSet is a set of columns. Planning makes and asks sets all the time: those of most
// statements fit into the words at hand. The zero value is empty, and so is nil, to
// which nothing may be added.
type ColSet struct {
	few  [fewCols / 64]uint64
	more []uint64 // of columns from fewCols on
}

const fewCols = 192

// SetOf is the set of the columns.
func SetOf(l ...ColID) *ColSet {
	s := &ColSet{}
	for _, c := range l {
		s.Add(c)
	}
	return s
}

// Has reports whether the column is in the set.
func (s *ColSet) Has(c ColID) bool {
	switch {
	case s == nil || c < 0:
		return false
	case c < fewCols:
		return s.few[c/64]&(1<<(c%64)) != 0
	}
	w := c/64 - len(s.few)
	return w < len(s.more) && s.more[w]&(1<<(c%64)) != 0
}

// Add puts a column in.
func (s *ColSet) Add(c ColID) {
	if c < fewCols {
		s.few[c/64] |= 1 << (c % 64)
		return
	}
	w := c/64 - len(s.few)
	if n := w + 1 - len(s.more); n > 0 {
		s.more = append(s.more, make([]uint64, n)...)
	}
	s.more[w] |= 1 << (c % 64)
}

// AddSet puts all of another set in.
func (s *ColSet) AddSet(t *ColSet) {
	for i := range s.few {
		s.few[i] |= t.few[i]
	}
	if n := len(t.more) - len(s.more); n > 0 {
		s.more = append(s.more, make([]uint64, n)...)
	}
	for i, w := range t.more {
		s.more[i] |= w
	}
}

// All iterates over the columns, in ascending order.
func (s *ColSet) All() iter.Seq[ColID] {
	return func(yield func(ColID) bool) {
		for i, w := range append(s.few[:len(s.few):len(s.few)], s.more...) {
			for ; w != 0; w &= w - 1 {
				if !yield(64*i + bits.TrailingZeros64(w)) {
					return
				}
			}
		}
	}
}

// AddExpr puts the columns that an expression uses in; nil uses none.
func (s *ColSet) AddExpr(e expr.Expr) {
	if e != nil {
		Free(e, s.Add)
	}
}

// AddTree puts the columns that a tree uses but does not produce in.
func (s *ColSet) AddTree(n Node) { FreeTree(n, s.Add) }

// Clone is a set of its own with the same columns and those that the expressions use.
func (s *ColSet) Clone(extra ...expr.Expr) *ColSet {
	c := &ColSet{}
	if s != nil {
		*c = *s
		c.more = slices.Clone(s.more)
	}
	for _, e := range extra {
		c.AddExpr(e)
	}
	return c
}

// Produced is the set of columns that n produces.
func Produced(n Node) *ColSet {
	s := &ColSet{}
	s.addProduced(n)
	return s
}

func (s *ColSet) addProduced(n Node) {
	switch x := n.(type) {
	case *Filter:
		s.addProduced(x.Input)
	case *Join:
		s.addProduced(x.Left)
		if x.Kind != Semi && x.Kind != Anti {
			s.addProduced(x.Right)
		}
	default:
		for _, c := range n.Cols() {
			s.Add(c)
		}
	}
}
