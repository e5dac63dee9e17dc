package builtin

import (
	"fmt"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// jsonRecords registers json_to_record and its kin. Their columns stand in the
// statement: in FROM they are replaced by what WithColumns makes of them.
func jsonRecords(r *registrar) {
	anywhere := func(key string) error {
		return pgerr.Newf(pgerrcode.FeatureNotSupported, "could not determine row type for result of %s", key).
			WithHint("Provide a non-null record argument, or call the function in the FROM clause using a column definition list.")
	}
	for _, key := range []string{"json_to_record", "jsonb_to_record"} {
		r.eval(key, func(*Ctx, []types.Datum) (types.Datum, error) { return types.Datum{}, anywhere(key) })
	}
	for _, key := range []string{"json_to_recordset", "jsonb_to_recordset"} {
		r.rows(key, func(*Ctx, []types.Datum) (RowIter, error) { return nil, anywhere(key) })
	}
	populateFuncs(r, anywhere)
}

// WithColumns gives a function that returns record the columns of its definition
// list, with their domains or 0.
func WithColumns(f *Func, names []string, ts []types.T, domains []types.OID) *Func {
	set := false
	if f.User != nil {
		return f.AsSet().withColumns(names, ts, domains)
	}
	switch f.Src {
	case "json_to_record", "jsonb_to_record", "json_populate_record", "jsonb_populate_record":
	case "json_to_recordset", "jsonb_to_recordset", "json_populate_recordset", "jsonb_populate_recordset":
		set = true
	default:
		return spreadRows(f, names, declared(ts, domains))
	}
	g := *f
	g.RetSet, g.Strict, g.Eval = true, false, nil
	g.OutNames, g.OutTypes = names, nil
	for _, t := range ts {
		g.OutTypes = append(g.OutTypes, t.OID)
	}
	at := 0 // of the document
	if f.Args[0] == types.AnyElementOID {
		at = 1
	}
	x := &jsonColumns{fn: f.Name, jsonb: f.Args[at] == types.JSONBOID, names: names, ts: ts, domains: domains}
	g.Rows = func(c *Ctx, a []types.Datum) (RowIter, error) {
		if at == 1 && !a[0].IsNull() {
			if err := fitsColumns(a[0], declared(ts, domains)); err != nil {
				return nil, err
			}
			return nil, pgerr.NotSupported(-1, "%s with a row and a column definition list is not supported", f.Name)
		}
		a = a[at:]
		x := *x
		x.format = c.Format
		if a[0].IsNull() {
			return x.none(set), nil
		}
		if !x.jsonb {
			if err := types.CheckJSONEscapes(a[0].Bytes()); err != nil {
				return nil, err
			}
		}
		if set {
			return x.recordset(a[0].Bytes())
		}
		return x.record(a[0].Bytes())
	}
	return &g
}

// jsonColumns reads JSON objects as rows.
type jsonColumns struct {
	fn      string
	jsonb   bool
	names   []string
	ts      []types.T
	domains []types.OID // of the columns, 0 for none
	format  *types.Format
}

// none is the answer to NULL: no row of a set, else one of NULLs.
func (x *jsonColumns) none(set bool) RowIter {
	rows := &tableRows{}
	if !set {
		row := make([]types.Datum, len(x.names))
		for i := range row {
			row[i] = types.Null
		}
		rows.rows = append(rows.rows, row)
	}
	return rows
}

func (x *jsonColumns) record(b []byte) (RowIter, error) {
	if err := mustBeObject(types.JSONTypeof(b)); err != nil {
		return nil, err
	}
	row, err := x.row(b)
	return &tableRows{rows: [][]types.Datum{row}}, err
}

// mustBeObject refuses what is none.
func mustBeObject(kind string) error {
	switch kind {
	case "object":
		return nil
	case "array":
		return badParam("cannot call populate_composite on an array")
	}
	return badParam("cannot call populate_composite on a scalar")
}

func (x *jsonColumns) recordset(b []byte) (RowIter, error) {
	rows := &tableRows{}
	return rows, x.objects(b, func(v []byte) error {
		row, err := x.row(v)
		rows.rows = append(rows.rows, row)
		return err
	})
}

// objects calls each with the elements of an array, which must be objects.
func (x *jsonColumns) objects(b []byte, each func(v []byte) error) error {
	var err error
	isArray := types.JSONElements(b, func(v []byte) bool {
		if types.JSONTypeof(v) != "object" {
			err = badParam("argument of %s must be an array of objects", x.fn)
			return false
		}
		err = each(v)
		return err == nil
	})
	switch {
	case isArray:
		return err
	case x.jsonb:
		return badParam("cannot call %s on a non-array", x.fn)
	case types.JSONTypeof(b) == "object":
		return badParam("cannot call %s on an object", x.fn)
	}
	return badParam("cannot call %s on a scalar", x.fn)
}

func (x *jsonColumns) row(object []byte) ([]types.Datum, error) {
	row := make([]types.Datum, len(x.names))
	for i, name := range x.names {
		row[i] = types.Null
		if v, ok := types.JSONGet(object, []byte(name)); ok {
			d, err := x.value(v, x.ts[i], name)
			if err != nil {
				return nil, err
			}
			row[i] = d
		}
		if err := types.CheckDomain(x.domains[i], row[i], x.format); err != nil {
			return nil, err
		}
	}
	return row, nil
}

// value is a JSON value as one of type t; JSON's null is NULL.
func (x *jsonColumns) value(v []byte, t types.T, key string) (types.Datum, error) {
	kind := types.JSONTypeof(v)
	switch {
	case kind == "null":
		return types.Null, nil
	case t.OID == types.JSONOID || t.OID == types.JSONBOID:
		if t.OID == types.JSONBOID && !x.jsonb {
			b, err := types.ParseJSONB(nil, string(v), nil)
			return types.Bytes(b), err
		}
		return types.Bytes(v).Clone(), nil
	case types.IsComposite(t.OID) && kind != "string":
		if err := mustBeObject(kind); err != nil {
			return types.Datum{}, err
		}
		return x.composite(t, types.Null, v)
	case t.IsArray() && kind == "array":
		return x.array(v, t, key)
	case t.IsArray() && kind != "string":
		e := pgerr.New(pgerrcode.InvalidTextRepresentation, "expected JSON array")
		return types.Datum{}, e.WithHint("See the value of key \"%s\".", key)
	}
	text, err := types.JSONText(v)
	if err != nil {
		return text, err
	}
	return types.ParseText(t, text.Text(), x.format)
}

// array is a JSON array as an array of type t, of as many dimensions as it nests down to the
// first element that is no array or the first array without elements; arrays below are
// elements.
func (x *jsonColumns) array(v []byte, t types.T, key string) (types.Datum, error) {
	var b types.ArrayBuilder
	b.Reset(t.Elem().OID)
	var dims []types.ArrayDim
	var at []int   // where v is, by dimension
	known := false // how many dimensions there are
	var fill func(v []byte, depth int) error
	fill = func(v []byte, depth int) error {
		n := 0
		var err error
		types.JSONElements(v, func(e []byte) bool {
			n++
			nested := types.JSONTypeof(e) == "array"
			at = append(at[:depth], n-1)
			switch {
			case !known && nested:
				dims = append(dims, types.ArrayDim{})
			case !known:
				known = true
			case !nested && depth+1 < len(dims):
				err = pgerr.New(pgerrcode.InvalidTextRepresentation, "expected JSON array").
					WithHint("See the array element %s of key \"%s\".", pathText(at), key)
				return false
			}
			if depth+1 < len(dims) {
				err = fill(e, depth+1)
				return err == nil
			}
			var d types.Datum
			if d, err = x.value(e, t.Elem(), key); err == nil {
				err = types.CheckDomain(t.ElemDomain(), d, x.format)
			}
			if err == nil {
				b.Append(d)
			}
			return err == nil
		})
		if err != nil {
			return err
		}
		known = true
		if dims[depth].Lower == 1 && dims[depth].Len != n {
			return pgerr.New(pgerrcode.InvalidTextRepresentation, "malformed JSON array").
				WithDetail("Multidimensional arrays must have sub-arrays with matching dimensions.")
		}
		dims[depth] = types.ArrayDim{Len: n, Lower: 1}
		return nil
	}
	dims = append(dims, types.ArrayDim{})
	if err := fill(v, 0); err != nil {
		return types.Datum{}, err
	}
	if b.Len() == 0 {
		return types.EmptyArray(t.Elem().OID), nil
	}
	return b.Shaped(dims)
}

// pathText is [1][0] of 1, 0.
func pathText(at []int) string {
	var sb strings.Builder
	for _, i := range at {
		fmt.Fprintf(&sb, "[%d]", i)
	}
	return sb.String()
}
