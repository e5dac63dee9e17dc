package sidecar_test

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/loxodb/loxodb/vectorindex"
	"github.com/loxodb/loxodb/vectorindex/dist"
	"github.com/loxodb/loxodb/vectorindex/sidecar"
)

const mib = 1 << 20

// What is granted is never more than there is; who may wait does, and who has to go on
// gets the least when nobody else has anything.
func TestBudgetGrants(t *testing.T) {
	ctx := context.Background()
	b := sidecar.NewBudget(100 * mib)
	first, release, err := b.Grant(ctx, 1<<40)
	if err != nil || first != int64(0.75*100*mib/16*15) {
		t.Fatalf("the first of 100 MiB got %d (%v), want three quarters", first, err)
	}
	second, releaseSecond, err := b.Grant(ctx, 17*mib)
	if err != nil || second < 16*mib || second > 17*mib {
		t.Fatalf("the second got %d (%v)", second, err)
	}
	if r := b.TryMerge(20 * mib); r != nil {
		t.Error("a merge got what is not there")
	}
	short, cancel := context.WithTimeout(ctx, time.Millisecond)
	defer cancel()
	if n, _, err := b.Grant(short, 16*mib); err == nil {
		t.Errorf("a third got %d beside two", n)
	}
	third := make(chan int64)
	go func() {
		n, r, err := b.Grant(ctx, 30*mib)
		if err == nil {
			r()
		}
		third <- n
	}()
	release()
	if n := <-third; n != 30*mib {
		t.Errorf("the third got %d when the first had ended", n)
	}
	releaseSecond()
	releaseSecond() // does nothing
	if r := b.TryMerge(93 * mib); r == nil {
		t.Error("a merge did not get what is there")
	} else {
		r()
	}
	if now, most := b.Held(); now != 0 || most > b.Limit() {
		t.Errorf("%d held now, %d at most of %d", now, most, b.Limit())
	}
}

