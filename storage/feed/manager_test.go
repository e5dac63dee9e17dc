package feed

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/kv/memkv"
	"github.com/loxodb/loxodb/storage/table"
	"github.com/loxodb/loxodb/vectorindex"
	"github.com/loxodb/loxodb/vectorindex/dist"
)

// vectors is a table of one two-dimensional vector column with an hnsw index.
func vectors() (*catalog.Table, *catalog.Index) {
	x := &catalog.Index{ID: 11, Table: 10, Name: "t_e", Method: "hnsw", Storage: 11, Ready: true, Valid: true,
		Keys: []catalog.IndexKey{{Attr: 1, OpClass: "vector_l2_ops", Type: types.T{OID: types.VectorOID, Mod: 2}}}}
	col := catalog.Column{Num: 1, Name: "e", Type: types.T{OID: types.VectorOID, Mod: 2}}
	return &catalog.Table{ID: 10, Name: "t", Storage: 10, Columns: []catalog.Column{col}, Indexes: []*catalog.Index{x}}, x
}

// An index that cannot take a commit is unknown to searches from then on, holds
// no writer back, and its files go when it is dropped.
func TestDetach(t *testing.T) {
	var log bytes.Buffer
	fs := vfs.NewMem()
	m := NewManager(memkv.New(), fs, "idx", slog.New(slog.NewTextHandler(&log, nil)))
	tab, x := vectors()
	if _, err := m.Open(t.Context(), tab, x, nil); err != nil {
		t.Fatal(err)
	}
	m.Apply(5, []table.Delta{{Index: x.ID, Row: 1, Epoch: 1, Vec: dist.FloatBytes([]float32{1, 2})}})
	if ix, ok := m.Index(x.ID); !ok || ix.Stats().Entries != 1 || log.Len() != 0 {
		t.Fatalf("after a good commit: %v, log %q", ok, &log)
	}
	m.Apply(6, []table.Delta{{Index: x.ID, Row: 2, Epoch: 2, Vec: dist.FloatBytes([]float32{1, 2, 3})}})
	if _, ok := m.Index(x.ID); ok {
		t.Error("the index that lacks a row is still searched")
	}
	if !strings.Contains(log.String(), "could not take a commit") {
		t.Errorf("log %q", &log)
	}
	m.Apply(7, []table.Delta{{Index: x.ID, Row: 3, Epoch: 3, Vec: dist.FloatBytes([]float32{1, 2})}})
	if err := m.Throttle(t.Context(), tab); err != nil {
		t.Error(err)
	}
	m.Drop(x.ID)
	if names, _ := fs.List("idx"); len(names) != 0 {
		t.Errorf("files of the dropped index: %v", names)
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
}

// readOnly refuses new files.
type readOnly struct{ vfs.FS }

func (readOnly) MkdirAll(string, os.FileMode) error { return os.ErrPermission }

// A start goes on without an index that can be neither opened nor built, and says so.
func TestOpenWithout(t *testing.T) {
	var log bytes.Buffer
	eng := memkv.New()
	tab, x := vectors()
	// A manifest that is nonsense, on a file system that does not let it be rebuilt.
	txn, err := eng.Begin(t.Context(), kv.TxnOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := txn.Put(manifestKey(x.ID), []byte("nonsense")); err != nil {
		t.Fatal(err)
	}
	if _, err := txn.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	all := func(context.Context, *catalog.Table, *catalog.Index) (table.Entries, error) { return nil, nil }
	fs := vfs.NewMem()
	m := NewManager(eng, readOnly{fs}, "idx", slog.New(slog.NewTextHandler(&log, nil)))
	if err := m.openOrRepair(t.Context(), tab, x, all); err != nil {
		t.Fatal(err)
	}
	if _, ok := m.Index(x.ID); ok || !strings.Contains(log.String(), "vector index cannot be used") {
		t.Errorf("log %q", &log)
	}
	// With a writable one it is repaired.
	log.Reset()
	m = NewManager(eng, fs, "idx", slog.New(slog.NewTextHandler(&log, nil)))
	if err := m.openOrRepair(t.Context(), tab, x, all); err != nil {
		t.Fatal(err)
	}
	ix, ok := m.Index(x.ID)
	if !ok || !strings.Contains(log.String(), "vector index was built anew") {
		t.Fatalf("log %q", &log)
	}
	if got := ix.Stats(); got != (vectorindex.Stats{ValidFrom: got.ValidFrom, Bytes: got.Bytes}) {
		t.Errorf("an index of no rows: %+v", got)
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
}
