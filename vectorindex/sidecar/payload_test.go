package sidecar_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/loxodb/loxodb/vectorindex"
	"github.com/loxodb/loxodb/vectorindex/bitmap"
	"github.com/loxodb/loxodb/vectorindex/sidecar"
)

// In parts that are large enough for walks and lists, tests of payloads let through
// what they shall, however few pass, from segments and heads alike.
func TestPayloadTests(t *testing.T) {
	ctx := context.Background()
	for kind := range vectorindex.IVF + 1 {
		w := &world{t: t, rng: rand.New(rand.NewPCG(5, uint64(kind))), m: newModel(), fs: vfs.NewCrashableMem()}
		w.cfg = sidecar.Config{Spec: vectorindex.Spec{Dims: 6, Kind: kind, M: 4, EfConstruction: 16, Payloads: true}, GraphMin: 100, NoBackground: true}
		w.open()
		fill := func(from int) {
			changes := map[vectorindex.RowID][]byte{}
			for row := range vectorindex.RowID(5000) {
				changes[vectorindex.RowID(from)+row] = w.vec()
			}
			w.m.commit(t, w.ix, changes)
		}
		fill(0)
		if err := w.ix.Flush(ctx); err != nil {
			t.Fatal(err)
		}
		fill(4000) // 1,000 rows anew
		for least := range 9 {
			asked := 0
			q := &vectorindex.Query{Vec: w.vec(), K: 10, Effort: 40, Probes: 3}
			q.Test = func(payloads [][]byte, dst []uint16) []uint16 {
				asked += len(payloads)
				for i, p := range payloads {
					if len(p) >= least {
						dst = append(dst, uint16(i))
					}
				}
				return dst
			}
			var want []vectorindex.Hit
			for _, h := range w.m.alive(w.cfg.Spec.Space(), q.Vec, w.m.now, nil) {
				if len(payloadOf(h.Row, h.Epoch)) >= least {
					want = append(want, h)
				}
			}
			if got := w.m.drain(t, w.ix, q, w.m.now); !sameHits(got, want) {
				t.Errorf("kind %d, payloads of %d bytes or more: %d entries, want %d", kind, least, len(got), len(want))
			}
			if asked != 10_000 {
				t.Errorf("kind %d: asked about %d entries of 10000", kind, asked)
			}
			n, err := w.ix.Search(ctx, &vectorindex.Query{Vec: q.Vec, K: 10, Effort: 40, Probes: 3, Test: q.Test, AsOf: w.m.now})
			if err != nil {
				t.Fatal(err)
			}
			if work := n.Work(); least < 3 && kind != vectorindex.Flat && work.Effort == 0 {
				t.Errorf("kind %d, payloads of %d bytes or more: no walk, so nothing is tested", kind, least)
			}
			n.Close()
		}
		every := func(_ [][]byte, dst []uint16) []uint16 { return dst }
		if _, err := w.ix.Search(ctx, &vectorindex.Query{Vec: w.vec(), Test: every, Allow: bitmap.New()}); !errors.Is(err, vectorindex.ErrQuery) {
			t.Errorf("a test beside a set of rows: %v", err)
		}
		if err := w.ix.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
