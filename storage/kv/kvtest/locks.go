package kvtest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/loxodb/loxodb/storage/kv"
)

// lockResult is what a Lock in another goroutine came to.
type lockResult struct {
	changed bool
	err     error
}

// asyncLock is a Lock in another goroutine.
type asyncLock struct {
	waiting kv.Waiting
	done    chan lockResult // holds one
}

// lockAsync starts a blocking Lock and returns when it stands in the queue, or
// has come to an end without.
func lockAsync(c context.Context, x kv.Txn, key string, m kv.Mode) *asyncLock {
	l := &asyncLock{done: make(chan lockResult, 1)}
	go func() {
		changed, err := x.Lock(kv.WithWaiting(c, &l.waiting), []byte(key), m, kv.WaitBlock)
		l.done <- lockResult{changed, err}
	}()
	for !l.waiting.Now() && len(l.done) == 0 {
		time.Sleep(100 * time.Microsecond)
	}
	return l
}

// stillWaiting holds for a lock of the lock table right after a release, since
// the releasing goroutine ends the waits that it grants.
func stillWaiting(t *testing.T, l *asyncLock) {
	t.Helper()
	if l.waiting.Now() {
		return
	}
	t.Fatalf("Lock did not wait: %+v", await(t, l))
}

// await fails the test rather than hang when a wake-up was lost.
func await(t *testing.T, l *asyncLock) lockResult {
	t.Helper()
	select {
	case r := <-l.done:
		return r
	case <-time.After(30 * time.Second):
		t.Fatal("Lock waits for ever")
		return lockResult{}
	}
}

func noWait(t *testing.T, x kv.Txn, key string, m kv.Mode, wanted error) {
	t.Helper()
	_, err := x.Lock(ctx, []byte(key), m, kv.WaitNever)
	if !errors.Is(err, wanted) {
		t.Fatalf("Lock(%q) nowait: %v, want %v", key, err, wanted)
	}
}

func testLockExcludes(t *testing.T, e kv.Engine) {
	x, y := begin(t, e, kv.TxnOptions{}), begin(t, e, kv.TxnOptions{})
	lock(t, x, "a", kv.Exclusive)
	lock(t, x, "a", kv.Exclusive)
	lock(t, x, "a", kv.Shared)
	noWait(t, y, "a", kv.Exclusive, kv.ErrLocked)
	noWait(t, y, "a", kv.Shared, kv.ErrLocked)
	noWait(t, y, "b", kv.Exclusive, nil)
	done := lockAsync(ctx, y, "a", kv.Exclusive)
	stillWaiting(t, done)
	commit(t, x)
	if r := await(t, done); r.err != nil || r.changed {
		t.Fatalf("after the release: %+v", r)
	}
	z := begin(t, e, kv.TxnOptions{})
	noWait(t, z, "a", kv.Exclusive, kv.ErrLocked)
	must(t, y.Close())
	noWait(t, z, "a", kv.Exclusive, nil)
	must(t, z.Close())
}

func testLockShared(t *testing.T, e kv.Engine) {
	x, y, z := begin(t, e, kv.TxnOptions{}), begin(t, e, kv.TxnOptions{}), begin(t, e, kv.TxnOptions{})
	lock(t, x, "a", kv.Shared)
	lock(t, y, "a", kv.Shared)
	noWait(t, z, "a", kv.Exclusive, kv.ErrLocked)
	done := lockAsync(ctx, z, "a", kv.Exclusive)
	must(t, x.Close())
	stillWaiting(t, done)
	must(t, y.Close())
	if r := await(t, done); r.err != nil {
		t.Fatal(r.err)
	}
	must(t, z.Close())
}

