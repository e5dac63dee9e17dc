package sidecar_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/loxodb/loxodb/vectorindex"
	"github.com/loxodb/loxodb/vectorindex/sidecar"
)

var errStop = errors.New("stopped")

// fill fills the index from the rows at now, writing on meanwhile, until its segment
// number stop is to be committed.
func (w *world) fill(stop int) error {
	w.t.Helper()
	_, from := w.ix.FilledTo()
	asOf := w.m.now
	rows := func(_ context.Context, each func(*sidecar.Delta) error) error {
		var ids []vectorindex.RowID
		for row := range w.m.rows {
			ids = append(ids, row)
		}
		slices.Sort(ids)
		for i, row := range ids {
			if i%50 == 0 {
				w.write(w.rows)
			}
			if v := w.m.at(row, asOf); uint64(row) >= from && v.vec != nil {
				d := deltaOf(row, v.epoch, v.vec)
				if err := each(&d); err != nil {
					return err
				}
			}
		}
		return nil
	}
	return w.ix.Fill(context.Background(), asOf, rows, sidecar.BuildOptions{}, func(_ context.Context, man sidecar.Manifest) error {
		if stop--; stop == 0 {
			return errStop
		}
		w.m.mu.Lock()
		defer w.m.mu.Unlock()
		w.m.manifest = man
		return nil
	})
}

// A Fill that is ended by crashes, again and again, goes on from its last segment; in the end
// the index has every row once, with what was written, sealed and merged meanwhile.
func TestFillGoesOn(t *testing.T) {
	for seed := range uint64(8) {
		w := newWorld(t, sidecar.Config{NoBackground: true, SegmentEntries: 60, GraphMin: 20, HeadEntries: 100,
			Spec: vectorindex.Spec{Kind: vectorindex.Kind(seed % 3), Dims: 6, M: 4, EfConstruction: 16, Payloads: seed%2 == 0}})
		w.rows = 600
		for range 150 {
			was := w.ix
			w.ix = nil // nobody tells the index, and there are no marks
			w.write(w.rows)
			w.ix = was
		}
		clear(w.m.marks)
		last := uint64(0)
		for crashes := 0; ; crashes++ {
			err := w.fill(3 + crashes%2)
			state, to := w.ix.FilledTo()
			if err == nil {
				if state != sidecar.Filled || crashes < 2 {
					t.Fatalf("seed %d: state %v after %d crashes", seed, state, crashes)
				}
				break
			}
			if !errors.Is(err, errStop) || state != sidecar.Filling || to <= last {
				t.Fatalf("seed %d: %v; state %v, filled to %d, before to %d", seed, err, state, to, last)
			}
			last = to
			if crashes%2 == 0 {
				if err := w.ix.Flush(context.Background()); err != nil {
					t.Fatal(err)
				}
			}
			if crashes%3 == 1 {
				if err := w.ix.Compact(context.Background()); err != nil {
					t.Fatal(err)
				}
			}
			w.crash()
			if got, _ := w.ix.FilledTo(); got != sidecar.Filling {
				t.Fatalf("seed %d: state %v after a crash", seed, got)
			}
		}
		for range 20 {
			w.check()
		}
		w.crash()
		w.check()
		if state, _ := w.ix.FilledTo(); state != sidecar.Filled {
			t.Errorf("seed %d: state %v", seed, state)
		}
		if err := w.ix.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
