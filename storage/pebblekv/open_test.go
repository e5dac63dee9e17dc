package pebblekv

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/loxodb/loxodb/storage/kv"
)

func TestDirectoryIsLocked(t *testing.T) {
	for name, fs := range map[string]vfs.FS{"disk": vfs.Default, "memory": vfs.NewMem()} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "db")
			e, err := Open(dir, Options{FS: fs})
			if err != nil {
				t.Fatal(err)
			}
			commitPairs(t, e, "a", "1")
			if _, err := Open(dir, Options{FS: fs}); !errors.Is(err, ErrDatabaseLocked) || !strings.Contains(err.Error(), dir) {
				t.Fatalf("second open: %v", err)
			}
			closeEngine(t, e)
			if e, err = Open(dir, Options{FS: fs}); err != nil {
				t.Fatal(err)
			}
			if got := contents(t, e, ""); got["a"] != "1" {
				t.Fatalf("read %v", got)
			}
			closeEngine(t, e)
		})
	}
}

func TestCheckpoint(t *testing.T) {
	dir := t.TempDir()
	e, err := Open(filepath.Join(dir, "db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	commitPairs(t, e, "a", "1")
	if err := e.Checkpoint(filepath.Join(dir, "copy")); err != nil {
		t.Fatal(err)
	}
	commitPairs(t, e, "a", "2")
	closeEngine(t, e)
	if e, err = Open(filepath.Join(dir, "copy"), Options{}); err != nil {
		t.Fatal(err)
	}
	if got := contents(t, e, ""); got["a"] != "1" {
		t.Fatalf("the copy has %v", got)
	}
	closeEngine(t, e)
	if err := e.Checkpoint(filepath.Join(dir, "late")); !errors.Is(err, kv.ErrClosed) {
		t.Fatalf("checkpoint after close: %v", err)
	}
}

// TestFailedSyncEndsTheProcess runs itself as a child whose log cannot be
// synced: it must not live to acknowledge anything.
func TestFailedSyncEndsTheProcess(t *testing.T) {
	if os.Getenv("PEBBLEKV_TEST_CHILD") == "sync" {
		toggle := &errorfs.Toggle{Injector: errorfs.InjectorFunc(func(op errorfs.Op) error {
			switch op.Kind {
			case errorfs.OpFileSync, errorfs.OpFileSyncData, errorfs.OpFileSyncTo:
				if strings.HasSuffix(op.Path, ".log") {
					return errorfs.ErrInjected
				}
			}
			return nil
		})}
		e := open(t, Options{FS: errorfs.Wrap(vfs.NewMem(), toggle)})
		toggle.On()
		x := mustBegin(t, e)
		_ = x.Put([]byte("a"), []byte("1"))
		_, err := x.Commit(context.Background())
		t.Logf("ACKNOWLEDGED: %v", err)
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestFailedSyncEndsTheProcess$", "-test.v")
	cmd.Env = append(os.Environ(), "PEBBLEKV_TEST_CHILD=sync")
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() == 0 || strings.Contains(string(out), "ACKNOWLEDGED") {
		t.Fatalf("the process survived a failed fsync: %v\n%s", err, out)
	}
	if !strings.Contains(string(out), "fatal") {
		t.Fatalf("it does not say why it died:\n%s", out)
	}
}

// TestReadErrors: an I/O error of a read is an error, never an absent key.
func TestReadErrors(t *testing.T) {
	mem := vfs.NewMem()
	var fail errorfs.Toggle
	fail.Injector = errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind == errorfs.OpFileReadAt && strings.HasSuffix(op.Path, ".sst") {
			return errorfs.ErrInjected
		}
		return nil
	})
	o := Options{FS: errorfs.Wrap(mem, &fail), Logger: quiet{}, CacheBytes: 1}
	e := open(t, o)
	defer closeEngine(t, e)
	commitPairs(t, e, "a", strings.Repeat("1", 1000), "b", "2")
	if err := e.Flush(); err != nil {
		t.Fatal(err)
	}
	settle(t, e)
	fail.On()
	defer fail.Off()
	x := mustBegin(t, e)
	defer x.Close()
	if _, ok, err := x.Get(ctx, []byte("a")); err == nil {
		t.Errorf("Get returned ok=%v without an error", ok)
	}
	if err := x.GetBatch(ctx, [][]byte{[]byte("a")}, func(int, []byte) error { return nil }); err == nil {
		t.Error("GetBatch returned no error")
	}
	for _, reverse := range []bool{false, true} {
		it, err := x.Scan(ctx, kv.Range{Reverse: reverse})
		if err != nil {
			continue
		}
		if it.Next() || it.Err() == nil {
			t.Errorf("scan reverse=%v ended without an error", reverse)
		}
		it.Close()
	}
	fail.Off()
	// The transaction is still good.
	if val, ok, err := x.Get(ctx, []byte("b")); err != nil || !ok || string(val) != "2" {
		t.Errorf("Get after the fault: %q, %v, %v", val, ok, err)
	}
}

func TestDiskUsage(t *testing.T) {
	e := open(t, Options{})
	for i := range 100 {
		commitPairs(t, e, fmt.Sprintf("a%03d", i), strings.Repeat(fmt.Sprint(i), 500))
	}
	if err := e.Flush(); err != nil {
		t.Fatal(err)
	}
	n, err := e.DiskUsage(kv.Range{Start: []byte("a"), End: []byte("b")})
	if err != nil || n == 0 {
		t.Fatalf("%d bytes, %v", n, err)
	}
	if m, err := e.DiskUsage(kv.Range{Start: []byte("b")}); err != nil || m >= n {
		t.Fatalf("%d bytes elsewhere, %v", m, err)
	}
	if m, err := e.DiskUsage(kv.Range{Start: []byte("b"), End: []byte("a")}); err != nil || m != 0 {
		t.Fatalf("%d bytes nowhere, %v", m, err)
	}
	closeEngine(t, e)
	if _, err := e.DiskUsage(kv.Range{}); !errors.Is(err, kv.ErrClosed) {
		t.Fatal(err)
	}
}

type quiet struct{}

func (quiet) Infof(string, ...any)  {}
func (quiet) Errorf(string, ...any) {}
func (quiet) Fatalf(f string, a ...any) {
	panic("fatal: " + f)
}

func TestTooLarge(t *testing.T) {
	e := open(t, Options{})
	defer closeEngine(t, e)
	x := mustBegin(t, e)
	defer x.Close()
	if err := x.Put(make([]byte, kv.MaxKeyBytes+1), []byte("v")); !errors.Is(err, kv.ErrTooLarge) {
		t.Errorf("large key: %v", err)
	}
	if err := x.Put(make([]byte, kv.MaxKeyBytes), []byte("v")); err != nil {
		t.Error(err)
	}
	if _, err := x.Lock(ctx, make([]byte, kv.MaxKeyBytes+1), kv.Exclusive, kv.WaitBlock); !errors.Is(err, kv.ErrTooLarge) {
		t.Errorf("lock of a large key: %v", err)
	}
	if err := x.Put([]byte("k"), make([]byte, 20<<20)); err != nil { // beyond the write buffer
		t.Error(err)
	}
	if val, _, err := x.Get(ctx, []byte("k")); len(val) != 20<<20 || err != nil {
		t.Errorf("read %d bytes back, %v", len(val), err)
	}
}

// TestSnapshotOfTheClock: a timestamp after the last commit can be read at, and
// no later commit appears in it.
func TestSnapshotOfTheClock(t *testing.T) {
	e := open(t, Options{})
	defer closeEngine(t, e)
	commitPairs(t, e, "a", "1")
	time.Sleep(2 * time.Millisecond)
	at := tsOf(time.Now())
	s, err := e.Snapshot(ctx, at)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if ts := commitPairs(t, e, "a", "2"); ts <= at {
		t.Fatalf("committed at %d, not after the snapshot at %d", ts, at)
	}
	if val, _, _ := s.Get(ctx, []byte("a")); string(val) != "1" {
		t.Fatalf("a = %q", val)
	}
}

// TestScanKeepsToItsStart: a scan of a transaction shows the writes made before
// it, whatever is written meanwhile.
func TestScanKeepsToItsStart(t *testing.T) {
	for _, spill := range []int{1 << 20, 1} {
		e := open(t, Options{SpillBytes: spill})
		commitPairs(t, e, "a", "old", "b", "old", "m", "old")
		x := mustBegin(t, e)
		put := func(key, val string) {
			if err := x.Put([]byte(key), []byte(val)); err != nil {
				t.Fatal(err)
			}
		}
		put("b", "own")
		put("c", "own")
		it, err := x.Scan(ctx, kv.Range{})
		if err != nil {
			t.Fatal(err)
		}
		var got strings.Builder
		for it.Next() {
			got.WriteString(string(it.Key()) + "=" + string(it.Value()) + " ")
			for _, key := range []string{"b", "c", "d", "m", "z"} {
				put(key, "new")
			}
		}
		if it.Close(); got.String() != "a=old b=own c=own m=old " {
			t.Errorf("spill %d: scanned %s", spill, got.String())
		}
		if val, _, _ := x.Get(ctx, []byte("c")); string(val) != "new" {
			t.Errorf("c = %q", val)
		}
		x.Close()
		closeEngine(t, e)
	}
}

// TestIdleIterators: an idle engine pins nothing.
func TestIdleIterators(t *testing.T) {
	e := open(t, Options{})
	defer closeEngine(t, e)
	commitPairs(t, e, "a", "1")
	x := mustBegin(t, e)
	if _, _, err := x.Get(ctx, []byte("a")); err != nil {
		t.Fatal(err)
	}
	x.Close()
	for deadline := time.Now().Add(20 * time.Second); e.Metrics().TableIters > 0 || e.idleIters() > 0; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d idle iterators", e.idleIters())
		}
	}
}

func (e *Engine) idleIters() int {
	e.iters.mu.Lock()
	defer e.iters.mu.Unlock()
	return len(e.iters.free)
}
