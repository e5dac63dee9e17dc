package pebblekv

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/loxodb/loxodb/storage/kv"
)

var ctx = context.Background()

func mustBegin(t testing.TB, e *Engine) kv.Txn {
	t.Helper()
	x, err := e.Begin(ctx, kv.TxnOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// commitPairs writes pairs in one transaction.
func commitPairs(t testing.TB, e *Engine, pairs ...string) kv.TS {
	t.Helper()
	x := mustBegin(t, e)
	defer x.Close()
	for i := 0; i < len(pairs); i += 2 {
		err := x.Delete([]byte(pairs[i]))
		if pairs[i+1] != "" {
			err = x.Put([]byte(pairs[i]), []byte(pairs[i+1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	ts, err := x.Commit(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return ts
}

// contents reads everything under a prefix as of now.
func contents(t testing.TB, e *Engine, prefix string) map[string]string {
	t.Helper()
	x := mustBegin(t, e)
	defer x.Close()
	it, err := x.Scan(ctx, kv.Range{Start: []byte(prefix), End: append([]byte(prefix), 0xff)})
	if err != nil {
		t.Fatal(err)
	}
	defer it.Close()
	m := map[string]string{}
	for it.Next() {
		m[string(it.Key())] = string(it.Value())
	}
	if it.Err() != nil {
		t.Fatal(it.Err())
	}
	return m
}

// rawVersions counts the versions in the store, and those that are provisional.
func rawVersions(t testing.TB, e *Engine) (all, provisional int) {
	t.Helper()
	it, err := e.db.NewIter(&pebble.IterOptions{LowerBound: []byte{tagData, 0}, UpperBound: []byte{tagData + 1, 0}})
	if err != nil {
		t.Fatal(err)
	}
	defer it.Close()
	for ok := it.First(); ok; ok = it.Next() {
		all++
		if it.Value()[0]&flagProvisional != 0 {
			provisional++
		}
	}
	return all, provisional
}

// settle waits until the collector has nothing left to do.
func settle(t testing.TB, e *Engine) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		e.gc.kick()
		if keys, ranges := e.gc.queue.len(); keys == 0 && ranges == 0 && !e.gc.busy.Load() {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the collector does not come to rest: %+v", e.Stats())
		}
	}
}

// ledger is what the writers of a crash test know to be acknowledged.
type ledger struct {
	gate sync.RWMutex // held by the checker, so that it has the machine for itself
	mu   sync.Mutex
	acks map[string]int // prefix of a transaction's keys -> number of its keys
	last kv.TS
}

func (l *ledger) ack(name string, n int, ts kv.TS) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.acks[name] = n
	l.last = max(l.last, ts)
}

func (l *ledger) copy() (map[string]int, kv.TS) {
	l.mu.Lock()
	defer l.mu.Unlock()
	m := make(map[string]int)
	for k, v := range l.acks {
		m[k] = v
	}
	return m, l.last
}

// TestCrash runs small and large transactions, crashes at a random moment with
// a random part of what was not synced, and looks at what a restart finds.
func TestCrash(t *testing.T) {
	seeds := 6
	if testing.Short() {
		seeds = 3
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { crashOnce(t, uint64(seed)) })
	}
}

func crashOnce(t *testing.T, seed uint64) {
	rng := rand.New(rand.NewPCG(seed, 7))
	fs := newCrashFS()
	o := Options{FS: fs, SpillBytes: 8 << 10, MemTableBytes: 256 << 10, grace: -1, gcPause: time.Microsecond}
	o.TableBytes, o.RunLen = []int{0, 1, 4 << 10}[seed%3], firstTwo
	e := open(t, o)
	l := &ledger{acks: map[string]int{}}
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			crashWriter(t, e, l, stop, w, rand.New(rand.NewPCG(seed, uint64(w))))
		}()
	}
	for range 3 {
		time.Sleep(time.Duration(5+rng.IntN(40)) * time.Millisecond)
		acks, last := l.copy()
		clone := fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: []int{0, 30, 100}[rng.IntN(3)], RNG: rng})
		o.FS = clone
		l.gate.Lock()
		checkSurvivors(t, o, acks, last)
		l.gate.Unlock()
	}
	close(stop)
	wg.Wait()
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
}

