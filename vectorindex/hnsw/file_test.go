package hnsw

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/loxodb/loxodb/vectorindex/dist"
	"github.com/loxodb/loxodb/vectorindex/indextest"
	"github.com/loxodb/loxodb/vectorindex/quant"
)

func flatten(t testing.TB, g *Graph) []byte {
	t.Helper()
	var buf bytes.Buffer
	n, err := g.WriteTo(&buf)
	if err != nil {
		t.Fatal(err)
	}
	if n != int64(buf.Len()) || n != g.Size() {
		t.Fatalf("wrote %d bytes, said %d and %d", buf.Len(), n, g.Size())
	}
	return buf.Bytes()
}

func TestFlatFormRoundTrip(t *testing.T) {
	vecs := clustered(20, 1500, 20)
	vecs[7], vecs[8] = vecs[3], vecs[3]
	vecs[9] = make([]float32, 20)
	for m, c := range shapes(dist.L2, dist.Cosine, dist.L1) {
		g, err := New(Options{Dims: 20, Metric: m, Coding: c, M: 5})
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range vecs {
			if _, err := g.Add(indextest.Encode(g.opt.space(), v)); err != nil {
				t.Fatal(err)
			}
		}
		g = coded(t, g)
		flat := flatten(t, g)
		shifted := append(make([]byte, 1, len(flat)+1), flat...)[1:]
		for _, b := range [][]byte{flat, shifted} {
			for _, resident := range []bool{false, true} {
				o, err := Open(b, resident)
				if err != nil {
					t.Fatal(err)
				}
				if o.Len() != g.Len() || !bytes.Equal(flatten(t, o), flat) {
					t.Fatal("the opened graph differs")
				}
				if _, err := o.Add(g.Vector(0)); !errors.Is(err, ErrReadOnly) {
					t.Fatal(err)
				}
				for _, q := range vecs[:20] {
					a, b := search(t, g, q, Params{K: 30, Ef: 40}), search(t, o, q, Params{K: 30, Ef: 40})
					if x, y := take(t, a, 30), take(t, b, 30); !slices.EqualFunc(x, y, func(a, b Hit) bool { return a.Ord == b.Ord && (a.Dist == b.Dist || a.Dist != a.Dist) }) {
						t.Fatalf("results differ: %v, %v", x, y)
					}
					a.Close()
					b.Close()
				}
			}
		}
	}
}

// TestOpenRefusesOtherVersions: RaBitQ codes of 4 bits lay otherwise in version 1.
func TestOpenRefusesOtherVersions(t *testing.T) {
	for _, c := range []quant.Coding{quant.CodingSQ8, quant.CodingNone, quant.CodingRaBitQ(3), quant.CodingRaBitQ(4), quant.CodingPQ} {
		g, err := New(Options{Dims: 20, Coding: c})
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range clustered(21, 50, 20) {
			if _, err := g.Add(dist.FloatBytes(v)); err != nil {
				t.Fatal(err)
			}
		}
		form := flatten(t, coded(t, g))
		form[7] = 3 - form[7]
		if _, err := Open(form, false); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%v: %v", c, err)
		}
	}
}

func TestFlatFormOfNothing(t *testing.T) {
	g, _ := New(Options{Dims: 4})
	o, err := Open(flatten(t, g), true)
	if err != nil {
		t.Fatal(err)
	}
	s := search(t, o, make([]float32, 4), Params{K: 1})
	defer s.Close()
	if hits := take(t, s, 1); len(hits) != 0 {
		t.Fatal(hits)
	}
	if _, err := g.Reserve(make([]byte, 16)); err != nil {
		t.Fatal(err)
	}
	if _, err := g.WriteTo(&bytes.Buffer{}); err == nil {
		t.Fatal("wrote a graph with an unlinked node")
	}
}

// TestOneWorkerIsDeterministic: equal input and seed give equal bytes.
func TestOneWorkerIsDeterministic(t *testing.T) {
	vecs := clustered(21, 800, 10)
	o := Options{Dims: 10, Seed: 5}
	a, b := flatten(t, buildOf(t, o, vecs, 1)), flatten(t, buildOf(t, o, vecs, 1))
	if !bytes.Equal(a, b) {
		t.Error("two builds differ")
	}
}

// TestOpenSurvivesDamage flips bytes of the structure: opening either fails or
// gives a graph that can be drained without a fault.
func TestOpenSurvivesDamage(t *testing.T) {
	vecs := clustered(22, 120, 6)
	vecs[5], vecs[6], vecs[7] = vecs[4], vecs[4], vecs[4]
	for m, c := range shapes(dist.Cosine) {
		surviveDamage(t, flatten(t, buildOf(t, Options{Dims: 6, Metric: m, M: 3, EfConstruction: 10, Coding: c}, vecs, 1)), 3000)
	}
}

func surviveDamage(t *testing.T, good []byte, rounds int) {
	t.Helper()
	if _, err := Open(good[:len(good)-1], false); !errors.Is(err, ErrCorrupt) {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(9, 9))
	refused := 0
	if raceEnabled {
		rounds = min(rounds, 200)
	}
	for range rounds {
		bad := slices.Clone(good)
		for range 1 + r.IntN(3) {
			bad[r.IntN(len(bad))] ^= byte(1 + r.IntN(255))
		}
		if !opened(t, bad) {
			refused++
		}
	}
	if refused == 0 {
		t.Error("no damage was noticed")
	}
}

// opened opens b and, when that works, drains a search.
func opened(t testing.TB, b []byte) bool {
	g, err := Open(b, false)
	if err != nil {
		if !errors.Is(err, ErrCorrupt) {
			t.Fatal(err)
		}
		return false
	}
	s, err := g.Search(indextest.Encode(g.opt.space(), make([]float32, g.opt.Dims)), Params{K: 3, Ef: 5})
	if err != nil {
		t.Fatal(err)
	}
	drain(t, s, 50)
	s.Close()
	return true
}

func FuzzOpen(f *testing.F) {
	vecs := clustered(23, 40, 4)
	vecs[5] = vecs[4]
	for m, c := range shapes(dist.L2, dist.Cosine) {
		f.Add(flatten(f, buildOf(f, Options{Dims: 4, Metric: m, M: 2, EfConstruction: 5, Coding: c}, vecs, 1)))
	}
	f.Fuzz(func(t *testing.T, b []byte) { opened(t, b) })
}
