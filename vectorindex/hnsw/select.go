package hnsw

import (
	"slices"

	"github.com/loxodb/loxodb/vectorindex/dist"
)

// selector chooses neighbours by the relative-neighbourhood rule: going from near
// to far, a candidate is dropped when it is nearer to a chosen one than to the
// node itself (HNSW, algorithm 4), so that the chosen ones point in different
// directions.
type selector struct {
	code   coder // of the graph
	q      query
	cands  []entry
	ids    []uint32  // of what is left of them …
	own    []float32 // … and their distances from the node
	dists  []float32
	chosen []uint32

	dropped []entry
}

// choose returns up to limit of the candidates, which are in ascending order. The
// result is valid until the next call.
func (s *selector) choose(g *Graph, cands []entry, limit int) []uint32 {
	s.cands = append(s.cands[:0], cands...)
	return s.prune(g, limit)
}

// shrink returns the new list of node to, whose list l is full, with ord added.
func (s *selector) shrink(g *Graph, to uint32, l list, ord uint32) []uint32 {
	t := g.tab.Load()
	s.ids = append(l.read(s.ids[:0]), ord)
	s.room(len(s.ids))
	s.code.prepareNode(&s.q, t, to)
	dists := s.dists[:len(s.ids)]
	s.code.distances(&s.q, t, s.ids, dists)
	s.cands = s.cands[:0]
	for i, id := range s.ids {
		s.cands = append(s.cands, makeEntry(dists[i], id))
	}
	slices.Sort(s.cands)
	return s.prune(g, len(l))
}

func (s *selector) room(n int) {
	if cap(s.dists) < n {
		s.dists = make([]float32, n)
	}
}

// prune applies the rule to s.cands and, when it leaves fewer than least, adds the
// nearest of those it dropped (the paper's keepPrunedConnections): where norms
// differ much the rule alone keeps too few links. Each chosen candidate is compared
// with all that are left in one batch.
func (s *selector) prune(g *Graph, limit int) []uint32 {
	t := g.tab.Load()
	s.ids, s.own, s.chosen = s.ids[:0], s.own[:0], s.chosen[:0]
	for _, e := range s.cands {
		s.ids, s.own = append(s.ids, e.ord()), append(s.own, e.dist())
	}
	ids, own := s.ids, s.own
	s.room(len(ids))
	for len(ids) > 0 && len(s.chosen) < limit {
		c := ids[0]
		s.chosen = append(s.chosen, c)
		ids, own = ids[1:], own[1:]
		if len(ids) == 0 || len(s.chosen) == limit {
			break
		}
		s.code.prepareNode(&s.q, t, c)
		dists := s.dists[:len(ids)]
		s.code.distances(&s.q, t, ids, dists)
		n := dist.Keep(ids, own, dists)
		ids, own = ids[:n], own[:n]
	}
	s.keepDropped(leastLinks(&g.opt, limit))
	return s.chosen
}

// leastLinks is to how many of limit links the rule's choice is filled up. Of inner
// products it chooses few: a long vector is nearer to nearly all others than they are to
// a node. There every link counts: 20 nearest of 20,000 × 32 of lengths that vary tenfold,
// beam 20, are found at .870 with five eighths of the links and at .894 with all, for 650
// distances both. It does where nodes have few at all: 20 nearest of 2,500 × 52 bits, m 4,
// beam 100, at .78 and .81.
func leastLinks(o *Options, limit int) int {
	if o.Metric == dist.InnerProduct || o.M < 8 {
		return limit
	}
	return limit * 5 / 8
}

// insertBeam is how wide a node's neighbours are searched for. A beam of no more than the
// 2·m places leaves nothing to choose from, which graphs of few links cannot bear: there it
// is twice that. 20 nearest of 2,500 × 52 bits, m 4, ef_construction 8, beam 100: .82 and
// .90 (pgvector, whose VACUUM mends the graph that was: .88).
func (o *Options) insertBeam() int {
	if o.M < 8 {
		return max(o.EfConstruction, 4*o.M)
	}
	return o.EfConstruction
}

// keepDropped adds the nearest candidates that are not chosen, ties by ordinal, until
// there are least. Both are in the order of distances, so that there is little to sort.
func (s *selector) keepDropped(least int) {
	missing := least - len(s.chosen)
	if missing <= 0 {
		return
	}
	chosen := s.chosen
	s.dropped = s.dropped[:0]
	for _, e := range s.cands {
		if len(chosen) > 0 && chosen[0] == e.ord() {
			chosen = chosen[1:]
			continue
		}
		s.dropped = append(s.dropped, e&^expanded)
	}
	slices.Sort(s.dropped)
	for _, e := range s.dropped[:min(missing, len(s.dropped))] {
		s.chosen = append(s.chosen, e.ord())
	}
}