// crashWriter commits transactions of 2 to 2000 keys, rolls some back and
// takes parts of others back.
func crashWriter(t *testing.T, e *Engine, l *ledger, stop chan struct{}, w int, rng *rand.Rand) {
	for i := 0; ; i++ {
		select {
		case <-stop:
			return
		default:
		}
		l.gate.RLock()   // between transactions only: a crash may come at any time
		l.gate.RUnlock() //lint:ignore SA2001 passing the gate is all that is wanted
		n := 2 + rng.IntN(4)
		if rng.IntN(4) == 0 {
			n = 200 + rng.IntN(1000)
		}
		name := fmt.Sprintf("w%d-%05d/", w, i)
		x := mustBegin(t, e)
		put := func(from, to int) {
			for k := from; k < to; k++ {
				if err := x.Put(fmt.Appendf(nil, "%s%05d", name, k), bytes.Repeat([]byte{'x'}, 40)); err != nil {
					t.Error(err)
				}
			}
		}
		put(0, n)
		m := x.Mark()
		if rng.IntN(3) == 0 {
			put(n, n+rng.IntN(500))
			if err := x.RollbackTo(m); err != nil {
				t.Error(err)
			}
		}
		// The last key tells how many there must be.
		if err := x.Put([]byte(name+"~"), fmt.Append(nil, n)); err != nil {
			t.Error(err)
		}
		if rng.IntN(5) > 0 {
			ts, err := x.Commit(ctx)
			if err != nil {
				t.Error(err)
			}
			l.ack(name, n+1, ts)
		}
		x.Close()
	}
}

func checkSurvivors(t *testing.T, o Options, acks map[string]int, last kv.TS) {
	t.Helper()
	e := open(t, o)
	defer func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}()
	for round := range 2 {
		found := map[string]int{}
		total := map[string]string{}
		for key, val := range contents(t, e, "w") {
			name, rest, _ := strings.Cut(key, "/")
			found[name+"/"]++
			if rest == "~" {
				total[name+"/"] = val
			}
		}
		for name, n := range acks {
			if found[name] != n {
				t.Errorf("round %d: acknowledged %s has %d of %d keys", round, name, found[name], n)
			}
		}
		for name, n := range found {
			if total[name] != fmt.Sprint(n-1) {
				t.Errorf("round %d: %s is torn: %d keys, total %q", round, name, n, total[name])
			}
		}
		if round == 0 {
			settle(t, e) // nothing may change by collection
		}
	}
	if ts := commitPairs(t, e, "after", "1"); ts <= last {
		t.Errorf("timestamp %d after a restart, %d was acknowledged before", ts, last)
	}
	for _, c := range e.chunks.m {
		if c.outcome.Load() == abortedTS || c.outcome.Load() == pendingTS {
			t.Errorf("chunk %d is left over", c.id)
		}
	}
}

// TestUnfinishedVanishes: a large transaction that was open at the crash leaves
// nothing, not even on disk.
func TestUnfinishedVanishes(t *testing.T) {
	for _, c := range []struct {
		name   string
		tables int
		synced bool // else tables can outlive the record of their chunk
	}{{"log", 0, true}, {"tables", 1, true}, {"tables alone", 1, false}} {
		t.Run(c.name, func(t *testing.T) { vanishes(t, c.tables, c.synced) })
	}
}

func vanishes(t *testing.T, tables int, synced bool) {
	fs := newCrashFS()
	o := Options{FS: fs, SpillBytes: 4 << 10, TableBytes: tables, grace: -1}
	e := open(t, o)
	commitPairs(t, e, "k00007", "old")
	x := mustBegin(t, e)
	for i := range 5000 {
		if err := x.Put(fmt.Appendf(nil, "k%05d", i), []byte("new")); err != nil {
			t.Fatal(err)
		}
	}
	want := 1
	if synced {
		commitPairs(t, e, "sync", "1") // its fsync takes the chunks along
		want++
	}
	o.FS = fs.CrashClone(vfs.CrashCloneCfg{})
	crashed := open(t, o)
	if got := contents(t, crashed, "k"); len(got) != 1 || got["k00007"] != "old" {
		t.Fatalf("%d keys survived: %.100v", len(got), got)
	}
	settle(t, crashed)
	if all, provisional := rawVersions(t, crashed); all != want || provisional != 0 {
		t.Fatalf("%d versions are left, %d provisional", all, provisional)
	}
	if n := crashed.chunks.len(); n != 0 {
		t.Fatalf("%d chunks are left", n)
	}
	if err := crashed.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := x.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	x.Close()
	if n := len(contents(t, e, "k")); n != 5000 {
		t.Fatalf("%d keys", n)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestNoSyncLosesOnlyTheEnd: without fsync commits may be lost, but in order.
func TestNoSyncLosesOnlyTheEnd(t *testing.T) {
	for seed := range uint64(8) {
		fs := newCrashFS()
		o := Options{FS: fs, NoSync: true}
		e := open(t, o)
		for i := range 200 {
			commitPairs(t, e, fmt.Sprintf("n%03d", i), "1")
		}
		o.FS = fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 50, RNG: rand.New(rand.NewPCG(seed, 1))})
		crashed := open(t, o)
		got := contents(t, crashed, "n")
		for i := range len(got) {
			if got[fmt.Sprintf("n%03d", i)] == "" {
				t.Fatalf("seed %d: %d commits survived, but not number %d", seed, len(got), i)
			}
		}
		crashed.Close()
		e.Close()
	}
}

