package hnsw

import "sync/atomic"

// repair gives every node that no level-0 list leads to a place in the list of its
// nearest neighbour that can spare one. Pruning orphans about one node in two
// thousand: each neighbour finds others nearer. Searches may run meanwhile,
// insertions not.
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
	r := adoption{in: in, given: map[uint32]int{}}
	entry := uint32(g.entry.Load())
	for ord := range n {
		if st := t.state(ord); in[ord] > 0 || ord == entry || st == 0 || st&isDup != 0 {
			continue
		}
		buf = t.list(ord).read(buf[:0])
		for _, from := range buf {
			if from != ord && r.adopt(t.list(from), from, ord) {
				*t.ruledOf(from) = 0 // whatever place it took
				in[ord]++
				break
			}
		}
	}
}

// adoption is a repair in progress.
type adoption struct {
	in    []uint32       // how many lists lead to each node
	given map[uint32]int // places that lists have given up
}

// givable is the part of a list's places that it gives up for orphans. Of inner products
// of vectors of many lengths most nodes are orphans, and all have the same few longest
// ones for neighbours: were these to lead to them and not to each other, no walk would
// find its way among the nodes that are nearest to any query.
const givable = 16

// adopt puts ord into the list of from, if need be for the last entry that others lead
// to as well.
func (r *adoption) adopt(l list, from, ord uint32) bool {
	if l.add(ord) {
		return true
	}
	if r.given[from] >= max(1, len(l)/givable) {
		return false
	}
	for i := len(l) - 1; i >= 0; i-- {
		if out := l[i]; r.in[out] > 1 {
			r.in[out]--
			r.given[from]++
			atomic.StoreUint32(&l[i], ord)
			return true
		}
	}
	return false
}
