package kvtest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/loxodb/loxodb/storage/kv"
)

var serializable = kv.TxnOptions{Isolation: kv.Serializable}

func wantDependency(t *testing.T, err error) {
	t.Helper()
	if d := (*kv.DependencyError)(nil); !errors.As(err, &d) {
		t.Fatalf("got error %v, want a DependencyError", err)
	}
}

// refused checks that the transaction cannot commit, and closes it.
func refused(t *testing.T, x kv.Txn) {
	t.Helper()
	wantDependency(t, x.Check())
	_, err := x.Commit(ctx)
	wantDependency(t, err)
	must(t, x.Close())
}

func testWriteSkew(t *testing.T, e kv.Engine) {
	set(t, e, "a", "1", "b", "1")
	one, two := begin(t, e, serializable), begin(t, e, serializable)
	want(t, one, "a", "1")
	want(t, one, "b", "1")
	want(t, two, "a", "1")
	want(t, two, "b", "1")
	put(t, one, "a", "0")
	put(t, two, "b", "0")
	must(t, one.Check())
	must(t, two.Check())
	commit(t, one)
	refused(t, two)
	// Run again it sees what it had overlooked.
	two = begin(t, e, serializable)
	want(t, two, "a", "0")
	want(t, two, "b", "1")
	put(t, two, "b", "2")
	commit(t, two)
}

// What is not in the range that was walked over was not read.
func testSerialRanges(t *testing.T, e kv.Engine) {
	set(t, e, "a", "1", "c", "1", "e", "1", "g", "1")
	all := kv.Range{Start: []byte("a"), End: []byte("f")}
	backwards := kv.Range{Start: []byte("a"), End: []byte("f"), Reverse: true}
	first := func(r kv.Reader, rg kv.Range) {
		it, err := r.Scan(ctx, rg)
		must(t, err)
		if !it.Next() {
			t.Fatal("no pair")
		}
		must(t, it.Close())
	}
	whole := func(r kv.Reader, rg kv.Range) { dump(t, r, rg) }
	for _, c := range []struct {
		read   func(kv.Reader, kv.Range)
		r      kv.Range
		write  string
		safely bool
	}{
		{whole, all, "b", false},  // was not there
		{whole, all, "ea", false}, // behind the last
		{whole, all, "f", true},   // the end is not part of it
		{whole, all, "g", true},
		{first, all, "a", false},
		{first, all, "b", true},
		{first, backwards, "e", false},
		{first, backwards, "ea", false},
		{first, backwards, "d", true},
		{whole, kv.Range{Start: []byte("a"), Limit: 2}, "c", false},
		{whole, kv.Range{Start: []byte("a"), Limit: 2}, "d", true},
		{whole, kv.Range{Start: []byte("a"), Limit: 5}, "z", false},
		{whole, kv.Range{Start: []byte("x")}, "z", false},
		{whole, kv.Range{Start: []byte("b"), End: []byte("c")}, "bb", false},
	} {
		name := fmt.Sprintf("[%s,%s) reverse=%v limit=%d, write %s", c.r.Start, c.r.End, c.r.Reverse, c.r.Limit, c.write)
		one, two := begin(t, e, serializable), begin(t, e, serializable)
		c.read(one, c.r)
		want(t, two, "q", "")
		put(t, one, "q", "1")
		put(t, two, c.write, "2")
		commit(t, two)
		_, err := one.Commit(ctx)
		if c.safely != (err == nil) {
			t.Errorf("%s: %v", name, err)
		}
		must(t, one.Close())
		set(t, e, "a", "1", "c", "1", "e", "1", "g", "1", "q", "", c.write, "")
		set(t, e, "a", "1", "c", "1", "e", "1", "g", "1")
	}
}

// A walk that is still open at the commit counts as far as it went.
func testSerialOpenWalk(t *testing.T, e kv.Engine) {
	set(t, e, "a", "1", "b", "1")
	one, two := begin(t, e, serializable), begin(t, e, serializable)
	it, err := one.Scan(ctx, kv.Range{})
	must(t, err)
	for range 2 {
		if !it.Next() {
			t.Fatal("pairs are missing")
		}
	}
	want(t, two, "q", "")
	put(t, one, "q", "1")
	put(t, two, "b", "2")
	commit(t, two)
	wantDependency(t, one.Check())
	_, err = one.Commit(ctx)
	wantDependency(t, err)
	must(t, it.Close())
	must(t, one.Close())
}

// One transaction that overlooks what another writes can have run before it.
func testSerialOneWay(t *testing.T, e kv.Engine) {
	set(t, e, "a", "1", "b", "1")
	one, two := begin(t, e, serializable), begin(t, e, serializable)
	want(t, one, "a", "1")
	put(t, one, "b", "2")
	put(t, two, "a", "2")
	commit(t, two)
	commit(t, one)
	// Writers of other levels do not count.
	one = begin(t, e, serializable)
	want(t, one, "a", "2")
	put(t, one, "b", "3")
	set(t, e, "a", "3", "b2", "3")
	other := begin(t, e, kv.TxnOptions{Isolation: kv.RepeatableRead})
	want(t, other, "b", "2")
	put(t, other, "a", "4")
	commit(t, other)
	commit(t, one)
}