// TestClockAfterRestart: time goes on although the wall clock stepped back.
func TestClockAfterRestart(t *testing.T) {
	wall := newTestClock()
	fs := newCrashFS()
	o := Options{FS: fs, now: wall.now}
	e := open(t, o)
	var last kv.TS
	for i := range 20 {
		wall.add(time.Second)
		last = commitPairs(t, e, "a", fmt.Sprint(i))
	}
	o.FS = fs.CrashClone(vfs.CrashCloneCfg{})
	wall.add(-time.Hour)
	crashed := open(t, o)
	if n, _ := crashed.Now(ctx); n < last {
		t.Fatalf("Now is %d after a crash, %d was committed", n, last)
	}
	if got := contents(t, crashed, "a"); got["a"] != "19" {
		t.Fatalf("read %v", got)
	}
	next := commitPairs(t, crashed, "a", "next")
	if next <= last {
		t.Fatalf("committed at %d after %d", next, last)
	}
	crashed.Close()
	again := open(t, o)
	if n, _ := again.Now(ctx); n < next || n > next+span(time.Second) {
		t.Fatalf("after a clean close Now is %d, the last commit was %d", n, next)
	}
	again.Close()
	e.Close()
}

// TestChunkNamesAreNotReused: a chunk that survived a crash without its
// transaction keeps its name until it is swept, also when the clock stepped back.
func TestChunkNamesAreNotReused(t *testing.T) {
	for _, byLog := range []bool{true, false} {
		wall := newTestClock()
		fs := newCrashFS()
		o := Options{FS: fs, SpillBytes: 1, now: wall.now}
		if !byLog {
			o.TableBytes = 1
		}
		e := open(t, o)
		wall.add(time.Hour) // far beyond the clock bound
		x := mustBegin(t, e)
		if err := x.Put([]byte("a"), []byte("lost")); err != nil {
			t.Fatal(err)
		}
		name := x.(*txn).large.chunks[0].id
		if byLog { // a table is durable by itself
			if err := e.db.LogData(nil, pebble.Sync); err != nil { // somebody else's fsync
				t.Fatal(err)
			}
		}
		o.FS = fs.CrashClone(vfs.CrashCloneCfg{})
		wall.add(-time.Hour)
		crashed := open(t, o)
		if ts := commitPairs(t, crashed, "b", "1"); ts <= name {
			t.Fatalf("by log %v: committed at %d, chunk %d was found", byLog, ts, name)
		}
		closeEngine(t, crashed)
		x.Close()
		closeEngine(t, e)
	}
}

// TestLargeTransactionsKeepNoLocks: neither locks nor writes of a large
// transaction stay in memory, also when it looks around between the two.
func TestLargeTransactionsKeepNoLocks(t *testing.T) {
	e := open(t, Options{SpillBytes: 64 << 10})
	defer closeEngine(t, e)
	x := mustBegin(t, e)
	defer x.Close()
	x.Mark()
	most := 0
	for i := range 20_000 {
		key := fmt.Appendf(nil, "k%06d", (i*7919)%20_000)
		if _, err := x.Lock(ctx, key, kv.Exclusive, kv.WaitBlock); err != nil {
			t.Fatal(err)
		}
		if i%3 == 0 {
			it, err := x.Scan(ctx, kv.Range{Start: key, End: append(key, 0)})
			if err != nil {
				t.Fatal(err)
			}
			if it.Next() {
				t.Fatal("the key exists")
			}
			it.Close()
		}
		if err := x.Put(key, []byte("value")); err != nil {
			t.Fatal(err)
		}
		most = max(most, x.(*txn).owner.Held())
	}
	if most > 1000 {
		t.Fatalf("up to %d locks were held", most)
	}
}

// TestRewritingStaysSmall: a transaction that writes one key again and again,
// looking at it in between, needs room for one.
func TestRewritingStaysSmall(t *testing.T) {
	e := open(t, Options{SpillBytes: 256 << 10})
	defer closeEngine(t, e)
	x := mustBegin(t, e)
	defer x.Close()
	cursor, err := x.Scan(ctx, kv.Range{}) // open all the time
	if err != nil {
		t.Fatal(err)
	}
	for i := range 20_000 {
		if i == 10_000 {
			cursor.Close()
		}
		if err := x.Put([]byte("counter"), fmt.Append(nil, i)); err != nil {
			t.Fatal(err)
		}
		it, err := x.Scan(ctx, kv.Range{})
		if err != nil {
			t.Fatal(err)
		}
		if !it.Next() || string(it.Value()) != fmt.Sprint(i) {
			t.Fatalf("round %d: %s", i, it.Value())
		}
		it.Close()
	}
	if n, _ := rawVersions(t, e); n > 20 {
		t.Fatalf("%d versions were spilled", n)
	}
}
