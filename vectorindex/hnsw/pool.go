package hnsw

import "math"

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
	e     []entry
	limit int
}

func (p *sortedPool) reset(limit int) {
	if cap(p.e) < limit {
		p.e = make([]entry, 0, limit+limit/4)
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

// insert puts x in its place, which it returns. When the pool is full the last
// entry is dropped and returned; the caller has checked that x is below it.
func (p *sortedPool) insert(x entry) (at int, dropped entry, full bool) {
	n := len(p.e)
	if n < p.limit {
		p.e = append(p.e, 0)
	} else {
		dropped, full = p.e[n-1], true
		n--
	}
	// The conditional assignment compiles to a move, not to a branch, which would
	// be mispredicted every other time.
	lo, key := 0, x|(1<<32-1)
	for n := n; n > 0; {
		half := (n + 1) >> 1
		if p.e[lo+half-1] <= key {
			lo += half
		}
		n -= half
	}
	copy(p.e[lo+1:n+1], p.e[lo:n])
	p.e[lo] = x
	return lo, dropped, full
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
