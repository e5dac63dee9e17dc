package sidecar_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/loxodb/loxodb/vectorindex"
	"github.com/loxodb/loxodb/vectorindex/dist"
	"github.com/loxodb/loxodb/vectorindex/indextest"
	"github.com/loxodb/loxodb/vectorindex/sidecar"
)

// Searches at snapshots, writes, seals, merges and builds all at once: every
// search is complete for its snapshot, and Close in the middle of it is safe.
func TestConcurrently(t *testing.T) {
	rounds := 400
	if raceEnabled {
		rounds = 80
	}
	for _, spec := range []vectorindex.Spec{{}, {Kind: vectorindex.Flat}, {Kind: vectorindex.IVF}, {Element: dist.Sparse}, {Element: dist.Bit, Metric: dist.Jaccard, Kind: vectorindex.Flat}} {
		ctx := context.Background()
		m := newModel()
		spec.Dims, spec.M, spec.EfConstruction = 8, 6, 30
		cfg := sidecar.Config{Spec: spec,
			FS: vfs.NewMem(), Dir: "idx", Source: m, HeadEntries: 150, GraphMin: 30, FanIn: 2, Workers: 2,
			Report: func(err error) { t.Error(err) }}
		ix, err := sidecar.Open(ctx, cfg)
		if err != nil {
			t.Fatal(err)
		}
		var writers, others sync.WaitGroup
		stop := make(chan struct{})
		stopped := func() bool {
			select {
			case <-stop:
				return true
			default:
				return false
			}
		}
		writers.Go(func() {
			w := &world{t: t, rng: rand.New(rand.NewPCG(1, 1)), m: m, cfg: cfg, ix: ix}
			for range rounds {
				if err := ix.Throttle(ctx); err != nil {
					t.Error(err)
				}
				w.write(150)
			}
		})
		for seed := range uint64(3) {
			others.Go(func() {
				rng := rand.New(rand.NewPCG(seed, 2))
				w := &world{t: t, rng: rng, m: m, cfg: cfg, ix: ix}
				for !stopped() {
					now, _ := m.Now(ctx)
					q := &vectorindex.Query{Vec: w.vec(), K: 1 + rng.IntN(4), AsOf: now, Effort: 1 + rng.IntN(8)}
					want := m.alive(cfg.Spec.Space(), q.Vec, now, nil)
					if got := m.drain(t, ix, q, now); !sameHits(got, want) {
						t.Errorf("at %d: %d rows, want %d", now, len(got), len(want))
					}
				}
			})
		}
		others.Go(func() {
			for !stopped() {
				if err := errors.Join(ix.Flush(ctx), ix.Compact(ctx)); err != nil {
					t.Error(err)
				}
				_ = ix.Stats()
			}
		})
		writers.Wait()
		close(stop)
		others.Wait()
		closeDuringSearch(t, ix, m, spec.Space())
	}
}

// closeDuringSearch closes the index while a search is half done.
func closeDuringSearch(t *testing.T, ix *sidecar.Index, m *model, space dist.Space) {
	t.Helper()
	ctx := context.Background()
	q := &vectorindex.Query{Vec: indextest.Encode(space, make([]float32, 8)), K: 3}
	s, err := ix.Search(ctx, q)
	if err != nil {
		t.Fatal(err)
	}
	var buf [5]vectorindex.Hit
	got, err := s.Next(ctx, buf[:])
	if err != nil {
		t.Fatal(err)
	}
	if err := ix.Close(); err != nil {
		t.Fatal(err)
	}
	for n := got; n > 0; got += n {
		if n, err = s.Next(ctx, buf[:]); err != nil {
			t.Fatal(err)
		}
	}
	if want := len(m.alive(space, q.Vec, m.now, nil)); got != want {
		t.Fatalf("%d hits in all, want %d", got, want)
	}
	s.Close()
	if _, err := ix.Search(ctx, q); !errors.Is(err, vectorindex.ErrClosed) {
		t.Fatalf("Search after Close: %v", err)
	}
	if err := ix.Apply(m.now+1, []sidecar.Delta{{Row: 1, Epoch: 1}}); !errors.Is(err, vectorindex.ErrClosed) {
		t.Fatalf("Apply after Close: %v", err)
	}
	if err := ix.Close(); !errors.Is(err, vectorindex.ErrClosed) {
		t.Fatalf("second Close: %v", err)
	}
	if ix.Stats() != (vectorindex.Stats{}) {
		t.Fatal("Stats after Close")
	}
}
