package sidecar_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/loxodb/loxodb/vectorindex"
	"github.com/loxodb/loxodb/vectorindex/sidecar"
)

// Files of version 1, written before there were element types, answer as those of
// the same history do that are written today; graphs, whose codes lie otherwise now,
// are told apart, so that the index is made again from the rows.
func TestVersion1(t *testing.T) {
	w := version1(t, "flat", vectorindex.Flat)
	w.open()
	if st := w.ix.Stats(); st.Segments != 1 || st.Entries != 58 {
		t.Fatalf("%+v", st)
	}
	for range 20 {
		w.check()
	}
	if err := w.ix.Close(); err != nil {
		t.Fatal(err)
	}

	w = version1(t, "hnsw", vectorindex.HNSW)
	if _, err := sidecar.Open(t.Context(), w.cfg); !errors.Is(err, sidecar.ErrCorrupt) {
		t.Fatal(err)
	}
}

// version1 is a world whose files are those in testdata/v1, not opened yet.
func version1(t *testing.T, name string, kind vectorindex.Kind) *world {
	t.Helper()
	w := sealed(t, kind)
	w.fs = vfs.NewCrashableMem()
	if err := w.fs.MkdirAll("idx", 0o700); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join("testdata", "v1", name)
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if f.Name() != "manifest" {
			writeFile(t, w.fs, f.Name(), data)
		} else if err := w.m.manifest.Unmarshal(data); err != nil {
			t.Fatal(err)
		}
	}
	w.cfg.FS, w.cfg.Source, w.cfg.Dir = w.fs, w.m, "idx"
	return w
}
