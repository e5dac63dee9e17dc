package sidecar_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/loxodb/loxodb/vectorindex"
	"github.com/loxodb/loxodb/vectorindex/dist"
)

var rewrite = flag.Bool("rewrite", false, "write the golden files anew")

// The bytes of version 2 must not change by accident. Graphs are of bits, whose
// distances are the same on every processor.
func TestGolden(t *testing.T) {
	goldens := map[string]*world{}
	for name, of := range map[string]struct {
		kind  vectorindex.Kind
		space dist.Space
	}{
		"float32.seg": {vectorindex.Flat, dist.Space{Metric: dist.Cosine, Dims: 6}},
		"float16.seg": {vectorindex.Flat, dist.Space{Element: dist.Float16, Metric: dist.Cosine, Dims: 6}},
		"int8.seg":    {vectorindex.Flat, dist.Space{Element: dist.Int8, Dims: 6}},
		"sparse.seg":  {vectorindex.Flat, dist.Space{Element: dist.Sparse, Metric: dist.Cosine, Dims: 6}},
		"bit.seg":     {vectorindex.HNSW, dist.Space{Element: dist.Bit, Metric: dist.Hamming, Dims: 6}},
	} {
		goldens[name] = sealedOf(t, of.kind, of.space)
	}
	goldens["payload.seg"] = sealedSpec(t, vectorindex.Spec{Kind: vectorindex.Flat, Dims: 6, Payloads: true})
	for name, w := range goldens {
		got := readFile(t, w.fs, "000000000001.seg")
		golden := filepath.Join("testdata", "v2", name)
		if *rewrite {
			if err := os.MkdirAll(filepath.Dir(golden), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(golden, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s: the segment differs: a format change needs a new version", name)
		}
	}
}
