package sidecar_test

import (
	"context"
	"testing"

	"github.com/loxodb/loxodb/vectorindex"
	"github.com/loxodb/loxodb/vectorindex/sidecar"
)

// bounded builds an index of n rows within a bound on memory.
func (w *world) bounded(n, memory int64) *sidecar.Built {
	w.t.Helper()
	changes := map[vectorindex.RowID][]byte{}
	for row := range n {
		changes[vectorindex.RowID(row)] = w.vec()
	}
	ts := w.m.commit(w.t, nil, changes)
	b, err := w.ix.Build(context.Background(), ts, func(_ context.Context, each func(*sidecar.Delta) error) error {
		for row := range n {
			if err := each(&sidecar.Delta{Row: vectorindex.RowID(row), Epoch: 1, Vec: changes[vectorindex.RowID(row)]}); err != nil {
				return err
			}
		}
		return nil
	}, sidecar.BuildOptions{Workers: 2, Memory: memory})
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}

// A build of more than fits into the memory that it may hold gives several segments
// of bounded size, of every kind; merges and Compact keep to the bound.
func TestBoundedBuild(t *testing.T) {
	if testing.Short() {
		t.Skip("the same in every tier")
	}
	const n, dims, memory = 18_000, 256, 16 << 20
	for i, kind := range []vectorindex.Kind{vectorindex.HNSW, vectorindex.Flat, vectorindex.IVF, vectorindex.HNSW, vectorindex.Flat, vectorindex.IVF} {
		var budget *sidecar.Budget
		if i >= 3 {
			budget = sidecar.NewBudget(memory)
		}
		w := newWorld(t, sidecar.Config{NoBackground: true, Memory: memory, Budget: budget, Spec: vectorindex.Spec{Kind: kind, Dims: dims, M: 4, EfConstruction: 8}})
		b := w.bounded(n, memory)
		if held := b.Held(); held > memory || held < memory/3 {
			t.Errorf("kind %v: %d bytes held, want at most %d, and not much less", kind, held, memory)
		}
		total := uint64(0)
		for _, m := range b.Meta() {
			total += m.Entries
			if m.Bytes > memory {
				t.Errorf("kind %v: a segment of %d bytes", kind, m.Bytes)
			}
		}
		if parts := len(b.Meta()); parts < 2 || parts > 6 || total != n {
			t.Errorf("kind %v: %d segments of %d entries in all", kind, parts, total)
		}
		err := w.ix.Publish(context.Background(), b, func(_ context.Context, man sidecar.Manifest) error {
			w.m.manifest = man
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		w.check()
		before := w.ix.Stats()
		if err := w.ix.Compact(context.Background()); err != nil {
			t.Fatal(err)
		}
		if after := w.ix.Stats(); after.Segments > before.Segments || after.Entries != n {
			t.Errorf("kind %v: Compact made of %+v %+v", kind, before, after)
		}
		w.check()
		if err := w.ix.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// A head is sealed before it takes more than its share, however long its vectors are.
func TestBoundedHead(t *testing.T) {
	const memory = 16 << 20
	w := newWorld(t, sidecar.Config{NoBackground: true, Memory: memory, Spec: vectorindex.Spec{Kind: vectorindex.Flat, Dims: 16_000}})
	for range 400 { // of 64,000 bytes
		w.m.commit(t, w.ix, map[vectorindex.RowID][]byte{vectorindex.RowID(len(w.m.rows)): w.vec()})
	}
	if err := w.ix.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	m, err := w.ix.Manifest(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Segments) < 3 {
		t.Errorf("%d segments of 25 MB in all, want heads of 4 MiB", len(m.Segments))
	}
	for _, s := range m.Segments {
		if s.Bytes > memory/4+boundSlack {
			t.Errorf("a head of %d bytes", s.Bytes)
		}
	}
	w.check()
	if err := w.ix.Close(); err != nil {
		t.Fatal(err)
	}
}

// boundSlack is how far a head may go beyond its bound: 64 entries are taken between
// two looks at it.
const boundSlack = 64 * 64_000

// What merges may hold is asked when they are due: a lower bound keeps segments apart that
// the one before would have merged.
func TestMemoryNow(t *testing.T) {
	ctx := context.Background()
	now := int64(16 << 20)
	w := newWorld(t, sidecar.Config{NoBackground: true, MemoryNow: func() int64 { return now },
		Spec: vectorindex.Spec{Kind: vectorindex.Flat, Dims: 8000}})
	for range 4 {
		for range 70 { // of 32,000 bytes
			w.m.commit(t, w.ix, map[vectorindex.RowID][]byte{vectorindex.RowID(len(w.m.rows)): w.vec()})
		}
		if err := w.ix.Flush(ctx); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ memory, segments int64 }{{16 << 20, 2}, {64 << 20, 1}} {
		now = c.memory
		if err := w.ix.Compact(ctx); err != nil {
			t.Fatal(err)
		}
		if got := w.ix.Stats().Segments; got != int(c.segments) {
			t.Errorf("%d segments with %d bytes, want %d", got, c.memory, c.segments)
		}
	}
	w.check()
	if err := w.ix.Close(); err != nil {
		t.Fatal(err)
	}
}
