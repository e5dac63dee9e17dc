package hnsw

import (
	"math"

	"github.com/loxodb/loxodb/vectorindex/dist"
)

// selector chooses neighbours by the relative-neighbourhood rule: going from near
// to far, a candidate is dropped when it is nearer to a chosen one than to the
// node itself (HNSW, algorithm 4), so that the chosen ones point in different
// directions.
type selector struct {
	code   coder // of the graph
	q      query
	cands  []entry    // all, ascending
	old    contenders // the ones that the rule has chosen together before
	fresh  contenders // the others
	dists  []float32
	picked contenders // of the others
	chosen []uint32
	byRule int // how many at the front of chosen are not filled in
}

// contenders are candidates and their distances from the node, ascending.
type contenders struct {
	ids []uint32
	own []float32
}

func (c *contenders) set(from []entry) {
	c.ids, c.own = c.ids[:0], c.own[:0]
	for _, e := range from {
		c.add(e.Ord(), e.Dist())
	}
}

func (c *contenders) add(id uint32, own float32) {
	c.ids, c.own = append(c.ids, id), append(c.own, own)
}

// ruled is how many of what was chosen last ascend and passed the rule together.
func (s *selector) ruled() uint8 { return uint8(min(s.byRule, math.MaxUint8)) }

// choose returns up to limit of the candidates, which are in ascending order. The
// result is valid until the next call.
func (s *selector) choose(g *Graph, cands []entry, limit int) []uint32 {
	s.cands = s.cands[:0]
	for _, e := range cands {
		e &^= expanded
		s.cands = append(s.cands, e)
		for i := len(s.cands) - 1; i > 0 && s.cands[i-1] > e; i-- { // marks reorder ties
			s.cands[i-1], s.cands[i] = e, s.cands[i-1]
		}
	}
	return s.prune(g, 0, limit)
}

// shrink returns the new list of node to, whose list l is full, with ord added. The rule
// has chosen the first ruled entries of l together.
func (s *selector) shrink(g *Graph, to uint32, l list, ruled int, ord uint32) []uint32 {
	t := g.tab.Load()
	ids := append(l.read(s.old.ids[:0]), ord)
	s.old.ids = ids
	s.room(len(ids))
	s.code.prepareNode(&s.q, t, to)
	dists := s.dists[:len(ids)]
	s.code.distances(&s.q, t, ids, dists)
	s.cands = s.cands[:0]
	for i, id := range ids {
		s.cands = append(s.cands, dist.MakeEntry(dists[i], id))
	}
	for i := 1; i < ruled; i++ {
		if s.cands[i-1] > s.cands[i] { // sums of floats differ by their order
			ruled = i
		}
	}
	dist.SortEntries(s.cands[ruled:])
	return s.prune(g, ruled, len(l))
}

func (s *selector) room(n int) {
	if cap(s.dists) < n {
		s.dists = make([]float32, n)
	}
}

// prune applies the rule to s.cands, of which the first ruled ones and the others each
// ascend, and, when it leaves fewer than least, adds the nearest of those it dropped (the
// paper's keepPrunedConnections): where norms differ much the rule alone keeps too few
// links. What passed the rule together before is compared with the others only: the lists
// of hubs are full of such, and one more candidate would have all of them compared anew.
func (s *selector) prune(g *Graph, ruled, limit int) []uint32 {
	t := g.tab.Load()
	s.old.set(s.cands[:ruled])
	s.fresh.set(s.cands[ruled:])
	s.picked.set(nil)
	s.room(len(s.cands))
	old, fresh := s.old, s.fresh
	nearer := 0 // those of old that are nearer than the fresh one at hand
	for len(fresh.ids) > 0 {
		c, own := fresh.ids[0], fresh.own[0]
		fresh.ids, fresh.own = fresh.ids[1:], fresh.own[1:]
		for nearer < len(old.ids) && old.own[nearer] <= own {
			nearer++
		}
		if nearer+len(s.picked.ids) >= limit {
			break // neither it nor any that follows
		}
		s.code.prepareNode(&s.q, t, c)
		if len(old.ids) > 0 {
			dists := s.dists[:len(old.ids)]
			s.code.distances(&s.q, t, old.ids, dists)
			if anyBelow(dists[:nearer], own) {
				continue
			}
			n := nearer + dist.Keep(old.ids[nearer:], old.own[nearer:], dists[nearer:])
			old.ids, old.own = old.ids[:n], old.own[:n]
		}
		s.picked.add(c, own)
		if n := len(fresh.ids); n > 0 && nearer+len(s.picked.ids) < limit {
			s.code.distances(&s.q, t, fresh.ids, s.dists[:n])
			n = dist.Keep(fresh.ids, fresh.own, s.dists[:n])
			fresh.ids, fresh.own = fresh.ids[:n], fresh.own[:n]
		}
	}
	s.merge(&old, &s.picked, limit)
	s.keepDropped(ruled, leastLinks(&g.opt, limit))
	return s.chosen
}

// anyBelow reports whether one of dists is below d.
func anyBelow(dists []float32, d float32) bool {
	for _, x := range dists {
		if x < d {
			return true
		}
	}
	return false
}

// merge makes up to limit of a and b, in ascending order, the choice.
func (s *selector) merge(a, b *contenders, limit int) {
	s.chosen = s.chosen[:0]
	i, j := 0, 0
	for len(s.chosen) < limit && i+j < len(a.ids)+len(b.ids) {
		if j == len(b.ids) || i < len(a.ids) && dist.MakeEntry(a.own[i], a.ids[i]) < dist.MakeEntry(b.own[j], b.ids[j]) {
			s.chosen = append(s.chosen, a.ids[i])
			i++
		} else {
			s.chosen = append(s.chosen, b.ids[j])
			j++
		}
	}
	s.byRule = len(s.chosen)
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
// there are least.
func (s *selector) keepDropped(ruled, least int) {
	missing := least - len(s.chosen)
	if missing <= 0 {
		return
	}
	if ruled > 0 {
		dist.SortEntries(s.cands)
	}
	chosen := s.chosen
	for _, e := range s.cands {
		switch {
		case len(chosen) > 0 && chosen[0] == e.Ord():
			chosen = chosen[1:]
		case missing > 0:
			s.chosen = append(s.chosen, e.Ord())
			missing--
		}
	}
}
