// Package indextest is the conformance and recall suite for live vector indexes.
// Every implementation of vectorindex.Index runs it, and so does the obvious model
// in this package. It must not know which index it tests.
package indextest

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/loxodb/loxodb/vectorindex"
	"github.com/loxodb/loxodb/vectorindex/bitmap"
	"github.com/loxodb/loxodb/vectorindex/dist"
)

// Options say what is special about an index under test.
type Options struct {
	// Recall is the least share of the true 10 nearest that a search with the
	// default effort finds; 1 for exact indexes.
	Recall float64
	// Entries is the size of the recall test.
	Entries int
}

// Run runs the suite; open returns a new empty index.
func Run(t *testing.T, o Options, open func(t *testing.T, spec vectorindex.Spec) Live) {
	t.Run("complete", func(t *testing.T) {
		each(t, Spaces(9), open, complete)
	})
	t.Run("ranges", func(t *testing.T) {
		each(t, Spaces(40), open, ranges)
	})
	t.Run("queries", func(t *testing.T) { queries(t, open) })
	t.Run("snapshots", func(t *testing.T) {
		each(t, Spaces(4), open, snapshots)
	})
	t.Run("rejected", func(t *testing.T) { rejected(t, open) })
	t.Run("duplicates", func(t *testing.T) {
		each(t, Spaces(5), open, duplicates)
	})
	t.Run("recall", func(t *testing.T) {
		for e := dist.Float32; e.Valid(); e++ {
			s := dist.Space{Element: e, Metric: dist.L2, Dims: 32}
			if e == dist.Bit {
				s.Metric, s.Dims = dist.Hamming, 128
			}
			t.Run(e.String(), func(t *testing.T) { recall(t, o, newPair(t, s, open)) })
		}
	})
}

// each runs a test for vectors of every space.
func each(t *testing.T, spaces []dist.Space, open func(*testing.T, vectorindex.Spec) Live, test func(*pair)) {
	for _, s := range spaces {
		t.Run(s.Element.String()+"_"+s.Metric.String(), func(t *testing.T) { test(newPair(t, s, open)) })
	}
}

// pair is an index under test and the model, fed alike.
type pair struct {
	t     *testing.T
	spec  vectorindex.Spec
	ix    Live
	model *Model
	rng   *rand.Rand
}

