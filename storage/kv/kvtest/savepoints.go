package kvtest

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/loxodb/loxodb/storage/kv"
)

func testSavepoints(t *testing.T, e kv.Engine) {
	set(t, e, "a", "0", "b", "0")
	x := begin(t, e, kv.TxnOptions{})
	start := x.Mark()
	put(t, x, "a", "1")
	m1 := x.Mark()
	put(t, x, "a", "2")
	put(t, x, "b", "")
	put(t, x, "c", "1")
	m2 := x.Mark()
	put(t, x, "a", "")
	put(t, x, "c", "2")
	wantScan(t, x, kv.Range{}, "c=2")
	must(t, x.RollbackTo(m2))
	wantScan(t, x, kv.Range{}, "a=2 c=1")
	put(t, x, "a", "3")
	put(t, x, "d", "1")
	must(t, x.RollbackTo(m2))
	wantScan(t, x, kv.Range{}, "a=2 c=1")
	must(t, x.RollbackTo(m2))
	must(t, x.RollbackTo(m1))
	wantScan(t, x, kv.Range{}, "a=1 b=0")
	wantScan(t, x, kv.Range{Reverse: true}, "b=0 a=1")
	put(t, x, "b", "1")
	m3 := x.Mark()
	put(t, x, "b", "2")
	must(t, x.RollbackTo(m3))
	wantScan(t, x, kv.Range{}, "a=1 b=1")
	must(t, x.RollbackTo(start))
	wantScan(t, x, kv.Range{}, "a=0 b=0")
	if err := x.RollbackTo(-1); err == nil {
		t.Fatal("rolled back to a negative mark")
	}
	if err := x.RollbackTo(1 << 40); err == nil {
		t.Fatal("rolled back to the future")
	}
	put(t, x, "e", "1")
	// Hooks registered since a mark go with it.
	var ran []string
	x.OnCommit(func(kv.TS) { ran = append(ran, "kept") })
	m := x.Mark()
	x.OnCommit(func(kv.TS) { ran = append(ran, "dropped") })
	must(t, x.RollbackTo(m))
	commit(t, x)
	if fmt.Sprint(ran) != "[kept]" {
		t.Fatalf("hooks run: %v", ran)
	}
	s := snap(t, e, now(t, e))
	wantScan(t, s, kv.Range{}, "a=0 b=0 e=1")
	must(t, s.Close())
}

func testSavepointLocks(t *testing.T, e kv.Engine) {
	x, y := begin(t, e, kv.TxnOptions{}), begin(t, e, kv.TxnOptions{})
	lock(t, x, "before", kv.Exclusive)
	lock(t, x, "up", kv.Shared)
	m := x.Mark()
	lock(t, x, "before", kv.Exclusive)
	lock(t, x, "after", kv.Exclusive)
	lock(t, x, "up", kv.Exclusive)
	try := func(key string, mode kv.Mode, wanted error) {
		t.Helper()
		ym := y.Mark()
		if _, err := y.Lock(ctx, []byte(key), mode, kv.WaitNever); wanted != nil {
			wantErr(t, err, wanted)
		} else {
			must(t, err)
		}
		must(t, y.RollbackTo(ym))
	}
	try("before", kv.Exclusive, kv.ErrLocked)
	try("after", kv.Exclusive, kv.ErrLocked)
	try("up", kv.Shared, kv.ErrLocked)
	must(t, x.RollbackTo(m))
	try("before", kv.Exclusive, kv.ErrLocked)
	try("after", kv.Exclusive, nil)
	try("up", kv.Shared, nil)
	try("up", kv.Exclusive, kv.ErrLocked)
	must(t, x.Close())
	try("before", kv.Exclusive, nil)
	try("up", kv.Exclusive, nil)
	must(t, y.Close())
}

// bigValue makes a few thousand rows exceed any write buffer.
var bigValue = bytes.Repeat([]byte("0123456789abcdef"), 64)

func bigKey(i int) []byte { return fmt.Appendf(nil, "big%06d", i) }

const bigRows = 4000

