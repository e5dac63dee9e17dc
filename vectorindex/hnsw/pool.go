package hnsw

import (
	"slices"

	"github.com/loxodb/loxodb/vectorindex/dist"
)

// entry is a node in a candidate pool. Its mark says that its neighbours were looked at.
type entry = dist.Entry

const expanded = dist.EntryMark

// sortedPool keeps the nearest entries in ascending order, at most limit of them.
type sortedPool struct {
	e      []entry
	limit  int
	places []int32 // of what is being merged
}

func (p *sortedPool) reset(limit int) {
	if cap(p.e) < limit {
		p.e = make([]entry, 0, limit+limit/4+spareEntries)
	}
	p.e, p.limit = p.e[:0], limit
}

// worst returns the greatest entry that could still be inserted.
func (p *sortedPool) worst() entry {
	if len(p.e) < p.limit {
		return ^entry(0)
	}
	return p.e[len(p.e)-1]
}

// spareEntries is room behind the limit for what a merge pushes out.
const spareEntries = 64

// insert puts x in its place, which it returns. When the pool is full the last
// entry is dropped and returned; the caller has checked that x is below it.
func (p *sortedPool) insert(x entry) (at int, dropped entry, full bool) {
	one := [1 + dist.EntrySpare]entry{x}
	at, over := p.merge(one[:1])
	if len(over) > 0 {
		return at, over[0], true
	}
	return at, 0, false
}

// merge puts ascending entries, at least one and with dist.EntrySpare of room behind them,
// in their places and returns the lowest of these and what is pushed out, valid until the
// next call.
func (p *sortedPool) merge(news []entry) (low int, over []entry) {
	n, m := len(p.e), len(news)
	e := slices.Grow(p.e, m+dist.EntrySpare)[:n+m]
	p.places = slices.Grow(p.places[:0], m)
	low = dist.MergeEntries(e[:n+m:cap(e)], n, news, p.places[:m])
	p.e = e[:min(len(e), p.limit)]
	return low, e[len(p.e):]
}

// visitSet is a set of ordinals that is cheap to empty.
type visitSet struct {
	words   []uint64
	touched []uint32 // words in use, when emptying all would be dearer
	sparse  bool
}

// sparseWords is the size from which touched words are remembered: emptying 128
// KiB costs as much as a few hundred remembered words.
const sparseWords = 1 << 14

func (v *visitSet) reset(n int) {
	if v.sparse {
		for _, w := range v.touched {
			v.words[w] = 0
		}
		v.touched = v.touched[:0]
	} else {
		clear(v.words)
	}
	v.need(n)
}

// need makes room for the ordinals below n.
func (v *visitSet) need(n int) {
	words := (n + 63) / 64
	if words <= len(v.words) {
		return
	}
	if !v.sparse && words > sparseWords {
		v.sparse = true
		for i, w := range v.words {
			if w != 0 {
				v.touched = append(v.touched, uint32(i))
			}
		}
	}
	grown := make([]uint64, words+words/8)
	copy(grown, v.words)
	v.words = grown
}

// add puts ord into the set and reports whether it was new.
func (v *visitSet) add(ord uint32) bool {
	w := int(ord >> 6)
	if w >= len(v.words) {
		v.need(int(ord) + 1)
	}
	bit := uint64(1) << (ord & 63)
	old := v.words[w]
	if old&bit != 0 {
		return false
	}
	if old == 0 && v.sparse {
		v.touched = append(v.touched, uint32(w))
	}
	v.words[w] = old | bit
	return true
}

func (v *visitSet) has(ord uint32) bool {
	w := int(ord >> 6)
	return w < len(v.words) && v.words[w]>>(ord&63)&1 != 0
}

// remove takes ord out of the set.
func (v *visitSet) remove(ord uint32) {
	if w := int(ord >> 6); w < len(v.words) {
		v.words[w] &^= 1 << (ord & 63)
	}
}
