package kvtest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/loxodb/loxodb/storage/kv"
)

func testVisibility(t *testing.T, e kv.Engine) {
	before := begin(t, e, kv.TxnOptions{})
	w := begin(t, e, kv.TxnOptions{})
	put(t, w, "a", "1")
	other := begin(t, e, kv.TxnOptions{})
	want(t, other, "a", "")
	ts := commit(t, w)
	want(t, before, "a", "")
	want(t, other, "a", "")
	must(t, other.Refresh(ctx))
	want(t, other, "a", "1")
	if other.At() < ts || now(t, e) < ts {
		t.Fatalf("refreshed view %d, Now %d, commit was at %d", other.At(), now(t, e), ts)
	}
	ts2 := set(t, e, "a", "2")
	if ts2 <= ts {
		t.Fatalf("timestamps do not grow: %d after %d", ts2, ts)
	}
	want(t, other, "a", "1")
	set(t, e, "a", "")
	late := begin(t, e, kv.TxnOptions{})
	want(t, late, "a", "")
	want(t, other, "a", "1")
	for _, x := range []kv.Txn{before, other, late} {
		must(t, x.Close())
		must(t, x.Close())
	}
	// A transaction that is closed without Commit leaves nothing.
	x := begin(t, e, kv.TxnOptions{})
	put(t, x, "b", "1")
	must(t, x.Close())
	s := snap(t, e, now(t, e))
	want(t, s, "b", "")
	wantScan(t, s, kv.Range{}, "")
	must(t, s.Close())
	// A commit without writes returns the view.
	x = begin(t, e, kv.TxnOptions{})
	at := x.At()
	if ts := commit(t, x); ts != at {
		t.Fatalf("empty commit at %d, view was %d", ts, at)
	}
}

func testOwnWrites(t *testing.T, e kv.Engine) {
	set(t, e, "a", "1", "b", "2")
	x := begin(t, e, kv.TxnOptions{})
	put(t, x, "a", "own")
	put(t, x, "b", "")
	put(t, x, "c", "new")
	put(t, x, "absent", "")
	want(t, x, "a", "own")
	want(t, x, "b", "")
	want(t, x, "c", "new")
	put(t, x, "a", "again")
	put(t, x, "b", "back")
	want(t, x, "a", "again")
	wantScan(t, x, kv.Range{}, "a=again b=back c=new")
	// Put copies: the caller may reuse its buffers.
	k, v := []byte("d"), []byte("val")
	must(t, x.Put(k, v))
	k[0], v[0] = 'x', 'x'
	want(t, x, "d", "val")
	commit(t, x)
	s := snap(t, e, now(t, e))
	wantScan(t, s, kv.Range{}, "a=again b=back c=new d=val")
	must(t, s.Close())
}

func testReadOnly(t *testing.T, e kv.Engine) {
	x := begin(t, e, kv.TxnOptions{ReadOnly: true})
	wantErr(t, x.Put([]byte("a"), []byte("1")), kv.ErrReadOnly)
	wantErr(t, x.Delete([]byte("a")), kv.ErrReadOnly)
	_, err := x.Lock(ctx, []byte("a"), kv.Shared, kv.WaitBlock)
	must(t, err)
	y := begin(t, e, kv.TxnOptions{})
	_, err = y.Lock(ctx, []byte("a"), kv.Exclusive, kv.WaitNever)
	wantErr(t, err, kv.ErrLocked)
	commit(t, x)
	_, err = y.Lock(ctx, []byte("a"), kv.Exclusive, kv.WaitNever)
	must(t, err)
	must(t, y.Close())
}

func testEmptyKeysAndValues(t *testing.T, e kv.Engine) {
	x := begin(t, e, kv.TxnOptions{})
	if err := x.Put([]byte("a"), nil); err == nil {
		t.Fatal("an empty value was accepted")
	}
	must(t, x.Put(nil, []byte("empty")))
	must(t, x.Put([]byte{0}, []byte("zero")))
	want(t, x, "", "empty")
	commit(t, x)
	s := snap(t, e, now(t, e))
	want(t, s, "", "empty")
	wantScan(t, s, kv.Range{}, "=empty \x00=zero")
	wantScan(t, s, kv.Range{Reverse: true}, "\x00=zero =empty")
	wantScan(t, s, kv.Range{End: []byte{0}}, "=empty")
	wantScan(t, s, kv.Range{End: []byte{}}, "")
	wantScan(t, s, kv.Range{Start: []byte("b"), End: []byte("a")}, "")
	must(t, s.Close())
}

