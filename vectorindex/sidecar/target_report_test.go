package sidecar

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/loxodb/loxodb/vectorindex"
	"github.com/loxodb/loxodb/vectorindex/dist"
)

// TestTargetReport builds an index over real vectors and prints, for queries that are not
// among them, what recall each target gives. It runs only when LOXODB_BENCH_DATA names a
// directory with base.fvecs and query.fvecs, compared by cosine.
//
//	LOXODB_BENCH_DATA=… go test -run TargetReport -v ./vectorindex/sidecar
func TestTargetReport(t *testing.T) {
	dir := os.Getenv("LOXODB_BENCH_DATA")
	if dir == "" {
		t.Skip("LOXODB_BENCH_DATA is not set")
	}
	base, dims := vectorsOf(t, filepath.Join(dir, "base.fvecs"))
	queries, _ := vectorsOf(t, filepath.Join(dir, "query.fvecs"))
	queries = queries[:min(len(queries), 1000)]
	for _, kind := range []vectorindex.Kind{vectorindex.HNSW, vectorindex.IVF} {
		ix, _ := builtOf(t, vectorindex.Spec{Dims: dims, Metric: dist.Cosine, Kind: kind}, base)
		for _, k := range []int{1, 10, 100} {
			for _, target := range []float64{.8, .9, .95, .99} {
				var share float64
				var work vectorindex.Work
				for _, v := range queries {
					set, err := ix.acquire()
					if err != nil {
						t.Fatal(err)
					}
					s, w, err := ix.replayOne(t.Context(), set, &vectorindex.Query{K: k, Recall: target}, &replayQuery{vec: v})
					set.release()
					if err != nil {
						t.Fatal(err)
					}
					share, work.Distances, work.Effort = share+s, work.Distances+w.Distances, w.Effort
				}
				n := len(queries)
				fmt.Printf("kind %d, k = %d, target %.2f: recall %.4f, effort %d, %d distances\n", kind, k, target, share/float64(n), work.Effort, work.Distances/int64(n))
			}
		}
		if err := ix.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// vectorsOf reads a file of vectors, each after its length.
func vectorsOf(t *testing.T, path string) (out [][]byte, dims int) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	dims = int(binary.LittleEndian.Uint32(b))
	for at := 0; at < len(b); at += 4 + 4*dims {
		out = append(out, b[at+4:at+4+4*dims])
	}
	return out, dims
}

// builtOf is an index of the vectors in one segment.
func builtOf(t *testing.T, spec vectorindex.Spec, vecs [][]byte) (*Index, Config) {
	t.Helper()
	cfg := Config{Spec: spec, Dir: t.TempDir() + "/idx", Source: still{new(Manifest)}, NoBackground: true}
	ix, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	b, err := ix.Build(t.Context(), 1, func(_ context.Context, each func(*Delta) error) error {
		for i, v := range vecs {
			if err := each(&Delta{Row: vectorindex.RowID(i), Epoch: 1, Vec: v}); err != nil {
				return err
			}
		}
		return nil
	}, BuildOptions{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	err = ix.Publish(t.Context(), b, func(ctx context.Context, m Manifest) error {
		_, err := cfg.Source.Seal(ctx, nil, m)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return ix, cfg
}
