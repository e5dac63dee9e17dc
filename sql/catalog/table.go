package catalog

import (
	"slices"

	"github.com/loxodb/loxodb/sql/types"
)

// IsStored reports a relation that has rows of its own.
func (t *Table) IsStored() bool { return t.Kind == KindTable || t.Kind == KindMatView }

// HasQuery reports a view or a materialized view.
func (t *Table) HasQuery() bool { return t.Kind == KindView || t.Kind == KindMatView }

// RowEpochs reports that rows carry an epoch of their own, because the entries of a
// vector index go by it.
func (t *Table) RowEpochs() bool {
	for _, x := range t.Indexes {
		if x.Ready && x.IsVector() && x.VersionAttr() == 0 {
			return true
		}
	}
	return false
}

// Computed reports a vector index whose vectors are not a column's own key family,
// with epochs of their own, but are computed from the row: those of an expression,
// and those of a column that is stored among the scalars.
func (x *Index) Computed() bool {
	return x.IsVector() && len(x.Keys) == 1 && (x.Keys[0].Attr == 0 || !x.Keys[0].Type.IsVector())
}

// OnExpression reports a vector index whose key is not a column.
func (x *Index) OnExpression() bool {
	return x.IsVector() && len(x.Keys) == 1 && x.Keys[0].Attr == 0
}

// VersionAttr is the vector column whose epoch names the versions of a vector
// index's entries, 0 when the row's own does: where they come from other columns, too.
func (x *Index) VersionAttr() int16 {
	switch {
	case len(x.Include) > 0:
		return 0
	case x.Computed():
		return x.Keys[0].Version
	}
	return x.Keys[0].Attr
}

// EntryAttrs are the columns that the entries of a vector index come from: a change of
// any of them makes a new entry.
func (x *Index) EntryAttrs() []int16 {
	attrs := x.Keys[0].Reads
	if x.Keys[0].Attr != 0 {
		attrs = []int16{x.Keys[0].Attr}
	}
	return append(slices.Clone(attrs), x.Include...)
}

// Distinct reports an index in which no key comes twice at any time.
func (x *Index) Distinct() bool { return x.Unique && !x.Deferrable }

// Column returns the live column with the attribute number, or nil.
func (t *Table) Column(num int16) *Column {
	if num < 1 || int(num) > len(t.Columns) || t.Columns[num-1].Dropped {
		return nil
	}
	return &t.Columns[num-1]
}

// Listed are the live columns in the order in which * and lists without names have
// them.
func (t *Table) Listed() []*Column {
	out := make([]*Column, 0, len(t.Columns))
	for _, num := range t.Order {
		if c := t.Column(num); c != nil {
			out = append(out, c)
		}
	}
	for i := range t.Columns {
		if c := &t.Columns[i]; !c.Dropped && !slices.Contains(t.Order, c.Num) {
			out = append(out, c)
		}
	}
	return out
}

// ColumnByName returns the live column of that name, or nil.
func (t *Table) ColumnByName(name string) *Column {
	for i := range t.Columns {
		if c := &t.Columns[i]; !c.Dropped && c.Name == name {
			return c
		}
	}
	return nil
}

// Index returns the table's index with that ID, or nil.
func (t *Table) Index(id ID) *Index {
	for _, x := range t.Indexes {
		if x.ID == id {
			return x
		}
	}
	return nil
}

// PrimaryKey returns the primary key constraint, or nil.
func (t *Table) PrimaryKey() *Constraint {
	for _, c := range t.Constraints {
		if c.Kind == PrimaryConstraint {
			return c
		}
	}
	return nil
}

// IsVector reports an index whose entries live in the vector engine.
func (x *Index) IsVector() bool {
	switch x.Method {
	case "hnsw", "ivfflat", "ivf", "flat":
		return true
	}
	return false
}

// IsInverted reports an index that has entries for the parts of values: see package gin.
func (x *Index) IsInverted() bool { return x.Method == "gin" }

// RowType is the type of a relation's rows, and the array type over it. Immutable.
type RowType struct {
	Table *Table
	Infos []*types.Info // for types.Register: the type and its array type
}

// rowType describes the type of a table's rows.
func rowType(t *Table) *RowType {
	c := &types.Composite{Fields: make([]types.Field, len(t.Columns))}
	for i := range t.Columns {
		k := &t.Columns[i]
		c.Fields[i] = types.Field{Name: k.Name, T: k.Type, Domain: k.Domain, Dropped: k.Dropped}
	}
	shown := t.Shown
	if shown == "" {
		shown = t.Name
	}
	row, arrays := types.CompositeInfo(t.TypeID, t.ArrayID, t.Schema, t.Name, t.ArrayName, shown, c)
	return &RowType{Table: t, Infos: []*types.Info{row, arrays}}
}

// HasRowType reports a relation whose rows have a type that columns can be of; those of
// old catalogs have none.
func (t *Table) HasRowType() bool { return t.TypeID >= types.FirstTypeOID && t.ArrayID != 0 }
