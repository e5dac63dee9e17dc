package executor

import (
	"slices"
	"strings"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// failing adds the row to the error that it causes, as far as the user may see it: all of
// it with SELECT on the table, else the columns that he may read or has given values; none
// where policies decide which rows he sees.
func (w *tableWriter) failing(row []types.Datum, c *changedRow, e *pgerr.Error) *pgerr.Error {
	all, seen := w.visible()
	if !all && len(seen) == 0 {
		return e
	}
	names, values := w.rowText(row, c, func(attr int16) bool { return all || slices.Contains(seen, attr) })
	if !all {
		return e.WithDetail("Failing row contains (%s) = (%s).", names, values)
	}
	return e.WithDetail("Failing row contains (%s).", values)
}

// visible are the columns that messages for the user may show of a row of the table that
// the statement names.
func (w *tableWriter) visible() (all bool, seen []int16) {
	def := w.def
	if w.family != nil {
		def = w.family.root.def
	}
	if w.env.Session == nil || w.acts {
		return true, nil
	}
	snap := w.env.Catalog
	role, ok := snap.Role(w.env.Session.CurrentUser())
	if !ok || role.Super || snap.MayShow(def.Table, role.ID, nil) {
		return true, nil
	}
	if snap.RowSecurityFor(def.Table, role.ID) {
		return false, nil
	}
	for i := range def.Table.Columns {
		a := int16(i + 1)
		if slices.Contains(def.Assigned, a) || snap.AllowedColumn(def.Table, a, role.ID, catalog.PrivSelect) != 0 {
			seen = append(seen, a)
		}
	}
	return false, seen
}

// rowText prints the columns of a row that are to be seen, their names and their values,
// as PostgreSQL does in DETAIL: values cut at 64 bytes.
func (w *tableWriter) rowText(row []types.Datum, c *changedRow, seen func(attr int16) bool) (names, values string) {
	var list, out strings.Builder
	t := w.def.Table
	if w.shown != nil {
		t = w.shown
	}
	for i := range t.Columns {
		col := &t.Columns[i]
		if col.Dropped || !seen(int16(i+1)) {
			continue
		}
		if list.Len() > 0 {
			list.WriteString(", ")
			out.WriteString(", ")
		}
		list.WriteString(col.Name)
		if w.shown != nil {
			i = int(w.shownAttrs[i]) - 1
		}
		d := row[i]
		if d.IsNull() && c.kept(i) {
			d, _ = w.w.StoredVector(c.ctx, c.id, i) // an error is shown as null: there is one to report already
		}
		if d.IsNull() {
			out.WriteString("null")
			continue
		}
		s := types.AppendText(nil, col.Type, d, w.env.Format)
		if len(s) > 64 {
			s = append(s[:64:64], "..."...)
		}
		out.Write(s)
	}
	return list.String(), out.String()
}
