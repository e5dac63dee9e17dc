// Package plancache shares plans between sessions: statement text and everything
// else that a plan depends on → an immutable entry, bounded in bytes. It must
// not know what the entries are.
package plancache

import (
	"github.com/dgraph-io/ristretto/v2"
)

// Entry is a cached plan; Bytes is its rough size.
type Entry interface{ Bytes() int64 }

// Cache is safe for concurrent use. Of keys it keeps hashes: callers may use their bytes again.
type Cache struct {
	c *ristretto.Cache[[]byte, Entry]
}

// New returns a cache of at most maxBytes.
func New(maxBytes int64) (*Cache, error) {
	c, err := ristretto.NewCache(&ristretto.Config[[]byte, Entry]{
		NumCounters: max(1000, maxBytes/1000), // ten times the entries of a few KiB that fit
		MaxCost:     maxBytes,
		BufferItems: 64,
		Metrics:     true,
	})
	if err != nil {
		return nil, err
	}
	return &Cache{c: c}, nil
}

// Get finds an entry.
func (c *Cache) Get(key []byte) (Entry, bool) { return c.c.Get(key) }

// Put offers an entry; the cache may decline it.
func (c *Cache) Put(key []byte, e Entry) { c.c.Set(key, e, e.Bytes()+int64(len(key))) }

// Stats counts look-ups since the start.
type Stats struct {
	Hits, Misses uint64
	Entries      uint64
	Bytes        uint64
}

// Stats reports the cache's counters.
func (c *Cache) Stats() Stats {
	m := c.c.Metrics
	return Stats{
		Hits: m.Hits(), Misses: m.Misses(),
		Entries: m.KeysAdded() - m.KeysEvicted(), Bytes: m.CostAdded() - m.CostEvicted(),
	}
}

// Wait returns when every entry offered so far has been taken in or declined.
func (c *Cache) Wait() { c.c.Wait() }

// Close frees the cache.
func (c *Cache) Close() { c.c.Close() }
