package hnsw

import (
	"cmp"
	"math"
	"slices"
)

// entry is a node in a candidate pool: the order-preserving bits of its estimated
// distance above its ordinal, so that pools are plain sorted integers. Bit 31
// marks a node whose neighbours were looked at.
type entry uint64

const expanded entry = 1 << 31

func makeEntry(d float32, ord uint32) entry {
	b := math.Float32bits(d)
	if b>>31 != 0 {
		b = ^b
	} else {
		b |= 1 << 31
	}
	return entry(b)<<32 | entry(ord)
}

func (e entry) ord() uint32 { return uint32(e) &^ (1 << 31) }

func (e entry) dist() float32 {
	b := uint32(e >> 32)
	if b>>31 != 0 {
		b &^= 1 << 31
	} else {
		b = ^b
	}
	return math.Float32frombits(b)
}

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
	one := [1]entry{x}
	at, over := p.merge(one[:])
	if len(over) > 0 {
		return at, over[0], true
	}
	return at, 0, false
}

// merge puts ascending entries, at least one, in their places and returns the lowest
// of these and what is pushed out, valid until the next call. What moves does so once.
func (p *sortedPool) merge(news []entry) (low int, over []entry) {
	n := len(p.e)
	p.places = findPlaces(p.places[:0], p.e, news)
	e := slices.Grow(p.e, len(news))[:n+len(news)]
	end := n
	for i := len(news) - 1; i >= 0; i-- {
		at := int(p.places[i])
		copy(e[at+i+1:end+i+1], e[at:end])
		e[at+i] = news[i]
		end = at
	}
	p.e = e[:min(len(e), p.limit)]
	return end, e[len(p.e):]
}

// findPlaces appends to places the number of entries of e, in ascending order, that are
// not farther than each of xs. The binary searches go in step, so that they overlap,
// and the conditional assignment compiles to a move, not to a branch, which would be
// mispredicted every other time.
func findPlaces(places []int32, e, xs []entry) []int32 {
	for range xs {
		places = append(places, 0)
	}
	xs = xs[:len(places)]
	for n := len(e); n > 0; {
		half := (n + 1) >> 1
		part := e[half-1:]
		for i, x := range xs {
			lo := places[i]
			next := lo + int32(half)
			if part[lo] <= x|(1<<32-1) {
				lo = next
			}
			places[i] = lo
		}
		n -= half
	}
	return places
}

// sortFew sorts a handful of entries by distance; equal ones keep their order.
func sortFew(e []entry) {
	if len(e) > 24 {
		slices.SortStableFunc(e, func(a, b entry) int { return cmp.Compare(a>>32, b>>32) })
		return
	}
	for i := 1; i < len(e); i++ {
		x, j := e[i], i
		for ; j > 0 && e[j-1]>>32 > x>>32; j-- {
			e[j] = e[j-1]
		}
		e[j] = x
	}
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
