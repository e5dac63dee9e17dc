package table

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/loxodb/loxodb/storage/kv"
)

func newCache(t *testing.T) *RowCache {
	t.Helper()
	c, err := NewRowCache(1 << 20)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func value(row uint64) []byte { return fmt.Appendf(nil, "row %d", row) }

// TestRowCacheTakesBatches: rows wait for each other, and none is lost.
func TestRowCacheTakesBatches(t *testing.T) {
	c := newCache(t)
	const rows = 3*offerBatch + 7
	for r := uint64(1); r <= rows; r++ {
		c.put(1, r, 10, value(r))
	}
	// Whole batches arrive by themselves.
	deadline := time.Now().Add(time.Minute)
	for {
		if _, ok := c.get(1, 3*offerBatch, 10); ok {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("a full batch never arrives")
		}
		time.Sleep(time.Millisecond)
	}
	if _, ok := c.get(1, rows, 10); ok {
		t.Error("the last row did not wait for its batch")
	}
	c.Wait()
	for r := uint64(1); r <= rows; r++ {
		if v, ok := c.get(1, r, 11); !ok || string(v) != string(value(r)) {
			t.Fatalf("row %d: %q, %v", r, v, ok)
		}
	}
	if _, ok := c.get(2, 1, 11); ok {
		t.Error("a row of another table")
	}
}

// TestRowCacheNotesReadsInBatches: reads do not wake ristretto's goroutine but once for
// many of them.
func TestRowCacheNotesReadsInBatches(t *testing.T) {
	c := newCache(t)
	noted := func() uint64 { return c.c.Metrics.GetsKept() + c.c.Metrics.GetsDropped() }
	reads := 0
	for ; reads < readBatch-1; reads++ {
		c.get(1, uint64(reads), 10)
	}
	if n := noted(); n != 0 {
		t.Errorf("%d of %d reads were handed on already", n, reads)
	}
	if raceEnabled { // sync.Pool, which keeps the batches, drops one in four then: none is ever full
		return
	}
	// Collections of garbage and moves between threads leave batches unfinished.
	for ; noted() == 0; reads++ {
		if reads > 1000*readBatch {
			t.Fatalf("of %d reads none was noted", reads)
		}
		c.get(1, uint64(reads), 10)
	}
}

// TestRowCacheWriteWhileWaiting: a row written after it was read and before it
// entered the cache is never shown to a view that must see the write, nor is the
// old one taken for what an old view sees.
func TestRowCacheWriteWhileWaiting(t *testing.T) {
	c := newCache(t)
	c.put(1, 5, 10, []byte("old"))
	c.wrote(12, []writtenRow{{1, 5}}, false)
	c.Wait()
	for _, at := range []kv.TS{10, 11, 12, 20} {
		if v, ok := c.get(1, 5, at); ok {
			t.Errorf("view %d is given %q", at, v)
		}
	}
	c.put(1, 5, 11, []byte("old")) // by a view from before the write
	c.put(1, 5, 12, []byte("new"))
	c.put(1, 5, 11, []byte("old"))
	c.Wait()
	if v, ok := c.get(1, 5, 12); !ok || string(v) != "new" {
		t.Errorf("%q, %v", v, ok)
	}
	if v, ok := c.get(1, 5, 11); ok {
		t.Errorf("the view before the write is given %q", v)
	}
}

// TestRowCacheConcurrently has readers and writers meet; the race detector looks on.
func TestRowCacheConcurrently(t *testing.T) {
	c := newCache(t)
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 2000 {
				row := uint64(i%300 + 1)
				if v, ok := c.get(1, row, kv.TS(i)); ok && string(v) != string(value(row)) {
					t.Errorf("row %d is %q", row, v)
				}
				c.put(1, row, kv.TS(i), value(row))
				if g == 0 && i%50 == 0 {
					c.wrote(kv.TS(i+1), []writtenRow{{1, row}}, i%500 == 0)
				}
			}
		})
	}
	wg.Wait()
	c.Wait()
}

// Databases share a cache and no rows, though storage and row numbers are the same.
func TestRowCacheOfDatabases(t *testing.T) {
	c, err := NewRowCache(1 << 20)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	a, b := c.Of(20000), c.Of(20001)
	for range offerBatch {
		a.put(7, 1, 10, []byte("of a"))
	}
	c.Wait()
	if v, ok := a.get(7, 1, 10); !ok || string(v) != "of a" {
		t.Errorf("got %q, %v", v, ok)
	}
	for _, o := range []*RowCache{b, c} {
		if v, ok := o.get(7, 1, 10); ok {
			t.Errorf("another database gets %q", v)
		}
	}
	b.wrote(12, []writtenRow{{7, 1}}, false)
	if _, ok := a.get(7, 1, 13); !ok {
		t.Error("a write in another database made the row useless")
	}
	c.Forget(14)
	if _, ok := a.get(7, 1, 15); ok {
		t.Error("the row is known after all was forgotten")
	}
}
