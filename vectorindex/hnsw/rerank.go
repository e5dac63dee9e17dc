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
		s.sortTo(s.next + 1)
		return first < s.bound(e[s.next])
	case s.phase == phaseScan && len(s.b.rest) > 0 && len(e) > 0:
		return first < s.bound(e[len(e)-1]) // the rest is not nearer than the last
	}
	return true
}

// orderByBounds makes bounds of the estimates in the pool, so that re-ranking ends
// as soon as none can be nearer, where the coder knows more than one bound for all.
func (s *Search) orderByBounds() {
	t, e := s.g.tab.Load(), s.b.pool.e
	s.b.room(2 * s.g.opt.M)
	step := 2 * s.g.opt.M
	for at := 0; at < len(e); at += step {
		part := e[at:min(len(e), at+step)]
		ids, low := s.b.ids[:len(part)], s.b.dists[:len(part)]
		for i, x := range part {
			ids[i] = x.Ord()
		}
		if !s.g.code.bounds(&s.b.q, t, ids, low) {
			return
		}
		for i, x := range low {
			if x-x != 0 { // it says nothing
				x = float32(math.Inf(-1))
			}
			part[i] = dist.MakeEntry(x, ids[i])
		}
	}
	s.bounded, s.sorted = true, 0
}

// sortTo puts the pool in order up to place n, and some more: most of what a walk
// found is never re-ranked.
func (s *Search) sortTo(n int) {
	if !s.bounded || n <= s.sorted {
		return
	}
	part := s.b.pool.e[s.sorted:]
	more := min(len(part), max(n-s.sorted, 64))
	sortNearest(part, more)
	s.sorted += more
}

// bound is what the exact distance of e is not below.
func (s *Search) bound(e entry) float64 {
	if s.bounded {
		return float64(e.Dist())
	}
	return float64(s.g.code.lowerBound(&s.b.q, e.Dist(), s.g.lost.load(), s.g.norm.load()))
}

// rerank computes exact distances of the next few entries of the pool and of
// the duplicates that hang on them.
func (s *Search) rerank() {
	t := s.g.tab.Load()
	if s.chain != 0 {
		s.followChain()
		return
	}
	s.sortTo(min(s.next+len(s.batch), len(s.b.pool.e)))
	n := copy(s.batch[:], s.b.pool.e[s.next:])
	chained := s.g.chained.Load()
	for _, e := range s.batch[:n] {
		t.raw.Prefetch(e.Ord())
		if chained {
			dist.Prefetch(t.nodes.Record(e.Ord()), nodeStride)
		}
	}
	for _, e := range s.batch[:n] {
		s.next++
		ord := e.Ord()
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
			s.followChain()
			if s.chain != 0 {
				return
			}
		}
	}
}

// chainBatch bounds the duplicates looked at before Next can return.
const chainBatch = 64

func (s *Search) followChain() {
	for range chainBatch {
		if s.chain == 0 {
			return
		}
		ord, t := s.chain-1, s.g.tab.Load() // a view as new as the chain
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

// sortEntries sorts ascending, expanded or not.
func sortEntries(e []entry) { slices.SortFunc(e, dist.CompareEntries) }

// sortNearest moves the n nearest entries to the front, in ascending order.
func sortNearest(e []entry, n int) {
	dist.SelectEntries(e, n)
	sortEntries(e[:min(n, len(e))])
}
