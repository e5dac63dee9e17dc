package ivf

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/loxodb/loxodb/vectorindex/dist"
	"github.com/loxodb/loxodb/vectorindex/quant"
)

// TestRecallReport builds lists over real vectors and prints recall, speed and size.
// It runs only when LOXODB_BENCH_DATA names a directory with base.fvecs, query.fvecs
// and gt.<cos, l2 or ip>.dist.fvecs. LOXODB_BENCH_PROBES lists numbers of probes,
// LOXODB_BENCH_CODINGS codings by name; LOXODB_BENCH_LISTS is the number of lists.
// Codings take turns, so that each number of probes compares them at one time.
//
//	LOXODB_BENCH_DATA=… go test -run RecallReport -v ./vectorindex/ivf
func TestRecallReport(t *testing.T) {
	dir := os.Getenv("LOXODB_BENCH_DATA")
	if dir == "" {
		t.Skip("LOXODB_BENCH_DATA is not set")
	}
	runtime.LockOSThread()
	base, dims := readFvecs(t, filepath.Join(dir, "base.fvecs"))
	queries, _ := readFvecs(t, filepath.Join(dir, "query.fvecs"))
	metric, name := dist.Cosine, "cos"
	for m, s := range map[dist.Metric]string{dist.L2: "l2", dist.InnerProduct: "ip"} {
		if _, err := os.Stat(filepath.Join(dir, "gt."+s+".dist.fvecs")); err == nil {
			metric, name = m, s
		}
	}
	truth, truthK := readFvecs(t, filepath.Join(dir, "gt."+name+".dist.fvecs"))
	n := len(base) / dims
	lists, _ := strconv.Atoi(os.Getenv("LOXODB_BENCH_LISTS"))
	var all []*Index
	for _, c := range strings.Split(envString("LOXODB_BENCH_CODINGS", "rabitq1,rabitq4,none"), ",") {
		coding, ok := quant.ParseCoding(c)
		if !ok {
			t.Fatalf("coding %q", c)
		}
		start := time.Now()
		x, err := Build(context.Background(), Options{Dims: dims, Metric: metric, Coding: coding, Lists: lists, Seed: 1}, n,
			func(i int) ([]byte, error) {
				return dist.FloatBytes(base[i*dims : (i+1)*dims]), nil
			}, BuildOptions{})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Printf("build n=%d d=%d %v %v lists=%d tier=%s: %.1fs, %d bytes a vector\n", n, dims, metric, coding, x.Lists(), dist.Tier(),
			time.Since(start).Seconds(), x.Bytes()/int64(n))
		all = append(all, x)
	}
	for _, f := range strings.Split(envString("LOXODB_BENCH_PROBES", "8,16,32,64,128,256"), ",") {
		probes, err := strconv.Atoi(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range all {
			report(t, x, queries, truth, truthK, probes)
		}
	}
}

func report(t *testing.T, x *Index, queries, truth []float32, truthK, probes int) {
	const k = 10
	dims := x.opt.Dims
	nq := min(len(queries)/dims, len(truth)/truthK)
	hits := make([]Hit, k)
	best := time.Duration(math.MaxInt64)
	found, scanned, reranked := 0, int64(0), int64(0)
	for rep := range 3 {
		start := time.Now()
		for qi := range nq {
			s := search(t, x, queries[qi*dims:(qi+1)*dims], Params{K: k, Probes: probes})
			n, err := s.Next(context.Background(), hits)
			if err != nil {
				t.Fatal(err)
			}
			if rep == 0 {
				w := s.Work()
				scanned, reranked = scanned+w.Distances, reranked+w.Reranked
				limit := float64(truth[qi*truthK+k-1])
				for _, h := range hits[:n] {
					if h.Dist <= limit+1e-5*math.Abs(limit) {
						found++
					}
				}
			}
			s.Close()
		}
		best = min(best, time.Since(start))
	}
	q := float64(nq)
	fmt.Printf("probes=%-4d %-8v recall@10=%.4f qps=%-6.0f scanned=%.0f reranked=%.0f\n", probes, x.opt.Coding, float64(found)/(q*k),
		q/best.Seconds(), float64(scanned)/q, float64(reranked)/q)
}

func readFvecs(t *testing.T, path string) ([]float32, int) {
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(raw) < 4 {
		t.Fatalf("%s is empty", path)
	}
	dims := int(binary.LittleEndian.Uint32(raw))
	row := 4 + 4*dims
	out := make([]float32, 0, len(raw)/row*dims)
	for ; len(raw) >= row; raw = raw[row:] {
		for i := range dims {
			out = append(out, math.Float32frombits(binary.LittleEndian.Uint32(raw[4+4*i:])))
		}
	}
	return out, dims
}

func envString(name, def string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return def
}
