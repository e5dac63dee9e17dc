package hnsw

import "sync/atomic"

// repair gives every node that no level-0 list leads to a place in the list of its
// nearest neighbour that can spare one. Pruning orphans about one node in two
// thousand: each neighbour finds others nearer. Searches may run
// meanwhile, insertions not.
func (g *Graph) repair() {
	t := g.tab.Load()
	n := uint32(g.Len())
	in := make([]uint32, n)
	var buf []uint32
	for ord := range n {
		buf = t.list(ord).read(buf[:0])
		for _, to := range buf {
			in[to]++
		}
	}
	entry := uint32(g.entry.Load())
	for ord := range n {
		if st := t.state(ord); in[ord] > 0 || ord == entry || st == 0 || st&isDup != 0 {
			continue
		}
		buf = t.list(ord).read(buf[:0])
		for _, from := range buf {
			if from != ord && adopt(t.list(from), ord, in) {
				in[ord]++
				break
			}
		}
	}
}

// adopt puts ord into l, if need be for the last entry that others lead to as well.
func adopt(l list, ord uint32, in []uint32) bool {
	if l.add(ord) {
		return true
	}
	for i := len(l) - 1; i >= 0; i-- {
		if out := l[i]; in[out] > 1 {
			in[out]--
			atomic.StoreUint32(&l[i], ord)
			return true
		}
	}
	return false
}
