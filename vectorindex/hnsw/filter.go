package hnsw

import (
	"sync/atomic"

	"github.com/loxodb/loxodb/vectorindex/dist"
)

const (
	// bridgeBelow is the passing fraction below which the walk looks only at
	// passing nodes and bridges over the others (ACORN-1, arXiv 2403.04871, with
	// NaviX's rule, arXiv 2506.23397, to bridge only where a neighbour fails).
	// Above it, walking through everything is cheaper.
	bridgeBelow = 0.15

	// maxGrowth bounds how much wider than Ef the first round of a filtered walk
	// through everything may become in search of Ef passing nodes.
	maxGrowth = 16

	// seedWidth is the beam of the unfiltered walk that finds the query's
	// neighbourhood before a bridging walk starts there.
	seedWidth = 24

	// Below sparseBelow the beam of a bridging walk widens as the passing fraction
	// falls, up to maxWiden times.
	sparseBelow = 0.04
	maxWiden    = 4

	// bridgeCap ends the bridging around one node once so many passing nodes were
	// found, as a multiple of M.
	bridgeCap = 2
)

// walkFirst does the first round from the entry node at.
func (s *Search) walkFirst(at uint32, d float32) {
	if s.bridging {
		s.walkBridging(at, d)
		return
	}
	want := s.ef
	if s.accept != nil && s.pass > 0 && s.pass < 1 {
		s.ef = s.g.width(min(want*maxGrowth, int(float64(want)/s.pass)))
	}
	s.b.start(s.g, s.ef, at, d)
	s.b.run(s.g, 0)
	if s.accept != nil {
		s.widenToPassing(want)
	}
}

// widenToPassing continues the first round until it holds about want passing nodes.
func (s *Search) widenToPassing(want int) {
	most := s.g.width(want * maxGrowth)
	enough := want - want/10 // a few rejected nodes are not worth another walk
	for s.ef < most && len(s.b.rest) > 0 {
		passing := 0
		for _, e := range s.b.pool.e {
			if s.passes(e.Ord()) {
				passing++
			}
		}
		if passing >= enough {
			return
		}
		grown := 4 * s.ef
		if passing > 0 {
			grown = min(grown, s.ef*want/passing+1)
		}
		s.ef = min(most, max(grown, s.ef+s.ef/8+1))
		s.b.regrow(s.ef)
		s.b.run(s.g, 0)
	}
}

// walkBridging finds the query's neighbourhood without the filter, then walks from
// there over passing nodes. When the walk runs dry before the beam is full, the
// nodes it could not reach are added, so that a filter that is unrelated to the
// graph's neighbourhoods costs time, not results.
func (s *Search) walkBridging(at uint32, d float32) {
	b := &s.b
	b.keep = false
	b.start(s.g, seedWidth, at, d)
	b.run(s.g, 0)
	b.keep = true
	s.seeds = append(s.seeds[:0], b.pool.e...)

	if s.pass < sparseBelow {
		// Two hops connect passing nodes ever more thinly; a wider beam makes up.
		s.ef = s.g.width(int(float64(s.ef) * min(maxWiden, sparseBelow/s.pass)))
	}
	b.pass = s.passFn
	limit := int(s.g.tab.Load().limit)
	b.pool.reset(s.ef)
	b.visited.reset(limit)
	b.bridged.reset(limit)
	for _, e := range s.seeds {
		ord := e.Ord()
		if s.passes(ord) {
			if b.visited.add(ord) {
				b.offerOne(e &^ expanded)
			}
			continue
		}
		b.ids = b.ids[:0]
		b.bridge(s.g.tab.Load(), ord)
		if len(b.ids) > 0 {
			b.scoreAll(s.g, b.ids)
		}
	}
	b.run(s.g, 0)
	if len(b.pool.e) < s.ef && len(b.rest) == 0 {
		s.leftovers()
		s.phase = phaseLeftover
	}
}

// chainProbe bounds the duplicates asked about before a chain counts as passing.
const chainProbe = 128

// passes reports whether ord or one of its duplicates is accepted: a deleted node
// may stand for a live one with the same vector.
func (s *Search) passes(ord uint32) bool {
	if s.accept(ord) {
		return true
	}
	if !s.g.chained.Load() {
		return false
	}
	c := s.g.tab.Load().dup(ord)
	for range chainProbe {
		if c == 0 {
			return false
		}
		if s.accept(c - 1) {
			return true
		}
		c = s.g.tab.Load().dup(c - 1) // a view as new as c
	}
	return true
}

// walkOn does a later round on the refilled pool.
func (s *Search) walkOn() { s.b.run(s.g, 0) }

// regrow widens the pool within a round: nothing of it was delivered.
func (b *beam) regrow(limit int) {
	b.rest = append(b.rest, b.pool.e...)
	b.widen(limit)
}

// offerOne inserts one entry that may already be marked.
func (b *beam) offerOne(e entry) {
	if e >= b.pool.worst() {
		b.rest = append(b.rest, e)
		return
	}
	if _, dropped, full := b.pool.insert(e); full {
		b.rest = append(b.rest, dropped)
	}
}

// passing collects in b.ids the unvisited passing neighbours of l and, over
// neighbours that fail, the passing neighbours of those. A failing node is bridged
// once per search.
func (b *beam) passing(t *tables, l list) []uint32 {
	b.ids = b.ids[:0]
	b.fails = b.fails[:0]
	for i := range l {
		id := atomic.LoadUint32(&l[i])
		if id == none {
			break
		}
		if b.visited.has(id) {
			continue
		}
		if b.pass(id) {
			b.visited.add(id)
			b.ids = append(b.ids, id)
		} else if b.bridged.add(id) {
			b.fails = append(b.fails, id)
		}
	}
	most := bridgeCap * t.m0 / 2
	dist.PrefetchRows(&t.links, b.fails)
	for i, f := range b.fails {
		if len(b.ids) >= most {
			for _, skipped := range b.fails[i:] {
				b.bridged.remove(skipped)
			}
			break
		}
		b.bridge(t, f)
	}
	return b.ids
}

// bridge appends the unvisited passing neighbours of the failing node f to b.ids.
func (b *beam) bridge(t *tables, f uint32) {
	l := t.list(f)
	for i := range l {
		id := atomic.LoadUint32(&l[i])
		if id == none {
			return
		}
		if !b.visited.has(id) && b.pass(id) {
			b.visited.add(id)
			b.ids = append(b.ids, id)
		}
	}
}
