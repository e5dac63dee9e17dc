package hnsw

import (
	"context"
	"fmt"

	"github.com/loxodb/loxodb/vectorindex"
	"github.com/loxodb/loxodb/vectorindex/dist"
)

// Hit is a node and its exact distance (dist.Metric.Exact of the vectors as they
// were given); NaN, which counts as farthest, when the metric does not define one
// (the cosine of a zero vector).
type Hit struct {
	Ord  uint32
	Dist float64
}

// Params directs one search.
type Params struct {
	K  int // how many hits the caller expects to take; a hint
	Ef int // beam width, at least K; 0 = 40

	// Without, when not 0, is 1 + the ordinal of a node that the walk shall do without,
	// as if it had never been linked: what a search for its vector finds then is what a
	// search for a vector that is not in the graph finds. See Graph.Lone.
	Without uint32

	// Accept, when not nil, says which nodes may be returned. Rejected nodes are
	// walked through, not returned. It is called once or more per node, from the
	// goroutine that calls Next.
	Accept func(ord uint32) bool

	// Pass estimates the fraction of all nodes that Accept lets through; 0 or less
	// means that nothing is known. When it is small the walk looks only at passing
	// nodes and bridges over the others.
	Pass float64

	// Among, when not nil, turns the search into an exact one over the given
	// distinct ordinals, each reserved before: nothing is walked, the codes of all
	// of them are scanned. Nodes not linked yet and nodes that Accept rejects are
	// left out. The slice is read during the first call of Next. Faster than any
	// walk when few nodes pass a filter.
	Among []uint32
}

const defaultEf = 40

// Search is a running search. It serves one goroutine and must be closed.
//
// Next delivers in rounds. The first round holds the nearest Ef accepted nodes
// that the walk found, in exact order of distance (ties by ordinal). Each further
// round continues the same walk with a beam twice as wide and again delivers in
// exact order; a later round can hold a node that is nearer than the last of an
// earlier one only if the narrower beam had missed it. Over RaBitQ codes, whose bounds
// fail now and then, a hit can be late within its round, too. The last round holds
// everything that no walk can reach. A search Among has one round, in exact order
// throughout. So every accepted node that was linked before
// the search began is delivered exactly once, and nothing twice.
type Search struct {
	g      *Graph
	b      beam
	vec    []byte
	query  dist.Query // of vec: exact distances
	accept func(uint32) bool
	among  []uint32
	ef     int
	rounds int64
	phase  phase

	next    int       // first entry of the pool not yet re-ranked
	bounded bool      // the pool holds bounds, not estimates …
	sorted  int       // … in order up to this place
	ready   []ranked  // min-heap of exact distances
	chain   uint32    // next duplicate to look at (+1; 0 = none) …
	chDis   float64   // … and its distance
	last    float64   // distance delivered last
	batch   [16]entry // being re-ranked

	bridging bool // the filter is selective: see filter.go
	pass     float64
	passFn   func(uint32) bool
	seeds    []entry // where a bridging walk starts
	reranked int64
}

type phase uint8

const (
	phaseStart    phase = iota // nothing walked yet
	phaseWalk                  // the pool holds a walked round
	phaseScan                  // exact, among given nodes
	phaseLeftover              // the pool holds the unreachable
	phaseDone
)

// Search starts a search for the nodes nearest to vec, which is copied. The walk
// itself happens in Next.
func (g *Graph) Search(vec []byte, p Params) (*Search, error) {
	if err := g.opt.space().Check(vec); err != nil {
		return nil, fmt.Errorf("hnsw: %w", err)
	}
	s := g.searches.Get().(*Search)
	s.vec = append(s.vec[:0], vec...)
	s.accept, s.among = p.Accept, p.Among
	s.query.Reset(g.opt.space(), s.vec)
	s.ef, s.pass = p.Ef, p.Pass
	if s.ef <= 0 {
		s.ef = defaultEf
	}
	s.ef = g.width(max(s.ef, p.K))
	s.b.without = p.Without
	s.phase, s.next, s.chain, s.reranked, s.rounds = phaseStart, 0, 0, 0, 0
	s.ready = s.ready[:0]
	s.b.pool.e = s.b.pool.e[:0]
	s.b.rest = s.b.rest[:0]
	s.b.keep = true
	s.b.distances, s.b.hops = 0, 0
	s.bridging = p.Accept != nil && p.Pass > 0 && p.Pass < bridgeBelow
	s.b.pass = nil
	g.code.prepare(&s.b.q, s.vec)
	return s, nil
}

// width bounds a beam by the number of nodes, so that pools are never larger.
func (g *Graph) width(ef int) int { return max(1, min(ef, g.Len())) }

// Close gives the search's memory back. The search must not be used afterwards.
func (s *Search) Close() {
	s.accept, s.b.pass, s.among = nil, nil, nil
	s.g.searches.Put(s)
}

