package builtin

import (
	"bytes"

	"github.com/loxodb/loxodb/sql/types"
)

// jsonFuncs registers chapter 9.16: reading, taking apart and comparing JSON.
func jsonFuncs(r *registrar) {
	jsonBuilders(r)
	for _, p := range []string{"json", "jsonb"} {
		jsonReaders(r, p)
		jsonSets(r, p)
	}
	r.eval("jsonb_pretty", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.Bytes(types.JSONBPretty(nil, a[0].Bytes())), nil
	})
	r.eval("jsonb_contains", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.Bool(jsonContains(a[0].Bytes(), a[1].Bytes(), true)), nil
	})
	r.eval("jsonb_contained", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.Bool(jsonContains(a[1].Bytes(), a[0].Bytes(), true)), nil
	})
	r.eval("jsonb_exists", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.Bool(jsonExists(a[0].Bytes(), a[1].Bytes())), nil
	})
	quantified := func(all bool) Eval {
		return func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			for _, k := range elements(a[1]) {
				if !k.IsNull() && jsonExists(a[0].Bytes(), k.Bytes()) != all {
					return types.Bool(!all), nil
				}
			}
			return types.Bool(all), nil
		}
	}
	r.eval("jsonb_exists_any", quantified(false))
	r.eval("jsonb_exists_all", quantified(true))
	for key, t := range map[string]types.OID{
		"jsonb_bool": types.BoolOID, "jsonb_numeric": types.NumericOID, "jsonb_int2": types.Int2OID,
		"jsonb_int4": types.Int4OID, "jsonb_int8": types.Int8OID, "jsonb_float4": types.Float4OID, "jsonb_float8": types.Float8OID,
	} {
		r.eval(key, func(c *Ctx, a []types.Datum) (types.Datum, error) {
			return Convert(c, types.Of(types.JSONBOID), types.Of(t), a[0], true)
		})
	}
}

// jsonReaders registers the functions that give one value of a document.
func jsonReaders(r *registrar, p string) {
	value := func(v []byte, ok bool) (types.Datum, error) {
		if !ok {
			return null()
		}
		return types.Bytes(v), nil
	}
	text := func(v []byte, ok bool) (types.Datum, error) {
		if !ok {
			return null()
		}
		return types.JSONText(v)
	}
	for suffix, to := range map[string]func([]byte, bool) (types.Datum, error){"": value, "_text": text} {
		r.eval(p+"_object_field"+suffix, func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			return to(types.JSONGet(a[0].Bytes(), a[1].Bytes()))
		})
		r.eval(p+"_array_element"+suffix, func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			b, at := a[0].Bytes(), int(a[1].Int())
			if p == "jsonb" && (at == 0 || at == -1) && isScalar(b) {
				return to(b, true) // a bare jsonb scalar is stored as an array of one
			}
			return to(types.JSONIndex(b, at))
		})
		r.eval(p+"_extract_path"+suffix, func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			path, ok := textPath(a[1])
			if !ok {
				return null()
			}
			return to(types.JSONPath(a[0].Bytes(), path))
		})
	}
	r.eval(p+"_typeof", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.String(types.JSONTypeof(a[0].Bytes())), nil
	})
	r.eval(p+"_array_length", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		n := types.JSONArrayLength(a[0].Bytes())
		switch {
		case n >= 0:
			return types.Int(int64(n)), nil
		case types.JSONTypeof(a[0].Bytes()) == "object":
			return types.Datum{}, badParam("cannot get array length of a non-array")
		}
		return types.Datum{}, badParam("cannot get array length of a scalar")
	})
	r.eval(p+"_strip_nulls", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		out, err := stripNulls(nil, a[0].Bytes())
		if p == "jsonb" && err == nil {
			return asJSONB(out, nil)
		}
		return types.Bytes(out), err
	})
}

// textPath is a text[] as path steps; ok is false when one is NULL.
func textPath(array types.Datum) (path [][]byte, ok bool) {
	for _, d := range elements(array) {
		if d.IsNull() {
			return nil, false
		}
		path = append(path, d.Bytes())
	}
	return path, true
}

// stripNulls drops object members that are null, at any depth. Strings are written anew.
func stripNulls(dst, b []byte) (_ []byte, err error) {
	first := true
	sep := func() {
		if !first {
			dst = append(dst, ',')
		}
		first = false
	}
	switch types.JSONTypeof(b) {
	case "object":
		dst = append(dst, '{')
		types.JSONEach(b, func(k, v []byte) bool {
			if types.JSONTypeof(v) != "null" {
				sep()
				dst = append(types.AppendJSONString(dst, k), ':')
				dst, err = stripNulls(dst, v)
			}
			return err == nil
		})
		return append(dst, '}'), err
	case "array":
		dst = append(dst, '[')
		types.JSONElements(b, func(v []byte) bool {
			sep()
			dst, err = stripNulls(dst, v)
			return err == nil
		})
		return append(dst, ']'), err
	case "string":
		s, err := types.JSONText(b)
		return types.AppendJSONString(dst, s.Bytes()), err
	}
	return append(dst, bytes.TrimSpace(b)...), nil
}

