// Package cost is the price list of the planner: what each piece of work takes,
// in microseconds, and the choice of a vector search's strategy from it. It must
// not know execution.
package cost

import (
	"math"

	"github.com/loxodb/loxodb/sql/types"
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
	Coded     float64 // look at the code of an entry in a list, beside its dimensions
	Carried   float64 // test what an entry that a search proposes carries of included columns
	Tested    float64 // the same for all entries, one after the other
	Listed    float64 // look at an entry of a list, beside its distance
}

// Default is the model in use.
var Default = Model{Seek: 3, SeqRow: 0.35, IndexRow: 0.25, Fetch: 1.6, Op: 0.02, HashRow: 0.15, Probe: 0.1, Cmp: 0.03,
	Emit: 0.01, Virtual: 0.5, Open: 2, DistDim: 0.0002, Hop: 1.2, VectorGet: 1.5, VectorRow: 0.3,
	Coded: 0.04, Carried: 0.2, Tested: 0.016, Listed: 0.1}

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