func newPair(t *testing.T, s dist.Space, open func(*testing.T, vectorindex.Spec) Live) *pair {
	t.Helper()
	spec := vectorindex.Spec{Element: s.Element, Metric: s.Metric, Dims: s.Dims}
	p := &pair{t: t, spec: spec, ix: open(t, spec), model: NewModel(spec), rng: rand.New(rand.NewPCG(7, 8))}
	t.Cleanup(func() {
		if err := p.ix.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func (p *pair) vec() []byte { return p.encode(p.floats()) }

func (p *pair) encode(v []float32) []byte { return Encode(p.spec.Space(), v) }

func (p *pair) floats() []float32 {
	v := make([]float32, p.spec.Dims)
	if p.rng.IntN(30) > 0 { // else zero
		for i := range v {
			v[i] = float32(p.rng.NormFloat64())
		}
	}
	return v
}

// put returns both timestamps.
func (p *pair) put(row vectorindex.RowID, v []byte) (ix, model uint64) {
	return p.ix.Put(row, v), p.model.Put(row, v)
}

func (p *pair) del(row vectorindex.RowID) (ix, model uint64) {
	return p.ix.Delete(row), p.model.Delete(row)
}

// Drain pulls every hit of a search and returns them sorted by distance and row.
// It fails the test if an entry comes twice or distances decrease within a call.
func Drain(t testing.TB, ix vectorindex.Index, q *vectorindex.Query) []vectorindex.Hit {
	t.Helper()
	ctx := context.Background()
	s, err := ix.Search(ctx, q)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	type key struct {
		row   vectorindex.RowID
		epoch uint32
	}
	seen := map[key]bool{}
	var out []vectorindex.Hit
	var buf [11]vectorindex.Hit
	for {
		n, err := s.Next(ctx, buf[:])
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			break
		}
		for i, h := range buf[:n] {
			if i > 0 && vectorindex.Compare(buf[i-1].Dist, h.Dist) > 0 {
				t.Fatalf("distance %v after %v in one round", h.Dist, buf[i-1].Dist)
			}
			if k := (key{h.Row, h.Epoch}); seen[k] {
				t.Fatalf("row %d epoch %d came twice", h.Row, h.Epoch)
			} else {
				seen[k] = true
			}
			out = append(out, h)
		}
	}
	if w := s.Work(); len(out) > 0 && (w.Distances == 0 || w.Segments == 0 || w.Rounds < 1) {
		t.Fatalf("work %+v for %d hits", w, len(out))
	}
	sortHits(out)
	return out
}

func (p *pair) compare(q, mq *vectorindex.Query) {
	p.t.Helper()
	got, want := Drain(p.t, p.ix, q), Drain(p.t, p.model, mq)
	if len(got) != len(want) {
		p.t.Fatalf("%d hits, want %d", len(got), len(want))
	}
	for i := range got {
		if got[i].Row != want[i].Row || got[i].Epoch != want[i].Epoch || vectorindex.Compare(got[i].Dist, want[i].Dist) != 0 || got[i].Err != 0 {
			p.t.Fatalf("hit %d is %+v, want %+v", i, got[i], want[i])
		}
	}
}

// complete: every entry is proposed once, with its exact distance, whatever the
// filter, before and after background work.
func complete(p *pair) {
	const rows = 700
	for i := range vectorindex.RowID(rows) {
		p.put(1<<63+i, p.vec())
	}
	for range 200 {
		row := vectorindex.RowID(1<<63 + p.rng.Uint64N(rows))
		if p.rng.IntN(2) == 0 {
			p.del(row)
		} else {
			p.put(row, p.vec())
		}
	}
	filters := []*bitmap.Bitmap{nil, bitmap.New(), bitmap.Of(1<<63 + 3), bitmap.Of(5, 1<<63+1, math.MaxUint64)}
	for _, share := range []int{2, 10, 50, 95} {
		f := bitmap.New()
		for i := range uint64(rows) {
			if p.rng.IntN(100) < share {
				f.Add(1<<63 + i)
			}
		}
		filters = append(filters, f)
	}
	for _, phase := range []string{"fresh", "settled"} {
		if phase == "settled" {
			p.ix.Settle()
		}
		for _, f := range filters {
			for _, k := range []int{0, 5, 1 << 40} {
				q := &vectorindex.Query{Vec: p.vec(), K: k, Allow: f}
				p.compare(q, q)
			}
		}
	}
}

// ranges: a range search proposes exactly what lies within the radius, in one round.
func ranges(p *pair) {
	const rows = 600
	for i := range vectorindex.RowID(rows) {
		p.put(i, p.vec())
	}
	for range 100 {
		p.del(vectorindex.RowID(p.rng.Uint64N(rows)))
	}
	some := bitmap.New()
	for i := range uint64(rows / 3) {
		some.Add(3 * i)
	}
	for range 2 {
		for range 5 {
			vec := p.vec()
			all := Drain(p.t, p.model, &vectorindex.Query{Vec: vec})
			radii := []float64{math.Inf(-1), math.NaN(), 0, math.Inf(1)}
			for range 4 { // on an entry, and just before one
				d := all[p.rng.IntN(len(all))].Dist
				radii = append(radii, d, math.Nextafter(d, math.Inf(-1)))
			}
			for _, r := range radii {
				for _, allow := range []*bitmap.Bitmap{nil, some} {
					q := &vectorindex.Query{Vec: vec, Ranged: true, Radius: r, Allow: allow}
					p.compare(q, q)
				}
			}
		}
		p.ix.Settle()
	}
}

// queries: what is not a query is refused, and an ended context ends a search.
func queries(t *testing.T, open func(*testing.T, vectorindex.Spec) Live) {
	p := newPair(t, dist.Space{Dims: 3}, open)
	ctx := context.Background()
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	zero := make([]byte, 12)
	for _, q := range []vectorindex.Query{{}, {Vec: zero[:8]}, {Vec: zero[:11]}, {Vec: make([]byte, 16)}, {Vec: p.encode([]float32{0, nan, 0})},
		{Vec: p.encode([]float32{0, 0, inf})}, {Vec: zero, K: -1}, {Vec: zero, Effort: -1}} {
		if _, err := p.ix.Search(ctx, &q); !errors.Is(err, vectorindex.ErrQuery) {
			t.Fatalf("query %+v: error %v", q, err)
		}
	}
	p.compare(&vectorindex.Query{Vec: zero}, &vectorindex.Query{Vec: zero}) // empty index
	p.put(4, p.encode([]float32{1, 2, 3}))
	p.compare(&vectorindex.Query{Vec: zero, K: 1 << 40}, &vectorindex.Query{Vec: zero})
	done, cancel := context.WithCancel(ctx)
	cancel()
	s, err := p.ix.Search(done, &vectorindex.Query{Vec: zero, K: 1})
	if err == nil {
		var buf [1]vectorindex.Hit
		_, err = s.Next(done, buf[:])
		s.Close()
	}
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("cancelled search: %v", err)
	}
}

// snapshots: a search sees exactly the entries alive at its snapshot.
func snapshots(p *pair) {
	type point struct{ ix, model uint64 }
	var points []point
	for range 400 {
		row := vectorindex.RowID(p.rng.Uint64N(60))
		var a, b uint64
		if p.rng.IntN(3) == 0 {
			a, b = p.del(row)
		} else {
			a, b = p.put(row, p.vec())
		}
		points = append(points, point{a, b})
	}
	for range 2 {
		for range 30 {
			at := points[p.rng.IntN(len(points))]
			v := p.vec()
			p.compare(&vectorindex.Query{Vec: v, K: 3, AsOf: at.ix}, &vectorindex.Query{Vec: v, AsOf: at.model})
		}
		p.ix.Settle()
	}
}

// rejected: Nearest finds k rows that pass the caller's check, if there are k.
func rejected(t *testing.T, open func(*testing.T, vectorindex.Spec) Live) {
	p := newPair(t, dist.Space{Dims: 8}, open)
	for i := range vectorindex.RowID(1500) {
		p.put(i, p.vec())
	}
	p.ix.Settle()
	for _, every := range []vectorindex.RowID{1, 3, 50, 400, 5000} {
		const k = 12
		q := &vectorindex.Query{Vec: p.vec(), K: k}
		s, err := p.ix.Search(context.Background(), q)
		if err != nil {
			t.Fatal(err)
		}
		pass := func(h vectorindex.Hit) bool { return h.Row%every == every-1 }
		got, err := vectorindex.Nearest(context.Background(), s, k, nil, func(hits []vectorindex.Hit, keep []bool) error {
			for i := range hits {
				keep[i] = pass(hits[i])
			}
			return nil
		})
		s.Close()
		if err != nil {
			t.Fatal(err)
		}
		all := slices.DeleteFunc(Drain(t, p.model, q), func(h vectorindex.Hit) bool { return !pass(h) })
		if want := min(k, len(all)); len(got) != want {
			t.Fatalf("1 of %d passes: %d rows, want %d", every, len(got), want)
		}
		for i, h := range got {
			if !pass(h) || i > 0 && vectorindex.Compare(got[i-1].Dist, h.Dist) > 0 {
				t.Fatalf("1 of %d passes: hit %d is wrong: %+v", every, i, h)
			}
		}
	}
}

// duplicates: thousands of equal vectors hide nothing.
func duplicates(p *pair) {
	for i := range vectorindex.RowID(600) {
		p.put(i, p.encode([]float32{1, 1, 0, 0, float32(i % 3)}))
	}
	p.put(1000, p.encode([]float32{0, 0, 0, 0, 0}))
	for range 2 {
		q := &vectorindex.Query{Vec: p.encode([]float32{0, 1, 0, 0, 1}), K: 4}
		p.compare(q, q)
		p.ix.Settle()
	}
}

// recall: on clustered data a search with the default effort finds the promised
// share of the true nearest, in the head, after settling, and under filters.
func recall(t *testing.T, o Options, p *pair) {
	const k, queries = 10, 100
	centres := make([][]float32, 30)
	for i := range centres {
		centres[i] = p.floats()
	}
	near := func() []byte {
		c, v := centres[p.rng.IntN(len(centres))], make([]float32, p.spec.Dims)
		for i := range v {
			v[i] = c[i] + 0.4*float32(p.rng.NormFloat64())
		}
		return p.encode(v)
	}
	for i := range o.Entries {
		p.put(vectorindex.RowID(i), near())
	}
	half, some := bitmap.New(), bitmap.New()
	for i := range uint64(o.Entries) {
		if i%2 == 0 {
			half.Add(i)
		}
		if i%40 == 0 {
			some.Add(i)
		}
	}
	for _, phase := range []string{"fresh", "settled"} {
		if phase == "settled" {
			p.ix.Settle()
		}
		for name, allow := range map[string]*bitmap.Bitmap{"all": nil, "half": half, "some": some} {
			sum, squares := 0.0, 0.0
			for range queries {
				q := &vectorindex.Query{Vec: near(), K: k, Allow: allow}
				share := float64(hits(t, p, q, k)) / k
				sum, squares = sum+share, squares+share*share
			}
			// The promise is of the mean over all queries, of which these are a sample:
			// only a mean that lies below by three of its standard errors breaks it.
			mean := sum / queries
			stderr := math.Sqrt(max(0, squares/queries-mean*mean) / queries)
			if mean+3*stderr < o.Recall {
				t.Errorf("%s, %s rows: recall %.3f (standard error %.3f), want %.3f", phase, name, mean, stderr, o.Recall)
			}
		}
	}
}

// hits counts how many of the true k nearest the first k proposals have.
func hits(t *testing.T, p *pair, q *vectorindex.Query, k int) int {
	t.Helper()
	s, err := p.ix.Search(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	got, err := vectorindex.Nearest(context.Background(), s, k, nil, func(_ []vectorindex.Hit, keep []bool) error {
		for i := range keep {
			keep[i] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := Drain(t, p.model, q)[:k]
	n := 0
	for _, h := range got {
		if vectorindex.Compare(h.Dist, want[k-1].Dist) <= 0 {
			n++
		}
	}
	return n
}
