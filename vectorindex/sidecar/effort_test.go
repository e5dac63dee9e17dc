package sidecar

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/loxodb/loxodb/vectorindex"
	"github.com/loxodb/loxodb/vectorindex/dist"
)

func tableOf() *effortTable {
	return &effortTable{source: vectorindex.EffortFromVectors, asked: 100, efforts: []uint32{10, 20, 40},
		recall: [kClasses][]float32{{.5, .9, 1}, {.4, .8, .96}, {.2, .6, .9}}}
}

func TestEffortTable(t *testing.T) {
	x := tableOf()
	for _, c := range []struct {
		target float64
		k      int
		want   int
	}{{.5, 1, 10}, {.1, 1, 10}, {.9, 1, 20}, {.95, 1, 29}, {.8, 10, 20}, {.96, 10, 40}, {.97, 10, 0}, {.6, 100, 20}, {.6, 200, 40}, {.9, 5, 28}, {1, 1, 40}, {1, 5, 0}} {
		if got := x.find(c.target, c.k); got != c.want {
			t.Errorf("effort for %v of %d: %d, want %d", c.target, c.k, got, c.want)
		}
	}
	last := 0
	for target := 0.01; target <= 0.9; target += 0.01 {
		for k, before := 1, 0; k <= 300; k++ {
			e := x.find(target, k)
			if e < before {
				t.Fatalf("effort %d for %v of %d, %d for one less", e, target, k, before)
			}
			before = e
		}
		if e := x.find(target, 10); e < last {
			t.Fatalf("effort falls to %d at %v", e, target)
		} else {
			last = e
		}
	}
}

func TestEffortSection(t *testing.T) {
	b := tableOf().encode()
	if got := decodeEfforts(b); got == nil || !slices.Equal(got.encode(), b) {
		t.Fatalf("%+v", got)
	}
	for n := range b {
		if decodeEfforts(b[:n]) != nil {
			t.Errorf("%d of %d bytes are a table", n, len(b))
		}
	}
	bad := map[string]func(x *effortTable){
		"falling":   func(x *effortTable) { x.recall[1][2] = .7 },
		"too much":  func(x *effortTable) { x.recall[0][2] = 1.01 },
		"repeating": func(x *effortTable) { x.efforts[1] = 10 },
		"nothing":   func(x *effortTable) { x.efforts[0] = 0 },
		"source":    func(x *effortTable) { x.source = vectorindex.EffortExact },
	}
	for name, harm := range bad {
		x := tableOf()
		if harm(x); decodeEfforts(x.encode()) != nil {
			t.Errorf("%s: accepted", name)
		}
	}
	rng := rand.New(rand.NewPCG(1, 1))
	for range 10_000 { // whatever is accepted can be asked
		c := slices.Clone(b)
		for range 1 + rng.IntN(3) {
			c[rng.IntN(len(c))] ^= 1 << rng.IntN(8)
		}
		if x := decodeEfforts(c); x != nil {
			x.find(.9, 7)
		}
	}
}

// still is a source of an index that nobody writes to.
type still struct{ m *Manifest }

func (still) Pending(context.Context, uint64, func(Mark, Delta) error) error { return nil }
func (s still) Seal(_ context.Context, _ []Mark, m Manifest) (uint64, error) {
	*s.m = m
	return 1, nil
}
func (s still) Manifest(context.Context) (Manifest, error) { return *s.m, nil }
func (still) Now(context.Context) (uint64, error)          { return 1, nil }

// clusters are n vectors of 16 dimensions around 40 centres.
func clusters(seed uint64, n int) [][]byte {
	rng := rand.New(rand.NewPCG(7, 0))
	centres := make([][16]float32, 40)
	for i := range centres {
		for j := range centres[i] {
			centres[i][j] = float32(rng.NormFloat64())
		}
	}
	rng = rand.New(rand.NewPCG(seed, 1))
	out := make([][]byte, n)
	for i := range out {
		v := centres[rng.IntN(len(centres))]
		for j := range v {
			v[j] += 0.7 * float32(rng.NormFloat64())
		}
		out[i] = slices.Clone(dist.FloatBytes(v[:]))
	}
	return out
}

// built is an index of 6,000 vectors in one segment.
func built(t *testing.T, kind vectorindex.Kind) (*Index, Config) {
	t.Helper()
	return builtOf(t, vectorindex.Spec{Dims: 16, Kind: kind}, clusters(1, 6000))
}

