package sidecar_test

import (
	"context"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/loxodb/loxodb/vectorindex"
	"github.com/loxodb/loxodb/vectorindex/indextest"
	"github.com/loxodb/loxodb/vectorindex/quant"
	"github.com/loxodb/loxodb/vectorindex/sidecar"
)

// live feeds a sidecar index from the model storage.
type live struct {
	*sidecar.Index
	t *testing.T
	m *model
}

func (l *live) Put(row vectorindex.RowID, vec []byte) uint64 {
	return l.m.commit(l.t, l.Index, map[vectorindex.RowID][]byte{row: vec})
}

func (l *live) Delete(row vectorindex.RowID) uint64 {
	return l.m.commit(l.t, l.Index, map[vectorindex.RowID][]byte{row: nil})
}

func (l *live) Settle() {
	ctx := context.Background()
	if err := l.Flush(ctx); err != nil {
		l.t.Fatal(err)
	}
	if err := l.Compact(ctx); err != nil {
		l.t.Fatal(err)
	}
}

func TestConformance(t *testing.T) {
	for name, c := range map[string]struct {
		kind   vectorindex.Kind
		disk   bool
		recall float64
		coding quant.Coding
	}{
		"flat, memory": {vectorindex.Flat, false, 1, 0},
		"flat, disk":   {vectorindex.Flat, true, 1, 0},
		"hnsw, memory": {vectorindex.HNSW, false, 0.95, 0},
		"hnsw, disk":   {vectorindex.HNSW, true, 0.95, 0},
		"hnsw, rabitq": {vectorindex.HNSW, false, 0.95, quant.CodingRaBitQ(2)},
		"hnsw, pq":     {vectorindex.HNSW, false, 0.95, quant.CodingPQ},
		"hnsw, none":   {vectorindex.HNSW, false, 0.95, quant.CodingNone},
		"ivf, memory":  {vectorindex.IVF, false, 0.95, 0},
		"ivf, disk":    {vectorindex.IVF, true, 0.95, 0},
		"ivf, 1 bit":   {vectorindex.IVF, false, 0.95, quant.CodingRaBitQ(1)},
		"ivf, pq":      {vectorindex.IVF, true, 0.95, quant.CodingPQ},
		"ivf, none":    {vectorindex.IVF, false, 0.95, quant.CodingNone},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := indextest.Options{Recall: c.recall, Entries: 4000}
			if raceEnabled { // what runs beside what is the same with fewer
				o.Entries = 600
			}
			indextest.Run(t, o, func(t *testing.T, spec vectorindex.Spec) indextest.Live {
				spec.Kind, spec.Coding = c.kind, c.coding
				m := newModel()
				cfg := sidecar.Config{Spec: spec, FS: vfs.NewMem(), Dir: "idx", Source: m, HeadEntries: o.Entries * 3 / 8, GraphMin: 100}
				if c.disk {
					cfg.FS, cfg.Dir = vfs.Default, t.TempDir()
				}
				ix, err := sidecar.Open(context.Background(), cfg)
				if err != nil {
					t.Fatal(err)
				}
				return &live{ix, t, m}
			})
		})
	}
}
