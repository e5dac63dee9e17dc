package hnsw

import "fmt"

// validate checks everything that a walk relies on in an opened graph: ordinals
// and record numbers in range, lists only to nodes of at least their level, and
// chains of duplicates that end. look is that of OpenSeen.
func (g *Graph) validate(t *tables, u *upperTable, look func(bytes int64)) error {
	n := g.reserved.Load()
	if err := g.validateEntry(t, n); err != nil {
		return err
	}
	chained := 0
	for ord := range n {
		if look != nil && ord%lookEvery == lookEvery-1 {
			look(lookEvery * int64(t.links.Stride()+nodeStride))
		}
		st := t.state(ord)
		if st == 0 || st&^isDup > maxLevel+1 || st&^isDup == 0 || st&isDup != 0 && st != 1|isDup {
			return fmt.Errorf("%w: node %d has state %#x", ErrCorrupt, ord, st)
		}
		if next := t.dup(ord); next > n {
			return fmt.Errorf("%w: node %d continues at duplicate %d of %d", ErrCorrupt, ord, next-1, n)
		}
		if st&isDup != 0 {
			chained++
			continue
		}
		if err := g.validateLists(t, u, ord, int(st)-1); err != nil {
			return err
		}
	}
	g.chained.Store(chained > 0)
	return g.validateChains(t, n, chained)
}

// lookEvery is how many nodes are checked between two calls of look.
const lookEvery = 1 << 16

func (g *Graph) validateEntry(t *tables, n uint32) error {
	en := g.entry.Load()
	if en == noEntry {
		// Only a graph of nothing but zero vectors has nodes and no entry.
		for ord := range n {
			if t.list(ord)[0] != none {
				return fmt.Errorf("%w: links without an entry point", ErrCorrupt)
			}
		}
		return nil
	}
	ord, level := uint32(en), en>>32
	if ord >= n || level > maxLevel {
		return fmt.Errorf("%w: entry point %d on level %d", ErrCorrupt, ord, level)
	}
	if st := t.state(ord); st != uint32(1+level) {
		return fmt.Errorf("%w: entry point %d on level %d has state %#x", ErrCorrupt, ord, level, st)
	}
	return nil
}

func (g *Graph) validateLists(t *tables, u *upperTable, ord uint32, level int) error {
	if level > 0 {
		first := uint64(*t.node(ord, nodeUpper))
		if first+uint64(level) > uint64(u.limit) {
			return fmt.Errorf("%w: node %d has upper lists %d to %d of %d", ErrCorrupt, ord, first, first+uint64(level), u.limit)
		}
	}
	n := g.reserved.Load()
	for l := 0; l <= level; l++ {
		for _, to := range g.listAt(t, ord, l) {
			if to == none {
				break
			}
			if to >= n {
				return fmt.Errorf("%w: node %d links to %d of %d", ErrCorrupt, ord, to, n)
			}
			if st := t.state(to); st&isDup != 0 || st < uint32(1+l) {
				return fmt.Errorf("%w: node %d links on level %d to %d with state %#x", ErrCorrupt, ord, l, to, st)
			}
		}
	}
	return nil
}

// validateChains follows every chain from its head: each member is marked as a
// duplicate and belongs to one chain only, which also excludes cycles.
func (g *Graph) validateChains(t *tables, n uint32, chained int) error {
	var seen visitSet
	seen.need(int(n))
	for ord := range n {
		if t.state(ord)&isDup != 0 {
			continue
		}
		for c := t.dup(ord); c != 0; c = t.dup(c - 1) {
			if t.state(c-1)&isDup == 0 || !seen.add(c-1) {
				return fmt.Errorf("%w: chain of duplicates of node %d breaks at %d", ErrCorrupt, ord, c-1)
			}
			chained--
		}
	}
	if chained != 0 {
		return fmt.Errorf("%w: %d duplicates are on no chain", ErrCorrupt, chained)
	}
	return nil
}