// Two indexes of which the copies do not fit into the bound together: all builds, seals
// and merges are done within it, every answer is right, what has no copy is searched in
// its file, and gets one when the other index goes.
func TestBudgetIsKept(t *testing.T) {
	if testing.Short() {
		t.Skip("the same in every tier")
	}
	ctx := context.Background()
	const n = 11_000 // of 1,100 bytes, most of them links
	b := sidecar.NewBudget(22 * mib)
	spec := vectorindex.Spec{Kind: vectorindex.HNSW, Dims: 8, M: 128, EfConstruction: 8}
	var worlds []*world
	for range 2 {
		w := newWorldAt(t, sidecar.Config{NoBackground: true, Spec: spec, Budget: b}, t.TempDir()+"/idx")
		w.rows = 200
		worlds = append(worlds, w)
		built := w.bounded(n, 1<<30)
		if held := built.Held(); held > b.Limit() {
			t.Errorf("a build held %d of %d", held, b.Limit())
		}
		if err := w.ix.Publish(ctx, built, func(_ context.Context, m sidecar.Manifest) error {
			w.m.manifest = m
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	for _, w := range worlds {
		for range 300 {
			w.write(w.rows)
		}
		if err := w.ix.Flush(ctx); err != nil {
			t.Fatal(err)
		}
		if err := w.ix.Compact(ctx); err != nil {
			t.Fatal(err)
		}
		w.check()
		if now, most := b.Held(); most > b.Limit() {
			t.Errorf("%d held now, %d at most of %d", now, most, b.Limit())
		}
	}
	a, z := worlds[0].ix, worlds[1].ix
	a.SettleMore()
	z.SettleMore()
	have, of := a.Settled()
	have2, of2 := z.Settled()
	if runtime.GOOS == "linux" && have+have2 >= of+of2 {
		t.Errorf("%d of %d segments have copies, which do not fit", have+have2, of+of2)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	z.SettleMore()
	if have, of := z.Settled(); have != of {
		t.Errorf("%d of %d segments have copies, and there is room", have, of)
	}
	worlds[1].check()
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if now, most := b.Held(); now != 0 || most > b.Limit() {
		t.Errorf("%d held at the end, %d at most of %d", now, most, b.Limit())
	}
}

// Whoever reads files has the process looked at, after so much as was read.
func TestRelief(t *testing.T) {
	ctx := context.Background()
	b := sidecar.NewBudget(32 * mib)
	calls := 0
	w := newWorldAt(t, sidecar.Config{NoBackground: true, Budget: b, Spec: vectorindex.Spec{Kind: vectorindex.Flat, Dims: 8000}}, t.TempDir()+"/idx")
	for range 600 { // of 32,000 bytes
		w.m.commit(t, w.ix, map[vectorindex.RowID][]byte{vectorindex.RowID(len(w.m.rows)): w.vec()})
	}
	if err := w.ix.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	b.Relief(func() { calls++; b.Forget() })
	for range 5 {
		w.check()
	}
	if calls < 5 {
		t.Errorf("looked %d times at the process while 96 MB were read", calls)
	}
	if err := w.ix.Close(); err != nil {
		t.Fatal(err)
	}
	b.Forget() // has nothing to forget
}

// Merges go as far as the budget goes, and no farther: background work comes to rest, with
// more segments than it would leave otherwise.
func TestMergesKeepToTheBudget(t *testing.T) {
	if testing.Short() {
		t.Skip("the same in every tier")
	}
	segments := map[bool]int{}
	for _, bounded := range []bool{false, true} {
		cfg := sidecar.Config{HeadEntries: 1200, GraphMin: 100, Spec: vectorindex.Spec{Kind: vectorindex.HNSW, Dims: 8, M: 128, EfConstruction: 8}, NoBackground: true}
		var b *sidecar.Budget
		if bounded {
			b = sidecar.NewBudget(16 * mib)
			cfg.Budget = b
		}
		w := newWorldAt(t, cfg, t.TempDir()+"/idx")
		for range 16 {
			changes := map[vectorindex.RowID][]byte{}
			for range 1200 {
				changes[vectorindex.RowID(len(w.m.rows)+len(changes))] = w.vec()
			}
			w.m.commit(t, w.ix, changes)
		}
		ctx := context.Background()
		if err := w.ix.Flush(ctx); err != nil {
			t.Fatal(err)
		}
		if err := w.ix.Merges(ctx); err != nil {
			t.Fatal(err)
		}
		segments[bounded] = w.ix.Stats().Segments
		if now, most := b.Held(); bounded && (most > b.Limit() || most < b.Limit()/4) {
			t.Errorf("%d held now, %d at most of %d", now, most, b.Limit())
		}
		w.check()
		if err := w.ix.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if segments[true] <= segments[false] {
		t.Errorf("%d segments within the bound, %d without", segments[true], segments[false])
	}
}

// Small segments are merged even where copies of large ones take all memory; those that
// had to go come back.
func TestSmallMergesTakeCopies(t *testing.T) {
	if testing.Short() || runtime.GOOS != "linux" {
		t.Skip("the same in every tier, where files are mapped")
	}
	ctx := context.Background()
	b := sidecar.NewBudget(64 * mib)
	w := newWorldAt(t, sidecar.Config{NoBackground: true, Budget: b, HeadEntries: 100,
		Spec: vectorindex.Spec{Kind: vectorindex.HNSW, Element: dist.Float16, Dims: 16_000, M: 4, EfConstruction: 4}}, t.TempDir()+"/idx")
	built := w.bounded(4100, 1<<30)
	if err := w.ix.Publish(ctx, built, func(_ context.Context, m sidecar.Manifest) error {
		w.m.manifest = m
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	have, of := w.ix.Settled()
	if have == 0 {
		t.Fatalf("none of %d segments has a copy", of)
	}
	large := w.ix.Stats().Segments
	for range 4 {
		for range 50 {
			w.m.commit(t, w.ix, map[vectorindex.RowID][]byte{vectorindex.RowID(len(w.m.rows)): w.vec()})
		}
		if err := w.ix.Flush(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.ix.Merges(ctx); err != nil {
		t.Fatal(err)
	}
	if n := w.ix.Stats().Segments; n != large+1 {
		t.Errorf("%d segments, want %d and one small one", n, large)
	}
	w.ix.SettleMore()
	if again, _ := w.ix.Settled(); again != have {
		t.Errorf("%d segments had copies, %d have", have, again)
	}
	if now, most := b.Held(); most > b.Limit() || now < b.Limit()/2 {
		t.Errorf("%d held now, %d at most of %d", now, most, b.Limit())
	}
	if err := w.ix.Close(); err != nil {
		t.Fatal(err)
	}
}
