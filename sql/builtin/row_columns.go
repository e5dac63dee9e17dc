package builtin

import (
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// spreadRows makes a function that returns records one that returns their columns, as a
// column definition list says: unnest of an array of records, for one.
func spreadRows(f *Func, names []string, ts []types.T) *Func {
	if f.Rows == nil {
		return f
	}
	g := *f
	g.OutNames, g.OutTypes = names, nil
	for _, t := range ts {
		g.OutTypes = append(g.OutTypes, t.OID)
	}
	g.Rows = func(c *Ctx, a []types.Datum) (RowIter, error) {
		records, err := f.Rows(c, a)
		if err != nil {
			return nil, err
		}
		one, first := make([]types.Datum, 1), true
		return funcRows(func(row []types.Datum) (bool, error) {
			ok, err := records.Next(one)
			if !ok || err != nil {
				return false, err
			}
			err = RecordColumns(row, one[0], ts)
			if err != nil && !first {
				err = pgerr.New(pgerrcode.DatatypeMismatch, "rows returned by function are not all of the same row type")
			}
			first = first && one[0].IsNull()
			return true, err
		}), nil
	}
	return &g
}

// declared are the types of a column definition list with the domains as such.
func declared(ts []types.T, domains []types.OID) []types.T {
	out := slices.Clone(ts)
	for i, d := range domains {
		if d != 0 {
			out[i] = types.Of(d)
		}
	}
	return out
}

// RecordColumns puts a record's columns, which must be of those types, into a row; NULL
// is a row of NULLs.
func RecordColumns(row []types.Datum, record types.Datum, ts []types.T) error {
	if record.IsNull() {
		for i := range row {
			row[i] = types.Null
		}
		return nil
	}
	if err := fitsColumns(record, ts); err != nil {
		return err
	}
	it := types.NewRecordIter(record)
	for i := range row {
		_, row[i], _ = it.Next()
	}
	return nil
}

// fitsColumns compares a record with a column definition list (tupledesc_match).
func fitsColumns(record types.Datum, ts []types.T) error {
	differ := func(form string, args ...any) error {
		return pgerr.New(pgerrcode.DatatypeMismatch, "function return row and query-specified return row do not match").
			WithDetail(form, args...)
	}
	if n := types.RecordLen(record); n != len(ts) {
		form := "Returned row contains %d attributes, but query expects %d."
		if n == 1 {
			form = "Returned row contains %d attribute, but query expects %d."
		}
		return differ(form, n, len(ts))
	}
	it := types.NewRecordIter(record)
	for i, want := range ts {
		if t, _, _ := it.Next(); t.OID != want.OID {
			return differ("Returned type %s at ordinal position %d, but query expects %s.", types.TypeName(t.OID), i+1, types.TypeName(want.OID))
		}
	}
	return nil
}
