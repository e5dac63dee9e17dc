package hnsw

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/loxodb/loxodb/vectorindex/dist"
)

// What was chosen together before is not compared again: that changes nothing of the choice.
func TestShrinkRemembersWhatTheRuleChose(t *testing.T) {
	for _, metric := range []dist.Metric{dist.L2, dist.Cosine, dist.InnerProduct, dist.L1} {
		const n, dims = 3000, 6
		g, err := New(Options{Dims: dims, Metric: metric, M: 8, Capacity: n})
		if err != nil {
			t.Fatal(err)
		}
		r := rand.New(rand.NewPCG(7, uint64(metric)))
		for range n {
			v := make([]float32, dims)
			for i := range v {
				v[i] = float32(r.NormFloat64()) // without ties, where sums that are rounded otherwise decide
			}
			if _, err := g.Add(dist.FloatBytes(v)); err != nil {
				t.Fatal(err)
			}
		}
		short := selector{code: g.build}
		whole := selector{code: g.build}
		tab, remembered, full := g.tab.Load(), 0, 0
		for to := range uint32(n) {
			ids := tab.list(to).read(nil)
			ruled := int(*tab.ruledOf(to))
			if ruled > len(ids) {
				t.Fatalf("%v: node %d: the rule has chosen %d of %d", metric, to, ruled, len(ids))
			}
			ord := uint32(r.IntN(n))
			if len(ids) == 0 || ord == to || slices.Contains(ids, ord) {
				continue
			}
			remembered += ruled
			if ruled == 2*g.opt.M {
				full++
			}
			got := slices.Clone(short.shrink(g, to, ids, ruled, ord))
			want := whole.shrink(g, to, ids, 0, ord)
			if !slices.Equal(got, want) || short.byRule != whole.byRule {
				t.Fatalf("%v: node %d, %d of %v ruled, %d comes: %v (%d), want %v (%d)", metric, to, ruled, ids, ord,
					got, short.byRule, want, whole.byRule)
			}
		}
		if remembered < 2*n {
			t.Errorf("%v: lists remember %d choices of %d nodes", metric, remembered, n)
		}
		t.Logf("%v: %d choices remembered, %d full lists", metric, remembered, full)
	}
}
