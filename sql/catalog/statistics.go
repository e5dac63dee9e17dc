package catalog

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

// ExtStatisticsData is what ANALYZE found for a statistics object. Immutable.
type ExtStatisticsData struct {
	Distinct     []GroupDistinct    `json:",omitempty"`
	Dependencies []ColumnDependency `json:",omitempty"` // of a degree above 0
}

// GroupDistinct is how many different rows a group of columns has.
type GroupDistinct struct {
	Attrs []int16 // ascending
	N     int64
}

// ColumnDependency says how far columns determine another, the last of Attrs: the share of
// rows, 0 to 1, whose values of the first ones go with a single value of the last.
type ColumnDependency struct {
	Attrs  []int16
	Degree float64
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
