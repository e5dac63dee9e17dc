package pebblekv

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/loxodb/loxodb/storage/kv"
)

// testClock is a wall clock that the test moves.
type testClock struct{ nanos atomic.Int64 }

func newTestClock() *testClock {
	c := &testClock{}
	c.nanos.Store(time.Now().UnixNano())
	return c
}

func (c *testClock) now() time.Time      { return time.Unix(0, c.nanos.Load()) }
func (c *testClock) add(d time.Duration) { c.nanos.Add(int64(d)) }

// eager is the options of an engine that collects at once.
func eager() Options { return Options{FS: vfs.NewMem(), grace: -1, gcPause: time.Microsecond} }

func wantVersions(t *testing.T, e *Engine, wanted int) {
	t.Helper()
	settle(t, e)
	if n, _ := rawVersions(t, e); n != wanted {
		t.Fatalf("%d versions in the store, want %d; %+v", n, wanted, e.Stats())
	}
}

func closeEngine(t *testing.T, e *Engine) {
	t.Helper()
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestCollectSuperseded(t *testing.T) {
	e := open(t, eager())
	defer closeEngine(t, e)
	for i := range 30 {
		commitPairs(t, e, "a", fmt.Sprint(i), "b", fmt.Sprint(i), fmt.Sprintf("c%02d", i), "1")
	}
	wantVersions(t, e, 32)
	commitPairs(t, e, "a", "", "c05", "", "never", "")
	wantVersions(t, e, 30)
	if got := contents(t, e, ""); len(got) != 30 || got["b"] != "29" {
		t.Fatalf("collected the wrong ones: %v", got)
	}
}

func TestCollectSparesReaders(t *testing.T) {
	e := open(t, eager())
	defer closeEngine(t, e)
	for i := range 10 {
		commitPairs(t, e, "a", fmt.Sprint(i), "gone", fmt.Sprint(i))
	}
	old := mustBegin(t, e)
	commitPairs(t, e, "a", "later", "gone", "")
	at := commitPairs(t, e, "a", "last")
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		e.gc.kick()
		// What the reader sees and what came later, nothing before.
		if n, _ := rawVersions(t, e); n == 5 {
			break
		} else if time.Now().After(deadline) {
			t.Fatalf("%d versions; %+v", n, e.Stats())
		}
	}
	time.Sleep(20 * time.Millisecond)
	for _, key := range []string{"a", "gone"} {
		if val, _, err := old.Get(ctx, []byte(key)); err != nil || string(val) != "9" {
			t.Fatalf("%s = %q, %v", key, val, err)
		}
	}
	s, err := e.Snapshot(ctx, at-1) // younger than the oldest reader
	if err != nil {
		t.Fatal(err)
	}
	if val, _, _ := s.Get(ctx, []byte("a")); string(val) != "later" {
		t.Fatalf("a = %q", val)
	}
	oldAt := old.At()
	s.Close()
	old.Close()
	wantVersions(t, e, 1)
	if _, err := e.Snapshot(ctx, oldAt); !errors.Is(err, kv.ErrSnapshotTooOld) {
		t.Fatalf("snapshot of collected versions: %v", err)
	}
}

// TestRetention keeps superseded versions for the window, and remembers over a
// restart what it did not keep.
func TestRetention(t *testing.T) {
	wall := newTestClock()
	o := eager()
	o.RetentionWindow = time.Hour
	o.now = wall.now
	e := open(t, o)
	var at []kv.TS
	for i := range 5 {
		at = append(at, commitPairs(t, e, "a", fmt.Sprint(i)))
		wall.add(10 * time.Minute)
	}
	e.gc.kick()
	time.Sleep(100 * time.Millisecond)
	if n, _ := rawVersions(t, e); n != 5 {
		t.Fatalf("%d versions within the window, want 5", n)
	}
	wall.add(35 * time.Minute) // the first three were superseded over an hour ago
	for e.Stats().Removed < 2 {
		e.gc.kick()
		time.Sleep(time.Millisecond)
	}
	if n, _ := rawVersions(t, e); n != 3 {
		t.Fatalf("%d versions, want 3", n)
	}
	closeEngine(t, e)
	e = open(t, o)
	if _, err := e.Snapshot(ctx, at[1]); !errors.Is(err, kv.ErrSnapshotTooOld) {
		t.Fatalf("snapshot of collected versions after a restart: %v", err)
	}
	s, err := e.Snapshot(ctx, at[3])
	if err != nil {
		t.Fatal(err)
	}
	if val, _, _ := s.Get(ctx, []byte("a")); string(val) != "3" {
		t.Fatalf("a = %q", val)
	}
	s.Close()
	closeEngine(t, e)
}

// TestCollectAfterRestart: garbage known at a clean close is collected by the
// next run, and so is that of a run that crashed.
func TestCollectAfterRestart(t *testing.T) {
	for _, crash := range []bool{false, true} {
		t.Run(fmt.Sprintf("crash=%v", crash), func(t *testing.T) {
			fs := vfs.NewCrashableMem()
			o := eager()
			o.FS = fs
			lazy := o
			lazy.RetentionWindow = time.Hour
			closeEngine(t, open(t, lazy)) // a clean close before means nothing
			e := open(t, lazy)
			for i := range 200 {
				commitPairs(t, e, fmt.Sprintf("k%d", i%20), fmt.Sprint(i))
			}
			if n, _ := rawVersions(t, e); n != 200 {
				t.Fatalf("%d versions", n)
			}
			if crash {
				o.FS = fs.CrashClone(vfs.CrashCloneCfg{})
				defer closeEngine(t, e)
			} else {
				closeEngine(t, e)
			}
			e2 := open(t, o)
			defer closeEngine(t, e2)
			wantVersions(t, e2, 20)
		})
	}
}

