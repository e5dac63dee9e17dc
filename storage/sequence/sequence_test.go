package sequence

import (
	"context"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/pebblekv"
)

// counting counts the transactions that are begun.
type counting struct {
	kv.Engine
	begun int
}

func (c *counting) Begin(ctx context.Context, o kv.TxnOptions) (kv.Txn, error) {
	c.begun++
	return c.Engine.Begin(ctx, o)
}

func open(t *testing.T) *counting {
	eng, err := pebblekv.Open("store", pebblekv.Options{FS: vfs.NewMem()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = eng.Close() })
	return &counting{Engine: eng}
}

// TestReservations: the faster a sequence is drawn from, the fewer writes its values take,
// and what a crash leaves out is as long as the last reservation at most.
func TestReservations(t *testing.T) {
	for _, c := range []struct {
		name   string
		every  time.Duration // between two values
		writes int           // of 100,000 values
		gap    int64
	}{
		{"in one statement", 0, 5 + (100_000-992+1023)/1024, mostAhead},
		{"now and then", brief, 100_000 / ahead, ahead},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, eng := t.Context(), open(t)
			def := &catalog.Sequence{ID: 7, Name: "s", Start: 1, Min: 1, Max: 1 << 40, Increment: 1}
			m := NewManager(eng)
			now := time.Unix(0, 0)
			m.now = func() time.Time { return now }
			last := int64(0)
			for range 100_000 {
				v, err := m.Next(ctx, def)
				if err != nil || v != last+1 {
					t.Fatal(v, err, last)
				}
				last, now = v, now.Add(c.every)
			}
			if eng.begun != c.writes {
				t.Errorf("%d writes, not %d", eng.begun, c.writes)
			}
			v, err := NewManager(eng).Next(ctx, def) // as after a crash
			if err != nil || v <= last || v-last > c.gap {
				t.Errorf("%d after %d: %v", v, last, err)
			}
		})
	}
}

// TestSettle leaves no gap.
func TestSettle(t *testing.T) {
	ctx, eng := t.Context(), open(t)
	def := &catalog.Sequence{ID: 7, Name: "s", Start: 5, Min: 5, Max: 6, Increment: 1}
	m := NewManager(eng)
	if v, err := m.Next(ctx, def); err != nil || v != 5 {
		t.Fatal(v, err)
	}
	if err := m.Settle(ctx); err != nil {
		t.Fatal(err)
	}
	m = NewManager(eng)
	if v, err := m.Next(ctx, def); err != nil || v != 6 {
		t.Fatal(v, err)
	}
	if v, err := m.Next(ctx, def); err == nil {
		t.Fatalf("%d behind the end", v)
	}
}