func testLockUpgrade(t *testing.T, e kv.Engine) {
	x, y := begin(t, e, kv.TxnOptions{}), begin(t, e, kv.TxnOptions{})
	lock(t, x, "a", kv.Shared)
	lock(t, x, "a", kv.Exclusive)
	noWait(t, y, "a", kv.Shared, kv.ErrLocked)
	must(t, x.Close())
	x = begin(t, e, kv.TxnOptions{})
	lock(t, x, "a", kv.Shared)
	lock(t, y, "a", kv.Shared)
	noWait(t, x, "a", kv.Exclusive, kv.ErrLocked)
	done := lockAsync(ctx, x, "a", kv.Exclusive)
	stillWaiting(t, done)
	// An upgrade goes before one that waits for this very holder.
	z := begin(t, e, kv.TxnOptions{})
	behind := lockAsync(ctx, z, "a", kv.Exclusive)
	must(t, y.Close())
	if r := await(t, done); r.err != nil {
		t.Fatal(r.err)
	}
	must(t, x.Close())
	if r := await(t, behind); r.err != nil {
		t.Fatal(r.err)
	}
	must(t, z.Close())
	x, y, z = begin(t, e, kv.TxnOptions{}), begin(t, e, kv.TxnOptions{}), begin(t, e, kv.TxnOptions{})
	lock(t, x, "b", kv.Shared)
	lock(t, y, "b", kv.Shared)
	behind = lockAsync(ctx, z, "b", kv.Exclusive)
	done = lockAsync(ctx, x, "b", kv.Exclusive)
	stillWaiting(t, done)
	must(t, y.Close())
	if r := await(t, done); r.err != nil {
		t.Fatal(r.err)
	}
	stillWaiting(t, behind)
	must(t, x.Close())
	if r := await(t, behind); r.err != nil {
		t.Fatal(r.err)
	}
	must(t, z.Close())
}

// testLockFair: a writer in the queue is not overtaken by readers for ever.
func testLockFair(t *testing.T, e kv.Engine) {
	x, y, z := begin(t, e, kv.TxnOptions{}), begin(t, e, kv.TxnOptions{}), begin(t, e, kv.TxnOptions{})
	lock(t, x, "a", kv.Shared)
	writer := lockAsync(ctx, y, "a", kv.Exclusive)
	stillWaiting(t, writer)
	reader := lockAsync(ctx, z, "a", kv.Shared)
	stillWaiting(t, reader)
	must(t, x.Close())
	if r := await(t, writer); r.err != nil {
		t.Fatal(r.err)
	}
	stillWaiting(t, reader)
	must(t, y.Close())
	if r := await(t, reader); r.err != nil {
		t.Fatal(r.err)
	}
	must(t, z.Close())
}

func testLockContext(t *testing.T, e kv.Engine) {
	x, y, z := begin(t, e, kv.TxnOptions{}), begin(t, e, kv.TxnOptions{}), begin(t, e, kv.TxnOptions{})
	lock(t, x, "a", kv.Shared)
	c, cancel := context.WithCancel(ctx)
	done := lockAsync(c, y, "a", kv.Exclusive)
	behind := lockAsync(ctx, z, "a", kv.Shared)
	cancel()
	if r := await(t, done); !errors.Is(r.err, context.Canceled) {
		t.Fatalf("cancelled Lock: %v", r.err)
	}
	// The one that waited behind the cancelled writer has nothing to wait for.
	if r := await(t, behind); r.err != nil {
		t.Fatal(r.err)
	}
	noWait(t, y, "b", kv.Exclusive, nil) // still usable
	for _, x := range []kv.Txn{x, y, z} {
		must(t, x.Close())
	}
}

// testLockTimeout: the limit bounds each wait, also one for a write that a large
// transaction has given its lock up for, and leaves the transaction usable.
func testLockTimeout(t *testing.T, e kv.Engine) {
	x, y, z := begin(t, e, kv.TxnOptions{}), begin(t, e, kv.TxnOptions{}), begin(t, e, kv.TxnOptions{})
	lock(t, x, "a", kv.Shared)
	for i := range bigRows {
		lock(t, x, string(bigKey(i)), kv.Exclusive)
		must(t, x.Put(bigKey(i), bigValue))
	}
	limited := kv.WithLockTimeout(ctx, 20*time.Millisecond)
	done := lockAsync(limited, y, "a", kv.Exclusive)
	behind := lockAsync(ctx, z, "a", kv.Shared)
	if r := await(t, done); !errors.Is(r.err, kv.ErrLockTimeout) {
		t.Fatalf("Lock under a limit: %v", r.err)
	}
	if r := await(t, behind); r.err != nil {
		t.Fatal(r.err)
	}
	_, err := y.Lock(limited, bigKey(3), kv.Exclusive, kv.WaitBlock)
	wantErr(t, err, kv.ErrLockTimeout)
	c, cancel := context.WithCancel(kv.WithLockTimeout(ctx, time.Hour))
	cancel()
	_, err = y.Lock(c, []byte("a"), kv.Exclusive, kv.WaitBlock)
	wantErr(t, err, context.Canceled)
	must(t, x.Close())
	must(t, z.Close())
	if _, err := y.Lock(limited, []byte("a"), kv.Exclusive, kv.WaitBlock); err != nil {
		t.Fatal(err)
	}
	must(t, y.Close())
}

