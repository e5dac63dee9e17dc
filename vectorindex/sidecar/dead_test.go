package sidecar_test

import (
	"context"
	"testing"
	"time"

	"github.com/loxodb/loxodb/vectorindex"
	"github.com/loxodb/loxodb/vectorindex/sidecar"
)

// replaceAll gives n rows new vectors, in transactions of 50.
func (w *world) replaceAll(n int) {
	w.t.Helper()
	for at := 0; at < n; at += 50 {
		changes := map[vectorindex.RowID][]byte{}
		for row := at; row < min(n, at+50); row++ {
			changes[vectorindex.RowID(row)] = w.vec()
		}
		w.m.commit(w.t, w.ix, changes)
	}
}

// over says that no snapshot before now is searched any more.
func (w *world) over() {
	w.since = w.m.now
	w.ix.Horizon(w.since)
}

// Rows that are updated again and again leave no more dead entries in the head than
// its share, however much room it has; nothing is lost in between, and a crash changes
// nothing.
func TestHeadForgets(t *testing.T) {
	for _, kind := range []vectorindex.Kind{vectorindex.HNSW, vectorindex.Flat, vectorindex.IVF} {
		w := newWorld(t, sidecar.Config{Spec: vectorindex.Spec{Kind: kind, Dims: 8, M: 6, EfConstruction: 20},
			HeadEntries: 100_000, GraphMin: 200})
		const rows = 600
		most := int64(0)
		for range 20 {
			w.replaceAll(rows)
			w.over()
			w.settled(func(st vectorindex.Stats) bool { return st.Dead <= max(st.Entries, 200) })
			most = max(most, w.ix.Stats().Dead)
			w.check()
		}
		if most == 0 {
			t.Errorf("kind %v: nothing died", kind)
		}
		w.crash()
		w.over()
		w.check()
		if err := w.ix.Vacuum(context.Background(), 0); err != nil {
			t.Fatal(err)
		}
		if st := w.ix.Stats(); st.Dead != 0 || st.Entries != rows {
			t.Errorf("kind %v: after Vacuum %+v", kind, st)
		}
		w.check()
		// All rows go: nothing is left, on disk neither.
		gone := map[vectorindex.RowID][]byte{}
		for row := range vectorindex.RowID(rows) {
			gone[row] = nil
		}
		w.m.commit(t, w.ix, gone)
		w.over()
		if err := w.ix.Rewrite(context.Background()); err != nil {
			t.Fatal(err)
		}
		// A file goes with its last user, which may be background work that looks at it.
		w.settled(func(vectorindex.Stats) bool {
			names, _ := w.fs.List("idx")
			return len(names) == 0
		})
		if len(w.m.marks) != 0 {
			t.Errorf("kind %v: left of no rows: %d marks", kind, len(w.m.marks))
		}
		w.check()
		if err := w.ix.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// settled waits until background work has made of the index what ok wants.
func (w *world) settled(ok func(vectorindex.Stats) bool) {
	w.t.Helper()
	for range 6000 {
		if ok(w.ix.Stats()) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	w.t.Fatalf("background work never comes so far: %+v", w.ix.Stats())
}

// Vacuum leaves segments alone of which less than the share is dead, and what a
// snapshot still sees.
func TestVacuumShare(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t, sidecar.Config{HeadEntries: 1000, GraphMin: 100, NoBackground: true})
	w.replaceAll(1000)
	if err := w.ix.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	w.replaceAll(100) // a tenth
	vacuum := func(share float64) vectorindex.Stats {
		t.Helper()
		if err := w.ix.Vacuum(ctx, share); err != nil {
			t.Fatal(err)
		}
		w.check()
		return w.ix.Stats()
	}
	if st := vacuum(0); st.Dead != 100 || st.HeadEntries != 100 {
		t.Errorf("with a snapshot that sees them: %+v", st)
	}
	w.over()
	if st := vacuum(0.15); st.Dead != 100 || st.Segments != 1 {
		t.Errorf("fewer than the share: %+v", st)
	}
	if st := vacuum(0.05); st.Dead != 0 || st.Segments != 1 || st.HeadEntries != 100 || st.Entries != 1000 {
		t.Errorf("more than the share: %+v", st)
	}
	if err := w.ix.Close(); err != nil {
		t.Fatal(err)
	}
}
