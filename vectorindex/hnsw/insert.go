package hnsw

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"sync/atomic"

	"github.com/loxodb/loxodb/vectorindex/dist"
)

// Reserve copies vec into the graph and returns its ordinal. Ordinals are given
// out in order. Searches do not see the node before Link; the caller can meanwhile
// prepare what it keeps per ordinal.
func (g *Graph) Reserve(vec []byte) (uint32, error) {
	if g.readOnly {
		return 0, ErrReadOnly
	}
	if err := g.opt.space().Check(vec); err != nil {
		return 0, fmt.Errorf("hnsw: %w", err)
	}
	g.grow.Lock()
	defer g.grow.Unlock()
	ord := g.reserved.Load()
	if err := g.needNode(ord); err != nil {
		return 0, err
	}
	if err := g.vecs.Append(vec); err != nil {
		return 0, fmt.Errorf("%w: %w", ErrFull, err)
	}
	if t := g.tab.Load(); t.raw != g.vecs.View() {
		u := *t
		u.raw = g.vecs.View()
		g.tab.Store(&u)
	}
	g.reserved.Store(ord + 1)
	return ord, nil
}

// needNode makes sure that ord has memory. The caller holds g.grow.
func (g *Graph) needNode(ord uint32) error {
	t := g.tab.Load()
	if ord < t.limit {
		return nil
	}
	if g.opt.Capacity > 0 || ord >= MaxNodes-1<<20 {
		return ErrFull
	}
	g.tab.Store(t.extend(1<<t.shift, &g.slabs))
	return nil
}

// Add is Reserve and Link.
func (g *Graph) Add(vec []byte) (uint32, error) {
	ord, err := g.Reserve(vec)
	if err != nil {
		return 0, err
	}
	return ord, g.Link(ord)
}

// Link connects a reserved node so that searches find it. Different nodes may be
// linked concurrently, each exactly once.
func (g *Graph) Link(ord uint32) error {
	if g.readOnly {
		return ErrReadOnly
	}
	if int(ord) >= g.Len() {
		return fmt.Errorf("hnsw: node %d was not reserved", ord)
	}
	in := g.inserts.Get().(*inserter)
	in.link(ord)
	g.inserts.Put(in)
	return nil
}

// inserter is the reusable state of one insertion.
type inserter struct {
	g    *Graph
	b    beam
	sel  selector
	near [maxLevel + 1][]uint32 // chosen neighbours per level

	links query   // the node as its build code has it, where walks go by others
	cands []entry // what a walk found, by build codes
	ids   []uint32
	dists []float32
}

// self is the node as those codes have it that links are chosen by.
func (in *inserter) self() *query {
	if in.g.shortWalks() {
		return &in.links
	}
	return &in.b.q
}

func (in *inserter) link(ord uint32) {
	g := in.g
	t := g.tab.Load()
	lost, norm := g.code.encode(&in.b.q, t, ord)
	if g.opt.Coding.Bits() > 0 {
		g.build.encode(&in.b.q, t, ord)
	}
	g.lost.raise(lost)
	g.norm.raise(norm)
	t.list(ord).set(nil)
	if (g.opt.Metric == dist.Cosine || g.opt.Metric == dist.Jaccard) && norm == 0 {
		// No direction, no neighbourhood: nothing is farther, and searches deliver it
		// at the very end.
		atomic.StoreUint32(t.node(ord, nodeState), 1)
		return
	}
	level := levelOf(g.opt.Seed, ord, g.opt.M)
	if top := topLevel(g.entry.Load()); level > top {
		// A new top must not race with another one.
		g.entryMu.Lock()
		defer g.entryMu.Unlock()
	}
	in.b.code.prepareNode(&in.b.q, t, ord)
	if g.shortWalks() {
		g.build.prepareNode(&in.links, t, ord)
	}
	at, d, top, ok := in.b.descend(g, level)
	for l := min(level, top); ok && l >= 0; l-- {
		in.b.start(g, g.opt.insertBeam(), at, d)
		in.b.run(g, l)
		best := in.b.pool.e[0]
		at, d = best.Ord(), best.Dist()
		cands := in.found()
		if l == 0 && in.chainDuplicate(ord, cands) {
			return
		}
		limit := g.opt.M
		if l == 0 {
			limit *= 2
		}
		in.near[l] = append(in.near[l][:0], in.sel.choose(g, cands, limit)...)
		if l == 0 {
			*t.ruledOf(ord) = in.sel.ruled()
		}
	}
	in.publish(ord, level, top, ok)
}

// found is what the walk found, nearest first, by the codes that links are chosen by.
func (in *inserter) found() []entry {
	g, e := in.g, in.b.pool.e
	if !g.shortWalks() {
		return e
	}
	in.ids, in.cands = in.ids[:0], in.cands[:0]
	for _, x := range e {
		in.ids = append(in.ids, x.Ord())
	}
	in.dists = slices.Grow(in.dists[:0], len(e))[:len(e)]
	g.build.distances(in.self(), g.tab.Load(), in.ids, in.dists)
	for i, ord := range in.ids {
		in.cands = append(in.cands, dist.MakeEntry(in.dists[i], ord))
	}
	dist.SortEntries(in.cands)
	return in.cands
}

