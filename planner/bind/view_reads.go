package bind

import (
	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/catalog"
)

// Columns of a view that is written through are those of the table behind it, so a mention
// of one is noted where its name is found, for the view. Where the statement reads a view,
// the owner of each on the way must be allowed to read all that it mentions, whatever the
// statement needs of it; else nobody needs to read anything.

// reads says whose columns the names of an item stand for: their attributes, in the order
// of the item's columns, and the use that mentions count for, 0 for none. To mention them
// in the statement is to read what uses of below say, too; within a view it is not yet.
type reads struct {
	use    int
	attrs  []int16
	within bool
	below  []int
}

// readAs makes mentions of an item's columns count as reads of a relation.
func (b *binder) readAs(it *nsItem, t *catalog.Table) {
	it.reads = reads{}
	if t == nil {
		return
	}
	it.reads.use = b.useAgain(t, 0)
	for _, c := range t.Listed() {
		it.reads.attrs = append(it.reads.attrs, c.Num)
	}
}

func (b *binder) reads(it *nsItem, i int) {
	if i >= len(it.reads.attrs) {
		return
	}
	u := b.noted(it.reads.use)
	if u == nil {
		u = &physical.Use{} // of a superuser, who reads as others below
	}
	mark(&u.Select, it.reads.attrs[i])
	if it.reads.within {
		return
	}
	u.Need |= catalog.PrivSelect
	for _, n := range it.reads.below {
		b.noted(n).Need |= catalog.PrivSelect
	}
}

func (b *binder) readsAll(it *nsItem) {
	for i := range it.reads.attrs {
		b.reads(it, i)
	}
}

// useViews notes the views on a way, outermost first, and the table: the order in which
// privileges are asked for. It returns the uses of those below the first.
func (b *binder) useViews(w writtenView) (below []int) {
	as := b.as
	defer func() { b.as = as }()
	if w != nil {
		b.useAgain(w[0].view, 0)
	}
	for _, l := range w {
		b.as = ReaderOf(l.view)
		if n := b.useAgain(l.of, 0); n != 0 {
			below = append(below, n)
		}
	}
	return below
}

// useAgain adds to the use of a relation that the same user has made of it already.
func (b *binder) useAgain(t *catalog.Table, need catalog.Priv) int {
	if b.free() {
		return 0
	}
	for i := range b.meta.Uses {
		if u := &b.meta.Uses[i]; u.Class == catalog.RelationClass && u.ID == t.ID && u.As == b.as {
			u.Need |= need
			return i + 1
		}
	}
	return b.useTable(t, need)
}
