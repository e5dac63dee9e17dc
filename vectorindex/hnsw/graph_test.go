package hnsw

import (
	"cmp"
	"context"
	"iter"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/loxodb/loxodb/vectorindex"
	"github.com/loxodb/loxodb/vectorindex/dist"
	"github.com/loxodb/loxodb/vectorindex/indextest"
	"github.com/loxodb/loxodb/vectorindex/quant"
)

// shapes pairs the given metrics with codings that serve them; under the race detector
// only the first one, as which one it is does not change what runs beside what.
func shapes(metrics ...dist.Metric) iter.Seq2[dist.Metric, quant.Coding] {
	if raceEnabled {
		metrics = metrics[:1]
	}
	return func(yield func(dist.Metric, quant.Coding) bool) {
		for _, c := range []quant.Coding{quant.CodingSQ8, quant.CodingNone, quant.CodingRaBitQ(1), quant.CodingRaBitQ(4), quant.CodingPQ} {
			for _, m := range metrics {
				if c.Serves(m) && !yield(m, c) {
					return
				}
			}
		}
	}
}

// codingsOf lists codings that serve a space.
func codingsOf(s dist.Space) []quant.Coding {
	switch {
	case s.Element >= dist.Int8:
		return []quant.Coding{quant.CodingNone}
	case !quant.CodingRaBitQ(4).Serves(s.Metric):
		return []quant.Coding{quant.CodingSQ8, quant.CodingNone}
	}
	return []quant.Coding{quant.CodingSQ8, quant.CodingNone, quant.CodingRaBitQ(4), quant.CodingPQ}
}

// clustered draws n vectors around a few dozen centres.
func clustered(seed uint64, n, dims int) [][]float32 {
	r := rand.New(rand.NewPCG(seed, 1))
	centres := make([][]float32, 40)
	for i := range centres {
		centres[i] = gauss(r, dims, 1)
	}
	out := make([][]float32, n)
	for i := range out {
		v := gauss(r, dims, 0.6)
		for j, c := range centres[r.IntN(len(centres))] {
			v[j] += c
		}
		out[i] = v
	}
	return out
}

func gauss(r *rand.Rand, dims int, scale float64) []float32 {
	v := make([]float32, dims)
	for i := range v {
		v[i] = float32(r.NormFloat64() * scale)
	}
	return v
}

func buildOf(t testing.TB, o Options, vecs [][]float32, workers int) *Graph {
	t.Helper()
	g, err := Build(context.Background(), o, len(vecs), func(i int) ([]byte, error) {
		return indextest.Encode(o.space(), vecs[i]), nil
	}, BuildOptions{Workers: workers})
	if err != nil {
		t.Fatal(err)
	}
	return coded(t, g)
}

// coded is g as it is written.
func coded(t testing.TB, g *Graph) *Graph {
	t.Helper()
	g, err := g.Coded(context.Background(), 2, nil)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// take reads up to n hits.
func take(t testing.TB, s *Search, n int) []Hit {
	t.Helper()
	hits := make([]Hit, n)
	got, err := s.Next(context.Background(), hits)
	if err != nil {
		t.Fatal(err)
	}
	return hits[:got]
}

func exactK(g *Graph, q []float32, k int, accept func(uint32) bool) []float64 {
	var all []float64
	enc := indextest.Encode(g.opt.space(), q)
	for i := range g.Len() {
		if accept == nil || accept(uint32(i)) {
			all = append(all, g.opt.space().Exact(enc, g.Vector(uint32(i))))
		}
	}
	slices.SortFunc(all, vectorindex.Compare)
	return all[:min(k, len(all))]
}

// recall runs queries and returns the fraction of the true k nearest, counted by
// distance, that were found.
func recall(t testing.TB, g *Graph, queries [][]float32, p Params) float64 {
	found, want := 0, 0
	for _, q := range queries {
		truth := exactK(g, q, p.K, p.Accept)
		want += len(truth)
		enc := indextest.Encode(g.opt.space(), q)
		s, err := g.Search(enc, p)
		if err != nil {
			t.Fatal(err)
		}
		hits := take(t, s, p.K)
		if !slices.IsSortedFunc(hits, func(a, b Hit) int { return cmp.Compare(a.Dist, b.Dist) }) {
			t.Fatalf("hits out of order: %v", hits)
		}
		for _, h := range hits {
			if exact := g.opt.space().Exact(enc, g.Vector(h.Ord)); exact != h.Dist {
				t.Fatalf("node %d: distance %v, want %v", h.Ord, h.Dist, exact)
			}
			if p.Accept != nil && !p.Accept(h.Ord) {
				t.Fatalf("node %d was not accepted", h.Ord)
			}
			if h.Dist <= truth[len(truth)-1] {
				found++
			}
		}
		s.Close()
	}
	return float64(found) / float64(want)
}

func TestRecallFloor(t *testing.T) {
	if raceEnabled {
		t.Skip("measures what nothing runs beside")
	}
	const n = 4000
	all := clustered(1, n+100, 48)
	vecs, queries := all[:n], all[n:]
	for m, c := range shapes(dist.L2, dist.InnerProduct, dist.Cosine, dist.L1) {
		g := buildOf(t, Options{Dims: 48, Metric: m, Coding: c, Seed: 7}, vecs, 2)
		if r := recall(t, g, queries, Params{K: 10, Ef: 80}); r < 0.95 {
			t.Errorf("%v, %v: recall %.3f", m, c, r)
		} else {
			t.Logf("%v, %v: recall %.3f", m, c, r)
		}
	}
}

// TestBuildLeavesNoOrphans: after a bulk build every node that is in the graph has
// a link to it.
func TestBuildLeavesNoOrphans(t *testing.T) {
	vecs := clustered(13, 6000, 10)
	g := buildOf(t, Options{Dims: 10, M: 3, EfConstruction: 12}, vecs, 2)
	tab := g.tab.Load()
	in := make([]int, g.Len())
	for i := range g.Len() {
		for _, to := range tab.list(uint32(i)).read(nil) {
			in[to]++
		}
	}
	orphans := 0
	for i, n := range in {
		if n == 0 && uint32(i) != uint32(g.entry.Load()) {
			orphans++
		}
	}
	if orphans > 0 {
		t.Errorf("%d orphans", orphans)
	}
}
