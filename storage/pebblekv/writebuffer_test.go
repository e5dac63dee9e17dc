package pebblekv

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestWriteBufferModel compares the buffer with a list of writes.
func TestWriteBufferModel(t *testing.T) {
	type write struct {
		pos      int
		key, val string
	}
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 3))
		b := newWriteBuffer()
		var log []write
		var marks []int
		mark := 0
		for pos := range 1500 {
			key := fmt.Sprintf("%03d", rng.IntN(1+rng.IntN(300)))
			if seed%2 == 1 { // ranges that are filled in step, more of them than there are fingers at times
				key = fmt.Sprintf("%d%03d", rng.IntN(int(seed)), (pos/int(seed)+rng.IntN(5))%150)
			}
			switch r := rng.IntN(40); {
			case r == 0:
				mark = pos
				marks = append(marks, pos)
			case r == 1 && len(marks) > 0:
				i := rng.IntN(len(marks))
				b.rollback(marks[i])
				for len(log) > 0 && log[len(log)-1].pos >= marks[i] {
					log = log[:len(log)-1]
				}
				marks = marks[:i+1]
			case r == 2 && rng.IntN(20) == 0:
				b.reset()
				log, marks = nil, nil
			case r < 10:
				b.put([]byte(key), nil, pos, mark, mark)
				log = append(log, write{pos, key, ""})
			default:
				b.put([]byte(key), fmt.Append(nil, pos), pos, mark, mark)
				log = append(log, write{pos, key, fmt.Sprint(pos)})
			}
			if rng.IntN(30) > 0 {
				continue
			}
			model := map[string]string{}
			for _, w := range log {
				model[w.key] = w.val
			}
			checkBuffer(t, b, model)
		}
	}
}

func checkBuffer(t *testing.T, b *writeBuffer, model map[string]string) {
	t.Helper()
	var keys, up, down []string
	for k := range model {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for n := b.first(); n != none; n = b.after(n) {
		if b.nodes[n].op != none {
			up = append(up, string(b.nodes[n].key))
		}
	}
	for n := b.seekLT(nil); n != none; n = b.before(n) {
		if b.nodes[n].op != none {
			down = append(down, string(b.nodes[n].key))
		}
	}
	slices.Reverse(down)
	if !slices.Equal(up, keys) || !slices.Equal(down, keys) || b.live != len(keys) {
		t.Fatalf("keys %v\n  up %v\ndown %v\nlive %d", keys, up, down, b.live)
	}
	for i := range 301 {
		key := fmt.Sprintf("%03d", i)
		o, ok := b.get([]byte(key))
		val, want := "", false
		if val, want = model[key]; ok != want || ok && string(o.val) != val {
			t.Fatalf("get %s = %v, want %q %v", key, o, val, want)
		}
		if n := b.seekLT([]byte(key)); n != none && string(b.nodes[n].key) >= key {
			t.Fatalf("seekLT(%s) is at %s", key, b.nodes[n].key)
		}
		if n := b.seekGE([]byte(key), nil); n != none && string(b.nodes[n].key) < key {
			t.Fatalf("seekGE(%s) is at %s", key, b.nodes[n].key)
		}
	}
}

func TestReadAllocations(t *testing.T) {
	e := open(t, Options{})
	defer closeEngine(t, e)
	for i := range 100 {
		commitPairs(t, e, fmt.Sprintf("key%03d", i), "value")
	}
	key := []byte("key042")
	x := mustBegin(t, e)
	if n := testing.AllocsPerRun(200, func() {
		if _, ok, err := x.Get(ctx, key); !ok || err != nil {
			t.Fatal(ok, err)
		}
	}); n > 0 && !raceEnabled {
		t.Errorf("Get allocates %v times", n)
	}
	x.Close()
	if n := testing.AllocsPerRun(200, func() {
		x := mustBegin(t, e)
		if _, ok, err := x.Get(ctx, key); !ok || err != nil {
			t.Fatal(ok, err)
		}
		x.Close()
	}); n > 2 && !raceEnabled {
		t.Errorf("Begin, Get, Close allocate %v times", n)
	}
}

// Readers leave the fingers of inserts alone, and find what is behind them.
func TestReadsMoveNoFinger(t *testing.T) {
	b := newWriteBuffer()
	for i, key := range []string{"a", "z", "m1", "m2", "m3"} {
		b.put([]byte(key), []byte(key), i, 0, 0)
	}
	turn, fingers := b.turn, b.fingers
	for _, key := range []string{"z", "m3", "a", "m2", "n"} {
		o, ok := b.get([]byte(key))
		if ok != (key != "n") || ok && string(o.val) != key {
			t.Errorf("%s: %v", key, ok)
		}
	}
	if b.turn != turn || b.fingers != fingers {
		t.Error("a read moved the fingers")
	}
}
