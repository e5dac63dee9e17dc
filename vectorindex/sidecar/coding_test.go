package sidecar_test

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/loxodb/loxodb/vectorindex"
	"github.com/loxodb/loxodb/vectorindex/indextest"
	"github.com/loxodb/loxodb/vectorindex/quant"
	"github.com/loxodb/loxodb/vectorindex/sidecar"
)

// TestCodingChanges opens an index with another coding than it was built with: what is
// written keeps its own, what is added obeys the new one, and searches take both.
func TestCodingChanges(t *testing.T) {
	ctx := context.Background()
	rng := rand.New(rand.NewPCG(3, 4))
	spec := vectorindex.Spec{Dims: 16, Coding: quant.CodingRaBitQ(4)}
	m, fs := newModel(), vfs.NewMem()
	open := func() *sidecar.Index {
		ix, err := sidecar.Open(ctx, sidecar.Config{Spec: spec, FS: fs, Dir: "idx", Source: m, HeadEntries: 1500, GraphMin: 100, NoBackground: true})
		if err != nil {
			t.Fatal(err)
		}
		return ix
	}
	next := vectorindex.RowID(0)
	add := func(ix *sidecar.Index) {
		for range 500 {
			v := make([]float32, spec.Dims)
			for i := range v {
				v[i] = float32(rng.NormFloat64())
			}
			m.commit(t, ix, map[vectorindex.RowID][]byte{next: indextest.Encode(spec.Space(), v)})
			next++
		}
		if err := ix.Flush(ctx); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []quant.Coding{quant.CodingRaBitQ(4), quant.CodingSQ8, quant.CodingNone, quant.CodingRaBitQ(1), quant.CodingPQ} {
		spec.Coding = c
		ix := open()
		add(ix)
		q := &vectorindex.Query{Vec: make([]byte, spec.Space().Size()), K: 10}
		if got := indextest.Drain(t, ix, q); len(got) != int(next) {
			t.Fatalf("%v: %d hits, want %d", c, len(got), next)
		}
		if err := ix.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
