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
}

// Default is the model in use.
var Default = Model{Seek: 3, SeqRow: 0.35, IndexRow: 0.25, Fetch: 1.6, Op: 0.02, HashRow: 0.15, Probe: 0.1, Cmp: 0.03,
	Emit: 0.01, Virtual: 0.5, Open: 2, DistDim: 0.0002, Hop: 1.2, VectorGet: 1.5, VectorRow: 0.3}

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

// Patience is how many rows a post-filtering search may visit before filtering
// first would have been the cheaper way. Beyond it the estimate was wrong: rows
// that pass lie far from the query. Whoever changes then pays at most about twice
// what the better way costs.
func Patience(v *physical.VectorSearch) int {
	m := &Default
	dims := dimsOf(v)
	sel, rows := Within(v.Selectivity, v.TableRows, v.Indexed)
	_, pre := m.KNN(sel, rows, knownK(v), dims, v.Pre.Info().Cost)
	return int(math.Min(math.Max(pre/m.visit(dims), minPatience), math.MaxInt32))
}

// minPatience: few rows are visited sooner than a change of strategy takes.
const minPatience = 500

// visit is the cost of one more row of a walk with its test.
func (m *Model) visit(dims int) float64 {
	return m.hop(dims) + m.VectorGet + m.Fetch
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
// of the table's rows that pass it; why gives the compared estimates.
//
//	post: walk the index and test rows as they come: k/sel rows must be visited.
//	pre:  run Pre into a row set, then search among its rows (exactly when few).
func ChooseKNN(v *physical.VectorSearch, sel, rows float64) (physical.Strategy, string) {
	if v.Filter == nil || v.Pre == nil {
		return physical.StrategyPost, "no filter"
	}
	m := &Default
	dims := dimsOf(v)
	part, entries := Within(sel, rows, v.Indexed)
	post, pre := m.KNN(part, entries, knownK(v), dims, v.Pre.Info().Cost)
	why := fmt.Sprintf("selectivity %.4g of %.0f rows: post-filter %.0f us, pre-filter %.0f us", sel, rows, post, pre)
	if pre < post {
		return physical.StrategyPre, why
	}
	return physical.StrategyPost, why
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
	sel := v.Selectivity
	if !hasSubPlan(v.Filter) { // what a subquery passes was estimated from its own tables
		sel = stats.Selectivity(v.Filter, v.Attrs, v.Table, s, params)
	}
	return ChooseKNN(v, sel, v.TableRows)
}

// KNN is the cost of both strategies for k rows; preCost is that of the row set.
func (m *Model) KNN(sel, rows, k float64, dims int, preCost float64) (post, pre float64) {
	pass := math.Max(sel*rows, 0)
	visit := k / math.Max(sel, 1e-9)
	if visit >= rows {
		visit = rows
	}
	post = m.Walk(visit, rows, dims) + visit*m.Fetch
	exact := pass * (float64(dims)*m.DistDim + m.VectorGet)
	walk := m.Walk(math.Min(visit, k*8+200), rows, dims)
	return post, preCost + math.Min(exact, walk)
}

// defaultK is assumed when LIMIT is not a constant.
const defaultK = 10

func knownK(v *physical.VectorSearch) float64 {
	if k := constInt(v.K); k > 0 {
		return float64(k)
	}
	return defaultK
}
