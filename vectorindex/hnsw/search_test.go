package hnsw

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/loxodb/loxodb/vectorindex/dist"
	"github.com/loxodb/loxodb/vectorindex/indextest"
)

// drain takes everything, n hits at a time, and fails on a repetition.
func drain(t testing.TB, s *Search, n int) []Hit {
	t.Helper()
	var all []Hit
	seen := map[uint32]bool{}
	for {
		hits := take(t, s, n)
		if len(hits) == 0 {
			return all
		}
		for _, h := range hits {
			if seen[h.Ord] {
				t.Fatalf("node %d delivered twice", h.Ord)
			}
			seen[h.Ord] = true
		}
		all = append(all, hits...)
	}
}

func search(t testing.TB, g *Graph, q []float32, p Params) *Search {
	t.Helper()
	s, err := g.Search(indextest.Encode(g.opt.space(), q), p)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestDrainDeliversEachNodeOnce(t *testing.T) {
	vecs := clustered(2, 3000, 16)
	for m, c := range shapes(dist.L2, dist.InnerProduct, dist.Cosine, dist.L1) {
		g := buildOf(t, Options{Dims: 16, Metric: m, Coding: c, M: 4, EfConstruction: 8, Seed: 1}, vecs, 2)
		s := search(t, g, vecs[17], Params{K: 5, Ef: 10})
		if all := drain(t, s, 7); len(all) != len(vecs) {
			t.Errorf("%v, %v: %d of %d nodes delivered", m, c, len(all), len(vecs))
		}
		s.Close()
	}
}

func TestEmptyAndTiny(t *testing.T) {
	g, err := New(Options{Dims: 3, Metric: dist.L2})
	if err != nil {
		t.Fatal(err)
	}
	s := search(t, g, []float32{1, 2, 3}, Params{K: 3})
	if all := drain(t, s, 3); len(all) != 0 {
		t.Fatalf("empty graph returned %v", all)
	}
	s.Close()
	for i := range 3 {
		if _, err := g.Add(dist.FloatBytes([]float32{float32(i), 0, 0})); err != nil {
			t.Fatal(err)
		}
	}
	s = search(t, g, []float32{2, 0, 0}, Params{K: 10})
	defer s.Close()
	all := drain(t, s, 10)
	if len(all) != 3 || all[0] != (Hit{2, 0}) || all[1] != (Hit{1, 1}) || all[2] != (Hit{0, 4}) {
		t.Fatalf("got %v", all)
	}
}

func TestBadInput(t *testing.T) {
	for _, o := range []Options{
		{Dims: 0}, {Dims: dist.MaxDims + 1}, {Dims: 3, M: 1}, {Dims: 3, M: MaxM + 1}, {Dims: 3, Metric: 9}, {Dims: 3, Element: 9}, {Dims: 3, Element: dist.Bit}, {Dims: 3, Metric: dist.Hamming},
		{Dims: 3, EfConstruction: -1}, {Dims: 3, Capacity: -1},
	} {
		if _, err := New(o); err == nil {
			t.Errorf("%+v accepted", o)
		}
	}
	g, _ := New(Options{Dims: 2, Capacity: 1})
	nan := float32(math.NaN())
	if _, err := g.Add(dist.FloatBytes([]float32{1})); !errors.Is(err, dist.ErrVector) {
		t.Error(err)
	}
	if _, err := g.Add(dist.FloatBytes([]float32{1, nan})); !errors.Is(err, dist.ErrVector) {
		t.Error(err)
	}
	if _, err := g.Search(dist.FloatBytes([]float32{1, float32(math.Inf(1))}), Params{}); !errors.Is(err, dist.ErrVector) {
		t.Error(err)
	}
	if _, err := g.Add(dist.FloatBytes([]float32{1, 2})); err != nil {
		t.Error(err)
	}
	if _, err := g.Add(dist.FloatBytes([]float32{1, 2})); !errors.Is(err, ErrFull) {
		t.Error(err)
	}
	if err := g.Link(5); err == nil {
		t.Error("linked a node that was not reserved")
	}
}

// TestDuplicates has thousands of equal vectors among others: each is delivered,
// and the others stay reachable.
func TestDuplicates(t *testing.T) {
	vecs := clustered(3, 2000, 8)
	for i := range vecs {
		if i%3 == 0 {
			vecs[i] = vecs[0]
		}
	}
	queries := clustered(4, 30, 8)
	for m, c := range shapes(dist.L2, dist.Cosine, dist.InnerProduct) {
		g := buildOf(t, Options{Dims: 8, Metric: m, Coding: c, Seed: 1}, vecs, 2)
		if r := recall(t, g, queries, Params{K: 10, Ef: 60}); r < 0.95 {
			t.Errorf("%v, %v: recall %.3f", m, c, r)
		}
		s := search(t, g, vecs[0], Params{K: 10, Ef: 20})
		for i, h := range take(t, s, 600) {
			if m != dist.InnerProduct && h.Dist > 1e-6 {
				t.Fatalf("%v, %v: hit %d has distance %v", m, c, i, h.Dist)
			}
		}
		s.Close()
		s = search(t, g, queries[0], Params{K: 10, Ef: 20})
		if all := drain(t, s, 100); len(all) != len(vecs) {
			t.Errorf("%v, %v: %d of %d nodes", m, c, len(all), len(vecs))
		}
		s.Close()
	}
}

// TestZeroVectors: under Cosine a zero vector has no distance; it comes last.
func TestZeroVectors(t *testing.T) {
	vecs := clustered(5, 300, 8)
	for i := range 50 {
		vecs[i*6] = make([]float32, 8)
	}
	g := buildOf(t, Options{Dims: 8, Metric: dist.Cosine}, vecs, 1)
	for _, q := range [][]float32{vecs[1], make([]float32, 8)} {
		s := search(t, g, q, Params{K: 10, Ef: 20})
		all := drain(t, s, 50)
		if len(all) != len(vecs) {
			t.Fatalf("%d of %d nodes", len(all), len(vecs))
		}
		for _, h := range all[250:] {
			if !math.IsNaN(h.Dist) {
				t.Fatalf("node %d at the end has distance %v", h.Ord, h.Dist)
			}
		}
		s.Close()
	}
	zero := make([][]float32, 100)
	for i := range zero {
		zero[i] = make([]float32, 8)
	}
	for m, c := range shapes(dist.L2, dist.Cosine, dist.L1, dist.InnerProduct) {
		g := buildOf(t, Options{Dims: 8, Metric: m, Coding: c}, zero, 2)
		s := search(t, g, vecs[1], Params{K: 10})
		if all := drain(t, s, 9); len(all) != len(zero) {
			t.Errorf("%v, %v: %d of %d zero vectors", m, c, len(all), len(zero))
		}
		s.Close()
	}
}

func TestHugeValues(t *testing.T) {
	vecs := clustered(6, 200, 6)
	for i := range vecs {
		for j := range vecs[i] {
			vecs[i][j] *= []float32{1e37, 1e-42, 1}[i%3]
		}
	}
	for m, c := range shapes(dist.L2, dist.Cosine, dist.L1, dist.InnerProduct) {
		g := buildOf(t, Options{Dims: 6, Metric: m, Coding: c}, vecs, 1)
		for _, q := range vecs[:3] {
			s := search(t, g, q, Params{K: 5})
			if all := drain(t, s, 20); len(all) != len(vecs) {
				t.Errorf("%v, %v: %d of %d", m, c, len(all), len(vecs))
			}
			s.Close()
		}
	}
}

func TestFilteredRecallAndCompleteness(t *testing.T) {
	n := 6000
	if raceEnabled {
		n = 1500
	}
	all := clustered(7, n+40, 24)
	vecs, queries := all[:n], all[n:]
	g := buildOf(t, Options{Dims: 24, Metric: dist.L2, Seed: 3}, vecs, 2)
	for _, every := range []uint32{2, 10, 50, 500, 1400} {
		accept := func(ord uint32) bool { return ord%every == 0 }
		want := (len(vecs) + int(every) - 1) / int(every)
		for _, pass := range []float64{0, 1 / float64(every)} {
			p := Params{K: 10, Ef: 60, Accept: accept, Pass: pass}
			if r := recall(t, g, queries, p); r < 0.9 {
				t.Errorf("1 of %d passes (told %v): recall %.3f", every, pass, r)
			}
			s := search(t, g, queries[0], p)
			if got := drain(t, s, 16); len(got) != want {
				t.Errorf("1 of %d passes (told %v): %d of %d nodes", every, pass, len(got), want)
			}
			s.Close()
		}
	}
	none := Params{K: 10, Accept: func(uint32) bool { return false }}
	s := search(t, g, queries[0], none)
	defer s.Close()
	if got := drain(t, s, 4); len(got) != 0 {
		t.Errorf("nothing passes: %v", got)
	}
}

func TestCancel(t *testing.T) {
	vecs := clustered(8, 500, 8)
	g := buildOf(t, Options{Dims: 8}, vecs, 1)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	s := search(t, g, vecs[0], Params{K: 1})
	defer s.Close()
	if _, err := s.Next(ctx, make([]Hit, 1)); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	_, err := Build(ctx, Options{Dims: 8}, 10, func(int) ([]byte, error) { return make([]byte, 32), nil }, BuildOptions{})
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	bad := errors.New("bad source")
	_, err = Build(context.Background(), Options{Dims: 8}, 10, func(i int) ([]byte, error) {
		if i == 5 {
			return nil, bad
		}
		return make([]byte, 32), nil
	}, BuildOptions{Workers: 2})
	if !errors.Is(err, bad) {
		t.Error(err)
	}
}

func TestProgress(t *testing.T) {
	vecs := clustered(9, 9000, 4)
	last := 0
	_, err := Build(context.Background(), Options{Dims: 4, EfConstruction: 10}, len(vecs), func(i int) ([]byte, error) {
		return dist.FloatBytes(vecs[i]), nil
	}, BuildOptions{Workers: 2, Progress: func(done, total int) {
		if total != len(vecs) || done > total {
			t.Errorf("progress %d of %d", done, total)
		}
		last = max(last, done)
	}})
	if err != nil || last != len(vecs) {
		t.Errorf("last progress %d, %v", last, err)
	}
}

// TestGrowWhileSearching inserts from several goroutines while others search. At
// the end everything is there and recall is as good as after a bulk build.
func TestGrowWhileSearching(t *testing.T) {
	n := 6000
	if raceEnabled {
		n = 2000
	}
	growWhileSearching(t, dist.Space{Metric: dist.Cosine, Dims: 12}, n)
	growWhileSearching(t, dist.Space{Element: dist.Float16, Dims: 12}, n/4)
	growWhileSearching(t, dist.Space{Element: dist.Sparse, Metric: dist.Cosine, Dims: 12}, n/4)
	growWhileSearching(t, dist.Space{Element: dist.Bit, Metric: dist.Hamming, Dims: 64}, n/4)
}

func growWhileSearching(t *testing.T, space dist.Space, n int) {
	t.Helper()
	all := clustered(10, n+40, space.Dims)
	vecs, queries := all[:n], all[n:]
	g, err := New(optionsOf(space))
	if err != nil {
		t.Fatal(err)
	}
	var writers, readers sync.WaitGroup
	stop := make(chan struct{})
	for w := range 3 {
		writers.Add(1)
		go func() {
			defer writers.Done()
			for i := w; i < n; i += 3 {
				if _, err := g.Add(indextest.Encode(space, vecs[i])); err != nil {
					t.Error(err)
					return
				}
			}
		}()
	}
	for r := range 2 {
		readers.Add(1)
		go func() {
			defer readers.Done()
			for i := r; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				before := countLinked(g)
				s, err := g.Search(indextest.Encode(space, queries[i%len(queries)]), Params{K: 10})
				if err != nil {
					t.Error(err)
					return
				}
				hits := make([]Hit, 10)
				got, err := s.Next(context.Background(), hits)
				if err != nil || got < min(10, before) {
					t.Errorf("%d hits of %d nodes, %v", got, before, err)
				}
				s.Close()
			}
		}()
	}
	writers.Wait()
	close(stop)
	readers.Wait()
	if r := recall(t, g, queries, Params{K: 10, Ef: 60}); r < 0.95 {
		t.Errorf("recall %.3f", r)
	}
	s := search(t, g, queries[0], Params{K: 10})
	defer s.Close()
	if got := drain(t, s, 500); len(got) != n {
		t.Errorf("%d of %d nodes", len(got), n)
	}
}

