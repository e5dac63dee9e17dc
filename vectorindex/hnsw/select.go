package hnsw

import "slices"

// selector chooses neighbours by the relative-neighbourhood rule: going from near
// to far, a candidate is dropped when it is nearer to a chosen one than to the
// node itself (HNSW, algorithm 4), so that the chosen ones point in different
// directions.
type selector struct {
	code   coder // of the graph
	q      query
	cands  []entry
	ids    []uint32
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
	least := limit * 5 / 8
	s.chosen, s.dropped = s.chosen[:0], s.dropped[:0]
	left := s.cands
	s.room(len(left))
	for len(left) > 0 && len(s.chosen) < limit {
		c := left[0].ord()
		s.chosen = append(s.chosen, c)
		left = left[1:]
		if len(left) == 0 || len(s.chosen) == limit {
			break
		}
		s.ids = s.ids[:0]
		for _, e := range left {
			s.ids = append(s.ids, e.ord())
		}
		s.code.prepareNode(&s.q, t, c)
		dists := s.dists[:len(left)]
		s.code.distances(&s.q, t, s.ids, dists)
		n := 0
		for i, e := range left {
			if dists[i] < e.dist() {
				s.dropped = append(s.dropped, e)
				continue
			}
			left[n] = e
			n++
		}
		left = left[:n]
	}
	if missing := min(least-len(s.chosen), len(s.dropped)); missing > 0 {
		sortNearest(s.dropped, missing)
		for _, e := range s.dropped[:missing] {
			s.chosen = append(s.chosen, e.ord())
		}
	}
	return s.chosen
}
