package sidecar_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/loxodb/loxodb/vectorindex"
	"github.com/loxodb/loxodb/vectorindex/indextest"
	"github.com/loxodb/loxodb/vectorindex/sidecar"
)

// histories is how many random histories are run; -histories widens a search for bugs.
var histories = 40

func init() { flag.IntVar(&histories, "histories", histories, "random histories of TestAgainstModel") }

// Random histories of writes, searches at snapshots, seals, merges, builds,
// crashes and storage faults: every complete search must give exactly what the
// model gives.
func TestAgainstModel(t *testing.T) {
	n := histories
	if raceEnabled {
		n = min(n, 6)
	}
	for seed := range uint64(n) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(seed, 99))
			w := &world{t: t, rng: rng, m: newModel(), fs: vfs.NewCrashableMem(), rows: 30 + rng.IntN(400)}
			w.cfg = sidecar.Config{
				Spec:        vectorindex.Spec{Dims: 1 + rng.IntN(12), Kind: vectorindex.Kind(seed % 2), M: 4, EfConstruction: 20, Payloads: seed%3 == 0},
				HeadEntries: 20 + rng.IntN(400), GraphMin: 1 + rng.IntN(40), FanIn: 2 + rng.IntN(3),
				NoBackground: rng.IntN(2) == 0,
				Report:       func(err error) { t.Log("background:", err) },
			}
			if seed%4 > 1 {
				w.cfg.Budget = sidecar.NewBudget(0)
			}
			if rng.IntN(2) == 0 {
				w.cfg.SegmentEntries = 1 + rng.IntN(200)
			}
			spaces := indextest.Spaces(w.cfg.Spec.Dims)
			s := spaces[int(seed/2)%len(spaces)]
			w.cfg.Spec.Element, w.cfg.Spec.Metric = s.Element, s.Metric
			w.open()
			for range 300 {
				w.do()
			}
			w.check()
			if err := w.ix.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}