// publish writes the node's own lists, then the links that lead to it.
func (in *inserter) publish(ord uint32, level, top int, linked bool) {
	g := in.g
	t := g.tab.Load()
	if level > 0 {
		atomic.StoreUint32(t.node(ord, nodeUpper), g.takeUpper(level))
	}
	for l := 0; l <= level; l++ {
		if !linked || l > top {
			g.listAt(t, ord, l).set(nil)
			continue
		}
		g.listAt(t, ord, l).set(in.near[l])
	}
	atomic.StoreUint32(t.node(ord, nodeState), uint32(1+level))
	if linked {
		for l := min(level, top); l >= 0; l-- {
			in.linkAllBack(ord, l)
		}
	}
	for en := g.entry.Load(); level > topLevel(en); en = g.entry.Load() {
		if g.entry.CompareAndSwap(en, uint64(level)<<32|uint64(ord)) {
			break
		}
	}
}

// takeUpper reserves n consecutive upper records.
func (g *Graph) takeUpper(n int) uint32 {
	g.grow.Lock()
	defer g.grow.Unlock()
	u := g.upper.Load()
	first := g.slots
	g.slots += uint32(n)
	for u.limit < g.slots {
		u = u.extend(&g.slabs)
	}
	g.upper.Store(u)
	return first
}

// linkAllBack adds ord to the lists of its neighbours on a level. When all of them
// have nearer ones, the nearest takes it nevertheless, so that it can be reached.
func (in *inserter) linkAllBack(ord uint32, level int) {
	linked := false
	for _, to := range in.near[level] {
		if in.linkBack(to, ord, level) {
			linked = true
		}
	}
	if linked || len(in.near[level]) == 0 {
		return
	}
	to := in.near[level][0]
	mu := &in.g.locks[to%stripes]
	mu.Lock()
	defer mu.Unlock()
	t := in.g.tab.Load()
	l := in.g.listAt(t, to, level)
	if l.add(ord) {
		return
	}
	if level == 0 {
		*t.ruledOf(to) = min(*t.ruledOf(to), uint8(len(l)-1))
	}
	atomic.StoreUint32(&l[len(l)-1], ord)
}

// linkBack adds ord to the list of node to, which is pruned when full, and reports
// whether it stayed.
func (in *inserter) linkBack(to, ord uint32, level int) bool {
	g := in.g
	mu := &g.locks[to%stripes]
	mu.Lock()
	defer mu.Unlock()
	t := g.tab.Load()
	l := g.listAt(t, to, level)
	if l.add(ord) {
		return true
	}
	if level > 0 {
		l.set(in.sel.shrink(g, to, l, 0, ord))
	} else {
		ruled := t.ruledOf(to)
		l.set(in.sel.shrink(g, to, l, int(*ruled), ord))
		*ruled = in.sel.ruled()
	}
	return slices.Contains(in.sel.chosen, ord)
}

// chainDuplicate looks for a node with the same vector among the nearest found and, if
// there is one, hangs ord on its chain instead of linking it: thousands of equal
// vectors would otherwise point only at each other, at great cost.
func (in *inserter) chainDuplicate(ord uint32, cands []entry) bool {
	g := in.g
	t := g.tab.Load()
	v := g.Vector(ord)
	in.ids, in.dists = append(in.ids[:0], ord), append(in.dists[:0], 0)
	g.build.distances(in.self(), t, in.ids, in.dists)
	self := in.dists[0]
	slack := 1e-4 * (1 + float32(math.Abs(float64(self))))
	for i, e := range cands {
		if i == 8 || e.Dist() > self+slack {
			return false
		}
		rep := e.Ord()
		if rep == ord || !same(g.opt.space(), v, t.vector(rep)) {
			continue
		}
		g.chained.Store(true)
		head := t.node(rep, nodeDup)
		for {
			next := atomic.LoadUint32(head)
			atomic.StoreUint32(t.node(ord, nodeDup), next)
			if atomic.CompareAndSwapUint32(head, next, ord+1) {
				// Only now is it linked: a search that counts on it finds it in the chain.
				atomic.StoreUint32(t.node(ord, nodeState), 1|isDup)
				return true
			}
		}
	}
	return false
}

// same reports whether a and b are indistinguishable under the metric.
func same(s dist.Space, a, b []byte) bool {
	return bytes.Equal(a, b) || s.Metric == dist.Cosine && s.Exact(a, b) < 1e-12
}

func topLevel(en uint64) int {
	if en == noEntry {
		return -1
	}
	return int(en >> 32)
}

// levelOf draws the level of a node from the exponential distribution with mean
// 1/ln m. It depends on the ordinal, not on the order of insertion.
func levelOf(seed uint64, ord uint32, m int) int {
	x := seed + (uint64(ord)+1)*0x9e3779b97f4a7c15 // splitmix64
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	x ^= x >> 31
	u := (float64(x>>11) + 1) / (1 << 53) // (0, 1]
	return min(maxLevel, int(-math.Log(u)/math.Log(float64(m))))
}
