package sidecar_test

import (
	"context"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/loxodb/loxodb/vectorindex"
	"github.com/loxodb/loxodb/vectorindex/sidecar"
)

// Whichever file operation fails, in whatever order: the work at hand fails with
// that error, searches stay complete, the next attempt succeeds, and after a
// crash nothing is missing.
func TestEveryFileFault(t *testing.T) {
	for _, what := range []errorfs.Predicate{errorfs.Writes, errorfs.Reads} {
		for nth := int32(0); ; nth++ {
			inj := errorfs.OnIndex(nth)
			if !faultRun(t, errorfs.ErrInjected.If(errorfs.And(what, inj)), uint64(nth)) {
				if nth < 10 {
					t.Fatalf("only %d operations", nth)
				}
				break
			}
		}
	}
}

// injected reports whether a fault that the test has injected caused err.
func injected(err error) bool { return strings.Contains(err.Error(), "injected error") }

// faultRun reports whether the fault has hit.
func faultRun(t *testing.T, inj errorfs.Injector, seed uint64) (hit bool) {
	t.Helper()
	ctx := context.Background()
	armed := &errorfs.Toggle{Injector: inj}
	w := &world{t: t, rng: rand.New(rand.NewPCG(seed, 3)), m: newModel(), fs: vfs.NewCrashableMem(), rows: 80}
	w.cfg = sidecar.Config{Spec: vectorindex.Spec{Dims: 4, Metric: 0, Kind: vectorindex.Kind(seed % 2), M: 4, Payloads: seed%2 == 0}, FS: errorfs.Wrap(w.fs, armed),
		Dir: "idx", Source: w.m, GraphMin: 10, NoBackground: true,
		Report: func(err error) {
			if !injected(err) {
				t.Error(err)
			}
			hit = true // a file that could not be removed is an orphan
		}}
	ix, err := sidecar.Open(ctx, w.cfg)
	if err != nil {
		t.Fatal(err)
	}
	w.ix = ix
	armed.On()
	for range 4 {
		for range 8 {
			w.write(w.rows)
		}
		for _, work := range []func(context.Context) error{ix.Flush, ix.Compact} {
			err := work(ctx)
			if err == nil {
				continue
			}
			if !injected(err) {
				t.Fatal(err)
			}
			hit = true
			w.check()
			if err := work(ctx); err != nil {
				t.Fatalf("second attempt: %v", err)
			}
		}
		w.check()
	}
	w.crash()
	w.check()
	if err := w.ix.Close(); err != nil {
		t.Fatal(err)
	}
	return hit
}
