package catalog

import (
	"strings"

	"github.com/loxodb/loxodb/sql/types"
)

// ExtStatistics is a statistics object of a table (CREATE STATISTICS): it is in a schema of
// its own and has an owner of its own. Immutable.
type ExtStatistics struct {
	ID, Schema, Owner ID
	Name              string
	// Kinds are those of pg_statistic_ext.stxkind, in its order: d(istinct counts),
	// f(unctional dependencies), m(ost common values), e(xpressions).
	Kinds   string
	Attrs   []int16  `json:",omitempty"` // ascending
	Exprs   []string `json:",omitempty"` // SQL text over the table's row
	Target  int      `json:",omitempty"` // as Column.StatTarget
	Comment string   `json:",omitempty"`
}

// ExtStatistics finds a statistics object by name, with its table; nil for none.
func (s *Snapshot) ExtStatistics(schema ID, name string) (*Table, *ExtStatistics) {
	for _, t := range s.Tables() {
		for _, x := range t.ExtStatistics {
			if x.Schema == schema && x.Name == name {
				return t, x
			}
		}
	}
	return nil, nil
}

// ExtStatisticsByID finds one by its number, with its table; nil for none.
func (s *Snapshot) ExtStatisticsByID(id ID) (*Table, *ExtStatistics) {
	for _, t := range s.Tables() {
		for _, x := range t.ExtStatistics {
			if x.ID == id {
				return t, x
			}
		}
	}
	return nil, nil
}

// ExtStatisticsData is what ANALYZE found for a statistics object, in the columns and then
// the expressions that it is about. Immutable.
type ExtStatisticsData struct {
	Distinct     []GroupDistinct    `json:",omitempty"`
	Dependencies []ColumnDependency `json:",omitempty"` // of a degree above 0
	Common       *CommonRows        `json:",omitempty"`
	Exprs        []ExprStats        `json:",omitempty"`
}

// GroupDistinct is how many different rows a group of columns has.
type GroupDistinct struct {
	Attrs []int16 // columns, ascending, then expressions: −1, −2…
	N     int64
}

// ColumnDependency says how far columns determine another, the last of Attrs: the share of
// rows, 0 to 1, whose values of the first ones go with a single value of the last.
type ColumnDependency struct {
	Attrs  []int16
	Degree float64
}

// CommonRows are the most common combinations of values, the most common first.
type CommonRows struct {
	Types  []types.T
	Values [][]byte  // of each column the values, as the datum of an array
	Freqs  []float64 // shares of the rows
	Base   []float64 // what they were if columns were independent
}

// ExprStats are the statistics of an expression.
type ExprStats struct {
	Type types.T
	ColumnStats
}

// Gathers reports whether ANALYZE of the table can compute an object's statistics: nothing
// is known of columns whose statistics target is 0.
func (t *Table) Gathers(x *ExtStatistics) bool {
	for _, a := range x.Attrs {
		if t.Columns[a-1].StatTarget == 1 {
			return false
		}
	}
	return true
}

// Has reports an object of a kind.
func (x *ExtStatistics) Has(kind byte) bool { return strings.IndexByte(x.Kinds, kind) >= 0 }

// MaxCommon is how many most common combinations an object has at most: its own statistics
// target, else the largest of its columns', else the default.
func (x *ExtStatistics) MaxCommon(t *Table, byDefault int) int {
	if x.Target > 0 {
		return x.Target - 1
	}
	target := 0
	for _, a := range x.Attrs {
		target = max(target, t.Columns[a-1].StatTarget)
	}
	if target > 0 {
		return target - 1
	}
	return byDefault
}
