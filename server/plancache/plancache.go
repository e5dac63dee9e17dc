// Package plancache shares plans between sessions: statement text and everything
// else that a plan depends on → an immutable entry, bounded in bytes. It must
// not know what the entries are.
package plancache

import (
	"hash/maphash"
	"sync/atomic"

	"github.com/dgraph-io/ristretto/v2"
)

// Entry is a cached plan; Bytes is its rough size.
type Entry interface{ Bytes() int64 }

// Cache is safe for concurrent use. Of keys it keeps hashes: callers may use their bytes again.
type Cache struct {
	c       *ristretto.Cache[[]byte, Entry]
	offered offered
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
	return &Cache{c: c, offered: offered{seed: maphash.MakeSeed()}}, nil
}

// Get finds an entry.
func (c *Cache) Get(key []byte) (Entry, bool) { return c.c.Get(key) }

// Put offers an entry. The cache may decline it, and does so where the key was not offered
// lately: texts with other constants each time would else fill it with what nobody asks for,
// for the collector of garbage to go through again and again.
func (c *Cache) Put(key []byte, e Entry) {
	if c.offered.again(key) {
		c.c.Set(key, e, e.Bytes()+int64(len(key)))
	}
}

// offered notes which keys were offered lately, each at a place of its hash until another
// one takes it.
type offered struct {
	seed  maphash.Seed
	marks [1 << 14]atomic.Uint32
}

// again notes a key and reports that it was there.
func (o *offered) again(key []byte) bool {
	h := maphash.Bytes(o.seed, key)
	mark := uint32(h>>32) | 1 // 0 is an empty place
	return o.marks[h%uint64(len(o.marks))].Swap(mark) == mark
}

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