func countLinked(g *Graph) int {
	n := 0
	for i := range min(g.Len(), 20) {
		if g.Linked(uint32(i)) {
			n++
		}
	}
	return n
}

func TestSearchDoesNotAllocate(t *testing.T) {
	if raceEnabled || testing.Short() {
		t.Skip("the race detector allocates; the tiers are alike")
	}
	vecs := clustered(11, 5000, 32)
	for m, c := range shapes(dist.L2, dist.Cosine) {
		searchAllocations(t, buildOf(t, Options{Dims: 32, Metric: m, Coding: c}, vecs, 2), vecs)
	}
	for _, s := range indextest.Spaces(32) {
		searchAllocations(t, buildOf(t, optionsOf(s), vecs[:2000], 2), vecs)
	}
}

func searchAllocations(t *testing.T, g *Graph, vecs [][]float32) {
	t.Helper()
	var queries [][]byte
	for _, v := range vecs[:100] {
		queries = append(queries, indextest.Encode(g.opt.space(), v))
	}
	hits := make([]Hit, 10)
	ctx := context.Background()
	among := make([]uint32, 500)
	for i := range among {
		among[i] = uint32(i * 3)
	}
	accept := func(ord uint32) bool { return ord%20 == 0 }
	for name, p := range map[string]Params{
		"plain":    {K: 10, Ef: 100},
		"filtered": {K: 10, Ef: 40, Accept: accept},
		"bridging": {K: 10, Ef: 40, Accept: accept, Pass: 0.05},
		"among":    {K: 10, Among: among},
	} {
		i := 0
		run := func() {
			s, err := g.Search(queries[i%100], p)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Next(ctx, hits); err != nil {
				t.Fatal(err)
			}
			s.Close()
			i++
		}
		for range 100 {
			run()
		}
		if a := testing.AllocsPerRun(200, run); a > 0 {
			t.Errorf("%v, %v, %s: %v allocations per search", g.opt.space(), g.opt.Coding, name, a)
		}
	}
}