// What a build measures never falls with the effort, is read again from the file, and
// is measured again when the file says nothing of use.
func TestCalibration(t *testing.T) {
	for _, kind := range []vectorindex.Kind{vectorindex.HNSW, vectorindex.IVF} {
		ix, cfg := built(t, kind)
		x := ix.cur.segs[0].efforts.Load()
		if x == nil || x.source != vectorindex.EffortFromVectors || x.asked < leastAsked || decodeEfforts(x.encode()) == nil {
			t.Fatalf("kind %d: %+v", kind, x)
		}
		if err := ix.Close(); err != nil {
			t.Fatal(err)
		}
		ix, err := Open(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		seg := ix.cur.segs[0]
		if y := seg.efforts.Load(); y == nil || !slices.Equal(y.encode(), x.encode()) {
			t.Errorf("kind %d: read %+v, written %+v", kind, y, x)
		}
		seg.efforts.Store(nil)
		if err := ix.calibrateMissing(t.Context()); err != nil {
			t.Fatal(err)
		}
		if y := seg.efforts.Load(); y == nil || !slices.Equal(y.encode(), x.encode()) {
			t.Errorf("kind %d: measured again %+v, first %+v", kind, y, x)
		}
		if err := ix.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// Targets are reached by queries that the calibration has not seen, with less effort
// where less is asked; so a replay says, of the index's vectors first and then of the
// queries that were asked.
func TestMeasureRecall(t *testing.T) {
	for _, kind := range []vectorindex.Kind{vectorindex.HNSW, vectorindex.IVF} {
		ix, _ := built(t, kind)
		last := 0.0
		for _, target := range []float64{.8, .95, .99} {
			r, err := ix.MeasureRecall(t.Context(), vectorindex.Query{K: 10, Recall: target}, 100, false)
			if err != nil || r.Recent || r.Queries != 100 || r.Recall < target-.02 || r.Effort < last {
				t.Errorf("kind %d, target %v: %+v, %v", kind, target, r, err)
			}
			last = r.Effort
		}
		for _, v := range clusters(2, 100*rememberEvery) {
			s, err := ix.Search(t.Context(), &vectorindex.Query{Vec: v, K: 10})
			if err != nil {
				t.Fatal(err)
			}
			s.Close()
		}
		if !ix.Asked() || ix.Asked() {
			t.Error("queries were not noticed, or twice")
		}
		if done, err := ix.Recalibrate(t.Context()); !done || err != nil {
			t.Errorf("kind %d: %v, %v", kind, done, err)
		}
		if x := ix.cur.segs[0].efforts.Load(); x.source != vectorindex.EffortFromQueries {
			t.Errorf("kind %d: %+v", kind, x)
		}
		if done, _ := ix.Recalibrate(t.Context()); done {
			t.Error("calibrated twice on the same queries")
		}
		for target, least := range map[float64]float64{.8: .78, .95: .93, 1: 1} {
			r, err := ix.MeasureRecall(t.Context(), vectorindex.Query{K: 10, Recall: target}, 100, true)
			if err != nil || !r.Recent || r.Recall < least || target == 1 && r.Effort != 0 {
				t.Errorf("kind %d, target %v, recent: %+v, %v", kind, target, r, err)
			}
		}
		if h := ix.RecallHistory(); len(h) != 6 || h[0].Background || !h[5].Background {
			t.Errorf("history %+v", h)
		}
		if err := ix.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// Who says probes of an index whose lists nobody has counted for him means hundredths,
// and lists where he has; all of them find everything.
func TestProbesOfLists(t *testing.T) {
	for _, said := range []int{0, 300} {
		ix, _ := builtOf(t, vectorindex.Spec{Dims: 16, Kind: vectorindex.IVF, Lists: said}, clusters(1, 6000))
		lists := ix.cur.segs[0].vecs.lists.Lists()
		want := map[int]int{1: 1, 7: 7, lists: lists}
		if said == 0 {
			want = map[int]int{1: (lists + 99) / 100, 50: (lists + 1) / 2, 100: lists, 5000: lists}
		}
		for probes, effort := range want {
			r, err := ix.MeasureRecall(t.Context(), vectorindex.Query{K: 10, Probes: probes}, 50, false)
			if err != nil || r.Effort != float64(effort) || effort == lists && r.Recall < .999 {
				t.Errorf("%d of %d lists, %d said: %+v, %v, want effort %d", probes, lists, said, r, err, effort)
			}
		}
		if err := ix.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// A least beam holds where the target would do with less.
func TestLeastBeam(t *testing.T) {
	ix, _ := built(t, vectorindex.HNSW)
	for least, want := range map[int]float64{0: 12, 100: 100} {
		r, err := ix.MeasureRecall(t.Context(), vectorindex.Query{K: 1, Recall: .1, Least: least}, 20, false)
		if err != nil || r.Effort != want {
			t.Errorf("least %d: %+v, %v, want effort %v", least, r, err, want)
		}
	}
	for _, c := range []struct {
		k, least, ef int
		want         vectorindex.EffortFrom
	}{
		{1, 0, 0, vectorindex.EffortFromVectors}, {1, 100, 0, vectorindex.EffortLeast}, {60, 20, 0, vectorindex.EffortWanted},
		{60, 0, 0, vectorindex.EffortWanted}, {1, 0, 100, vectorindex.EffortSet},
	} {
		q := vectorindex.Query{K: c.k, Recall: .1, Least: c.least, Effort: c.ef, Vec: clusters(1, 1)[0]}
		s, err := ix.Search(t.Context(), &q)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Next(t.Context(), make([]vectorindex.Hit, c.k)); err != nil {
			t.Fatal(err)
		}
		if got := s.Work().From; got != c.want {
			t.Errorf("%d wanted, least %d, ef %d: %v, not %v", c.k, c.least, c.ef, got, c.want)
		}
		s.Close()
	}
	if err := ix.Close(); err != nil {
		t.Fatal(err)
	}
}
