package kvtest

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/loxodb/loxodb/storage/kv"
)

// testFreeze holds a frozen view against what the transaction, and others, do later.
func testFreeze(t *testing.T, e kv.Engine) {
	set(t, e, "a", "0", "b", "0")
	x := begin(t, e, kv.TxnOptions{})
	put(t, x, "a", "1")
	put(t, x, "c", "1")
	f, err := x.Freeze()
	must(t, err)
	put(t, x, "a", "2")
	put(t, x, "b", "")
	put(t, x, "c", "")
	put(t, x, "d", "1")
	set(t, e, "e", "other")
	must(t, x.Refresh(t.Context()))
	wantScan(t, x, kv.Range{}, "a=2 d=1 e=other")
	wantScan(t, f, kv.Range{}, "a=1 b=0 c=1")
	wantScan(t, f, kv.Range{Reverse: true}, "c=1 b=0 a=1")
	m := x.Mark()
	put(t, x, "a", "3")
	must(t, x.RollbackTo(m))
	wantScan(t, f, kv.Range{}, "a=1 b=0 c=1")
	for key, want := range map[string]string{"a": "1", "b": "0", "c": "1", "d": "", "e": ""} {
		val, ok, err := f.Get(t.Context(), []byte(key))
		must(t, err)
		if string(val) != want || ok != (want != "") {
			t.Errorf("%s is %q, %v; want %q", key, val, ok, want)
		}
	}
	must(t, f.GetBatch(t.Context(), [][]byte{[]byte("a"), []byte("d")}, func(i int, val []byte) error {
		if want := []string{"1", ""}[i]; string(val) != want {
			t.Errorf("key %d is %q, want %q", i, val, want)
		}
		return nil
	}))
	must(t, f.Close())
	must(t, f.Close())
	commit(t, x)
}

// testFreezeLarge has the transaction outgrow its memory, before and after it is frozen.
func testFreezeLarge(t *testing.T, e kv.Engine) {
	x := begin(t, e, kv.TxnOptions{})
	fill := func(val byte) {
		for i := range 300 {
			must(t, x.Put(fmt.Appendf(nil, "k%04d", i), bytes.Repeat([]byte{val}, 1000)))
		}
	}
	fill('a')
	fill('b')
	f, err := x.Freeze()
	must(t, err)
	fill('c')
	fill('d')
	for _, r := range []struct {
		kv.Reader
		want byte
	}{{f, 'b'}, {x, 'd'}} {
		it, err := r.Scan(t.Context(), kv.Range{})
		must(t, err)
		n := 0
		for it.Next() {
			if n++; it.Value()[0] != r.want {
				t.Fatalf("%s is of %c, want %c", it.Key(), it.Value()[0], r.want)
			}
		}
		must(t, it.Err())
		must(t, it.Close())
		if n != 300 {
			t.Fatalf("%d keys, want 300", n)
		}
		if val, _, err := r.Get(t.Context(), []byte("k0050")); err != nil || val[0] != r.want {
			t.Fatalf("k0050 is of %c, %v; want %c", val[0], err, r.want)
		}
	}
	must(t, f.Close())
	must(t, x.Close())
}
