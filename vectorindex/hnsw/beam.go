package hnsw

import (
	"slices"
	"sync/atomic"

	"github.com/loxodb/loxodb/vectorindex/dist"
)

// beam is the state of one best-first walk over one level. It is reused; nothing
// in it is allocated after the first walks.
type beam struct {
	code    coder // of the graph
	q       query
	pool    sortedPool
	visited visitSet
	ids     []uint32  // unvisited neighbours of the node at hand
	spare   []uint32  // those of the node before it
	dists   []float32 // their distances
	news    []entry   // those that are offered to the pool
	rest    []entry   // computed but not in the pool; kept when keepRest
	keep    bool

	// A bridging walk sees only nodes that pass; see filter.go.
	pass    func(ord uint32) bool
	bridged visitSet
	fails   []uint32

	without uint32 // 1 + a node that is not there; see Params

	distances, hops int64
}

// room makes the neighbour buffers hold n entries.
func (b *beam) room(n int) {
	if cap(b.ids) < n {
		b.ids = make([]uint32, n)
		b.spare = make([]uint32, n)
		b.dists = make([]float32, n)
	}
}

// score computes the distance of one node.
func (b *beam) score(g *Graph, t *tables, ord uint32) float32 {
	b.room(2 * g.opt.M)
	b.ids = append(b.ids[:0], ord)
	b.code.distances(&b.q, t, b.ids, b.dists[:1])
	b.distances++
	return b.dists[0]
}

// descend walks greedily from the entry point down to the level above target and
// returns the nearest node found. ok is false for an empty graph.
func (b *beam) descend(g *Graph, target int) (at uint32, d float32, top int, ok bool) {
	en := g.entry.Load()
	if en == noEntry {
		return 0, 0, 0, false
	}
	at, top = uint32(en), int(en>>32)
	d = b.score(g, g.tab.Load(), at)
	for level := top; level > target; level-- {
		at, d = b.greedy(g, at, d, level)
	}
	return at, d, top, true
}

// greedy moves to the nearest neighbour until none is nearer.
func (b *beam) greedy(g *Graph, at uint32, d float32, level int) (uint32, float32) {
	for {
		l := g.listAt(g.tab.Load(), at, level)
		b.ids = l.read(b.ids[:0])
		if len(b.ids) == 0 {
			return at, d
		}
		t := g.tab.Load()
		dists := b.dists[:len(b.ids)]
		b.code.distances(&b.q, t, b.ids, dists)
		b.distances += int64(len(b.ids))
		b.hops++
		moved := false
		for i, x := range dists {
			if x < d {
				at, d, moved = b.ids[i], x, true
			}
		}
		if !moved {
			return at, d
		}
	}
}

// start empties the walk and seeds it with one node.
func (b *beam) start(g *Graph, ef int, at uint32, d float32) {
	b.pool.reset(ef)
	b.visited.reset(int(g.tab.Load().limit))
	b.rest = b.rest[:0]
	if b.without != 0 {
		b.visited.add(b.without - 1)
	}
	b.visited.add(at)
	b.pool.insert(dist.MakeEntry(d, at))
}

// run expands the nearest unexpanded entry of the pool until all are expanded. The
// walk is a pipeline of two nodes: while the neighbours of one are scored, the
// lists and codes of the next are already on their way from memory.
func (b *beam) run(g *Graph, level int) {
	b.room(2 * g.opt.M)
	cur := 0
	var pending []uint32
	for {
		var next []uint32
		cur, next = b.advance(g, level, cur)
		if len(pending) == 0 && len(next) == 0 {
			if cur >= len(b.pool.e) {
				return
			}
			continue
		}
		if len(pending) > 0 {
			cur = min(cur, b.scoreAll(g, pending))
		}
		pending = next
		b.ids, b.spare = b.spare, b.ids
	}
}

// advance marks the first unexpanded entry from place cur on, collects its
// unvisited neighbours in b.ids and requests their codes. It returns the place
// after it.
func (b *beam) advance(g *Graph, level, cur int) (int, []uint32) {
	e := b.pool.e
	for cur < len(e) && e[cur]&expanded != 0 {
		cur++
	}
	if cur == len(e) {
		return cur, nil
	}
	node := e[cur].Ord()
	e[cur] |= expanded
	cur++
	b.hops++
	t := g.tab.Load()
	var ids []uint32
	if b.pass != nil {
		ids = b.passing(t, t.list(node))
	} else {
		ids = b.unvisited(g.listAt(t, node, level))
	}
	// Chunks are published before the links that lead to them, so a view taken
	// now has every node just read.
	t = g.tab.Load()
	b.code.prefetch(t, ids)
	if level == 0 {
		prefetchLists(t, e[cur:])
	}
	return cur, ids
}

// listsAhead is how many of the lists that a walk is about to read are on their way
// from memory: the codes of one node's neighbours take less time than a list.
const listsAhead = 2

// prefetchLists requests the lists of the first unexpanded entries of e.
func prefetchLists(t *tables, e []entry) {
	for left := listsAhead; left > 0 && len(e) > 0; e = e[1:] {
		if e[0]&expanded == 0 {
			dist.Prefetch(t.links.Record(e[0].Ord()), t.links.Stride())
			left--
		}
	}
}

// scoreAll computes the distances of ids and offers them to the pool. It returns
// the lowest place that was filled.
func (b *beam) scoreAll(g *Graph, ids []uint32) int {
	t := g.tab.Load()
	if cap(b.dists) < len(ids) {
		b.dists = make([]float32, 2*len(ids))
	}
	dists := b.dists[:len(ids)]
	b.code.distances(&b.q, t, ids, dists)
	b.distances += int64(len(ids))
	return b.offer(t, ids, dists)
}

func (b *beam) unvisited(l list) []uint32 {
	ids := b.ids[:cap(b.ids)]
	words := b.visited.words
	n := 0
	for i := range l {
		id := atomic.LoadUint32(&l[i])
		if id == none {
			break
		}
		w := int(id >> 6)
		if w >= len(words) {
			b.visited.need(int(id) + 1)
			words = b.visited.words
		}
		// Without a branch: whether a neighbour is new is a coin toss.
		old := words[w]
		fresh := ^old >> (id & 63) & 1
		words[w] = old | 1<<(id&63)
		ids[n] = id
		n += int(fresh)
		if b.visited.sparse && old == 0 {
			b.visited.touched = append(b.visited.touched, uint32(w))
		}
	}
	b.ids = ids[:n]
	return b.ids
}

// offer inserts what belongs into the pool and, when resuming must be possible,
// remembers the rest. It returns the lowest place that was filled.
func (b *beam) offer(t *tables, ids []uint32, dists []float32) int {
	most := len(ids) + dist.EntrySpare
	if cap(b.news) < most {
		b.news = make([]entry, 2*most)
	}
	b.rest = slices.Grow(b.rest, most)
	news, rest := b.news[:most], b.rest[len(b.rest):len(b.rest)+most]
	n := dist.SplitNearer(ids, dists, b.pool.worst(), news, rest)
	if b.keep {
		b.rest = b.rest[:len(b.rest)+len(ids)-n]
	}
	if n == 0 {
		return len(b.pool.e)
	}
	news = news[:n]
	dist.SortEntries(news)
	low, over := b.pool.merge(news)
	if b.keep {
		b.rest = append(b.rest, over...)
	}
	prefetchLists(t, news) // they may be expanded next
	return low
}