// testKeyOrder uses the bytes that an order-preserving encoding gets wrong first.
func testKeyOrder(t *testing.T, e kv.Engine) {
	keys := []string{"", "\x00", "\x00\x00", "\x00\x01", "\x00\xff", "\x01", "\x09", "\x09\x09", "a", "a\x00", "a\x00\x00",
		"a\x00\x09", "a\x00b", "a\x01", "a\x09", "aa", "a\xff", "a\xff\xff", "b", "\xff", "\xff\x00", "\xff\xff\xff\xff\xff\xff\xff\xff\x09"}
	slices.Sort(keys)
	x := begin(t, e, kv.TxnOptions{})
	for i := range keys {
		k := keys[(i*7)%len(keys)]
		put(t, x, k, "v"+k)
	}
	commit(t, x)
	s := snap(t, e, now(t, e))
	defer s.Close()
	for i, lo := range keys {
		want(t, s, lo, "v"+lo)
		for j := i; j <= len(keys); j++ {
			r := kv.Range{Start: []byte(lo)}
			if j < len(keys) {
				r.End = []byte(keys[j])
			}
			var up, down []string
			for _, k := range keys[i:j] {
				up = append(up, k+"=v"+k)
			}
			for _, k := range slices.Backward(up) {
				down = append(down, k)
			}
			wantScan(t, s, r, strings.Join(up, " "))
			r.Reverse = true
			wantScan(t, s, r, strings.Join(down, " "))
		}
	}
}

func testScanMerge(t *testing.T, e kv.Engine) {
	set(t, e, "b", "1", "d", "1", "f", "1", "h", "1")
	x := begin(t, e, kv.TxnOptions{})
	put(t, x, "a", "own")
	put(t, x, "d", "over")
	put(t, x, "e", "own")
	put(t, x, "f", "")
	put(t, x, "i", "own")
	put(t, x, "zz", "")
	all := "a=own b=1 d=over e=own h=1 i=own"
	rev := "i=own h=1 e=own d=over b=1 a=own"
	wantScan(t, x, kv.Range{}, all)
	wantScan(t, x, kv.Range{Reverse: true}, rev)
	wantScan(t, x, kv.Range{Limit: 3}, "a=own b=1 d=over")
	wantScan(t, x, kv.Range{Limit: 3, Reverse: true}, "i=own h=1 e=own")
	wantScan(t, x, kv.Range{Start: []byte("d"), End: []byte("h")}, "d=over e=own")
	wantScan(t, x, kv.Range{Start: []byte("d"), End: []byte("h"), Reverse: true}, "e=own d=over")
	wantScan(t, x, kv.Range{Start: []byte("c"), End: []byte("c")}, "")
	wantScan(t, x, kv.Range{Start: []byte("j")}, "")
	commit(t, x)
	s := snap(t, e, now(t, e))
	wantScan(t, s, kv.Range{}, all)
	wantScan(t, s, kv.Range{Reverse: true}, rev)
	must(t, s.Close())
}

// testScanVersions has keys with many versions on both sides of the view.
func testScanVersions(t *testing.T, e kv.Engine) {
	var old kv.Snapshot
	for i := range 40 {
		for _, k := range []string{"a", "b", "c", "d"} {
			v := fmt.Sprint(i)
			if k == "c" && i%2 == 0 {
				v = ""
			}
			if k == "d" && i < 30 {
				continue // younger than the old view
			}
			set(t, e, k, v)
		}
		if i == 20 {
			old = snap(t, e, now(t, e))
		}
	}
	for range 2 {
		wantScan(t, old, kv.Range{}, "a=20 b=20")
		wantScan(t, old, kv.Range{Reverse: true}, "b=20 a=20")
	}
	s := snap(t, e, now(t, e))
	wantScan(t, s, kv.Range{}, "a=39 b=39 c=39 d=39")
	wantScan(t, s, kv.Range{Reverse: true}, "d=39 c=39 b=39 a=39")
	must(t, s.Close())
	must(t, old.Close())
}

// testScanWhileWriting updates rows under an open scan, as UPDATE does. New
// writes may or may not be seen, old pairs must come exactly once and whole.
func testScanWhileWriting(t *testing.T, e kv.Engine) {
	const n = 500
	x := begin(t, e, kv.TxnOptions{})
	for i := range n {
		put(t, x, fmt.Sprintf("k%04d", i), "old")
	}
	commit(t, x)
	for _, reverse := range []bool{false, true} {
		x = begin(t, e, kv.TxnOptions{})
		put(t, x, "k0000", "old") // so that the scan stands on own writes, too
		put(t, x, "k0250", "old")
		it, err := x.Scan(ctx, kv.Range{Reverse: reverse})
		must(t, err)
		seen := map[string]int{}
		for it.Next() {
			key := string(it.Key())
			seen[key]++
			put(t, x, key, "new")
			put(t, x, key+"x", "more")
			if string(it.Key()) != key {
				t.Fatalf("key changed under the iterator: %q, was %q", it.Key(), key)
			}
		}
		must(t, it.Err())
		must(t, it.Close())
		for i := range n {
			if key := fmt.Sprintf("k%04d", i); seen[key] != 1 {
				t.Fatalf("reverse=%v: key %s seen %d times", reverse, key, seen[key])
			}
		}
		want(t, x, "k0499x", "more")
		must(t, x.Close())
	}
}

