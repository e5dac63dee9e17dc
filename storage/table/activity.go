package table

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/storage/kv"
)

// Activity counts the row changes of committed transactions by table storage, so
// that statistics can be renewed when they have become old, and knows when the last
// of them was. The zero value is ready. Safe for concurrent use.
type Activity struct {
	counts sync.Map // storage uint32 → *count
}

type count struct {
	n    atomic.Int64
	last atomic.Uint64 // a kv.TS; 0: none since the start, which no view is older than
}

func (a *Activity) count(storage uint32) *count {
	if c, ok := a.counts.Load(storage); ok {
		return c.(*count)
	}
	c, _ := a.counts.LoadOrStore(storage, new(count))
	return c.(*count)
}

// Add counts n more changes.
func (a *Activity) Add(storage uint32, n int64) { a.count(storage).n.Add(n) }

// committed counts the changes of a transaction, before its timestamp becomes visible.
func (a *Activity) committed(ts kv.TS, storage uint32, n int64) {
	c := a.count(storage)
	c.n.Add(n)
	for {
		last := c.last.Load()
		if uint64(ts) <= last || c.last.CompareAndSwap(last, uint64(ts)) {
			return
		}
	}
}

// changedSince reports that rows were committed after a view. Whoever asks holds the
// table's lock exclusively, so nobody is committing.
func (a *Activity) changedSince(storage uint32, view kv.TS) bool {
	c, ok := a.counts.Load(storage)
	return ok && c.(*count).last.Load() > uint64(view)
}

// Changes is the count of a table.
func (a *Activity) Changes(storage uint32) int64 {
	if c, ok := a.counts.Load(storage); ok {
		return c.(*count).n.Load()
	}
	return 0
}

// ChangedSince reports that rows were committed after a time.
func (a *Activity) ChangedSince(storage uint32, at kv.TS) bool { return a.changedSince(storage, at) }

// Settle takes n changes away, which statistics have seen.
func (a *Activity) Settle(storage uint32, n int64) { a.count(storage).n.Add(-n) }

// Forget drops the count of a storage that is gone.
func (a *Activity) Forget(storage uint32) { a.counts.Delete(storage) }

// tally is what one transaction changed in one table.
type tally struct {
	storage uint32
	table   catalog.ID
	n       int64 // of changed rows, also those that were rolled back to a savepoint
	// kept is what counts if the transaction commits, lost what was rolled back.
	kept, lost written
}

// written are numbers of rows.
type written struct{ inserted, updated, light, deleted int64 }

func (w *written) add(v written) {
	w.inserted += v.inserted
	w.updated += v.updated
	w.light += v.light
	w.deleted += v.deleted
}

// tallies are those of a transaction. What is counted after a mark is kept apart from what
// was counted before, until there are too many.
type tallies struct {
	list  []tally
	mark  int // the tallies before it are not added to
	round int // grows when tallies before marks are put together
	least int // how many were left when they were last put together: one a table
}

// maxTallies is how many there may be beyond twice those that cannot become fewer.
const maxTallies = 256

// of is the tally of a table's storage since the last mark.
func (t *tallies) of(storage uint32) *tally {
	for i := len(t.list) - 1; i >= t.mark; i-- {
		if t.list[i].storage == storage {
			return &t.list[i]
		}
	}
	if len(t.list) >= maxTallies+2*t.least {
		t.gather()
		return t.of(storage)
	}
	t.list = append(t.list, tally{storage: storage})
	return &t.list[len(t.list)-1]
}

// gather makes one tally of all those of a table. Rolling back to a mark before it leaves
// what was counted until then as it is.
func (t *tallies) gather() {
	out := t.list[:0]
	for _, x := range t.list {
		i := slices.IndexFunc(out, func(y tally) bool { return y.storage == x.storage })
		if i < 0 {
			out = append(out, x)
			continue
		}
		out[i].n += x.n
		out[i].kept.add(x.kept)
		out[i].lost.add(x.lost)
		out[i].table = max(out[i].table, x.table)
	}
	t.list, t.mark, t.least = out, 0, len(out)
	t.round++
}

// lose rolls back what was counted since a mark.
func (t *tallies) lose(from, round int) {
	if round != t.round {
		return
	}
	for i := from; i < len(t.list); i++ {
		t.list[i].lose()
	}
}

// changed is how many rows were changed for good, about: what no statement did but a
// change of the table counts even if it was rolled back.
func (t *tally) changed() int64 { return t.n - t.lost.inserted - t.lost.updated - t.lost.deleted }

func (t *tally) lose() {
	t.lost.add(t.kept)
	t.kept = written{}
}

// Changed is how many rows of a table the transaction has changed so far.
func (t *Txn) Changed(storage uint32) (n int64) {
	for i := range t.changes.list {
		if t.changes.list[i].storage == storage {
			n += t.changes.list[i].n
		}
	}
	return n
}

// countChange counts a changed row.
func (t *Txn) countChange(storage uint32) { t.changes.of(storage).n++ }

// count is where what a statement does with rows of a table is counted.
func (t *Txn) count(x *catalog.Table) *written {
	c := t.changes.of(uint32(x.Storage))
	c.table = x.ID
	return &c.kept
}

// Inserted counts a row that a statement has inserted.
func (t *Txn) Inserted(x *catalog.Table) { t.count(x).inserted++ }

// Deleted counts a row that a statement has deleted.
func (t *Txn) Deleted(x *catalog.Table) { t.count(x).deleted++ }

// Updated counts a row that a statement has updated; light: no entry of an index changed.
func (t *Txn) Updated(x *catalog.Table, light bool) {
	c := t.count(x)
	c.updated++
	if light {
		c.light++
	}
}

// Truncated counts that a table loses all rows that are kept in its storage.
func (t *Txn) Truncated(x *catalog.Table) {
	t.AtCommit(func(kv.TS) {
		for i := range t.changes.list {
			if t.changes.list[i].storage == uint32(x.Storage) {
				t.changes.list[i].lose()
			}
		}
		if t.usage != nil {
			t.usage.Emptied(x.ID)
		}
	})
}

// Grown is by how many rows a table has grown in the transaction.
func (t *Txn) Grown(x *catalog.Table) (n int64) {
	for i := range t.changes.list {
		if c := &t.changes.list[i]; c.storage == uint32(x.Storage) {
			n += c.kept.inserted - c.kept.deleted
		}
	}
	return n
}

// Use is what the transaction has written so far of a table.
func (t *Txn) Use(table catalog.ID) (u Use) {
	for i := range t.changes.list {
		if c := &t.changes.list[i]; c.table == table {
			u.wrote(c, false)
		}
	}
	return u
}

// wrote adds what a transaction wrote that has ended.
func (u *Use) wrote(c *tally, committed bool) {
	tried := c.kept
	tried.add(c.lost)
	u[Inserted] += tried.inserted
	u[Updated] += tried.updated
	u[Light] += tried.light
	u[Deleted] += tried.deleted
	u[InsertedSince] += tried.inserted
	if committed {
		u[Live] += c.kept.inserted - c.kept.deleted
		u[Dead] += c.kept.updated + c.kept.deleted
	}
}

// wrote counts what a transaction wrote.
func (g *Usage) wrote(t *tallies, committed bool) {
	for i := range t.list {
		if c := &t.list[i]; c.table != 0 {
			var u Use
			u.wrote(c, committed)
			addTo(g.of(c.table), &u)
		}
	}
}
