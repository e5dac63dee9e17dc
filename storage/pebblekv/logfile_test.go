package pebblekv

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// newestLog is the path of the newest file of the log in a store's directory.
func newestLog(t *testing.T, dir string) string {
	t.Helper()
	logs, err := filepath.Glob(filepath.Join(dir, "*.log"))
	if err != nil || len(logs) == 0 {
		t.Fatalf("logs %v, %v", logs, err)
	}
	slices.Sort(logs)
	return logs[len(logs)-1]
}

// TestLogOfFixedSize damages the end of a log whose file is longer than what was
// written: whole records are there after a restart, a torn one is not, and one that is
// damaged while later ones were synced is not overlooked.
func TestLogOfFixedSize(t *testing.T) {
	const commits = 300
	dir := t.TempDir()
	live := filepath.Join(dir, "live")
	e, err := Open(live, Options{})
	if err != nil {
		t.Fatal(err)
	}
	closeEngine(t, e) // the first log of all is written in an older form
	if e, err = Open(live, Options{MemTableBytes: 1 << 20}); err != nil {
		t.Fatal(err)
	}
	defer closeEngine(t, e)
	for i := range commits {
		commitPairs(t, e, fmt.Sprintf("k%04d", i), string(bytes.Repeat([]byte{'v'}, 300)))
	}
	log, err := os.ReadFile(newestLog(t, live))
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS == "linux" && len(log) < 1<<20 {
		t.Skipf("the file system does not reserve blocks: a log of %d bytes", len(log))
	}
	end := len(bytes.TrimRight(log, "\x00"))
	for name, c := range map[string]struct {
		damage func([]byte)
		want   int // commits; -1: the store does not open
	}{
		"as a crash leaves it": {func([]byte) {}, commits},
		"torn record":          {func(b []byte) { clear(b[end-60:]) }, commits - 1},
		"damage in the middle": {func(b []byte) { b[end/4] ^= 1 }, -1},
	} {
		t.Run(name, func(t *testing.T) {
			copied := filepath.Join(t.TempDir(), "db")
			if err := os.CopyFS(copied, os.DirFS(live)); err != nil {
				t.Fatal(err)
			}
			b := bytes.Clone(log)
			c.damage(b)
			if err := os.WriteFile(newestLog(t, copied), b, 0o600); err != nil {
				t.Fatal(err)
			}
			again, err := Open(copied, Options{})
			if c.want < 0 {
				if err == nil {
					closeEngine(t, again)
					t.Fatal("a damaged log was taken for a short one")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer closeEngine(t, again)
			if got := contents(t, again, "k"); len(got) != c.want {
				t.Fatalf("%d commits, want %d", len(got), c.want)
			}
		})
	}
}

// TestLogWithoutReserve: where blocks cannot be made part of the file, Pebble reserves
// them as it would.
func TestLogWithoutReserve(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	under := &reserving{fd: w.Fd()}
	f, err := sizedLog(logCategory)(under, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Preallocate(0, 1<<20); err != nil || under.reserved != 1<<20 {
		t.Fatalf("%v; %d bytes reserved", err, under.reserved)
	}
	if f, _ := sizedLog("pebble-manifest")(under, nil); f != vfs.File(under) {
		t.Fatal("a file that is no log was wrapped")
	}
}

// reserving is a file that notes what is reserved.
type reserving struct {
	vfs.File
	fd       uintptr
	reserved int64
}

func (r *reserving) Fd() uintptr { return r.fd }
func (r *reserving) Preallocate(offset, length int64) error {
	r.reserved += length
	return nil
}
