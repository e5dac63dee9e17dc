// Package kvtest is the conformance suite of the kv contract: what every engine
// must do, told as tests. It must not know any engine but the model it compares
// with.
package kvtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/loxodb/loxodb/storage/kv"
)

// Open returns a new, empty engine. The suite closes it.
type Open func(t *testing.T) kv.Engine

// Run runs the whole suite against engines made by open.
func Run(t *testing.T, open func(t *testing.T) kv.Engine) {
	for _, c := range []struct {
		name string
		run  func(t *testing.T, e kv.Engine)
	}{
		{"Visibility", testVisibility},
		{"OwnWrites", testOwnWrites},
		{"ReadOnly", testReadOnly},
		{"EmptyKeysAndValues", testEmptyKeysAndValues},
		{"KeyOrder", testKeyOrder},
		{"ScanMerge", testScanMerge},
		{"ScanVersions", testScanVersions},
		{"ScanWhileWriting", testScanWhileWriting},
		{"GetBatch", testGetBatch},
		{"Savepoints", testSavepoints},
		{"SavepointsKeepLocks", testSavepointLocks},
		{"Freeze", testFreeze},
		{"FreezeLarge", testFreezeLarge},
		{"SnapshotAt", testSnapshotAt},
		{"AfterCommit", testAfterCommit},
		{"CloseWithOpenReaders", testCloseWithOpenReaders},
		{"DropRange", testDropRange},
		{"BigTransaction", testBigTransaction},
		{"BigRollback", testBigRollback},
		{"LockExcludes", testLockExcludes},
		{"LockShared", testLockShared},
		{"LockUpgrade", testLockUpgrade},
		{"LockQueueIsFair", testLockFair},
		{"LockContext", testLockContext},
		{"LockTimeout", testLockTimeout},
		{"Deadlock", testDeadlock},
		{"DeadlockOfUpgrades", testDeadlockOfUpgrades},
		{"DeadlockOfThree", testDeadlockOfThree},
		{"ReadCommittedChanged", testChanged},
		{"RepeatableReadConflict", testConflict},
		{"LockedBigTransaction", testLockedBigTransaction},
		{"OnCommit", testOnCommit},
		{"OnCommitOrder", testOnCommitOrder},
		{"Bank", testBank},
		{"Counters", testCounters},
		{"CountersBehindSlowCommits", testCountersBehindSlowCommits},
		{"SnapshotIsStable", testSnapshotIsStable},
		{"Metamorphic", testMetamorphic},
		{"WriteSkew", testWriteSkew},
		{"SerialRanges", testSerialRanges},
		{"SerialOpenWalk", testSerialOpenWalk},
		{"SerialOneWay", testSerialOneWay},
		{"ReadOnlyAnomaly", testReadOnlyAnomaly},
		{"Deferrable", testDeferrable},
		{"SerialNotes", testSerialNotes},
		{"SerialHistories", testSerialHistories},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := open(t)
			c.run(t, e)
			if err := e.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
			if _, err := e.Begin(context.Background(), kv.TxnOptions{}); !errors.Is(err, kv.ErrClosed) {
				t.Errorf("Begin after Close: %v, want ErrClosed", err)
			}
		})
	}
}

var ctx = context.Background()

// must ends the test on an error.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func begin(t *testing.T, e kv.Engine, o kv.TxnOptions) kv.Txn {
	t.Helper()
	x, err := e.Begin(ctx, o)
	must(t, err)
	return x
}

// commit commits and closes.
func commit(t *testing.T, x kv.Txn) kv.TS {
	t.Helper()
	ts, err := x.Commit(ctx)
	must(t, err)
	must(t, x.Close())
	return ts
}

// set commits pairs in one transaction; an empty value deletes.
func set(t *testing.T, e kv.Engine, pairs ...string) kv.TS {
	t.Helper()
	x := begin(t, e, kv.TxnOptions{})
	for i := 0; i < len(pairs); i += 2 {
		put(t, x, pairs[i], pairs[i+1])
	}
	return commit(t, x)
}

func put(t *testing.T, x kv.Txn, key, val string) {
	t.Helper()
	if val == "" {
		must(t, x.Delete([]byte(key)))
		return
	}
	must(t, x.Put([]byte(key), []byte(val)))
}

// want checks a point read; "" means absent.
func want(t *testing.T, r kv.Reader, key, val string) {
	t.Helper()
	got, ok, err := r.Get(ctx, []byte(key))
	must(t, err)
	if ok != (val != "") || string(got) != val {
		t.Fatalf("Get(%q) at %d = %q, %v; want %q", key, r.At(), got, ok, val)
	}
}

// dump scans a range into "k=v k=v".
func dump(t *testing.T, r kv.Reader, rg kv.Range) string {
	t.Helper()
	it, err := r.Scan(ctx, rg)
	must(t, err)
	var b bytes.Buffer
	for it.Next() {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "%s=%s", it.Key(), it.Value())
	}
	must(t, it.Err())
	must(t, it.Close())
	must(t, it.Close())
	return b.String()
}

func wantScan(t *testing.T, r kv.Reader, rg kv.Range, wanted string) {
	t.Helper()
	if got := dump(t, r, rg); got != wanted {
		t.Fatalf("scan [%q, %q) reverse=%v limit=%d\n got %s\nwant %s", rg.Start, rg.End, rg.Reverse, rg.Limit, got, wanted)
	}
}

func wantErr(t *testing.T, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Fatalf("got error %v, want %v", err, target)
	}
}

func now(t *testing.T, e kv.Engine) kv.TS {
	t.Helper()
	ts, err := e.Now(ctx)
	must(t, err)
	return ts
}

func snap(t *testing.T, e kv.Engine, at kv.TS) kv.Snapshot {
	t.Helper()
	s, err := e.Snapshot(ctx, at)
	must(t, err)
	return s
}

func lock(t *testing.T, x kv.Txn, key string, m kv.Mode) (changed bool) {
	t.Helper()
	changed, err := x.Lock(ctx, []byte(key), m, kv.WaitBlock)
	must(t, err)
	return changed
}