// The order of two writers that a report would see in the opposite order.
func testReadOnlyAnomaly(t *testing.T, e kv.Engine) {
	for _, o := range []kv.TxnOptions{serializable, {Isolation: kv.Serializable, ReadOnly: true}} {
		for _, last := range []string{"writer", "report"} {
			set(t, e, "checking", "0", "savings", "0")
			withdraw, deposit := begin(t, e, serializable), begin(t, e, serializable)
			want(t, withdraw, "savings", "0")
			want(t, withdraw, "checking", "0")
			want(t, deposit, "savings", "0")
			put(t, deposit, "savings", "20")
			commit(t, deposit)
			report := begin(t, e, o)
			want(t, report, "savings", "20")
			want(t, report, "checking", "0")
			put(t, withdraw, "checking", "-11")
			if last == "writer" {
				commit(t, report)
				refused(t, withdraw)
				continue
			}
			commit(t, withdraw)
			refused(t, report)
		}
	}
}

// A read-only transaction that needs no watching cannot fail, and one that may wait
// for such a view does.
func testDeferrable(t *testing.T, e kv.Engine) {
	readOnly := kv.TxnOptions{Isolation: kv.Serializable, ReadOnly: true}
	deferrable := readOnly
	deferrable.Deferrable = true
	commit(t, begin(t, e, deferrable)) // nobody to wait for

	set(t, e, "checking", "0", "savings", "0")
	withdraw, deposit := begin(t, e, serializable), begin(t, e, serializable)
	want(t, withdraw, "savings", "0")
	put(t, withdraw, "checking", "-11")
	want(t, deposit, "savings", "0")
	put(t, deposit, "savings", "20")
	commit(t, deposit)
	short, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
	_, err := e.Begin(short, deferrable)
	cancel()
	wantErr(t, err, context.DeadlineExceeded)
	began := make(chan kv.Txn)
	go func() {
		x, err := e.Begin(ctx, deferrable)
		if err != nil {
			t.Error(err)
		}
		began <- x
	}()
	select {
	case <-began:
		t.Fatal("the deferrable transaction did not wait")
	case <-time.After(20 * time.Millisecond):
	}
	commit(t, withdraw)
	report := <-began
	want(t, report, "savings", "20")
	want(t, report, "checking", "-11")
	must(t, report.Check())
	commit(t, report)
}

// Reads of a savepoint that was rolled back stay reads; notes stand for keys;
// unrecorded reads do not count.
func testSerialNotes(t *testing.T, e kv.Engine) {
	key := func(k string) kv.Range { return kv.Range{Start: []byte(k), End: []byte(k + "\x00")} }
	for _, c := range []struct {
		name   string
		one    func(kv.Txn)
		two    func(kv.Txn)
		safely bool
	}{
		{"nothing", func(kv.Txn) {}, func(kv.Txn) {}, true},
		{"rolled back", func(x kv.Txn) {
			m := x.Mark()
			want(t, x, "a", "1")
			must(t, x.RollbackTo(m))
		}, func(x kv.Txn) { put(t, x, "a", "2") }, false},
		{"batch", func(x kv.Txn) {
			must(t, x.GetBatch(ctx, [][]byte{[]byte("a"), []byte("aa")}, func(int, []byte) error { return nil }))
		}, func(x kv.Txn) { put(t, x, "aa", "2") }, false},
		{"noted read", func(x kv.Txn) { x.NoteRead(key("a")) }, func(x kv.Txn) { put(t, x, "a", "2") }, false},
		{"noted write", func(x kv.Txn) { want(t, x, "a", "1") }, func(x kv.Txn) { x.NoteWrite(key("a")) }, false},
		{"unrecorded", func(x kv.Txn) {
			r := x.Unrecorded()
			want(t, r, "a", "1")
			wantScan(t, r, key("a"), "a=1")
			must(t, r.GetBatch(ctx, [][]byte{[]byte("a")}, func(int, []byte) error { return nil }))
		}, func(x kv.Txn) { put(t, x, "a", "2") }, true},
	} {
		set(t, e, "a", "1", "b", "1", "aa", "")
		one, two := begin(t, e, serializable), begin(t, e, serializable)
		c.one(one)
		want(t, two, "b", "1")
		put(t, one, "b", "2")
		c.two(two)
		put(t, two, "c", "2")
		commit(t, two)
		if _, err := one.Commit(ctx); c.safely != (err == nil) {
			t.Errorf("%s: %v", c.name, err)
		}
		must(t, one.Close())
	}
}
