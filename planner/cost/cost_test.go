package cost

import (
	"testing"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// TestChooseKNN checks the direction of the choice: a filter that few rows pass is
// applied first, one that nearly all pass is applied to what the walk yields.
func TestChooseKNN(t *testing.T) {
	yes := &expr.Const{T: types.Of(types.BoolOID), D: types.Bool(true)}
	v := &physical.VectorSearch{
		Index:  &catalog.Index{Keys: []catalog.IndexKey{{Type: types.T{OID: types.VectorOID, Mod: 768}}}},
		Filter: yes, K: &expr.Const{T: types.Of(types.Int8OID), D: types.Int(10)},
	}
	if s, why := ChooseKNN(v, 0.5, 1e6); s != physical.StrategyPost || why == "" {
		t.Errorf("without a pre-filter: %v %q", s, why)
	}
	for _, c := range []struct {
		sel     float64
		preCost float64
		want    physical.Strategy
	}{
		{0.00001, 50, physical.StrategyPre},
		{0.001, 2000, physical.StrategyPre},
		{0.9, 300000, physical.StrategyPost},
		{1, 300000, physical.StrategyPost},
	} {
		v.Pre = &physical.Scan{Base: physical.Base{Cost: c.preCost}}
		if s, why := ChooseKNN(v, c.sel, 1e6); s != c.want {
			t.Errorf("selectivity %v: %v, want %v (%s)", c.sel, s, c.want, why)
		}
	}
}

// TestKNNCosts checks that costs grow the way they must.
func TestKNNCosts(t *testing.T) {
	m := &Default
	lastPost := 0.0
	for _, sel := range []float64{1, 0.1, 0.01, 0.001} {
		post, pre := m.KNN(sel, 1e6, 10, 768, 100)
		if post < lastPost || pre <= 100 {
			t.Errorf("selectivity %v: post %v after %v, pre %v", sel, post, lastPost, pre)
		}
		lastPost = post
	}
	if m.Sort(1000, 10) >= m.Sort(1000, 0) {
		t.Error("keeping 10 of 1000 must be cheaper than sorting all")
	}
}
