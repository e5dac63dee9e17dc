package hnsw

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/loxodb/loxodb/vectorindex/dist"
	"github.com/loxodb/loxodb/vectorindex/quant"
)

// TestRecallReport builds a graph over real vectors and prints recall, speed and
// size. It runs only when LOXODB_BENCH_DATA names a directory with base.fvecs,
// query.fvecs and gt.<metric>.dist.fvecs (squared L2, 1 − cos or −dot of the true
// neighbours). LOXODB_BENCH_EF lists beam widths; LOXODB_BENCH_M, _EFC,
// _CODING (its number) and _WORKERS shape the build; LOXODB_BENCH_FLAT=1 writes and reopens the graph first.
//
//	LOXODB_BENCH_DATA=… go test -run RecallReport -v ./vectorindex/hnsw
func TestRecallReport(t *testing.T) {
	dir := os.Getenv("LOXODB_BENCH_DATA")
	if dir == "" {
		t.Skip("LOXODB_BENCH_DATA is not set")
	}
	base, dims := readFvecs(t, filepath.Join(dir, "base.fvecs"))
	queries, _ := readFvecs(t, filepath.Join(dir, "query.fvecs"))
	metric, truth, truthK := readTruth(t, dir)
	o := Options{Dims: dims, Metric: metric, M: envInt("LOXODB_BENCH_M", 16), EfConstruction: envInt("LOXODB_BENCH_EFC", 64), Seed: 1,
		Coding: quant.Coding(envInt("LOXODB_BENCH_CODING", 0))}
	n := len(base) / dims
	if o.Coding.Bits() > 0 && os.Getenv("LOXODB_BENCH_CENTRE") != "" {
		o.Centre = meanOf(base, dims, metric)
	}
	start := time.Now()
	g, err := Build(context.Background(), o, n, func(i int) ([]byte, error) {
		return dist.FloatBytes(base[i*dims : (i+1)*dims]), nil
	}, BuildOptions{Workers: envInt("LOXODB_BENCH_WORKERS", 0)})
	if err != nil {
		t.Fatal(err)
	}
	g = coded(t, g)
	fmt.Printf("build n=%d d=%d %v %v m=%d efc=%d tier=%s: %.1fs, %.0f MiB, degree %.1f\n", n, dims, metric, o.Coding, o.M, o.EfConstruction,
		dist.Tier(), time.Since(start).Seconds(), float64(g.Bytes())/(1<<20), meanDegree(g))
	if os.Getenv("LOXODB_BENCH_FLAT") != "" {
		flat := flatten(t, g)
		start = time.Now()
		if g, err = Open(flat, true); err != nil {
			t.Fatal(err)
		}
		fmt.Printf("flat form %.0f MiB opened in %.2fs\n", float64(len(flat))/(1<<20), time.Since(start).Seconds())
	}
	for _, f := range strings.Split(envString("LOXODB_BENCH_EF", "20,40,60,80,100,120,160,200,300"), ",") {
		ef, err := strconv.Atoi(f)
		if err != nil {
			t.Fatal(err)
		}
		reportEf(t, g, queries, truth, truthK, ef)
	}
}

