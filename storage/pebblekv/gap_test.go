package pebblekv

import (
	"fmt"
	"testing"

	"github.com/loxodb/loxodb/storage/kv"
)

// TestGapEndsWithTheNews: what others commit and what the transaction itself
// spills is found where nothing was a moment ago.
func TestGapEndsWithTheNews(t *testing.T) {
	e := open(t, Options{SpillBytes: 4 << 10})
	defer closeEngine(t, e)
	commitPairs(t, e, "k900", "last")
	x := mustBegin(t, e)
	defer x.Close()
	key := func(i int) []byte { return fmt.Appendf(nil, "k%03d", i) }
	missing := func(i int) {
		t.Helper()
		if changed, err := x.Lock(ctx, key(i), kv.Exclusive, kv.WaitBlock); err != nil || changed {
			t.Fatalf("lock of %d: %v, %v", i, changed, err)
		}
		if _, ok, err := x.Get(ctx, key(i)); err != nil || ok {
			t.Fatalf("get of %d: %v, %v", i, ok, err)
		}
	}
	commitPairs(t, e, "other", "1") // so that locks have to look
	for i := range 100 {
		missing(i)
	}
	if g := x.(*txn).gap; g.served == 0 || string(g.to) != "k900" {
		t.Fatalf("no gap up to k900 was found: %+v", g)
	}
	commitPairs(t, e, "k200", "news")
	if changed, err := x.Lock(ctx, key(200), kv.Exclusive, kv.WaitBlock); err != nil || !changed {
		t.Fatalf("the change was not seen: %v, %v", changed, err)
	}
	if _, ok, err := x.Get(ctx, key(200)); err != nil || ok {
		t.Fatalf("the view saw what was committed after it: %v, %v", ok, err)
	}
	if err := x.Refresh(ctx); err != nil {
		t.Fatal(err)
	}
	if v, ok, err := x.Get(ctx, key(200)); err != nil || !ok || string(v) != "news" {
		t.Fatalf("after the refresh: %q, %v, %v", v, ok, err)
	}
	for i := 300; i < 700; i++ {
		missing(i)
		if err := x.Put(key(i), []byte("a value of some length")); err != nil {
			t.Fatal(err)
		}
	}
	if x.(*txn).large == nil {
		t.Fatal("nothing was spilled")
	}
	for i := 300; i < 700; i++ {
		if v, ok, err := x.Get(ctx, key(i)); err != nil || !ok || len(v) == 0 {
			t.Fatalf("own write of %d: %q, %v, %v", i, v, ok, err)
		}
	}
	if v, ok, err := x.Get(ctx, key(900)); err != nil || !ok || string(v) != "last" {
		t.Fatalf("at the end of the gap: %q, %v, %v", v, ok, err)
	}
}
