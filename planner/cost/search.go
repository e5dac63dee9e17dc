package cost

import (
	"fmt"
	"math"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/planner/stats"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

// Patience is how many rows a post-filtering search may visit before the way that is
// second, which it names, would have been the cheaper one. Beyond it the estimate was
// wrong: rows that pass lie far from the query. Whoever changes then pays at most about
// twice what the better way costs.
func Patience(v *physical.VectorSearch) (rows int, second physical.Strategy) {
	m := &Default
	a := askOf(v, v.Selectivity, v.IncludedSel, v.TableRows)
	c := m.KNN(a)
	limit := c.Pre
	if second = physical.StrategyPre; c.Included < c.Pre {
		limit, second = c.Included, physical.StrategyIncluded
	}
	return int(math.Min(math.Max(limit/m.visit(&a), minPatience), math.MaxInt32)), second
}

// minPatience: few rows are visited sooner than a change of strategy takes.
const minPatience = 500

// visit is the cost of one more entry of a search with its test.
func (m *Model) visit(a *Ask) float64 {
	return m.hop(a.Dims) + m.VectorGet + m.test(a)
}

// test is the cost of the filter on one entry that a search proposes: its row is read
// unless what the entry carries fails.
func (m *Model) test(a *Ask) float64 {
	if !a.Carried {
		return m.Fetch
	}
	return m.Carried + a.Fetched*m.Fetch
}

// dimsOf is the dimension of the indexed vectors.
func dimsOf(v *physical.VectorSearch) int {
	if d := v.Index.Keys[0].Dimensions(); d > 0 {
		return d
	}
	return 768
}

// ChooseKNN picks how a vector search applies its filter, when sel is the fraction
// of the table's rows that pass it and included that which passes the part for the index;
// why gives the compared estimates.
//
//	post: walk the index and test what comes: k/sel entries must be visited.
//	pre: run Pre into a row set, then search among its rows (exactly when few).
//	included: test every entry on what it carries, then likewise.
func ChooseKNN(v *physical.VectorSearch, sel, included, rows float64) (best physical.Strategy, why string) {
	if v.Filter == nil || v.Pre == nil {
		return physical.StrategyPost, "no filter"
	}
	c := Default.KNN(askOf(v, sel, included, rows))
	why = fmt.Sprintf("selectivity %.4g of %.0f rows: post-filter %.0f us, pre-filter %.0f us", sel, rows, c.Post, c.Pre)
	least := c.Post
	best = physical.StrategyPost
	if c.Pre < least {
		best, least = physical.StrategyPre, c.Pre
	}
	if v.Included != nil {
		why += fmt.Sprintf(", index-filter %.0f us", c.Included)
		if c.Included < least {
			best = physical.StrategyIncluded
		}
	}
	return best, why
}

// askOf is what the plan says of its search, with fractions of the table's rows.
func askOf(v *physical.VectorSearch, sel, included, rows float64) Ask {
	part, entries := Within(sel, rows, v.Indexed)
	a := Ask{Shape: v.Shape, Entries: entries, Sel: part, Fetched: 1, K: knownK(v), Dims: dimsOf(v)}
	if v.Included != nil {
		a.Carried = true
		a.Fetched, _ = Within(math.Max(included, sel), rows, v.Indexed)
	}
	if v.Pre != nil {
		a.Pre = v.Pre.Info().Cost
	}
	return a
}

// Within restates a selectivity among a table's rows for the index that holds the
// fraction indexed of them, all that pass among those.
func Within(sel, rows, indexed float64) (part, entries float64) {
	if indexed <= 0 || indexed >= 1 {
		return sel, rows
	}
	return math.Min(sel/indexed, 1), rows * indexed
}

// ChooseAtOpen is ChooseKNN with the real parameter values: what an execution of
// a search with StrategyAuto asks. s are the table's statistics, nil when it was
// never analyzed.
func ChooseAtOpen(v *physical.VectorSearch, s *catalog.TableStats, params []types.Datum) (physical.Strategy, string) {
	sel, included := v.Selectivity, v.IncludedSel
	if !hasSubPlan(v.Filter) { // what a subquery passes was estimated from its own tables
		sel = stats.Selectivity(v.Filter, v.Attrs, v.Table, s, params)
	}
	if v.Included != nil {
		included = stats.Selectivity(v.Included, v.Attrs, v.Table, s, params)
	}
	return ChooseKNN(v, sel, included, v.TableRows)
}

// Ask is what is known of a search for the nearest rows under a filter.
type Ask struct {
	Shape   physical.VectorShape // of the index
	Entries float64              // of the index
	Sel     float64              // fraction of them that pass the filter
	Carried bool                 // the entries carry what some of the filter reads
	Fetched float64              // fraction of them that pass that part: their rows are read; 1 without one
	K       float64              // rows wanted
	Dims    int
	Pre     float64 // cost of the set of rows that pass
}

// Costs are those of the ways to apply a filter; infinite where there is no such way.
type Costs struct{ Post, Pre, Included float64 }

// KNN is what each way costs.
func (m *Model) KNN(a Ask) Costs {
	visit := math.Min(a.K/math.Max(a.Sel, 1e-9), a.Entries)
	c := Costs{Included: math.Inf(1)}
	c.Post = m.Search(&a, visit) + visit*m.test(&a)
	each := float64(a.Dims)*m.DistDim + m.Listed
	exact := math.Max(a.Sel*a.Entries, 0) * each
	c.Pre = a.Pre + math.Min(exact, m.Search(&a, math.Min(visit, a.K*8+200))) + math.Min(a.K, a.Sel*a.Entries)*m.Fetch
	if a.Carried {
		among := a.Fetched * a.Entries
		visit = math.Min(a.K*a.Fetched/math.Max(a.Sel, 1e-9), among)
		walk := m.Search(&a, math.Min(visit/math.Max(a.Fetched, 1e-9), visit*8+200))
		c.Included = a.Entries*m.Tested + math.Min(among*each, walk) + visit*m.Fetch
	}
	return c
}

// defaultK is assumed when LIMIT is not a constant.
const defaultK = 10

func knownK(v *physical.VectorSearch) float64 {
	if k := constInt(v.K); k > 0 {
		return float64(k)
	}
	return defaultK
}