func testGetBatch(t *testing.T, e kv.Engine) {
	set(t, e, "a", "1", "b", "2", "c", "3", "e", "5")
	set(t, e, "c", "", "e", "55")
	x := begin(t, e, kv.TxnOptions{})
	put(t, x, "b", "own")
	put(t, x, "d", "own")
	put(t, x, "e", "")
	var keys [][]byte
	for _, k := range []string{"", "a", "aa", "b", "b", "c", "d", "e", "f"} {
		keys = append(keys, []byte(k))
	}
	wanted := []string{"", "1", "", "own", "own", "", "own", "", ""}
	next := 0
	must(t, x.GetBatch(ctx, keys, func(i int, val []byte) error {
		if i != next || string(val) != wanted[i] || (val == nil) != (wanted[i] == "") {
			t.Fatalf("call %d: key %d = %q, want %q", next, i, val, wanted[i])
		}
		next++
		return nil
	}))
	if next != len(keys) {
		t.Fatalf("%d calls for %d keys", next, len(keys))
	}
	stop := fmt.Errorf("stop")
	wantErr(t, x.GetBatch(ctx, keys, func(int, []byte) error { return stop }), stop)
	must(t, x.GetBatch(ctx, nil, nil))
	must(t, x.Close())
}

func testSnapshotAt(t *testing.T, e kv.Engine) {
	hold := begin(t, e, kv.TxnOptions{}) // keeps the versions
	defer hold.Close()
	var at []kv.TS
	for i := range 5 {
		at = append(at, set(t, e, "a", fmt.Sprint(i)))
	}
	for i, ts := range at {
		s := snap(t, e, ts)
		want(t, s, "a", fmt.Sprint(i))
		if s.At() != ts {
			t.Fatalf("At() = %d, want %d", s.At(), ts)
		}
		must(t, s.Close())
		must(t, s.Close())
	}
	s := snap(t, e, at[0]-1)
	want(t, s, "a", "")
	must(t, s.Close())
	if s, err := e.Snapshot(ctx, now(t, e)+1<<40); err == nil {
		s.Close()
		t.Fatal("a snapshot of the future was granted")
	}
}

func testAfterCommit(t *testing.T, e kv.Engine) {
	x := begin(t, e, kv.TxnOptions{})
	put(t, x, "a", "1")
	_, err := x.Commit(ctx)
	must(t, err)
	wantErr(t, x.Put([]byte("a"), []byte("2")), kv.ErrClosed)
	_, _, err = x.Get(ctx, []byte("a"))
	wantErr(t, err, kv.ErrClosed)
	_, err = x.Commit(ctx)
	wantErr(t, err, kv.ErrClosed)
	wantErr(t, x.RollbackTo(0), kv.ErrClosed)
	_, err = x.Scan(ctx, kv.Range{})
	wantErr(t, err, kv.ErrClosed)
	must(t, x.Close())
	must(t, x.Close())
}

func testCloseWithOpenReaders(t *testing.T, e kv.Engine) {
	x := begin(t, e, kv.TxnOptions{})
	if err := e.Close(); err == nil {
		t.Fatal("closed under an open transaction")
	}
	put(t, x, "a", "1")
	commit(t, x)
}

func testDropRange(t *testing.T, e kv.Engine) {
	set(t, e, "a", "1", "b", "1", "b\x00", "1", "c", "1", "d", "1")
	set(t, e, "b", "2")
	must(t, e.DropRanges(ctx, kv.Range{Start: []byte("b"), End: []byte("c")}))
	s := snap(t, e, now(t, e))
	wantScan(t, s, kv.Range{}, "a=1 c=1 d=1")
	want(t, s, "b", "")
	must(t, s.Close())
	must(t, e.DropRanges(ctx, kv.Range{Start: []byte("c"), End: []byte("b")}))
	set(t, e, "b", "3")
	must(t, e.DropRanges(ctx, kv.Range{Start: []byte("d")}))
	s = snap(t, e, now(t, e))
	wantScan(t, s, kv.Range{}, "a=1 b=3 c=1")
	must(t, s.Close())
	must(t, e.DropRanges(ctx))
	must(t, e.DropRanges(ctx, kv.Range{Start: []byte("a"), End: []byte("b")}, kv.Range{Start: []byte("c")}))
	s = snap(t, e, now(t, e))
	wantScan(t, s, kv.Range{}, "b=3")
	must(t, s.Close())
}
