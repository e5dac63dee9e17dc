package sequence

import (
	"context"
	"testing"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/storage/kv/memkv"
)

// A sequence goes on after the greatest value that it was advanced to, also after
// what a restart forgets, and never goes back.
func TestAdvance(t *testing.T) {
	ctx := context.Background()
	eng := memkv.New()
	defer eng.Close()
	m := NewManager(eng)
	def := &catalog.Sequence{ID: 7, Name: "s", Start: 1, Increment: 1, Min: 1, Max: 10_000}
	next := func(want int64) {
		t.Helper()
		got, err := m.Next(ctx, def)
		if err != nil || got != want {
			t.Fatalf("%d, %v; not %d", got, err, want)
		}
	}
	advance := func(v int64) {
		t.Helper()
		if err := m.Advance(ctx, def, v); err != nil {
			t.Fatal(err)
		}
	}
	next(1)
	advance(10)
	next(11)
	advance(5)
	next(12)
	for v := int64(13); v < 3000; v++ {
		advance(v)
	}
	next(3000)
	m = NewManager(eng) // a crash: what was reserved is skipped
	got, err := m.Next(ctx, def)
	if err != nil || got <= 3000 || got > 3000+2*advanced {
		t.Fatalf("%d, %v", got, err)
	}
	advance(20_000) // beyond the greatest value: left to the check of the column
	advance(9_999)
	next(10_000)
	if _, err := m.Next(ctx, def); err == nil {
		t.Fatal("the sequence went beyond its end")
	}
}
