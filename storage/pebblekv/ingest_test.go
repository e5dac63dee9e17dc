package pebblekv

import (
	"fmt"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// TestLongRunsBecomeTables: a load in key order reaches the lowest level without
// the log, run by run, and reads back as what it is.
func TestLongRunsBecomeTables(t *testing.T) {
	o := Options{FS: vfs.NewMem(), SpillBytes: 256 << 10, TableBytes: 32 << 10, RunLen: firstTwo}
	e := open(t, o)
	x := mustBegin(t, e)
	const rows = 4000
	for i := range rows {
		for _, family := range []string{"r0", "r1"} {
			if err := x.Put(fmt.Appendf(nil, "%s%06d", family, i), fmt.Appendf(nil, "%s %0100d", family, i)); err != nil {
				t.Fatal(err)
			}
		}
		if err := x.Put(fmt.Appendf(nil, "x%06d", i), []byte("1")); err != nil { // too little for a table
			t.Fatal(err)
		}
	}
	if _, err := x.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	x.Close()
	m := e.Metrics()
	if n := int64(m.Ingest.Count); n == 0 || m.Levels[6].TablesCount != 2*n {
		t.Fatalf("%d spills were taken over, %d tables lie in the lowest level", n, m.Levels[6].TablesCount)
	}
	if logged := m.WAL.BytesIn; logged > rows*100 {
		t.Fatalf("%d bytes went through the log", logged)
	}
	if left, err := o.FS.List(e.spillPath()); err != nil || len(left) > 0 {
		t.Fatalf("left behind: %v, %v", left, err)
	}
	check := func(e *Engine) {
		t.Helper()
		for _, family := range []string{"r0", "r1", "x"} {
			got := contents(t, e, family)
			if len(got) != rows {
				t.Fatalf("%s has %d keys", family, len(got))
			}
			if v := got[fmt.Sprintf("%s%06d", family, 77)]; family != "x" && v != fmt.Sprintf("%s %0100d", family, 77) {
				t.Fatalf("%s: %q", family, v)
			}
		}
	}
	check(e)
	closeEngine(t, e)
	f, err := o.FS.Create(e.spillPath("half"), vfs.WriteCategoryUnspecified) // as a crash leaves it
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	e = open(t, o)
	check(e)
	if left, err := o.FS.List(e.spillPath()); err != nil || len(left) > 0 {
		t.Fatalf("still there: %v, %v", left, err)
	}
	closeEngine(t, e)
}
