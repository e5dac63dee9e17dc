package cost

import (
	"math"
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
		Filter: yes, IncludedSel: 1, K: &expr.Const{T: types.Of(types.Int8OID), D: types.Int(10)},
	}
	if s, why := ChooseKNN(v, 0.5, 1, 1e6); s != physical.StrategyPost || why == "" {
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
		if s, why := ChooseKNN(v, c.sel, 1, 1e6); s != c.want {
			t.Errorf("selectivity %v: %v, want %v (%s)", c.sel, s, c.want, why)
		}
	}
}

// TestChooseIncluded: with a filter that the index itself can test, few rows are found by
// testing every entry, many by testing what a walk yields.
func TestChooseIncluded(t *testing.T) {
	yes := &expr.Const{T: types.Of(types.BoolOID), D: types.Bool(true)}
	v := &physical.VectorSearch{
		Index:  &catalog.Index{Keys: []catalog.IndexKey{{Type: types.T{OID: types.VectorOID, Mod: 100}}}},
		Filter: yes, Included: yes, Pre: &physical.Scan{Base: physical.Base{Cost: 120000}},
		K: &expr.Const{T: types.Of(types.Int8OID), D: types.Int(10)},
	}
	for _, c := range []struct {
		sel, included float64
		want          physical.Strategy
	}{
		{0.001, 0.001, physical.StrategyIncluded},
		{0.0001, 0.1, physical.StrategyIncluded},
		{0.2, 0.2, physical.StrategyPost},
		{0.9, 1, physical.StrategyPost},
	} {
		if s, why := ChooseKNN(v, c.sel, c.included, 340000); s != c.want {
			t.Errorf("selectivity %v of %v: %v, want %v (%s)", c.sel, c.included, s, c.want, why)
		}
	}
}

// TestKNNCosts checks that costs grow the way they must.
func TestKNNCosts(t *testing.T) {
	m := &Default
	lastPost := 0.0
	for _, sel := range []float64{1, 0.1, 0.01, 0.001} {
		plain := Ask{Sel: sel, Fetched: 1, Entries: 1e6, K: 10, Dims: 768, Pre: 100}
		c := m.KNN(plain)
		if c.Post < lastPost || c.Pre <= 100 || !math.IsInf(c.Included, 1) {
			t.Errorf("selectivity %v: %+v after %v", sel, c, lastPost)
		}
		lastPost = c.Post
		carried := plain
		carried.Carried, carried.Fetched = true, sel
		if x := m.KNN(carried); sel < 1 && x.Post >= c.Post || x.Included <= 0 || math.IsInf(x.Included, 1) {
			t.Errorf("selectivity %v: %+v with included columns, %+v without", sel, x, c)
		}
	}
	if m.Sort(1000, 10) >= m.Sort(1000, 0) {
		t.Error("keeping 10 of 1000 must be cheaper than sorting all")
	}
}