func TestVisitSet(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	var v visitSet
	for _, n := range []int{10, 1000, 3 << 20, 100} {
		v.reset(n)
		model := map[uint32]bool{}
		for range 5000 {
			o := r.Uint32N(uint32(n) + 100)
			if v.add(o) == model[o] {
				t.Fatalf("add(%d) disagrees", o)
			}
			model[o] = true
		}
		for o := range uint32(1000) {
			if v.has(o) != model[o] {
				t.Fatalf("has(%d) = %v", o, v.has(o))
			}
		}
	}
}

// TestAmongIsExact compares a search among given nodes with the truth, to the end.
func TestAmongIsExact(t *testing.T) {
	n := uint32(3000)
	if raceEnabled {
		n = 600
	}
	vecs := clustered(12, int(n), 20)
	vecs[30] = vecs[60] // a duplicate whose representative is not among
	for m, c := range shapes(dist.L2, dist.InnerProduct, dist.Cosine, dist.L1) {
		g := buildOf(t, Options{Dims: 20, Metric: m, Coding: c}, vecs, 2)
		var among []uint32
		for i := uint32(0); i < n; i += 3 {
			if i != 60 {
				among = append(among, i)
			}
		}
		accept := func(o uint32) bool { return o%5 != 0 || o == 30 }
		in := func(o uint32) bool { return o%3 == 0 && o != 60 && accept(o) }
		for _, q := range vecs[:20] {
			s := search(t, g, q, Params{K: 4, Ef: 16, Among: among, Accept: accept})
			hits := drain(t, s, 9)
			truth := exactK(g, q, int(n), in)
			if len(hits) != len(truth) {
				t.Fatalf("%v, %v: %d hits, want %d", m, c, len(hits), len(truth))
			}
			for i, h := range hits {
				if h.Dist != truth[i] || !in(h.Ord) {
					t.Fatalf("%v, %v: hit %d is %v, want distance %v", m, c, i, h, truth[i])
				}
			}
			s.Close()
		}
	}
}

// TestExtremeWidths: absurd hints must not cost memory or time.
func TestExtremeWidths(t *testing.T) {
	vecs := clustered(14, 100, 4)
	g := buildOf(t, Options{Dims: 4}, vecs, 1)
	for _, p := range []Params{
		{K: math.MaxInt, Ef: math.MaxInt}, {K: -5, Ef: -5}, {K: 1 << 40}, {Ef: 1},
		{Ef: math.MaxInt, Accept: func(o uint32) bool { return o == 7 }, Pass: 1e-300},
		{Ef: math.MaxInt, Accept: func(o uint32) bool { return o == 7 }, Pass: 0.5},
		{K: math.MaxInt, Among: []uint32{7, 200}},
	} {
		s := search(t, g, vecs[0], p)
		want := len(vecs)
		if p.Accept != nil || p.Among != nil {
			want = 1
		}
		if got := drain(t, s, 33); len(got) != want {
			t.Errorf("%+v: %d hits, want %d", p, len(got), want)
		}
		s.Close()
	}
}
