package pebblekv

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// little is a Memory of so many bytes, of which nothing that was promised stays.
type little struct{ bytes, promised, most int64 }

var errFull = errors.New("full")

func (l *little) Promise(n int64) error {
	if l.promised+n > l.bytes {
		return errFull
	}
	l.promised += n
	l.most = max(l.most, l.promised)
	return nil
}

func (l *little) Promised(n int64) { l.promised -= n }

func longVal(b byte, n int) []byte { return bytes.Repeat([]byte{b}, n) }

// TestLongValues writes long values and short ones, with marks and rollbacks, in transactions that
// spill and in those that do not, and compares what is there with a map.
func TestLongValues(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 9))
			memory := &little{bytes: 1 << 40}
			o := Options{FS: vfs.NewMem(), SpillBytes: 3 * mib, Memory: memory}
			e := open(t, o)
			model := map[string]string{}
			for range 4 {
				writeLong(t, e, rng, model)
				if memory.promised != 0 {
					t.Fatalf("%d bytes are promised for good", memory.promised)
				}
			}
			if memory.most < longValue {
				t.Fatalf("at most %d bytes were asked for", memory.most)
			}
			closeEngine(t, e)
			e = open(t, o)
			sameContents(t, e, model)
			closeEngine(t, e)
		})
	}
}

// writeLong runs a transaction of random writes against e and the model.
func writeLong(t *testing.T, e *Engine, rng *rand.Rand, model map[string]string) {
	t.Helper()
	x := mustBegin(t, e)
	defer x.Close()
	now := maps.Clone(model)
	before, mark := maps.Clone(model), x.Mark()
	for i := range 12 {
		key := fmt.Sprintf("k%d", rng.IntN(4))
		val := longVal(byte('a'+i), 1+rng.IntN(2)*(longValue+rng.IntN(mib)))
		switch rng.IntN(8) {
		case 0:
			before, mark = maps.Clone(now), x.Mark()
		case 1:
			if err := x.RollbackTo(mark); err != nil {
				t.Fatal(err)
			}
			now = maps.Clone(before)
		case 2:
			if err := x.Delete([]byte(key)); err != nil {
				t.Fatal(err)
			}
			delete(now, key)
		default:
			if err := x.Put([]byte(key), val); err != nil {
				t.Fatal(err)
			}
			now[key] = string(val)
		}
		got, ok, err := x.Get(ctx, []byte(key))
		if want, has := now[key]; err != nil || ok != has || string(got) != want {
			t.Fatalf("%s has %d bytes, %v, %v; want %d", key, len(got), ok, err, len(want))
		}
	}
	if _, err := x.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	clear(model)
	maps.Copy(model, now)
	sameContents(t, e, model)
}

func sameContents(t *testing.T, e *Engine, model map[string]string) {
	t.Helper()
	got := contents(t, e, "k")
	if len(got) != len(model) {
		t.Fatalf("%d keys, want %d", len(got), len(model))
	}
	for k, v := range model {
		if got[k] != v {
			t.Fatalf("%s has %d bytes, want %d", k, len(got[k]), len(v))
		}
	}
}

// TestNoRoom: a write that the memory has no room for fails, alone: what was written before can be
// committed, and what is short can be written on.
func TestNoRoom(t *testing.T) {
	memory := &little{bytes: 4 * mib}
	e := open(t, Options{FS: vfs.NewMem(), SpillBytes: 8 * mib, Memory: memory})
	defer closeEngine(t, e)
	x := mustBegin(t, e)
	defer x.Close()
	put := func(key string, n int) error { return x.Put([]byte(key), longVal('v', n)) }
	if err := put("k1", mib); err != nil {
		t.Fatal(err)
	}
	if err := put("k2", 5*mib); !errors.Is(err, errFull) {
		t.Fatalf("more than there is: %v", err)
	}
	if err := put("k3", 10); err != nil {
		t.Fatal(err)
	}
	if _, err := x.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	if got := contents(t, e, "k"); len(got) != 2 || len(got["k1"]) != mib || len(got["k3"]) != 10 {
		t.Fatalf("%d keys", len(got))
	}
	x = mustBegin(t, e)
	defer x.Close()
	for i := range 3 { // each has room, the batch of all has not
		if err := put(fmt.Sprint("k", i), mib); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := x.Commit(ctx); !errors.Is(err, errFull) {
		t.Fatalf("a batch without room: %v", err)
	}
	if memory.promised != 0 {
		t.Fatalf("%d bytes are promised for good", memory.promised)
	}
}
