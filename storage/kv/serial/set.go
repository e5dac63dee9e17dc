package serial

import (
	"bytes"
	"slices"
	"sort"
)

// A set of keys in bounded memory. When it would grow beyond its limits it holds
// more keys than were put in, never fewer: neighbours become one span.
type set struct {
	spans []span // in order, apart from each other
	fresh []span // not yet among spans
	arena []byte // where keys are copied to
	bytes int    // of keys of spans and fresh
}

// span is a half-open range of keys; a nil hi is above all keys.
type span struct{ lo, hi []byte }

const (
	maxSpans = 4096
	maxBytes = 256 << 10
	// freshSpans is how many spans are collected before they are put in order.
	freshSpans = 256
	leastBlock = 64 // most sets are small
	arenaBlock = 2 << 10
)

func (s *set) empty() bool { return len(s.spans) == 0 && len(s.fresh) == 0 }

// addKey puts one key in; it is copied.
func (s *set) addKey(key []byte) {
	if n := len(s.fresh); n > 0 && bytes.Equal(s.fresh[n-1].lo, key) {
		return // asked for again, the usual repetition
	}
	hi := s.copy(key, 0)
	s.push(span{hi[:len(key):len(key)], hi})
}

// addSpan puts the keys from lo to hi in; both are copied.
func (s *set) addSpan(lo, hi []byte) {
	if hi != nil && bytes.Compare(lo, hi) >= 0 {
		return
	}
	if n := len(s.fresh); n > 0 && bytes.Equal(s.fresh[n-1].lo, lo) && hi != nil && bytes.Equal(s.fresh[n-1].hi, hi) {
		return
	}
	x := span{lo: s.copy(lo)}
	if hi != nil {
		x.hi = s.copy(hi)
	}
	s.push(x)
}

func (s *set) push(x span) {
	s.fresh = append(s.fresh, x)
	s.bytes += len(x.lo) + len(x.hi)
	if len(s.fresh) >= freshSpans && len(s.fresh) >= len(s.spans)/4 || s.bytes > maxBytes {
		s.settle()
	}
}

func (s *set) copy(key []byte, more ...byte) []byte {
	n := len(key) + len(more)
	if cap(s.arena)-len(s.arena) < n {
		s.arena = make([]byte, 0, max(min(2*cap(s.arena), arenaBlock), leastBlock, n))
	}
	at := len(s.arena)
	s.arena = append(append(s.arena, key...), more...)
	return s.arena[at:len(s.arena):len(s.arena)]
}

// settle puts what is fresh in order, and keeps to the limits.
func (s *set) settle() {
	if len(s.fresh) == 0 {
		return
	}
	slices.SortFunc(s.fresh, func(a, b span) int { return bytes.Compare(a.lo, b.lo) })
	old, fresh := s.spans, s.fresh
	out := make([]span, 0, len(old)+len(fresh))
	for len(old) > 0 || len(fresh) > 0 {
		from := &old
		if len(old) == 0 || len(fresh) > 0 && bytes.Compare(fresh[0].lo, old[0].lo) < 0 {
			from = &fresh
		}
		out = join(out, (*from)[0])
		*from = (*from)[1:]
	}
	clear(s.fresh)
	s.spans, s.fresh = out, s.fresh[:0]
	s.count()
	for len(s.spans) > 1 && (len(s.spans) > maxSpans || s.bytes > maxBytes) {
		s.coarsen()
	}
}

// join appends a span that does not begin before the last, or makes that one longer.
func join(spans []span, x span) []span {
	if len(spans) == 0 {
		return append(spans, x)
	}
	last := &spans[len(spans)-1]
	switch {
	case last.hi == nil:
	case bytes.Compare(last.hi, x.lo) < 0:
		spans = append(spans, x)
	case x.hi == nil || bytes.Compare(x.hi, last.hi) > 0:
		last.hi = x.hi
	}
	return spans
}

func (s *set) count() {
	s.bytes = 0
	for _, x := range s.spans {
		s.bytes += len(x.lo) + len(x.hi)
	}
}

// weight is about how many bytes of memory a settled set takes.
func (s *set) weight() int { return s.bytes + 48*len(s.spans) }

// longestCommon is where common prefixes are no longer told apart.
const longestCommon = 63

func common(a, b []byte) int {
	n := 0
	for n < min(len(a), len(b), longestCommon) && a[n] == b[n] {
		n++
	}
	return n
}

// coarsen joins pairs of neighbours, those first that have the longest prefixes in
// common: rows next to each other before rows far apart, these before two tables.
func (s *set) coarsen() {
	var alike [longestCommon + 1]int
	for i := range s.spans[1:] {
		alike[common(s.spans[i].lo, s.spans[i+1].lo)]++
	}
	from, pairs := longestCommon, alike[longestCommon]
	for from > 0 && pairs < len(s.spans)/2 {
		from--
		pairs += alike[from]
	}
	old := s.spans
	fresh := set{spans: make([]span, 0, len(old))}
	for i := 0; i < len(old); i++ {
		x := old[i]
		if i+1 < len(old) && common(x.lo, old[i+1].lo) >= from {
			i++
			x.hi = old[i].hi
		}
		lo := fresh.copy(x.lo)
		if x.hi != nil {
			x.hi = fresh.copy(x.hi)
		}
		fresh.spans = append(fresh.spans, span{lo, x.hi})
	}
	*s = fresh // with memory of its own: that of the joined keys is free
	s.count()
}

// union puts all of b in.
func (s *set) union(b *set) {
	for _, x := range b.spans {
		s.addSpan(x.lo, x.hi)
	}
	s.settle()
}

// meets reports a key that is in both; both are settled.
func (s *set) meets(b *set) bool {
	few, many := s.spans, b.spans
	if len(few) > len(many) {
		few, many = many, few
	}
	for _, x := range few {
		i := sort.Search(len(many), func(i int) bool {
			return many[i].hi == nil || bytes.Compare(many[i].hi, x.lo) > 0
		})
		if i == len(many) {
			return false
		}
		if x.hi == nil || bytes.Compare(many[i].lo, x.hi) < 0 {
			return true
		}
		many = many[i:]
	}
	return false
}
