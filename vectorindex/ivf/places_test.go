package ivf

import (
	"context"
	"slices"
	"testing"

	"github.com/loxodb/loxodb/vectorindex/dist"
	"github.com/loxodb/loxodb/vectorindex/indextest"
	"github.com/loxodb/loxodb/vectorindex/quant"
)

// A search looks at an entry if, and only if, it probes more lists than the entry's rank.
func TestRanks(t *testing.T) {
	vecs := clustered(3, 2000, 12)
	for m := dist.L2; m <= dist.L1; m++ {
		x := buildOf(t, Options{Dims: 12, Metric: m, Lists: 40, Coding: quant.CodingNone}, vecs)
		places := x.Places()
		if !slices.Equal(reopened(t, x).Places().of, places.of) {
			t.Fatalf("metric %v: sealed lists have other places", m)
		}
		for i, v := range clustered(4, 10, 12) {
			vec := indextest.Encode(x.opt.space(), v)
			ord := uint32(i * 97)
			ranks, err := places.Ranks(vec, []uint32{ord}, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, probes := range []uint32{1, ranks[0], ranks[0] + 1, uint32(x.Lists())} {
				if probes == 0 {
					continue
				}
				s := search(t, x, v, Params{Probes: int(probes)})
				s.want = 1 // no list has fewer: no further ones are opened for want of hits
				if err := s.round(context.Background()); err != nil {
					t.Fatal(err)
				}
				opened := false
				for _, l := range s.order[:s.open] {
					opened = opened || l.Ord() == places.of[ord]
				}
				if s.Close(); opened != (probes > ranks[0]) {
					t.Errorf("metric %v, entry %d of rank %d: its list is probed with %d: %v", m, ord, ranks[0], probes, opened)
				}
			}
		}
	}
}
