package ivf

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/loxodb/loxodb/vectorindex/dist"
	"github.com/loxodb/loxodb/vectorindex/indextest"
	"github.com/loxodb/loxodb/vectorindex/quant"
)

// shapes pairs every metric with codings that serve it; under the race detector the first
// one, as which one it is does not change what runs beside what.
func shapes() iter.Seq2[dist.Metric, quant.Coding] {
	return func(yield func(dist.Metric, quant.Coding) bool) {
		for _, c := range []quant.Coding{quant.CodingNone, quant.CodingRaBitQ(1), quant.CodingRaBitQ(3), quant.CodingRaBitQ(4), quant.CodingPQ} {
			for m := dist.L2; m <= dist.L1; m++ {
				if c.Serves(m) && !yield(m, c) {
					return
				}
				if raceEnabled {
					break
				}
			}
		}
	}
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

func buildOf(t testing.TB, o Options, vecs [][]float32) *Index {
	t.Helper()
	x, err := Build(context.Background(), o, len(vecs), func(i int) ([]byte, error) {
		return indextest.Encode(o.space(), vecs[i]), nil
	}, BuildOptions{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func search(t testing.TB, x *Index, q []float32, p Params) *Search {
	t.Helper()
	s, err := x.Search(indextest.Encode(x.opt.space(), q), p)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// drain takes all hits, checks that none comes twice, that distances are exact and
// that those of one call ascend.
func drain(t testing.TB, s *Search, batch int) []Hit {
	t.Helper()
	seen := map[uint32]bool{}
	var out []Hit
	buf := make([]Hit, batch)
	for {
		n, err := s.Next(context.Background(), buf)
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return out
		}
		for i, h := range buf[:n] {
			want := s.x.opt.space().Exact(s.vec, s.x.Vector(h.Ord))
			if seen[h.Ord] || h.Dist != want && !(math.IsNaN(h.Dist) && math.IsNaN(want)) {
				t.Fatalf("entry %d at %v, want %v; seen %v", h.Ord, h.Dist, want, seen[h.Ord])
			}
			if i > 0 && buf[i-1].Dist > h.Dist {
				t.Fatalf("distance %v after %v", h.Dist, buf[i-1].Dist)
			}
			seen[h.Ord] = true
		}
		out = append(out, buf[:n]...)
	}
}

// recall is the share of the true k nearest accepted entries, by distance, among the
// first k hits.
func recall(t testing.TB, x *Index, queries [][]float32, p Params) float64 {
	t.Helper()
	found, want := 0, 0
	hits := make([]Hit, p.K)
	for _, q := range queries {
		var all []float64
		for i := range uint32(x.Len()) {
			if p.Accept == nil || p.Accept(i) {
				all = append(all, x.opt.space().Exact(indextest.Encode(x.opt.space(), q), x.Vector(i)))
			}
		}
		slices.Sort(all)
		truth := all[:min(p.K, len(all))]
		s := search(t, x, q, p)
		got := 0
		for got < len(truth) {
			n, err := s.Next(context.Background(), hits[got:len(truth)])
			if err != nil || n == 0 {
				t.Fatalf("%d of %d hits, %v", got, len(truth), err)
			}
			got += n
		}
		s.Close()
		want += len(truth)
		for _, h := range hits[:got] {
			if h.Dist <= truth[len(truth)-1] {
				found++
			}
		}
	}
	return float64(found) / float64(want)
}

func TestRecallFloor(t *testing.T) {
	all := clustered(1, 4100, 48)
	vecs, queries := all[:4000], all[4000:]
	for m, c := range shapes() {
		x := buildOf(t, Options{Dims: 48, Metric: m, Coding: c, Seed: 7}, vecs)
		few, many := recall(t, x, queries, Params{K: 10, Probes: 2}), recall(t, x, queries, Params{K: 10, Probes: 60})
		all := recall(t, x, queries, Params{K: 10, Probes: x.Lists()})
		if many < 0.95 || all < 0.995 || few > all {
			t.Errorf("%v, %v, %d lists: recall %.3f with 2 probes, %.3f with 60, %.3f with all", m, c, x.Lists(), few, many, all)
		}
	}
}

func TestDrainDeliversEachEntryOnce(t *testing.T) {
	vecs := clustered(2, 1500, 16)
	for i := range 300 {
		vecs[5*i] = vecs[0]
	}
	vecs[3] = make([]float32, 16)
	for m, c := range shapes() {
		x := buildOf(t, Options{Dims: 16, Metric: m, Coding: c, Lists: 25}, vecs)
		for _, q := range [][]float32{vecs[17], vecs[0], vecs[3]} {
			s := search(t, x, q, Params{K: 5, Probes: 3})
			all := drain(t, s, 7)
			if len(all) != len(vecs) {
				t.Errorf("%v, %v: %d of %d entries delivered", m, c, len(all), len(vecs))
			}
			if w := s.Work(); w.Rounds < 2 || w.Distances == 0 || w.Reranked < int64(len(vecs)) || w.Hops != int64(x.Lists()) {
				t.Errorf("%v, %v: work %+v", m, c, w)
			}
			s.Close()
		}
	}
}

func TestFilters(t *testing.T) {
	all := clustered(3, 3040, 24)
	vecs, queries := all[:3000], all[3000:]
	x := buildOf(t, Options{Dims: 24, Coding: quant.CodingRaBitQ(2), Lists: 60}, vecs)
	for _, every := range []uint32{2, 10, 200, 1400} {
		p := Params{K: 10, Probes: 12, Accept: func(ord uint32) bool { return ord%every == 0 }}
		if r := recall(t, x, queries, p); r < 0.85 {
			t.Errorf("1 of %d passes: recall %.3f", every, r)
		}
		s := search(t, x, queries[0], p)
		want := (len(vecs) + int(every) - 1) / int(every)
		if got := drain(t, s, 16); len(got) != want {
			t.Errorf("1 of %d passes: %d of %d entries", every, len(got), want)
		}
		s.Close()
	}
	s := search(t, x, queries[0], Params{K: 10, Accept: func(uint32) bool { return false }})
	defer s.Close()
	if got := drain(t, s, 4); len(got) != 0 {
		t.Errorf("nothing passes: %v", got)
	}
}

// TestGrow links before, during and after the training, beside searches: what was
// linked before a search began is found by it.
func TestGrow(t *testing.T) {
	vecs := clustered(4, 3000, 12)
	x, err := New(Options{Dims: 12, Metric: dist.Cosine, Coding: quant.CodingRaBitQ(3), Lists: 30})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for w := range 2 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := w; i < len(vecs); i += 2 {
				if _, err := x.Add(dist.FloatBytes(vecs[i])); err != nil {
					t.Error(err)
				}
			}
		}()
	}
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	for i := 0; ; i++ {
		if i == 2 {
			if err := x.Train(context.Background(), BuildOptions{}); err != nil {
				t.Fatal(err)
			}
		}
		ended := false
		select {
		case <-done:
			ended = true
		default:
		}
		s := search(t, x, vecs[i%len(vecs)], Params{K: 5})
		got := drain(t, s, 20)
		s.Close()
		if ended {
			if i > 2 && len(got) == len(vecs) {
				return
			}
			if i > 2 {
				t.Fatalf("%d of %d entries", len(got), len(vecs))
			}
		}
	}
}

func TestEmptyAndTiny(t *testing.T) {
	for m, c := range shapes() {
		for _, n := range []int{0, 1, 2, 5} {
			vecs := clustered(5, n, 3)
			x := buildOf(t, Options{Dims: 3, Metric: m, Coding: c}, vecs)
			for _, y := range []*Index{x, reopened(t, x)} {
				s := search(t, y, []float32{1, 2, 3}, Params{K: 1 << 40, Probes: 1 << 40})
				if got := drain(t, s, 3); len(got) != n {
					t.Errorf("%v, %v: %d of %d", m, c, len(got), n)
				}
				s.Close()
			}
		}
	}
	zero := make([][]float32, 100)
	for i := range zero {
		zero[i] = make([]float32, 8)
	}
	for m, c := range shapes() {
		x := buildOf(t, Options{Dims: 8, Metric: m, Coding: c}, zero)
		s := search(t, x, gauss(rand.New(rand.NewPCG(1, 1)), 8, 1), Params{K: 10})
		if all := drain(t, s, 9); len(all) != len(zero) {
			t.Errorf("%v: %d of %d zero vectors", m, len(all), len(zero))
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
	for m, c := range shapes() {
		x := buildOf(t, Options{Dims: 6, Metric: m, Coding: c, Lists: 9}, vecs)
		for _, q := range vecs[:3] {
			s := search(t, x, q, Params{K: 5, Probes: 2})
			if all := drain(t, s, 20); len(all) != len(vecs) {
				t.Errorf("%v, %v: %d of %d", m, c, len(all), len(vecs))
			}
			s.Close()
		}
	}
}

func TestBadInput(t *testing.T) {
	for _, o := range []Options{
		{}, {Dims: dist.MaxDims + 1, Coding: quant.CodingNone}, {Dims: 3}, {Dims: 3, Coding: 99}, {Dims: 3, Metric: 99, Coding: quant.CodingNone},
		{Dims: 3, Metric: dist.L1, Coding: quant.CodingRaBitQ(4)}, {Dims: 3, Coding: quant.CodingNone, Lists: -1},
	} {
		if _, err := New(o); err == nil {
			t.Errorf("%+v was accepted", o)
		}
	}
	x, _ := New(Options{Dims: 3, Coding: quant.CodingNone})
	if _, err := x.Add(make([]byte, 8)); !errors.Is(err, dist.ErrVector) {
		t.Error(err)
	}
	if _, err := x.Search(dist.FloatBytes([]float32{1, 2, float32(math.NaN())}), Params{}); !errors.Is(err, dist.ErrVector) {
		t.Error(err)
	}
	if err := x.Link(0); err == nil {
		t.Error("linked an entry that was not reserved")
	}
	if _, err := x.WriteTo(&bytes.Buffer{}); err == nil {
		t.Error("wrote an index without lists")
	}
}

func TestCancel(t *testing.T) {
	vecs := clustered(8, 3000, 8)
	ctx, cancel := context.WithCancel(context.Background())
	x := buildOf(t, Options{Dims: 8, Coding: quant.CodingRaBitQ(1)}, vecs)
	s := search(t, x, vecs[0], Params{K: 5})
	defer s.Close()
	cancel()
	if _, err := s.Next(ctx, make([]Hit, 3)); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if got := drain(t, s, 100); len(got) != len(vecs) {
		t.Errorf("%d entries after a cancelled call", len(got))
	}
	y, _ := New(Options{Dims: 8, Coding: quant.CodingRaBitQ(1)})
	for _, v := range vecs {
		y.Add(dist.FloatBytes(v))
	}
	if err := y.Train(ctx, BuildOptions{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if y.Waiting() != len(vecs) {
		t.Errorf("%d entries wait after a cancelled training", y.Waiting())
	}
}

func TestProgress(t *testing.T) {
	vecs := clustered(9, 3*progressEvery, 4)
	last, calls := 0, 0
	_, err := Build(context.Background(), Options{Dims: 4, Coding: quant.CodingNone}, len(vecs), func(i int) ([]byte, error) {
		return dist.FloatBytes(vecs[i]), nil
	}, BuildOptions{Workers: 2, SampleBytes: 1000, Progress: func(done, total int) {
		if calls++; total != len(vecs) || done > total {
			t.Errorf("progress %d of %d", done, total)
		}
		last = max(last, done)
	}})
	if err != nil || last != len(vecs) || calls < 3 {
		t.Errorf("progress ended at %d after %d calls, %v", last, calls, err)
	}
}

func TestSearchDoesNotAllocate(t *testing.T) {
	vecs := clustered(11, 5000, 32)
	for _, m := range []dist.Metric{dist.L2, dist.Cosine} {
		x := buildOf(t, Options{Dims: 32, Metric: m, Coding: quant.CodingRaBitQ(4)}, vecs)
		hits := make([]Hit, 10)
		accept := func(ord uint32) bool { return ord%20 == 0 }
		for _, p := range []Params{{K: 10}, {K: 10, Accept: accept}} {
			i := 0
			run := func() {
				s, err := x.Search(dist.FloatBytes(vecs[i%100]), p)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := s.Next(context.Background(), hits); err != nil {
					t.Fatal(err)
				}
				s.Close()
				i++
			}
			for range 300 {
				run()
			}
			if a := testing.AllocsPerRun(200, run); a > 0 && !raceEnabled {
				t.Errorf("%v: %v allocations per search", m, a)
			}
		}
	}
}

// TestElements: vectors of every type but sparse ones are found, kept and written.
func TestElements(t *testing.T) {
	all := clustered(12, 1220, 40)
	vecs, queries := all[:1200], all[1200:]
	for _, e := range []dist.Element{dist.Float16, dist.Int8, dist.Bit} {
		for m := dist.L2; m.Valid(); m++ {
			for _, c := range []quant.Coding{quant.CodingNone, quant.CodingRaBitQ(3)} {
				if !e.Measures(m) || e != dist.Bit && !c.Serves(m) {
					continue
				}
				x := buildOf(t, Options{Dims: 40, Element: e, Metric: m, Coding: c, Lists: 30}, vecs)
				if r := recall(t, x, queries, Params{K: 10, Probes: 30}); r < 0.99 {
					t.Errorf("%v, %v, %v: recall %.3f of all lists", e, m, c, r)
				}
				if r := recall(t, x, queries, Params{K: 10, Probes: 15}); r < 0.8 {
					t.Errorf("%v, %v, %v: recall %.3f of half the lists", e, m, c, r)
				}
				s := search(t, reopened(t, x), queries[0], Params{K: 3, Probes: 1})
				if got := drain(t, s, 50); len(got) != len(vecs) {
					t.Errorf("%v, %v, %v: %d of %d", e, m, c, len(got), len(vecs))
				}
				s.Close()
			}
		}
	}
	if _, err := New(Options{Dims: 40, Element: dist.Sparse, Coding: quant.CodingNone}); err == nil {
		t.Error("sparse vectors were accepted")
	}
}