// Work reports what the search did so far.
func (s *Search) Work() vectorindex.Work {
	return vectorindex.Work{Distances: s.b.distances, Hops: s.b.hops, Reranked: s.reranked, Rounds: s.rounds}
}

// Next fills dst with the next hits and returns how many; 0 with a nil error
// means that every accepted node was delivered. A cancelled context ends it with
// the context's error between rounds of the walk. The hits of one call are in order
// whatever they come from: one that is nearer than the last ends the call before it.
func (s *Search) Next(ctx context.Context, dst []Hit) (int, error) {
	n := 0
	for n < len(dst) {
		if s.settled() {
			if n > 0 && s.ready[0].dist < s.last {
				return n, nil
			}
			r := s.popReady()
			s.last = r.dist
			dst[n] = Hit{Ord: r.ord, Dist: r.shown()}
			n++
			continue
		}
		if s.chain != 0 || s.next < len(s.b.pool.e) {
			s.rerank()
			continue
		}
		more, err := s.round(ctx)
		if err != nil {
			return n, err
		}
		if !more {
			break
		}
	}
	return n, nil
}

// round walks on until the pool holds something to deliver; false at the end.
func (s *Search) round(ctx context.Context) (bool, error) {
	for {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		s.next, s.bounded = 0, false
		switch s.phase {
		case phaseStart:
			s.rounds++
			if s.among != nil {
				s.phase = phaseScan
				s.scanAmong()
				continue
			}
			s.phase = phaseWalk
			at, d, _, ok := s.b.descend(s.g, 0)
			if !ok {
				s.b.visited.reset(s.g.Len())
				continue
			}
			s.walkFirst(at, d)
		case phaseWalk:
			s.rounds++
			s.b.pool.e = s.b.pool.e[:0]
			if len(s.b.rest) == 0 {
				s.leftovers()
				s.phase = phaseLeftover
			} else {
				s.ef = s.g.width(2 * s.ef)
				s.b.widen(s.ef)
				s.walkOn()
			}
		case phaseScan:
			s.b.widen(s.ef)
			s.ef = s.g.width(2 * s.ef)
			if len(s.b.pool.e) == 0 {
				return false, nil
			}
		default:
			s.phase = phaseDone
			s.b.pool.e = s.b.pool.e[:0]
			return false, nil
		}
		if len(s.b.pool.e) > 0 {
			if s.phase != phaseScan {
				s.orderByBounds()
			}
			return true, nil
		}
	}
}

// scanAmong estimates the distances of the given nodes into the rest, from which
// the rounds of an exact search take the nearest.
func (s *Search) scanAmong() {
	b := &s.b
	b.room(2 * s.g.opt.M)
	t, n := s.g.nodes()
	for todo := s.among; len(todo) > 0; {
		ids := b.ids[:0]
		for len(todo) > 0 && len(ids) < cap(b.ids) {
			o := todo[0]
			todo = todo[1:]
			if o < n && t.state(o) != 0 && (s.accept == nil || s.accept(o)) {
				ids = append(ids, o)
			}
		}
		if len(ids) == 0 {
			continue
		}
		dists := b.dists[:len(ids)]
		s.g.code.distances(&b.q, t, ids, dists)
		b.distances += int64(len(ids))
		for i, id := range ids {
			b.rest = append(b.rest, dist.MakeEntry(dists[i], id))
		}
	}
}

// widen starts a new round: the pool, whose entries were delivered, is refilled
// with the nearest limit entries of the rest.
func (b *beam) widen(limit int) {
	b.pool.reset(limit)
	sortNearest(b.rest, limit)
	n := min(limit, len(b.rest))
	b.pool.e = append(b.pool.e, b.rest[:n]...)
	b.rest = append(b.rest[:0], b.rest[n:]...)
}

// leftovers adds to the pool the linked nodes that no walk has reached.
func (s *Search) leftovers() {
	t, n := s.g.nodes()
	s.b.room(2 * s.g.opt.M)
	ids := s.b.ids[:0]
	flush := func() {
		dists := s.b.dists[:len(ids)]
		s.g.code.distances(&s.b.q, t, ids, dists)
		s.b.distances += int64(len(ids))
		for i, id := range ids {
			s.b.pool.e = append(s.b.pool.e, dist.MakeEntry(dists[i], id))
		}
		ids = ids[:0]
	}
	for ord := range n {
		if s.b.visited.has(ord) {
			continue
		}
		if st := t.state(ord); st == 0 || st&isDup != 0 {
			continue
		}
		if s.accept != nil && !s.passes(ord) {
			continue
		}
		s.b.visited.add(ord)
		if ids = append(ids, ord); len(ids) == 2*s.g.opt.M {
			flush()
		}
	}
	flush()
	sortEntries(s.b.pool.e)
}