// jsonSets registers the set-returning functions.
func jsonSets(r *registrar, p string) {
	for suffix, asText := range map[string]bool{"": false, "_text": true} {
		r.rows(p+"_array_elements"+suffix, func(_ *Ctx, a []types.Datum) (RowIter, error) {
			return jsonElementRows(p, p+"_array_elements"+suffix, a[0].Bytes(), asText)
		})
		r.rows(p+"_each"+suffix, func(_ *Ctx, a []types.Datum) (RowIter, error) {
			return jsonEachRows(p, p+"_each"+suffix, a[0].Bytes(), asText)
		})
	}
	r.rows(p+"_object_keys", func(_ *Ctx, a []types.Datum) (RowIter, error) {
		m, ok := types.JSONMembersOf(a[0].Bytes(), '{')
		if !ok {
			kind := "a scalar"
			if types.JSONTypeof(a[0].Bytes()) == "array" {
				kind = "an array"
			}
			return nil, badParam("cannot call %s on %s", p+"_object_keys", kind)
		}
		return &partRows{func() (types.Datum, bool, error) {
			k, _, ok := m.Next()
			return types.Bytes(k), ok, nil
		}}, nil
	})
}

func jsonElementRows(p, name string, b []byte, asText bool) (RowIter, error) {
	m, ok := types.JSONMembersOf(b, '[')
	if !ok {
		object := types.JSONTypeof(b) == "object"
		switch {
		case p == "json" && object:
			return nil, badParam("cannot call %s on a non-array", name)
		case p == "json":
			return nil, badParam("cannot call %s on a scalar", name)
		case object:
			return nil, badParam("cannot extract elements from an object")
		}
		return nil, badParam("cannot extract elements from a scalar")
	}
	return &partRows{func() (types.Datum, bool, error) {
		_, v, ok := m.Next()
		if !ok || !asText {
			return types.Bytes(v), ok, nil
		}
		d, err := types.JSONText(v)
		return d, err == nil, err
	}}, nil
}

func jsonEachRows(p, name string, b []byte, asText bool) (RowIter, error) {
	m, ok := types.JSONMembersOf(b, '{')
	switch {
	case ok:
		return funcRows(func(row []types.Datum) (ok bool, err error) {
			k, v, ok := m.Next()
			if !ok {
				return false, nil
			}
			row[0], row[1] = types.Bytes(k), types.Bytes(v)
			if asText {
				row[1], err = types.JSONText(v)
			}
			return err == nil, err
		}), nil
	case p == "jsonb":
		return nil, badParam("cannot call %s on a non-object", name)
	case types.JSONTypeof(b) == "array":
		return nil, badParam("cannot deconstruct an array as an object")
	}
	return nil, badParam("cannot deconstruct a scalar")
}

// jsonExists is the ? operator: a key of an object, a string of an array, or the
// string itself.
func jsonExists(b, key []byte) bool {
	switch types.JSONTypeof(b) {
	case "object":
		_, ok := types.JSONGet(b, key)
		return ok
	case "array":
		found := false
		types.JSONElements(b, func(v []byte) bool {
			found = isString(v, key)
			return !found
		})
		return found
	}
	return isString(b, key)
}

func isString(v, s []byte) bool {
	if len(v) == 0 || v[0] != '"' {
		return false
	}
	d, err := types.JSONText(v)
	return err == nil && bytes.Equal(d.Bytes(), s)
}

// jsonContains is @> (chapter 8.14.3); top allows an array to contain a bare scalar.
func jsonContains(a, b []byte, top bool) bool {
	ka, kb := types.JSONTypeof(a), types.JSONTypeof(b)
	switch {
	case ka == "object" && kb == "object":
		all := true
		types.JSONEach(b, func(k, v []byte) bool {
			x, ok := types.JSONGet(a, k)
			all = ok && jsonMatches(x, v)
			return all
		})
		return all
	case ka == "array" && kb == "array":
		all := true
		types.JSONElements(b, func(v []byte) bool {
			all = hasElement(a, v)
			return all
		})
		return all
	case ka == "array" && kb != "object" && top:
		return hasElement(a, b)
	case ka == kb && ka != "object" && ka != "array":
		return types.CompareJSONB(a, b) == 0
	}
	return false
}

// jsonMatches reports that the value x holds v: containers contain, scalars equal.
func jsonMatches(x, v []byte) bool {
	if types.JSONTypeof(x) != types.JSONTypeof(v) {
		return false
	}
	return jsonContains(x, v, false)
}

func hasElement(array, v []byte) bool {
	found := false
	types.JSONElements(array, func(x []byte) bool {
		found = jsonMatches(x, v)
		return !found
	})
	return found
}
