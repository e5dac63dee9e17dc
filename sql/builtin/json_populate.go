package builtin

import (
	"strconv"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// populateFuncs registers json_populate_record and its kin: the row that comes first
// says of what type the result is, and has the values of keys that are not there.
func populateFuncs(r *registrar, anywhere func(key string) error) {
	for _, prefix := range []string{"json", "jsonb"} {
		isJSONB := prefix == "jsonb"
		one, set := prefix+"_populate_record", prefix+"_populate_recordset"
		r.eval(one, func(c *Ctx, a []types.Datum) (types.Datum, error) {
			x := &jsonColumns{fn: one, jsonb: isJSONB, format: c.Format}
			t, err := x.rowType(c, a[0], anywhere)
			switch {
			case err != nil || a[1].IsNull():
				return a[0], err
			}
			if err := mustBeObject(types.JSONTypeof(a[1].Bytes())); err != nil {
				return types.Datum{}, err
			}
			return x.composite(t, a[0], a[1].Bytes())
		})
		r.rows(set, func(c *Ctx, a []types.Datum) (RowIter, error) {
			x := &jsonColumns{fn: set, jsonb: isJSONB, format: c.Format}
			rows := &tableRows{}
			t, err := x.rowType(c, a[0], anywhere)
			if err != nil || a[1].IsNull() {
				return rows, err
			}
			return rows, x.objects(a[1].Bytes(), func(v []byte) error {
				d, err := x.composite(t, a[0], v)
				rows.rows = append(rows.rows, []types.Datum{d})
				return err
			})
		})
	}
}

// rowType is the type of the first argument, which must be one of rows.
func (x *jsonColumns) rowType(c *Ctx, base types.Datum, anywhere func(key string) error) (types.T, error) {
	switch t := c.argT(0); {
	case types.IsComposite(t.OID):
		return t, nil
	case t.OID != types.RecordOID:
		return t, pgerr.Newf(pgerrcode.DatatypeMismatch, "first argument of %s must be a row type", x.fn)
	case base.IsNull():
		return t, anywhere(x.fn)
	default:
		return t, nil
	}
}

// composite is a row with the values of an object's members; base has the others, NULL
// is a row of NULLs.
func (x *jsonColumns) composite(t types.T, base types.Datum, object []byte) (types.Datum, error) {
	if base.IsNull() {
		base = types.Bytes(nil)
	}
	if t.OID == types.RecordOID {
		return x.anonymous(t, base, object)
	}
	c := types.CompositeOf(t.OID, x.format)
	vals := c.Split(base)
	for i := range c.Fields {
		f := &c.Fields[i]
		if f.Dropped {
			continue
		}
		if err := x.member(&vals[i], f.T, f.Name, object); err != nil {
			return types.Datum{}, err
		}
		if err := types.CheckDomain(f.Domain, vals[i], x.format); err != nil {
			return types.Datum{}, err
		}
	}
	return c.Make(vals), nil
}

// anonymous is composite for a record, whose columns are those of the base.
func (x *jsonColumns) anonymous(t types.T, base types.Datum, object []byte) (types.Datum, error) {
	var ts []types.T
	var vals []types.Datum
	names := RowNames(t)
	for it := types.NewRecordIter(base); ; {
		ft, v, ok := it.Next()
		if !ok {
			return types.MakeRecord(ts, vals), nil
		}
		name := "f" + strconv.Itoa(len(ts)+1)
		if len(ts) < len(names) {
			name = names[len(ts)]
		}
		if err := x.member(&v, ft, name, object); err != nil {
			return types.Datum{}, err
		}
		ts, vals = append(ts, ft), append(vals, v)
	}
}

// member sets a value to that of an object's member, if it has the key.
func (x *jsonColumns) member(d *types.Datum, t types.T, name string, object []byte) error {
	v, ok := types.JSONGet(object, []byte(name))
	if !ok {
		return nil
	}
	var err error
	if types.IsComposite(t.OID) && types.JSONTypeof(v) == "object" { // what it does not name stays as it is
		*d, err = x.composite(t, *d, v)
	} else {
		*d, err = x.value(v, t, name)
	}
	return err
}

// PopulatesRow reports json_populate_record and its kin, whose rows are of their first
// argument's type: of its domain, if it is of one.
func (f *Func) PopulatesRow() bool {
	switch f.Src {
	case "json_populate_record", "jsonb_populate_record", "json_populate_recordset", "jsonb_populate_recordset":
		return true
	}
	return false
}

// OfDomain is such a function with the checks of a domain over the row type; 0 is none.
func OfDomain(f *Func, domain types.OID) *Func {
	if domain == 0 {
		return f
	}
	g := *f
	if f.Rows != nil {
		g.Rows = func(c *Ctx, a []types.Datum) (RowIter, error) {
			it, err := f.Rows(c, a)
			if rows, ok := it.(*tableRows); ok && err == nil {
				for _, row := range rows.rows {
					if err := types.CheckDomain(domain, row[0], c.Format); err != nil {
						return nil, err
					}
				}
			}
			return it, err
		}
		return &g
	}
	g.Eval = func(c *Ctx, a []types.Datum) (types.Datum, error) {
		d, err := f.Eval(c, a)
		if err == nil {
			err = types.CheckDomain(domain, d, c.Format)
		}
		return d, err
	}
	return &g
}
