package sidecar_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/loxodb/loxodb/vectorindex"
)

// Files of version 1, written before there were element types, answer as those of
// the same history do that are written today.
func TestVersion1(t *testing.T) {
	for name, kind := range map[string]vectorindex.Kind{"hnsw": vectorindex.HNSW, "flat": vectorindex.Flat} {
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
		w.open()
		if st := w.ix.Stats(); st.Segments != 1 || st.Entries != 58 {
			t.Fatalf("%s: %+v", name, st)
		}
		for range 20 {
			w.check()
		}
		if err := w.ix.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