func testDeadlock(t *testing.T, e kv.Engine) {
	x, y := begin(t, e, kv.TxnOptions{}), begin(t, e, kv.TxnOptions{})
	lock(t, x, "a", kv.Exclusive)
	lock(t, y, "b", kv.Exclusive)
	done := lockAsync(ctx, x, "b", kv.Exclusive)
	stillWaiting(t, done)
	_, err := y.Lock(ctx, []byte("a"), kv.Exclusive, kv.WaitBlock)
	wantErr(t, err, kv.ErrDeadlock) // the one that closes the cycle gives way
	must(t, y.Close())
	if r := await(t, done); r.err != nil {
		t.Fatalf("the survivor: %v", r.err)
	}
	must(t, x.Close())
}

func testDeadlockOfUpgrades(t *testing.T, e kv.Engine) {
	x, y := begin(t, e, kv.TxnOptions{}), begin(t, e, kv.TxnOptions{})
	lock(t, x, "a", kv.Shared)
	lock(t, y, "a", kv.Shared)
	done := lockAsync(ctx, x, "a", kv.Exclusive)
	stillWaiting(t, done)
	_, err := y.Lock(ctx, []byte("a"), kv.Exclusive, kv.WaitBlock)
	wantErr(t, err, kv.ErrDeadlock)
	must(t, y.Close())
	if r := await(t, done); r.err != nil {
		t.Fatal(r.err)
	}
	must(t, x.Close())
}

func testDeadlockOfThree(t *testing.T, e kv.Engine) {
	const n = 3
	var xs [n]kv.Txn
	for i := range xs {
		xs[i] = begin(t, e, kv.TxnOptions{})
		lock(t, xs[i], fmt.Sprint(i), kv.Exclusive)
	}
	results := make(chan error, n)
	for i := range xs {
		go func() {
			_, err := xs[i].Lock(ctx, fmt.Append(nil, (i+1)%n), kv.Exclusive, kv.WaitBlock)
			xs[i].Close() // give way or go on: either lets the others through
			results <- err
		}()
	}
	victims := 0
	for range n {
		select {
		case err := <-results:
			if errors.Is(err, kv.ErrDeadlock) {
				victims++
			} else {
				must(t, err)
			}
		case <-time.After(30 * time.Second):
			t.Fatal("the deadlock was not found")
		}
	}
	if victims != 1 {
		t.Fatalf("%d transactions gave way, want 1", victims)
	}
}

func testChanged(t *testing.T, e kv.Engine) {
	set(t, e, "a", "1", "d", "1")
	x := begin(t, e, kv.TxnOptions{})
	if lock(t, x, "a", kv.Exclusive) {
		t.Fatal("changed without a change")
	}
	if lock(t, x, "absent", kv.Exclusive) {
		t.Fatal("an absent key has changed")
	}
	set(t, e, "b", "1", "c", "1", "d", "")
	for range 2 { // also after a write of its own
		if !lock(t, x, "c", kv.Exclusive) {
			t.Fatal("a newer version went unnoticed")
		}
		put(t, x, "c", "own")
	}
	if !lock(t, x, "b", kv.Exclusive) || !lock(t, x, "d", kv.Shared) {
		t.Fatal("a newer version or deletion went unnoticed")
	}
	want(t, x, "b", "")
	must(t, x.Refresh(ctx))
	want(t, x, "b", "1")
	if lock(t, x, "b", kv.Exclusive) {
		t.Fatal("changed after Refresh")
	}
	noWait(t, x, "b", kv.Exclusive, nil)
	y := begin(t, e, kv.TxnOptions{})
	done := lockAsync(ctx, y, "b", kv.Exclusive)
	put(t, x, "b", "2")
	commit(t, x)
	if r := await(t, done); r.err != nil || !r.changed {
		t.Fatalf("after the writer committed: %+v", r)
	}
	must(t, y.Refresh(ctx))
	want(t, y, "b", "2")
	must(t, y.Close())
}

