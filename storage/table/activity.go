package table

import (
	"sync"
	"sync/atomic"

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

// Settle takes n changes away, which statistics have seen.
func (a *Activity) Settle(storage uint32, n int64) { a.count(storage).n.Add(-n) }

// Forget drops the count of a storage that is gone.
func (a *Activity) Forget(storage uint32) { a.counts.Delete(storage) }

// tally is what one transaction changed in one table.
type tally struct {
	storage uint32
	n       int64
}

// Changed is how many rows of a table the transaction has changed so far.
func (t *Txn) Changed(storage uint32) int64 {
	for _, c := range t.changes {
		if c.storage == storage {
			return c.n
		}
	}
	return 0
}

// countChange counts a changed row; transactions change few tables.
func (t *Txn) countChange(storage uint32) {
	for i := len(t.changes) - 1; i >= 0; i-- {
		if t.changes[i].storage == storage {
			t.changes[i].n++
			return
		}
	}
	t.changes = append(t.changes, tally{storage, 1})
}
