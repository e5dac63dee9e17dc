package pebblekv

import (
	"bytes"
	"cmp"
	"math/rand/v2"
	"testing"

	"github.com/cockroachdb/pebble/v2"

	"github.com/loxodb/loxodb/storage/kv"
)

// checkOrder holds the laws of the encoding for two versions.
func checkOrder(t *testing.T, k1 []byte, ts1 uint64, k2 []byte, ts2 uint64) {
	t.Helper()
	a, b := appendVersion(nil, k1, kv.TS(ts1)), appendVersion(nil, k2, kv.TS(ts2))
	want := bytes.Compare(k1, k2)
	if want == 0 {
		want = cmp.Compare(ts2, ts1) // newest first
	}
	if got := comparer.Compare(a, b); got != want {
		t.Fatalf("Compare(%x@%d, %x@%d) = %d, want %d", k1, ts1, k2, ts2, got, want)
	}
	if !bytes.Equal(userKey(a), k1) || keyTS(a) != kv.TS(ts1) || !wellFormed(a) {
		t.Fatalf("%x does not decode to %x@%d", a, k1, ts1)
	}
	p, q := comparer.Split.Prefix(a), comparer.Split.Prefix(b)
	if !bytes.Equal(p, appendPrefix(nil, tagData, k1)) || comparer.Split(p) != len(p) {
		t.Fatalf("prefix of %x is %x", a, p)
	}
	if comparer.Compare(p, a) >= 0 {
		t.Fatal("a bare prefix must come before its versions")
	}
	if got := comparer.Compare(p, q); got != bytes.Compare(k1, k2) {
		t.Fatalf("prefixes of %x and %x compare as %d", k1, k2, got)
	}
	if x, y := comparer.AbbreviatedKey(a), comparer.AbbreviatedKey(b); x < y && want >= 0 || x > y && want <= 0 {
		t.Fatalf("abbreviated %x, %x contradict the order of %x, %x", x, y, a, b)
	}
	if want < 0 {
		s := comparer.Separator(nil, a, b)
		if comparer.Compare(a, s) > 0 || comparer.Compare(s, b) >= 0 {
			t.Fatalf("separator %x is not in [%x, %x)", s, a, b)
		}
	}
	if s := comparer.Successor(nil, a); comparer.Compare(a, s) > 0 {
		t.Fatalf("successor %x is below %x", s, a)
	}
	if s := comparer.ImmediateSuccessor(nil, p); comparer.Compare(p, s) >= 0 || (comparer.Compare(p, q) < 0 && comparer.Compare(s, q) > 0) {
		t.Fatalf("immediate successor of %x is %x", p, s)
	}
	lo, hi := bounds(kv.Range{Start: k1, End: k2})
	inside := bytes.Compare(k1, k2) < 0
	if got := comparer.Compare(lo, a) < 0 && comparer.Compare(a, hi) < 0; got != inside {
		t.Fatalf("%x in [%x, %x) = %v", a, lo, hi, got)
	}
}

func TestKeyOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	alphabet := []byte{0, 1, 2, 8, 9, 10, 'a', 0xfe, 0xff}
	random := func() []byte {
		k := make([]byte, rng.IntN(6))
		for i := range k {
			k[i] = alphabet[rng.IntN(len(alphabet))]
		}
		return k
	}
	for range 200_000 {
		k1, k2 := random(), random()
		if rng.IntN(3) == 0 {
			k2 = append(bytes.Clone(k1), random()...)
		}
		checkOrder(t, k1, rng.Uint64()>>rng.IntN(64), k2, rng.Uint64()>>rng.IntN(64))
	}
}

func FuzzKeyOrder(f *testing.F) {
	f.Add([]byte("a"), uint64(1), []byte("a\x00"), uint64(1<<63))
	f.Add([]byte{}, uint64(0), []byte{0xff, 9}, ^uint64(0))
	f.Fuzz(func(t *testing.T, k1 []byte, ts1 uint64, k2 []byte, ts2 uint64) { checkOrder(t, k1, ts1, k2, ts2) })
}

// FuzzDecode feeds arbitrary bytes to everything that reads from the store.
func FuzzDecode(f *testing.F) {
	c := &chunk{id: 77, span: 3, count: 9, first: []byte("a"), last: []byte("b")}
	c.cut.Store(noCut)
	f.Add(chunkKey(77), c.record(99))
	f.Add([]byte{}, appendHeader(nil, flagTombstone, 5, 300))
	f.Fuzz(func(t *testing.T, key, val []byte) {
		if h, err := decodeHeader(val); err == nil {
			if h.size > len(val) {
				t.Fatalf("header of %d bytes in a value of %d", h.size, len(val))
			}
			if h.provisional() && !bytes.HasPrefix(val, appendHeader(nil, h.flags, h.chunk, h.pos)[:9]) {
				t.Fatal("header does not round-trip")
			}
		}
		if c, err := parseChunk(key, val); err == nil && c.outcome.Load() != abortedTS {
			again, err := parseChunk(chunkKey(c.id), c.record(kv.TS(c.outcome.Load())))
			if err != nil || again.outcome.Load() != c.outcome.Load() || !bytes.Equal(again.last, c.last) || again.cut.Load() != c.cut.Load() {
				t.Fatalf("chunk does not round-trip: %v", err)
			}
		}
		var q gcQueue
		q.load(val, 1)
		comparer.Split(key)
		comparer.Compare(key, val)
		wellFormed(key)
	})
}

// TestComparerWithPebble runs Pebble's own checks of a comparer.
func TestComparerWithPebble(t *testing.T) {
	var prefixes, suffixes [][]byte
	for _, k := range []string{"", "\x00", "a", "a\x00", "a\x00\x09", "ab", "b\xff", "\xff\xff"} {
		prefixes = append(prefixes, appendPrefix(nil, tagData, []byte(k)))
	}
	suffixes = append(suffixes, nil)
	for _, ts := range []kv.TS{1, 2, 255, 256, 1 << 40, ^kv.TS(0)} {
		suffixes = append(suffixes, appendSuffix(nil, ts))
	}
	if err := pebble.CheckComparer(comparer, prefixes, suffixes); err != nil {
		t.Fatal(err)
	}
}