// count returns the pairs under "big" and checks their values.
func count(t *testing.T, r kv.Reader) int {
	t.Helper()
	it, err := r.Scan(ctx, kv.Range{Start: []byte("big"), End: []byte("bih")})
	must(t, err)
	defer it.Close()
	n := 0
	for it.Next() {
		if !bytes.HasPrefix(it.Value(), bigValue) {
			t.Fatalf("key %q has value %.20q", it.Key(), it.Value())
		}
		n++
	}
	must(t, it.Err())
	return n
}

func testBigTransaction(t *testing.T, e kv.Engine) {
	set(t, e, string(bigKey(17)), "before", "z", "1")
	x := begin(t, e, kv.TxnOptions{})
	other := begin(t, e, kv.TxnOptions{})
	for i := range bigRows {
		must(t, x.Put(bigKey(i), bigValue))
	}
	put(t, x, "z", "")
	if n := count(t, x); n != bigRows {
		t.Fatalf("own view has %d rows", n)
	}
	want(t, x, string(bigKey(0)), string(bigValue))
	want(t, x, string(bigKey(17)), string(bigValue))
	want(t, other, string(bigKey(17)), "before")
	want(t, other, string(bigKey(18)), "")
	wantScan(t, other, kv.Range{}, string(bigKey(17))+"=before z=1")
	must(t, other.Refresh(ctx))
	wantScan(t, other, kv.Range{Reverse: true}, "z=1 "+string(bigKey(17))+"=before")
	for i := range bigRows / 2 { // a second pass over spilled keys
		must(t, x.Delete(bigKey(i)))
	}
	if n := count(t, x); n != bigRows/2 {
		t.Fatalf("own view has %d rows after the deletion", n)
	}
	hold := begin(t, e, kv.TxnOptions{}) // keeps the versions before the commit
	defer hold.Close()
	ts := commit(t, x)
	want(t, other, string(bigKey(bigRows-1)), "")
	must(t, other.Refresh(ctx))
	if n := count(t, other); n != bigRows/2 || other.At() < ts {
		t.Fatalf("%d rows after commit", n)
	}
	want(t, other, "z", "")
	want(t, other, string(bigKey(17)), "")
	must(t, other.Close())
	s := snap(t, e, ts-1)
	wantScan(t, s, kv.Range{}, string(bigKey(17))+"=before z=1")
	must(t, s.Close())
}

func testBigRollback(t *testing.T, e kv.Engine) {
	x := begin(t, e, kv.TxnOptions{})
	put(t, x, "first", "1")
	m := x.Mark()
	for i := range bigRows {
		if i == bigRows/2 {
			m = x.Mark()
		}
		must(t, x.Put(bigKey(i), bigValue))
		must(t, x.Put([]byte("same"), fmt.Appendf(nil, "v%d", i)))
	}
	must(t, x.RollbackTo(m))
	if n := count(t, x); n != bigRows/2 {
		t.Fatalf("%d rows after the rollback, want %d", n, bigRows/2)
	}
	want(t, x, "same", fmt.Sprintf("v%d", bigRows/2-1))
	want(t, x, string(bigKey(bigRows/2)), "")
	for i := range bigRows / 4 {
		must(t, x.Put(bigKey(bigRows+i), bigValue))
	}
	must(t, x.RollbackTo(m))
	must(t, x.Put(bigKey(bigRows/2), bigValue))
	commit(t, x)
	s := snap(t, e, now(t, e))
	if n := count(t, s); n != bigRows/2+1 {
		t.Fatalf("%d rows after commit, want %d", n, bigRows/2+1)
	}
	want(t, s, "same", fmt.Sprintf("v%d", bigRows/2-1))
	want(t, s, "first", "1")
	must(t, s.Close())
	// The whole of a large transaction rolled back.
	x = begin(t, e, kv.TxnOptions{})
	for i := range bigRows {
		must(t, x.Delete(bigKey(i)))
		must(t, x.Put(append(bigKey(i), 'x'), bigValue))
	}
	if n := count(t, x); n != bigRows {
		t.Fatalf("own view has %d rows", n)
	}
	must(t, x.Close())
	s = snap(t, e, now(t, e))
	if n := count(t, s); n != bigRows/2+1 {
		t.Fatalf("%d rows after a rollback, want %d", n, bigRows/2+1)
	}
	must(t, s.Close())
}