func reportEf(t *testing.T, g *Graph, queries, truth []float32, truthK, ef int) {
	const k = 10
	dims := g.opt.Dims
	nq := min(len(queries)/dims, len(truth)/truthK)
	hits := make([]Hit, k)
	best := time.Duration(math.MaxInt64)
	found, distances, hops, reranked := 0, int64(0), int64(0), int64(0)
	for rep := range 3 {
		start := time.Now()
		for qi := range nq {
			s, err := g.Search(dist.FloatBytes(queries[qi*dims:(qi+1)*dims]), Params{K: k, Ef: ef})
			if err != nil {
				t.Fatal(err)
			}
			n, err := s.Next(context.Background(), hits)
			if err != nil {
				t.Fatal(err)
			}
			if rep == 0 {
				w := s.Work()
				distances, hops, reranked = distances+w.Distances, hops+w.Hops, reranked+w.Reranked
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
	fmt.Printf("ef=%-4d recall@10=%.4f qps=%-6.0f distances=%.0f hops=%.0f reranked=%.0f\n", ef, float64(found)/(q*k),
		q/best.Seconds(), float64(distances)/q, float64(hops)/q, float64(reranked)/q)
}

// TestFilteredReport is TestRecallReport under filters that let a random fraction
// of the nodes through, walking through everything and bridging.
func TestFilteredReport(t *testing.T) {
	dir := os.Getenv("LOXODB_BENCH_DATA")
	if dir == "" {
		t.Skip("LOXODB_BENCH_DATA is not set")
	}
	base, dims := readFvecs(t, filepath.Join(dir, "base.fvecs"))
	queries, _ := readFvecs(t, filepath.Join(dir, "query.fvecs"))
	metric, _, _ := readTruth(t, dir)
	n := len(base) / dims
	g, err := Build(context.Background(), Options{Dims: dims, Metric: metric, Seed: 1}, n, func(i int) ([]byte, error) {
		return dist.FloatBytes(base[i*dims : (i+1)*dims]), nil
	}, BuildOptions{})
	if err != nil {
		t.Fatal(err)
	}
	const nq, k = 200, 10
	all := make([]float32, n)
	for _, pass := range []float64{0.9, 0.5, 0.3, 0.2, 0.1, 0.05, 0.02, 0.01} {
		set := make([]bool, n)
		r := rand.New(rand.NewPCG(7, 7))
		for i := range set {
			set[i] = r.Float64() < pass
		}
		limit := make([]float32, nq)
		for qi := range limit {
			q := queries[qi*dims : (qi+1)*dims]
			dist.Scan(metric, q, base, all)
			var kept []float32
			for i, d := range all {
				if set[i] {
					kept = append(kept, d)
				}
			}
			slices.Sort(kept)
			limit[qi] = kept[k-1]
		}
		for _, told := range []float64{0, pass} {
			reportFiltered(t, g, queries, limit, pass, Params{K: k, Ef: 100, Accept: func(o uint32) bool { return set[o] }, Pass: told})
		}
	}
}

func reportFiltered(t *testing.T, g *Graph, queries, limit []float32, pass float64, p Params) {
	hits := make([]Hit, p.K)
	found, work, start := 0, int64(0), time.Now()
	for qi, l := range limit {
		s, err := g.Search(dist.FloatBytes(queries[qi*g.opt.Dims:(qi+1)*g.opt.Dims]), p)
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.Next(context.Background(), hits)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range hits[:got] {
			if h.Dist <= float64(l)+1e-5 {
				found++
			}
		}
		work += s.Work().Distances
		s.Close()
	}
	nq := float64(len(limit))
	fmt.Printf("pass=%.2f told=%.2f recall@10=%.4f qps=%.0f distances=%.0f\n", pass, p.Pass, float64(found)/(nq*float64(p.K)),
		nq/time.Since(start).Seconds(), float64(work)/nq)
}

// meanOf is the mean of the vectors, normalised for the cosine.
func meanOf(base []float32, dims int, m dist.Metric) []float32 {
	sum := make([]float64, dims)
	for v := range slices.Chunk(base, dims) {
		scale := float64(dims) / float64(len(base))
		if m == dist.Cosine {
			scale /= math.Sqrt(dist.NormSq64(v))
		}
		for i, x := range v {
			sum[i] += scale * float64(x)
		}
	}
	mean := make([]float32, dims)
	for i, x := range sum {
		mean[i] = float32(x)
	}
	return mean
}

func meanDegree(g *Graph) float64 {
	t, sum := g.tab.Load(), 0
	for i := range g.Len() {
		sum += len(t.list(uint32(i)).read(nil))
	}
	return float64(sum) / float64(max(1, g.Len()))
}

func readTruth(t *testing.T, dir string) (dist.Metric, []float32, int) {
	for name, m := range map[string]dist.Metric{"cos": dist.Cosine, "l2": dist.L2, "ip": dist.InnerProduct} {
		path := filepath.Join(dir, "gt."+name+".dist.fvecs")
		if _, err := os.Stat(path); err == nil {
			d, k := readFvecs(t, path)
			return m, d, k
		}
	}
	t.Fatalf("no gt.*.dist.fvecs in %s", dir)
	return 0, nil, 0
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

func envInt(name string, def int) int {
	if v, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return v
	}
	return def
}
