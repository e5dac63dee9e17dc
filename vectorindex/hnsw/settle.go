package hnsw

import (
	"unsafe"

	"github.com/loxodb/loxodb/vectorindex/dist"
)

// lent are the tables of an opened graph in the bytes that it was given.
type lent struct {
	tab   *tables
	upper *upperTable
}

// settleWindow is how much is copied between two calls of Settle's done.
const settleWindow = 16 << 20

// Settle copies what a walk touches of an opened graph out of the bytes that it was
// given: memory of its own can have larger pages than a mapped file. done, if not nil, is
// called now and then: what was read of the bytes until then is not needed in memory.
// Searches may run meanwhile. Settle and Unsettle are called by turns, one at a time.
func (g *Graph) Settle(done func()) {
	g.lent = &lent{g.tab.Load(), g.upper.Load()}
	t, u := *g.lent.tab, *g.lent.upper
	own := func(r *dist.Rows, n uint32) {
		if n == 0 {
			return
		}
		b := unsafe.Slice((*byte)(r.Record(0)), int(n)*r.Stride())
		c := dist.Aligned(len(b))
		for at := 0; at < len(b); at += settleWindow {
			copy(c[at:], b[at:min(at+settleWindow, len(b))])
			if done != nil {
				done()
			}
		}
		*r = dist.FlatRows(c, r.Stride())
	}
	own(&t.codes, t.limit)
	own(&t.links, t.limit)
	own(&t.nodes, t.limit)
	own(&u.rows, u.limit)
	g.tab.Store(&t)
	g.upper.Store(&u)
}

// Unsettle gives the copies up: the graph is walked in the bytes that it was given. Searches
// may run meanwhile; those that have begun keep the copies until they end.
func (g *Graph) Unsettle() {
	g.tab.Store(g.lent.tab)
	g.upper.Store(g.lent.upper)
	g.lent = nil
}
