package pebblekv

import (
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/kv/kvtest"
)

func open(t testing.TB, o Options) *Engine {
	t.Helper()
	if o.FS == nil {
		o.FS = vfs.NewMem()
	}
	e, err := Open("db", o)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// firstTwo is a RunLen that makes many runs.
func firstTwo(key []byte) int { return min(2, len(key)) }

func TestConformance(t *testing.T) {
	for _, c := range []struct {
		name string
		o    Options
	}{
		{"default", Options{}},
		// Spilling all the time and collecting at once must change nothing.
		{"spill", Options{SpillBytes: 8 << 10, grace: -1, gcPause: time.Microsecond}},
		{"spillEach", Options{SpillBytes: 1, MemTableBytes: 1 << 20, grace: -1, gcPause: time.Microsecond}},
		{"tables", Options{SpillBytes: 8 << 10, TableBytes: 1, RunLen: firstTwo, grace: -1, gcPause: time.Microsecond}},
	} {
		t.Run(c.name, func(t *testing.T) {
			kvtest.Run(t, func(t *testing.T) kv.Engine { return open(t, c.o) })
		})
	}
}
