package builtin

import (
	"github.com/loxodb/loxodb/sql/types"
)

// Mergeable reports that states of the aggregate can be merged: however its rows are
// divided among several, in whatever order, the result is the same. Not so sums of
// floats, and not the least of values of which equal ones print differently: what is
// left depends on the order there.
func Mergeable(a Agg) bool {
	switch a := a.(type) {
	case *minMaxOrdered:
		return !a.float
	case *minMaxAgg:
		return types.HashesBytes(a.t) && a.missing == nil
	}
	_, ok := a.(Merger)
	return ok
}

// Merge implements Merger.
func (a *countAgg) Merge(from Agg, groups []uint32) {
	for i, n := range from.(*countAgg).n {
		a.n[groups[i]] += n
	}
}

// Merge implements Merger.
func (a *intSumAgg) Merge(from Agg, groups []uint32) {
	b := from.(*intSumAgg)
	for i, g := range groups[:len(b.n)] {
		a.n[g] += b.n[i]
		a.sum[g].addAll(b.sum[i])
	}
}

// Merge implements Merger.
func (a *numericSumAgg) Merge(from Agg, groups []uint32) {
	b := from.(*numericSumAgg)
	for i, g := range groups[:len(b.s)] {
		a.s[g].merge(&b.s[i])
	}
}

func (s *numericSum) merge(b *numericSum) {
	s.n += b.n
	s.nan, s.plus, s.minus = s.nan || b.nan, s.plus || b.plus, s.minus || b.minus
	s.scale = max(s.scale, b.scale)
	if len(b.places) == 0 {
		return
	}
	s.reserve(b.top, b.top-len(b.places)+1)
	for i, p := range b.places {
		s.places[s.top-b.top+i] += p
	}
}

// Merge implements Merger.
func (a *intFoldAgg) Merge(from Agg, groups []uint32) {
	b := from.(*intFoldAgg)
	for i, g := range groups[:len(b.have)] {
		switch {
		case !b.have[i]:
		case a.have[g]:
			a.v[g] = a.f(a.v[g], b.v[i])
		default:
			a.have[g], a.v[g] = true, b.v[i]
		}
	}
}

// Merge implements Merger, for integers.
func (a *minMaxOrdered) Merge(from Agg, groups []uint32) {
	b := from.(*minMaxOrdered)
	for i, g := range groups[:len(b.have)] {
		if !b.have[i] {
			continue
		}
		if x := b.ints[i]; !a.have[g] || a.least && x < a.ints[g] || !a.least && x > a.ints[g] {
			a.have[g], a.ints[g] = true, x
		}
	}
}

// Merge implements Merger, for values of which equal ones are the same bytes.
func (a *minMaxAgg) Merge(from Agg, groups []uint32) {
	b := from.(*minMaxAgg)
	for i, g := range groups[:len(b.have)] {
		if b.have[i] {
			a.meet(g, b.val[i])
		}
	}
}
