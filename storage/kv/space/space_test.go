package space_test

import (
	"context"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/kv/kvtest"
	"github.com/loxodb/loxodb/storage/kv/memkv"
	"github.com/loxodb/loxodb/storage/kv/space"
	"github.com/loxodb/loxodb/storage/pebblekv"
)

// closing closes the store with the part.
type closing struct {
	*space.Engine
	whole kv.Engine
}

func (c closing) Close() error { return c.whole.Close() }

// part is a part of the store with neighbours on both sides.
func part(t *testing.T, whole kv.Engine) kv.Engine {
	ctx := context.Background()
	txn, err := whole.Begin(ctx, kv.TxnOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer txn.Close()
	for _, k := range []string{"a", "p", "p\x00\x00\x00\x06zz", "p\x00\x00\x00\x08", "q"} {
		if err := txn.Put([]byte(k), []byte("another's")); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := txn.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	return closing{space.New(whole, []byte("p\x00\x00\x00\x07")), whole}
}

// A part of a store behaves like a store, whatever lies beside it.
func TestConformance(t *testing.T) {
	t.Run("memkv", func(t *testing.T) {
		kvtest.Run(t, func(t *testing.T) kv.Engine { return part(t, memkv.New()) })
	})
	t.Run("pebblekv", func(t *testing.T) {
		kvtest.Run(t, func(t *testing.T) kv.Engine {
			e, err := pebblekv.Open("db", pebblekv.Options{FS: vfs.NewMem(), SpillBytes: 8 << 10})
			if err != nil {
				t.Fatal(err)
			}
			return part(t, e)
		})
	})
}

// Dropping all of a part leaves its neighbours, and a transaction of the whole store
// writes into several parts at once.
func TestNeighbours(t *testing.T) {
	ctx := context.Background()
	whole := memkv.New()
	a, b := space.New(whole, []byte("a")), space.New(whole, []byte("b"))
	txn, err := a.Begin(ctx, kv.TxnOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range []kv.Txn{txn, b.Of(space.Whole(txn)), space.Whole(txn)} {
		if err := w.Put([]byte("key"), []byte("value")); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := txn.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	if err := txn.Close(); err != nil {
		t.Fatal(err)
	}
	if got := keysOf(t, whole); len(got) != 3 {
		t.Fatalf("keys of the store: %q", got)
	}
	if err := a.DropRanges(ctx, kv.Range{}); err != nil {
		t.Fatal(err)
	}
	if got := keysOf(t, a); len(got) != 0 {
		t.Errorf("keys of a dropped part: %q", got)
	}
	if got := keysOf(t, b); len(got) != 1 || got[0] != "key" {
		t.Errorf("keys of its neighbour: %q", got)
	}
	if got := keysOf(t, whole); len(got) != 2 || got[0] != "bkey" || got[1] != "key" {
		t.Errorf("keys of the store: %q", got)
	}
}

func keysOf(t *testing.T, e kv.Engine) (out []string) {
	t.Helper()
	ctx := context.Background()
	now, err := e.Now(ctx)
	if err != nil {
		t.Fatal(err)
	}
	view, err := e.Snapshot(ctx, now)
	if err != nil {
		t.Fatal(err)
	}
	defer view.Close()
	it, err := view.Scan(ctx, kv.Range{})
	if err != nil {
		t.Fatal(err)
	}
	defer it.Close()
	for it.Next() {
		out = append(out, string(it.Key()))
	}
	if it.Err() != nil {
		t.Fatal(it.Err())
	}
	return out
}
