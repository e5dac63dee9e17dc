package bind

import (
	"slices"

	"github.com/jackc/pgerrcode"
)

// MySQL's AS new (x, y) behind the values of an INSERT names the row that it proposes, and its
// columns, for the assignments of ON DUPLICATE KEY UPDATE. The row has the columns that the
// statement names, or else all of the table.

// checkProposed refuses a name that is the table's, and names of columns that do not fit.
func (in *insertion) checkProposed() error {
	a, at := in.x.Proposed, in.x.ProposedAt
	if a == nil {
		return nil
	}
	if a.Name == aliasOf(&in.x.Table, in.table) {
		return errAt(at, pgerrcode.DuplicateAlias, "table name \"%s\" specified more than once", a.Name)
	}
	for i, c := range a.Columns {
		if slices.Contains(a.Columns[:i], c) {
			return errAt(at, pgerrcode.DuplicateColumn, "column name \"%s\" specified more than once", c)
		}
	}
	if n := len(in.written()); len(a.Columns) > 0 && len(a.Columns) != n {
		return errAt(at, pgerrcode.InvalidColumnReference, "table \"%s\" has %d columns available but %d columns specified", a.Name, n, len(a.Columns))
	}
	return nil
}

// written are the names of the columns that the statement has values for.
func (in *insertion) written() []string {
	if in.names != nil { // of a view
		return in.names
	}
	var names []string
	if in.attrs == nil { // DEFAULT VALUES
		for _, c := range in.table.Listed() {
			names = append(names, c.Name)
		}
	}
	for _, a := range in.attrs {
		names = append(names, in.table.Column(a).Name)
	}
	return names
}

// proposed is the proposed row under its name; excluded is the whole of it.
func (in *insertion) proposed(excluded *nsItem) *nsItem {
	a := in.x.Proposed
	it := *excluded
	it.name, it.colsVisible, it.cols, it.reads.attrs = a.Name, true, nil, nil
	for i, name := range in.written() {
		k := slices.IndexFunc(excluded.cols, func(c nsCol) bool { return c.name == name })
		if k < 0 {
			continue
		}
		if len(a.Columns) > 0 {
			name = a.Columns[i]
		}
		it.cols = append(it.cols, nsCol{name, excluded.cols[k].e})
		if k < len(excluded.reads.attrs) {
			it.reads.attrs = append(it.reads.attrs, excluded.reads.attrs[k])
		}
	}
	return &it
}
