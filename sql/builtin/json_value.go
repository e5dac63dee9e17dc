package builtin

import (
	"strconv"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// appendJSON appends a value as to_json prints it (datum_to_json).
func appendJSON(dst []byte, c *Ctx, v typed, pretty bool) ([]byte, error) {
	if v.d.IsNull() {
		return append(dst, "null"...), nil
	}
	switch v.t.OID {
	case types.AnyArrayOID: // the array itself knows of what it is
		v.t = types.Of(types.ArrayElemOID(v.d)).ArrayOf()
		return appendJSON(dst, c, v, pretty)
	case types.BoolOID:
		if v.d.Bool() {
			return append(dst, "true"...), nil
		}
		return append(dst, "false"...), nil
	case types.JSONOID, types.JSONBOID:
		return append(dst, v.d.Bytes()...), nil
	case types.Int2OID, types.Int4OID, types.Int8OID:
		return types.AppendText(dst, v.t, v.d, c.Format), nil
	case types.Float4OID, types.Float8OID, types.NumericOID:
		at := len(dst)
		dst = types.AppendText(dst, v.t, v.d, c.Format)
		if s := dst[at:]; s[len(s)-1] > '9' { // NaN, Infinity
			text := `"` + string(s) + `"`
			dst = append(dst[:at], text...)
		}
		return dst, nil
	case types.DateOID, types.TimestampOID, types.TimestamptzOID:
		return appendJSONTime(dst, c, v), nil
	case types.RecordOID:
		return appendJSONRecord(dst, c, v, pretty)
	}
	if v.t.IsArray() || isIntVector(v.t.OID) {
		return appendJSONArray(dst, c, v, pretty)
	}
	if types.IsComposite(v.t.OID) {
		return appendJSONRecord(dst, c, v, pretty)
	}
	return types.AppendJSONString(dst, appendText(nil, c, v)), nil
}

// isIntVector reports the types that are stored as arrays and written as numbers with
// spaces between them.
func isIntVector(t types.OID) bool { return t == types.Int2VectorOID || t == types.OidVectorOID }

// appendJSONTime prints ISO 8601 with a T, whatever DateStyle says.
func appendJSONTime(dst []byte, c *Ctx, v typed) []byte {
	f := *c.Format
	f.DateStyle = types.DateISO
	s := string(types.AppendText(nil, v.t, v.d, &f))
	if v.t.OID != types.DateOID {
		s = strings.Replace(s, " ", "T", 1)
	}
	if v.t.OID == types.TimestamptzOID { // +00 becomes +00:00
		s, era, isBC := strings.Cut(s, " ")
		if at := strings.LastIndexAny(s, "+-"); at > 10 && len(s)-at == 3 {
			s += ":00"
		}
		if isBC {
			s += " " + era
		}
		return append(append(append(dst, '"'), s...), '"')
	}
	return append(append(append(dst, '"'), s...), '"')
}

func appendJSONArray(dst []byte, c *Ctx, v typed, pretty bool) ([]byte, error) {
	dims := types.ArrayDims(nil, v.d)
	if len(dims) == 0 {
		return append(dst, "[]"...), nil
	}
	it := types.NewArrayIter(v.d)
	elem := v.t.Elem()
	sep := ","
	if pretty {
		sep = ",\n "
	}
	var level func(dst []byte, k int) ([]byte, error)
	level = func(dst []byte, k int) ([]byte, error) {
		dst = append(dst, '[')
		for i := range dims[k].Len {
			if i > 0 && k == 0 {
				dst = append(dst, sep...)
			} else if i > 0 {
				dst = append(dst, ',')
			}
			var err error
			if k < len(dims)-1 {
				dst, err = level(dst, k+1)
			} else {
				d, _ := it.Next()
				dst, err = appendJSON(dst, c, typed{elem, d}, false)
			}
			if err != nil {
				return dst, err
			}
		}
		return append(dst, ']'), nil
	}
	return level(dst, 0)
}

// appendJSONRecord prints a row as an object: by the columns of its table, or
// f1, f2, … for an anonymous one.
func appendJSONRecord(dst []byte, c *Ctx, v typed, pretty bool) ([]byte, error) {
	names := recordNames(c, v.t)
	sep := ","
	if pretty {
		sep = ",\n "
	}
	dst = append(dst, '{')
	it := types.NewRecordIter(types.AsRecord(v.t.OID, v.d, c.Format))
	for k := 0; ; k++ {
		t, d, ok := it.Next()
		if !ok {
			return append(dst, '}'), nil
		}
		if k > 0 {
			dst = append(dst, sep...)
		}
		name := "f" + string(types.AppendText(nil, types.Of(types.Int4OID), types.Int(int64(k+1)), c.Format))
		if k < len(names) {
			name = names[k]
		}
		dst = append(types.AppendJSONString(dst, []byte(name)), ':')
		var err error
		if dst, err = appendJSON(dst, c, typed{t, d}, false); err != nil {
			return dst, err
		}
	}
}

// recordNames are the column names of a row: see RowType, or those of its type.
func recordNames(c *Ctx, t types.T) []string {
	comp := types.CompositeOf(t.OID, c.Format)
	if comp == nil {
		return RowNames(t)
	}
	var names []string
	for i := range comp.Fields {
		if !comp.Fields[i].Dropped {
			names = append(names, comp.Fields[i].Name)
		}
	}
	return names
}

// appendJSONKey prints an object key: any scalar as a string.
func appendJSONKey(dst []byte, c *Ctx, v typed, arg int) ([]byte, error) {
	if v.d.IsNull() {
		return dst, badParam("argument %d cannot be null", arg).WithHint("Object keys should be text.")
	}
	switch {
	case v.t.IsArray(), v.t.OID == types.RecordOID, types.IsComposite(v.t.OID), v.t.OID == types.JSONOID, v.t.OID == types.JSONBOID:
		return dst, badParam("key value must be scalar, not array, composite, or json")
	case v.t.OID == types.BoolOID:
		return types.AppendJSONString(dst, strconv.AppendBool(nil, v.d.Bool())), nil
	case v.t.OID == types.DateOID, v.t.OID == types.TimestampOID, v.t.OID == types.TimestamptzOID: // strings in JSON, too
		return appendJSON(dst, c, v, false)
	}
	return types.AppendJSONString(dst, appendText(nil, c, v)), nil
}

// asJSONB makes a jsonb value of JSON text.
func asJSONB(text []byte, err error) (types.Datum, error) {
	if err != nil {
		return types.Datum{}, err
	}
	b, err := types.ParseJSONB(nil, string(text), nil)
	return types.Bytes(b), err
}

func asJSON(text []byte, err error) (types.Datum, error) { return types.Bytes(text), err }

// jsonBuilders registers what makes JSON of SQL values, once for json and once
// for jsonb.
func jsonBuilders(r *registrar) {
	for _, k := range []struct {
		prefix string
		to     func([]byte, error) (types.Datum, error)
	}{{"json", asJSON}, {"jsonb", asJSONB}} {
		r.eval("to_"+k.prefix, func(c *Ctx, a []types.Datum) (types.Datum, error) {
			return k.to(appendJSON(nil, c, typed{c.argT(0), a[0]}, false))
		})
		r.evals(func(c *Ctx, a []types.Datum) (types.Datum, error) {
			list, ok := variadicAny(c, a, 0)
			if !ok {
				return null()
			}
			return k.to(buildArray(c, list))
		}, k.prefix+"_build_array", k.prefix+"_build_array_noargs")
		r.evals(func(c *Ctx, a []types.Datum) (types.Datum, error) {
			list, ok := variadicAny(c, a, 0)
			if !ok {
				return null()
			}
			return k.to(buildObject(c, list, k.prefix == "jsonb"))
		}, k.prefix+"_build_object", k.prefix+"_build_object_noargs")
		r.evals(func(_ *Ctx, a []types.Datum) (types.Datum, error) { return k.to(objectOfTexts(a)) },
			k.prefix+"_object", k.prefix+"_object_two_arg")
	}
	r.evals(func(c *Ctx, a []types.Datum) (types.Datum, error) {
		return asJSON(appendJSON(nil, c, typed{c.argT(0), a[0]}, len(a) > 1 && a[1].Bool()))
	}, "array_to_json", "array_to_json_pretty", "row_to_json", "row_to_json_pretty")
}

func buildArray(c *Ctx, list []typed) ([]byte, error) {
	out := []byte{'['}
	for i, v := range list {
		if i > 0 {
			out = append(out, ", "...)
		}
		var err error
		if out, err = appendJSON(out, c, v, false); err != nil {
			return nil, err
		}
	}
	return append(out, ']'), nil
}

func buildObject(c *Ctx, list []typed, jsonb bool) ([]byte, error) {
	if len(list)%2 != 0 {
		name := "json_build_object()"
		if jsonb {
			name = "jsonb_build_object()"
		}
		return nil, badParam("argument list must have even number of elements").
			WithHint("The arguments of %s must consist of alternating keys and values.", name)
	}
	out := []byte{'{'}
	for i := 0; i < len(list); i += 2 {
		if i > 0 {
			out = append(out, ", "...)
		}
		if jsonb && list[i].d.IsNull() {
			return nil, badParam("argument %d: key must not be null", i+1)
		}
		var err error
		if out, err = appendJSONKey(out, c, list[i], i+1); err != nil {
			return nil, err
		}
		out = append(out, " : "...)
		if out, err = appendJSON(out, c, list[i+1], false); err != nil {
			return nil, err
		}
	}
	return append(out, '}'), nil
}

// objectOfTexts is json_object of one array of pairs or of keys and values.
func objectOfTexts(a []types.Datum) ([]byte, error) {
	bad := func(msg string) ([]byte, error) { return nil, pgerr.New(pgerrcode.ArraySubscriptError, msg) }
	var keys, vals []types.Datum
	dims := types.ArrayDims(nil, a[0])
	list := elements(a[0])
	switch {
	case len(a) == 2:
		if len(dims) > 1 || types.ArrayNDims(a[1]) != len(dims) {
			return bad("wrong number of array subscripts")
		}
		if keys, vals = list, elements(a[1]); len(keys) != len(vals) {
			return bad("mismatched array dimensions")
		}
	case len(dims) > 2:
		return bad("wrong number of array subscripts")
	case len(dims) == 1 && len(list)%2 != 0:
		return bad("array must have even number of elements")
	case len(dims) == 2 && dims[1].Len != 2:
		return bad("array must have two columns")
	default:
		for i := 0; i < len(list); i += 2 {
			keys, vals = append(keys, list[i]), append(vals, list[i+1])
		}
	}
	out := []byte{'{'}
	for i, k := range keys {
		if k.IsNull() {
			return nil, pgerr.New(pgerrcode.NullValueNotAllowedDataException, "null value not allowed for object key")
		}
		if i > 0 {
			out = append(out, ", "...)
		}
		out = append(types.AppendJSONString(out, k.Bytes()), " : "...)
		if vals[i].IsNull() {
			out = append(out, "null"...)
		} else {
			out = types.AppendJSONString(out, vals[i].Bytes())
		}
	}
	return append(out, '}'), nil
}
