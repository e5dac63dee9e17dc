package table

import (
	"sync"
	"sync/atomic"
)

// Activity counts the row changes of committed transactions by table storage, so
// that statistics can be renewed when they have become old. The zero value is
// ready. Safe for concurrent use.
type Activity struct {
	counts sync.Map // storage uint32 → *atomic.Int64
}

func (a *Activity) count(storage uint32) *atomic.Int64 {
	if c, ok := a.counts.Load(storage); ok {
		return c.(*atomic.Int64)
	}
	c, _ := a.counts.LoadOrStore(storage, new(atomic.Int64))
	return c.(*atomic.Int64)
}

// Add counts n more changes.
func (a *Activity) Add(storage uint32, n int64) { a.count(storage).Add(n) }

// Changes is the count of a table.
func (a *Activity) Changes(storage uint32) int64 {
	if c, ok := a.counts.Load(storage); ok {
		return c.(*atomic.Int64).Load()
	}
	return 0
}

// Settle takes n changes away, which statistics have seen.
func (a *Activity) Settle(storage uint32, n int64) { a.count(storage).Add(-n) }

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