func testConflict(t *testing.T, e kv.Engine) {
	rr := kv.TxnOptions{Isolation: kv.RepeatableRead}
	set(t, e, "a", "1")
	x := begin(t, e, rr)
	want(t, x, "a", "1")
	set(t, e, "a", "2")
	want(t, x, "a", "1")
	_, err := x.Lock(ctx, []byte("a"), kv.Exclusive, kv.WaitBlock)
	wantErr(t, err, kv.ErrConflict)
	if err := x.Refresh(ctx); err == nil {
		t.Fatal("Refresh moved a repeatable view")
	}
	must(t, x.Close())
	// First committer wins, also for one that waited.
	x, y := begin(t, e, rr), begin(t, e, rr)
	lock(t, x, "a", kv.Exclusive)
	done := lockAsync(ctx, y, "a", kv.Exclusive)
	put(t, x, "a", "3")
	commit(t, x)
	if r := await(t, done); !errors.Is(r.err, kv.ErrConflict) {
		t.Fatalf("second updater: %+v", r)
	}
	// The failed Lock holds nothing.
	z := begin(t, e, rr)
	noWait(t, z, "a", kv.Exclusive, nil)
	must(t, y.Close())
	must(t, z.Close())
	// Nothing to win when the first one rolls back.
	x, y = begin(t, e, rr), begin(t, e, rr)
	lock(t, x, "a", kv.Exclusive)
	done = lockAsync(ctx, y, "a", kv.Exclusive)
	put(t, x, "a", "4")
	must(t, x.Close())
	if r := await(t, done); r.err != nil || r.changed {
		t.Fatalf("after a rollback: %+v", r)
	}
	must(t, y.Close())
}

// testLockedBigTransaction: writes that an engine moved out of memory are
// locked as before.
func testLockedBigTransaction(t *testing.T, e kv.Engine) {
	fill := func(x kv.Txn) {
		for i := range bigRows {
			lock(t, x, string(bigKey(i)), kv.Exclusive)
			must(t, x.Put(bigKey(i), bigValue))
		}
	}
	set(t, e, string(bigKey(7)), "old")
	x := begin(t, e, kv.TxnOptions{})
	early := x.Mark()
	fill(x)
	y := begin(t, e, kv.TxnOptions{})
	for _, i := range []int{0, 7, bigRows / 2, bigRows - 1} {
		noWait(t, y, string(bigKey(i)), kv.Exclusive, kv.ErrLocked)
		noWait(t, y, string(bigKey(i)), kv.Shared, kv.ErrLocked)
	}
	noWait(t, y, "other", kv.Exclusive, nil)
	// Its owner may lock again while another waits for it.
	done := lockAsync(ctx, y, string(bigKey(7)), kv.Exclusive)
	stillWaiting(t, done)
	lock(t, x, string(bigKey(7)), kv.Exclusive)
	must(t, x.Put(bigKey(7), bigValue))
	// A deadlock through a write in the store.
	_, err := x.Lock(ctx, []byte("other"), kv.Exclusive, kv.WaitBlock)
	wantErr(t, err, kv.ErrDeadlock)
	// A rollback frees what was locked since.
	must(t, x.RollbackTo(early))
	if r := await(t, done); r.err != nil || r.changed {
		t.Fatalf("after the rollback: %+v", r)
	}
	must(t, y.Close())
	// A lock taken before a mark outlives a write after it.
	lock(t, x, string(bigKey(5)), kv.Exclusive)
	m := x.Mark()
	fill(x)
	must(t, x.RollbackTo(m))
	y = begin(t, e, kv.TxnOptions{})
	noWait(t, y, string(bigKey(5)), kv.Exclusive, kv.ErrLocked)
	noWait(t, y, string(bigKey(6)), kv.Exclusive, nil)
	must(t, y.Close())
	fill(x)
	y = begin(t, e, kv.TxnOptions{})
	done = lockAsync(ctx, y, string(bigKey(7)), kv.Exclusive)
	stillWaiting(t, done)
	commit(t, x)
	if r := await(t, done); r.err != nil || !r.changed {
		t.Fatalf("after the commit: %+v", r)
	}
	must(t, y.Refresh(ctx))
	want(t, y, string(bigKey(7)), string(bigValue))
	must(t, y.Close())
}
