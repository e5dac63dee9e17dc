package dist

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestSelectEntries(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	for range 3000 {
		e := make([]Entry, r.IntN(300))
		values := 1 + r.IntN(200)
		for i := range e {
			e[i] = MakeEntry(float32(r.IntN(values)), uint32(i))
			if r.IntN(2) == 0 {
				e[i] |= EntryMark
			}
		}
		r.Shuffle(len(e), func(i, j int) { e[i], e[j] = e[j], e[i] })
		want := slices.Clone(e)
		slices.SortFunc(want, CompareEntries)
		n := r.IntN(len(e) + 10)
		SelectEntries(e, n)
		front := e[:min(n, len(e))]
		slices.SortFunc(front, CompareEntries)
		if !slices.Equal(front, want[:len(front)]) {
			t.Fatalf("the first %d of %d are not the nearest", n, len(e))
		}
		rest := e[len(front):]
		slices.SortFunc(rest, CompareEntries)
		if !slices.Equal(rest, want[len(front):]) {
			t.Fatalf("entries were lost behind the first %d of %d", n, len(e))
		}
	}
}
