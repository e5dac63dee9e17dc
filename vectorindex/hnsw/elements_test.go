package hnsw

import (
	"bytes"
	"fmt"
	"math"
	"testing"

	"github.com/loxodb/loxodb/vectorindex/dist"
	"github.com/loxodb/loxodb/vectorindex/indextest"
)

func optionsOf(s dist.Space) Options {
	return Options{Dims: s.Dims, Metric: s.Metric, Element: s.Element, Seed: 3}
}

// Graphs over vectors of every element type find the nearest, deliver every node
// once in exact order, and survive being written and opened.
func TestElements(t *testing.T) {
	vecs, queries := clustered(21, 1500, 60), clustered(21, 1520, 60)[1500:]
	copy(vecs[100:], vecs[:40]) // duplicates
	clear(vecs[7])
	clear(vecs[8])
	for _, s := range indextest.Spaces(60) {
		for _, c := range codingsOf(s) {
			o := optionsOf(s)
			o.Coding = c
			t.Run(fmt.Sprint(s, o.Coding), func(t *testing.T) {
				g := buildOf(t, o, vecs, 2)
				checkElements(t, g, vecs, queries)
				h, err := Open(flatten(t, g), true)
				if err != nil {
					t.Fatal(err)
				}
				for i := range uint32(len(vecs)) {
					if !bytes.Equal(h.Vector(i), g.Vector(i)) {
						t.Fatalf("vector %d is another after opening", i)
					}
				}
				checkElements(t, h, vecs, queries)
			})
		}
	}
}

func checkElements(t *testing.T, g *Graph, vecs, queries [][]float32) {
	t.Helper()
	odd := func(ord uint32) bool { return ord%2 == 1 }
	for name, p := range map[string]Params{"all": {K: 10, Ef: 80}, "odd": {K: 10, Ef: 80, Accept: odd, Pass: 0.5}} {
		if r := recall(t, g, queries, p); r < 0.93 {
			t.Errorf("%s: recall %.3f", name, r)
		}
	}
	q := indextest.Encode(g.opt.space(), queries[0])
	all := drain(t, search(t, g, queries[0], Params{K: 5, Ef: 20}), 70)
	if len(all) != len(vecs) {
		t.Errorf("%d of %d nodes delivered", len(all), len(vecs))
	}
	for _, h := range all {
		if want := g.opt.space().Exact(q, g.Vector(h.Ord)); h.Dist != want && !(math.IsNaN(h.Dist) && math.IsNaN(want)) {
			t.Fatalf("node %d has distance %v, want %v", h.Ord, h.Dist, want)
		}
	}
	among := []uint32{5, 7, 8, 100, 101, 1000, 1499}
	hits := take(t, search(t, g, queries[1], Params{Among: among}), 10)
	if len(hits) != len(among) {
		t.Errorf("%d of %d given nodes", len(hits), len(among))
	}
}

// What a walk takes for a lower bound is one.
func TestLowerBounds(t *testing.T) {
	vecs := clustered(22, 400, 60)
	for i, v := range vecs {
		for j := range v {
			v[j] *= float32(i%7) / 3
		}
	}
	for _, s := range indextest.Spaces(60) {
		for _, c := range codingsOf(s) {
			o := optionsOf(s)
			o.Coding = c
			g := buildOf(t, o, vecs, 1)
			tab := g.tab.Load()
			var q query
			var exact dist.Query
			ords, out := make([]uint32, len(vecs)), make([]float32, len(vecs))
			for i := range ords {
				ords[i] = uint32(i)
			}
			for _, v := range vecs[:20] {
				enc := indextest.Encode(s, v)
				exact.Reset(s, enc)
				g.code.prepare(&q, enc)
				g.code.distances(&q, tab, ords, out)
				for i, est := range out {
					low, d := float64(g.code.lowerBound(&q, est, g.lost.load(), g.norm.load())), exact.Exact(tab.vector(uint32(i)))
					if low > d {
						t.Fatalf("%v, %v: %v is bounded by %v", s, c, d, low)
					}
				}
			}
		}
	}
}

// A damaged graph of vectors of any type is refused or harmless.
func TestElementsSurviveDamage(t *testing.T) {
	vecs := clustered(23, 40, 12)
	for _, s := range indextest.Spaces(12) {
		o := optionsOf(s)
		o.M, o.EfConstruction = 3, 10
		surviveDamage(t, flatten(t, buildOf(t, o, vecs, 1)), 300)
	}
}
