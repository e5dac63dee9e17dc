package vectorindex_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/loxodb/loxodb/vectorindex"
)

// rounds is a Searcher that proposes prepared rounds.
type rounds struct {
	left [][]vectorindex.Hit
	err  error
	n    int
}

func (r *rounds) Next(_ context.Context, dst []vectorindex.Hit) (int, error) {
	for len(r.left) > 0 && len(r.left[0]) == 0 {
		r.left = r.left[1:]
	}
	if len(r.left) == 0 {
		return 0, r.err
	}
	n := copy(dst, r.left[0])
	r.left[0] = r.left[0][n:]
	r.n += n
	return n, nil
}

func (r *rounds) Work() vectorindex.Work { return vectorindex.Work{} }
func (r *rounds) Close()                 {}

func hitsAt(dists ...float64) []vectorindex.Hit {
	var h []vectorindex.Hit
	for i, d := range dists {
		h = append(h, vectorindex.Hit{Row: vectorindex.RowID(1000*len(dists) + i), Dist: d})
	}
	return h
}

// passing keeps the hits with an even integer distance.
func passing(hits []vectorindex.Hit, keep []bool) error {
	for i, h := range hits {
		keep[i] = math.IsNaN(h.Dist) || math.Mod(h.Dist, 2) == 0
	}
	return nil
}

func TestNearest(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		name   string
		rounds [][]vectorindex.Hit
		k      int
		want   []float64
	}{
		{"nothing", nil, 3, nil},
		{"k is zero", [][]vectorindex.Hit{hitsAt(2)}, 0, nil},
		{"one round", [][]vectorindex.Hit{hitsAt(1, 2, 3, 4, 6, 8)}, 2, []float64{2, 4}},
		{"fewer than k", [][]vectorindex.Hit{hitsAt(1, 2, 3)}, 5, []float64{2}},
		{"a late hit goes to its place", [][]vectorindex.Hit{hitsAt(2, 3, 10), hitsAt(4, 6, 12)}, 3, []float64{2, 4, 6}},
		{"k reached inside a round, but a nearer one follows in it", [][]vectorindex.Hit{hitsAt(10, 12), hitsAt(2, 4, 6, 8)}, 3, []float64{2, 4, 6}},
		{"NaN is last", [][]vectorindex.Hit{hitsAt(2, 4, nan), hitsAt(6)}, 4, []float64{2, 4, 6, nan}},
	} {
		s := &rounds{left: c.rounds}
		got, err := vectorindex.Nearest(context.Background(), s, c.k, nil, passing)
		if err != nil {
			t.Fatal(err)
		}
		same := slices.EqualFunc(got, c.want, func(h vectorindex.Hit, d float64) bool {
			return vectorindex.Compare(h.Dist, d) == 0
		})
		if !same {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// Nearest stops as soon as nothing of the round can improve the result.
func TestNearestStopsEarly(t *testing.T) {
	all := make([]float64, 10_000)
	for i := range all {
		all[i] = float64(i)
	}
	s := &rounds{left: [][]vectorindex.Hit{hitsAt(all...)}}
	got, err := vectorindex.Nearest(context.Background(), s, 100, nil, passing)
	if err != nil || len(got) != 100 || s.n > 300 {
		t.Fatalf("%d rows from %d hits, %v", len(got), s.n, err)
	}
}

func TestNearestErrors(t *testing.T) {
	bad := errors.New("bad")
	if _, err := vectorindex.Nearest(context.Background(), &rounds{err: bad}, 1, nil, passing); err != bad {
		t.Fatal(err)
	}
	fail := func([]vectorindex.Hit, []bool) error { return bad }
	if _, err := vectorindex.Nearest(context.Background(), &rounds{left: [][]vectorindex.Hit{hitsAt(1)}}, 1, nil, fail); err != bad {
		t.Fatal(err)
	}
}