func TestCollectAborted(t *testing.T) {
	o := eager()
	o.SpillBytes = 4 << 10
	e := open(t, o)
	defer closeEngine(t, e)
	commitPairs(t, e, "k00003", "old")
	fill := func(x kv.Txn, n int) {
		for i := range n {
			if err := x.Put(fmt.Appendf(nil, "k%05d", i), []byte("0123456789")); err != nil {
				t.Fatal(err)
			}
		}
	}
	x := mustBegin(t, e)
	fill(x, 2000)
	if n, provisional := rawVersions(t, e); provisional < 1000 || n != provisional+1 {
		t.Fatalf("%d versions, %d provisional: nothing was spilled", n, provisional)
	}
	x.Close()
	wantVersions(t, e, 1)
	if n := e.chunks.len(); n != 0 {
		t.Fatalf("%d chunks are left", n)
	}
	// What was rolled back inside a committed transaction goes, too.
	x = mustBegin(t, e)
	fill(x, 500)
	m := x.Mark()
	fill(x, 3000)
	if err := x.RollbackTo(m); err != nil {
		t.Fatal(err)
	}
	if _, err := x.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	x.Close()
	wantVersions(t, e, 500)
	if got := contents(t, e, "k"); len(got) != 500 {
		t.Fatalf("%d keys", len(got))
	}
}

// TestCollectLongChain sweeps one key with more versions than a batch holds.
func TestCollectLongChain(t *testing.T) {
	o := eager()
	e := open(t, o)
	defer closeEngine(t, e)
	hold := mustBegin(t, e)
	for i := range 12_000 {
		x, err := e.Begin(ctx, kv.TxnOptions{NoSync: true})
		if err != nil {
			t.Fatal(err)
		}
		if err := x.Put([]byte("hot"), fmt.Append(nil, i)); err != nil {
			t.Fatal(err)
		}
		if _, err := x.Commit(ctx); err != nil {
			t.Fatal(err)
		}
		x.Close()
	}
	commitPairs(t, e, "hot", "")
	hold.Close()
	wantVersions(t, e, 0)
}

// TestQueueFolds: when there are too many keys to remember, ranges do.
func TestQueueFolds(t *testing.T) {
	var q gcQueue
	b := newWriteBuffer()
	n := maxQueueBytes/(queueOverhead+7) + 10
	for i := range n {
		b.put(fmt.Appendf(nil, "k%06d", i%1_000_000), []byte("v"), i, 0, 0)
	}
	q.addWrites(b, 9)
	if keys, ranges := q.len(); keys != 0 || ranges != 1 {
		t.Fatalf("%d keys, %d ranges", keys, ranges)
	}
	r, ok := q.takeRange(9)
	if !ok || string(r.first) != "k000000" || string(r.last) != fmt.Sprintf("k%06d", n-1) || r.ts != 9 {
		t.Fatalf("range %q..%q at %d", r.first, r.last, r.ts)
	}
}

func TestQueueMergesRanges(t *testing.T) {
	var q gcQueue
	rg := func(first, last string, ts kv.TS) dirtyRange {
		r := dirtyRange{first: []byte(first), ts: ts, gone: []kv.TS{ts}}
		if last != "" {
			r.last = []byte(last)
		}
		return r
	}
	q.addRange(rg("d", "f", 1))
	q.addRange(rg("a", "b", 2))
	q.addRange(rg("m", "", 3))
	if _, n := q.len(); n != 3 {
		t.Fatalf("%d ranges", n)
	}
	q.addRange(rg("b", "e", 4)) // touches the first two
	if _, n := q.len(); n != 2 {
		t.Fatalf("%d ranges", n)
	}
	if _, ok := q.takeRange(2); ok {
		t.Fatal("took a range whose newest write is too young")
	}
	r, ok := q.takeRange(4)
	if !ok || string(r.first) != "a" || string(r.last) != "f" || len(r.gone) != 3 {
		t.Fatalf("got %q..%q, %v", r.first, r.last, r.gone)
	}
	for i := range 3 * maxQueueRanges {
		q.addRange(rg(fmt.Sprintf("a%03d", i), fmt.Sprintf("a%03d", i), 5))
	}
	if _, n := q.len(); n > maxQueueRanges {
		t.Fatalf("%d ranges", n)
	}
}

func TestQueueIsSavedAndLoaded(t *testing.T) {
	e := open(t, eager())
	defer closeEngine(t, e)
	var q, again gcQueue
	q.addRange(dirtyRange{first: []byte("a"), last: []byte("c"), ts: 5})
	q.addRange(dirtyRange{first: []byte("m"), ts: 6})
	b := e.db.NewBatch()
	defer b.Close()
	q.save(b)
	r := b.Reader()
	_, key, saved, ok, err := r.Next()
	if !ok || err != nil || string(key) != string(dirtyKey) {
		t.Fatal(key, ok, err)
	}
	again.load(saved, 9)
	if len(again.ranges) != 2 || string(again.ranges[0].last) != "c" || again.ranges[1].last != nil || again.ranges[1].ts != 9 {
		t.Fatalf("loaded %v", again.ranges)
	}
	for cut := range saved { // torn in any way, it means everything
		var q gcQueue
		q.load(saved[:cut], 9)
		if len(q.ranges) != 1 || len(q.ranges[0].first) != 0 || q.ranges[0].last != nil {
			t.Fatalf("cut at %d: %v", cut, q.ranges)
		}
	}
}
