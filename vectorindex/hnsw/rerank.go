package hnsw

import (
	"math"
	"slices"

	"github.com/loxodb/loxodb/vectorindex/dist"
)

// ranked is a node with its exact distance, +Inf when there is none: distances of
// finite vectors do not overflow float64.
type ranked struct {
	dist float64
	ord  uint32
}

// shown is the distance as users see it.
func (a ranked) shown() float64 {
	if math.IsInf(a.dist, 1) {
		return math.NaN()
	}
	return a.dist
}

func (a ranked) before(b ranked) bool {
	return a.dist < b.dist || a.dist == b.dist && a.ord < b.ord
}

// settled reports whether the nearest re-ranked node is certainly the nearest of
// the round: no estimate that is left can hide a smaller distance.
func (s *Search) settled() bool {
	if len(s.ready) == 0 {
		return false
	}
	first := s.ready[0].dist
	if s.chain != 0 && first >= s.chDis {
		return false
	}
	e := s.b.pool.e
	switch {
	case s.next < len(e):
		return first < s.bound(e[s.next])
	case s.phase == phaseScan && len(s.b.rest) > 0 && len(e) > 0:
		return first < s.bound(e[len(e)-1]) // the rest is not nearer than the last
	}
	return true
}

// bound is what the exact distance of e is not below.
func (s *Search) bound(e entry) float64 {
	return float64(s.g.code.lowerBound(&s.b.q, e.dist(), s.g.lost.load(), s.g.norm.load()))
}

// rerank computes exact distances of the next few entries of the pool and of
// the duplicates that hang on them.
func (s *Search) rerank() {
	t := s.g.tab.Load()
	if s.chain != 0 {
		s.followChain(t)
		return
	}
	n := copy(s.batch[:], s.b.pool.e[s.next:])
	chained := s.g.chained.Load()
	for _, e := range s.batch[:n] {
		t.raw.Prefetch(e.ord())
		if chained {
			dist.Prefetch(t.nodes.Record(e.ord()), nodeStride)
		}
	}
	for _, e := range s.batch[:n] {
		s.next++
		ord := e.ord()
		d := s.exact(t, ord)
		if s.accepts(ord) {
			s.pushReady(ranked{d, ord})
		}
		if s.phase == phaseScan || !chained {
			continue // duplicates are among the given nodes or not wanted, or there are none
		}
		if c := t.dup(ord); c != 0 {
			// Entries after this one wait in the pool until the chain is done.
			s.chain, s.chDis = c, d
			s.followChain(t)
			if s.chain != 0 {
				return
			}
		}
	}
}

// chainBatch bounds the duplicates looked at before Next can return.
const chainBatch = 64

func (s *Search) followChain(t *tables) {
	for range chainBatch {
		if s.chain == 0 {
			return
		}
		ord := s.chain - 1
		s.chain = t.dup(ord)
		if s.accepts(ord) {
			d := s.exact(t, ord)
			s.chDis = min(s.chDis, d)
			s.pushReady(ranked{d, ord})
		}
	}
}

func (s *Search) accepts(ord uint32) bool { return s.accept == nil || s.accept(ord) }

func (s *Search) exact(t *tables, ord uint32) float64 {
	s.reranked++
	d := s.query.Exact(t.vector(ord))
	if d != d {
		return math.Inf(1)
	}
	return d
}

func (s *Search) pushReady(r ranked) {
	s.ready = append(s.ready, r)
	h := s.ready
	for i := len(h) - 1; i > 0; {
		up := (i - 1) / 2
		if !h[i].before(h[up]) {
			break
		}
		h[i], h[up] = h[up], h[i]
		i = up
	}
}

func (s *Search) popReady() ranked {
	h := s.ready
	top, n := h[0], len(h)-1
	h[0] = h[n]
	h = h[:n]
	s.ready = h
	for i := 0; ; {
		c := 2*i + 1
		if c >= n {
			return top
		}
		if c+1 < n && h[c+1].before(h[c]) {
			c++
		}
		if !h[c].before(h[i]) {
			return top
		}
		h[i], h[c] = h[c], h[i]
		i = c
	}
}

func sortEntries(e []entry) {
	slices.SortFunc(e, func(a, b entry) int {
		// The mark of expansion must not decide between equal distances.
		a, b = a&^expanded, b&^expanded
		switch {
		case a < b:
			return -1
		case a > b:
			return 1
		}
		return 0
	})
}

// sortNearest moves the n nearest entries to the front, in ascending order.
func sortNearest(e []entry, n int) {
	lo, hi := 0, len(e)
	for n < hi && hi-lo > 64 { // quickselect on the boundary n
		pivot := max(min(e[lo], e[(lo+hi)/2]), min(max(e[lo], e[(lo+hi)/2]), e[hi-1]))
		i, j := lo, hi-1
		for i <= j {
			for e[i] < pivot {
				i++
			}
			for e[j] > pivot {
				j--
			}
			if i <= j {
				e[i], e[j] = e[j], e[i]
				i++
				j--
			}
		}
		switch {
		case n <= j:
			hi = j + 1
		case n >= i:
			lo = i
		default:
			lo = hi
		}
	}
	if hi-lo <= 64 && n < hi {
		sortEntries(e[lo:hi])
	}
	sortEntries(e[:min(n, len(e))])
}
