package hnsw

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/loxodb/loxodb/vectorindex/dist"
)

func TestSortedPoolKeepsTheNearest(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 300 {
		var p sortedPool
		limit := 1 + r.IntN(70)
		p.reset(limit)
		var model []entry
		for i := range 200 {
			e := dist.MakeEntry(float32(r.IntN(40)), uint32(i))
			if e >= p.worst() {
				continue
			}
			n := len(p.e)
			at, dropped, full := p.insert(e)
			if p.e[at] != e || full != (n == limit) {
				t.Fatalf("inserted at %d of %d, full %v", at, n, full)
			}
			model = append(model, e)
			if full {
				i := slices.Index(model, dropped)
				model = slices.Delete(model, i, i+1)
			}
			if !slices.IsSortedFunc(p.e, func(a, b entry) int { return int(a.Dist() - b.Dist()) }) {
				t.Fatal("not sorted")
			}
		}
		slices.Sort(model)
		if got := slices.Clone(p.e); len(got) != len(model) {
			t.Fatalf("%d entries, want %d", len(got), len(model))
		}
	}
}

func TestMergeKeepsTheNearest(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for range 300 {
		var p sortedPool
		p.reset(1 + r.IntN(70))
		ord := uint32(0)
		for range 40 {
			news := make([]entry, 1+r.IntN(40), 50)
			for i := range news {
				news[i] = dist.MakeEntry(float32(r.IntN(60)), ord)
				ord++
			}
			dist.SortEntries(news)
			want := append(slices.Clone(p.e), news...)
			sortEntries(want)
			low, over := p.merge(news)
			if len(p.e) != min(len(want), p.limit) || len(p.e)+len(over) != len(want) {
				t.Fatalf("%d kept and %d pushed out of %d, limit %d", len(p.e), len(over), len(want), p.limit)
			}
			all := append(slices.Clone(p.e), over...)
			for i, e := range all {
				if e.Dist() != want[i].Dist() {
					t.Fatalf("place %d has distance %v, want %v", i, e.Dist(), want[i].Dist())
				}
			}
			if all[low] != news[0] {
				t.Fatalf("the lowest new entry is not at %d", low)
			}
			slices.Sort(all)
			slices.Sort(want)
			if !slices.Equal(all, want) {
				t.Fatal("entries were lost")
			}
			for i := range p.e { // as a walk marks them
				if r.IntN(3) == 0 {
					p.e[i] |= expanded
				}
			}
		}
	}
}

func TestSortNearest(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for range 2000 {
		e := make([]entry, r.IntN(400))
		values := 1 + r.IntN(300)
		for i := range e {
			e[i] = dist.MakeEntry(float32(r.IntN(values)), uint32(i))
			if r.IntN(2) == 0 {
				e[i] |= expanded
			}
		}
		want := slices.Clone(e)
		sortEntries(want)
		n := r.IntN(len(e) + 10)
		sortNearest(e, n)
		n = min(n, len(e))
		for i := range n {
			if e[i].Dist() != want[i].Dist() {
				t.Fatalf("entry %d of %d (first %d) has distance %v, want %v", i, len(e), n, e[i].Dist(), want[i].Dist())
			}
		}
		slices.Sort(e)
		slices.Sort(want)
		if !slices.Equal(e, want) {
			t.Fatal("entries were lost")
		}
	}
}
