package table

import (
	"sync"
	"sync/atomic"

	"github.com/dgraph-io/ristretto/v2"

	"github.com/loxodb/loxodb/storage/kv"
)

// RowCache keeps the stored form of rows that are fetched by number, for point
// reads and for the rows behind vector hits. It holds the newest committed
// version only. Safe for concurrent use.
//
// Whether an entry may be used is decided by timestamps, not by invalidation: an
// entry remembers the view it was read at, and stripes remember the newest commit
// that wrote a row of theirs, set before that commit becomes visible. A view and
// an entry agree on a row when no commit of its stripe is newer than either.
//
// Databases share one cache: each has it by a handle of its own, see Of.
type RowCache struct {
	*rowCache
	db uint32
}

type rowCache struct {
	c       *ristretto.Cache[uint64, cachedRow]
	max     int64
	offers  offers
	stripes [stripeCount]atomic.Uint64
	floor   atomic.Uint64 // as a stripe of all rows: a commit too large to list
}

const (
	stripeCount = 1 << 16
	// maxListed is how many written rows a transaction lists one by one.
	maxListed = 1 << 18
	// rowOverhead is roughly what an entry costs beside its bytes.
	rowOverhead = 96
)

// cachedRow is an entry; it names its row, since different rows may share a key.
type cachedRow struct {
	val     []byte
	at      kv.TS
	row     uint64
	storage uint32
	db      uint32
}

// readBatch is how many reads of a thread are noted together. Each such note wakes
// ristretto's goroutine, and with it threads that look for work in vain: with 64 that
// was one such thread every other search for ten rows.
const readBatch = 1024

// NewRowCache returns a cache of at most maxBytes; nil, which caches nothing, for 0.
func NewRowCache(maxBytes int64) (*RowCache, error) {
	if maxBytes <= 0 {
		return nil, nil
	}
	c, err := ristretto.NewCache(&ristretto.Config[uint64, cachedRow]{
		NumCounters: max(1000, maxBytes/20), // ten times the rows of 200 bytes that fit
		MaxCost:     maxBytes,
		BufferItems: readBatch,
		Metrics:     true,
	})
	if err != nil {
		return nil, err
	}
	return &RowCache{rowCache: &rowCache{c: c, max: maxBytes}}, nil
}

// Of is the cache for the rows of a database: no two have a row in common. Only one handle
// needs to be closed.
func (c *RowCache) Of(db uint32) *RowCache {
	if c == nil {
		return nil
	}
	return &RowCache{c.rowCache, db}
}

// Forget makes all that is cached useless to views at ts and after it.
func (c *RowCache) Forget(ts kv.TS) {
	if c != nil {
		raise(&c.floor, uint64(ts))
	}
}

func cacheKey(db, storage uint32, row uint64) uint64 {
	return (row ^ uint64(storage)<<40 ^ uint64(db)<<20) * 0x9e3779b97f4a7c15
}

func (c *RowCache) stripe(storage uint32, row uint64) *atomic.Uint64 {
	return &c.stripes[cacheKey(c.db, storage, row)>>(64-16)]
}

// newest is the newest commit that may have written the row.
func (c *RowCache) newest(storage uint32, row uint64) kv.TS {
	return kv.TS(max(c.stripe(storage, row).Load(), c.floor.Load()))
}

// get returns the row's stored form at the view, which must not be written to.
func (c *RowCache) get(storage uint32, row uint64, at kv.TS) ([]byte, bool) {
	e, ok := c.c.Get(cacheKey(c.db, storage, row))
	if !ok || e.row != row || e.storage != storage || e.db != c.db {
		return nil, false
	}
	if n := c.newest(storage, row); n > at || n > e.at {
		return nil, false
	}
	return e.val, true
}

// put offers what a view read; val is copied.
func (c *RowCache) put(storage uint32, row uint64, at kv.TS, val []byte) {
	if c.newest(storage, row) > at || !c.offers.mu.TryLock() {
		return
	}
	defer c.offers.mu.Unlock()
	o := &c.offers
	o.rows = append(o.rows, cachedRow{append([]byte(nil), val...), at, row, storage, c.db})
	if len(o.rows) == offerBatch {
		c.hand()
	}
}

// offers are rows on their way into the cache. Each one handed to ristretto wakes
// its goroutine, on another core and at several times the cost of the read that
// missed; so they go in batches. Who finds the lock taken keeps its row to itself.
type offers struct {
	mu   sync.Mutex
	rows []cachedRow
}

const offerBatch = 64

// hand gives the offers to ristretto; offers.mu is held.
func (c *rowCache) hand() {
	for _, e := range c.offers.rows {
		c.c.Set(cacheKey(e.db, e.storage, e.row), e, int64(len(e.val)+rowOverhead))
	}
	clear(c.offers.rows)
	c.offers.rows = c.offers.rows[:0]
}

// wrote tells that the commit at ts wrote the rows, before it becomes visible.
func (c *RowCache) wrote(ts kv.TS, rows []writtenRow, all bool) {
	if all {
		raise(&c.floor, uint64(ts))
		return
	}
	for _, r := range rows {
		raise(c.stripe(r.storage, r.row), uint64(ts))
	}
}

func raise(v *atomic.Uint64, to uint64) {
	for {
		old := v.Load()
		if old >= to || v.CompareAndSwap(old, to) {
			return
		}
	}
}

// writtenRow is a row that a transaction wrote.
type writtenRow struct {
	storage uint32
	row     uint64
}

// CacheStats counts look-ups since the start.
type CacheStats struct {
	Hits, Misses, Entries uint64
	Bytes, Max            int64
}

// Stats reports the cache's counters.
func (c *RowCache) Stats() CacheStats {
	if c == nil {
		return CacheStats{}
	}
	m := c.c.Metrics
	return CacheStats{
		Hits: m.Hits(), Misses: m.Misses(), Entries: m.KeysAdded() - m.KeysEvicted(),
		Bytes: int64(m.CostAdded() - m.CostEvicted()), Max: c.max,
	}
}

// Wait returns when every row offered so far has been taken in or declined.
func (c *RowCache) Wait() {
	if c != nil {
		c.offers.mu.Lock()
		c.hand()
		c.offers.mu.Unlock()
		c.c.Wait()
	}
}

// Close frees the cache.
func (c *RowCache) Close() {
	if c != nil {
		c.c.Close()
	}
}
