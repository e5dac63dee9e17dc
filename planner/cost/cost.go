// Package cost is the price list of the planner: what each piece of work takes,
// in microseconds, and the choice of a vector search's strategy from it. It must
// not know execution.
package cost

import (
	"fmt"
	"math"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/planner/stats"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/vectorindex"
)

// Model are microseconds per unit of work, measured on one core of a present
// server; ratios matter, absolute values little.
type Model struct {
	Seek      float64 // position an iterator at a key
	SeqRow    float64 // step to and decode the next row of a table
	IndexRow  float64 // step to the next entry of a secondary index
	Fetch     float64 // get one row by its key, in a sorted batch
	Op        float64 // evaluate one operator on one row
	HashRow   float64 // insert a row into a hash table
	Probe     float64 // look one row up in it
	Cmp       float64 // compare two rows while sorting
	Emit      float64 // hand a row to the next operator
	Virtual   float64 // make a row of a system relation
	Open      float64 // open an operator tree again (nested loops)
	DistDim   float64 // exact distance, per dimension
	Hop       float64 // expand one graph node: its neighbours' distances on codes
	VectorGet float64 // fetch a vector of a row, per row
	VectorRow float64 // step to the next vector of a table
	Carried   float64 // test what an entry that a search proposes carries of included columns
	Tested    float64 // the same for all entries, one after the other
	Listed    float64 // look at an entry of a list, beside its distance
}

// Default is the model in use.
var Default = Model{Seek: 3, SeqRow: 0.35, IndexRow: 0.25, Fetch: 1.6, Op: 0.02, HashRow: 0.15, Probe: 0.1, Cmp: 0.03,
	Emit: 0.01, Virtual: 0.5, Open: 2, DistDim: 0.0002, Hop: 1.2, VectorGet: 1.5, VectorRow: 0.3, Carried: 0.1, Tested: 0.008, Listed: 0.02}

// Sort is the cost of sorting n rows, or of keeping the best top (≤ 0: all).
func (m *Model) Sort(n, top float64) float64 {
	if n < 2 {
		return m.Cmp
	}
	if top > 0 && top < n {
		return n * m.Cmp * (1 + math.Log2(math.Max(top, 2))/4)
	}
	return n * m.Cmp * math.Log2(n)
}

// Width is the assumed bytes of a value.
func Width(t types.T) int {
	i := types.Lookup(t.OID)
	switch {
	case i == nil:
		return 32
	case i.Len > 0:
		return int(i.Len)
	case t.VectorWidth() > 0:
		return t.VectorWidth() + 8
	case (t.OID == types.VarcharOID || t.OID == types.BpcharOID) && t.Mod > 4:
		return min(int(t.Mod)-4, 64)
	}
	return 32
}

// Walk is the cost of a graph search that must yield want rows out of rows.
func (m *Model) Walk(want, rows float64, dims int) float64 {
	ef := math.Max(want, vectorindex.TypicalEffort)
	hops := ef + 4*math.Log2(math.Max(rows, 2))
	return hops*m.hop(dims) + want*m.VectorGet
}

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

// visit is the cost of one more entry of a walk with its test.
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

// hop is the cost of expanding a graph node.
func (m *Model) hop(dims int) float64 { return m.Hop + 16*float64(dims)*m.DistDim/4 }

// dimsOf is the dimension of the indexed vectors.
func dimsOf(v *physical.VectorSearch) int {
	if d := int(v.Index.Keys[0].Type.Mod); d > 0 {
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
	a := Ask{Entries: entries, Sel: part, Fetched: 1, K: knownK(v), Dims: dimsOf(v)}
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
	Entries float64 // of the index
	Sel     float64 // fraction of them that pass the filter
	Carried bool    // the entries carry what some of the filter reads
	Fetched float64 // fraction of them that pass that part: their rows are read; 1 without one
	K       float64 // rows wanted
	Dims    int
	Pre     float64 // cost of the set of rows that pass
}

// Costs are those of the ways to apply a filter; infinite where there is no such way.
type Costs struct{ Post, Pre, Included float64 }

// KNN is what each way costs.
func (m *Model) KNN(a Ask) Costs {
	visit := math.Min(a.K/math.Max(a.Sel, 1e-9), a.Entries)
	c := Costs{Included: math.Inf(1)}
	c.Post = m.Walk(visit, a.Entries, a.Dims) + visit*m.test(&a)
	exact := math.Max(a.Sel*a.Entries, 0) * (float64(a.Dims)*m.DistDim + m.VectorGet)
	c.Pre = a.Pre + math.Min(exact, m.Walk(math.Min(visit, a.K*8+200), a.Entries, a.Dims))
	if a.Carried {
		among := a.Fetched * a.Entries
		visit = math.Min(a.K*a.Fetched/math.Max(a.Sel, 1e-9), among)
		walk := m.Walk(math.Min(visit/math.Max(a.Fetched, 1e-9), visit*8+200), a.Entries, a.Dims)
		c.Included = a.Entries*m.Tested + math.Min(among*(float64(a.Dims)*m.DistDim+m.Listed), walk) + visit*m.Fetch
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
