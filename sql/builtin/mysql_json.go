package builtin

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"github.com/loxodb/loxodb/sql/types"
)

// Documents ('j') are jsonb's canonical text.

var mysqlJSONFuncs = []mysqlFunc{
	{name: "to_json", args: "*", ret: types.JSONBOID, eval: func(c *Ctx, a []types.Datum) (types.Datum, error) {
		return jsonOf(c, typed{c.argT(0), a[0]})
	}},
	// json_place compares, as bytes, as MySQL compares documents.
	{name: "json_place", args: "j", ret: types.ByteaOID, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.Bytes(types.AppendJSONBOrder(nil, a[0].Bytes())), nil
	}},
	{name: "to_json_document", args: "j", ret: types.JSONBOID, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) { return a[0], nil }},
	{name: "json_extract", args: "jt+", ret: types.JSONBOID, eval: jsonExtract},
	{name: "json_unquote", args: "*", ret: types.TextOID, eval: func(c *Ctx, a []types.Datum) (types.Datum, error) {
		v := typed{c.argT(0), a[0]}
		s := mysqlString(c, v).Text()
		if len(s) > 1 && s[0] == '"' && s[len(s)-1] == '"' {
			return types.JSONText([]byte(s))
		}
		return types.String(s), nil
	}},
	{name: "json_object", args: "?*+", ret: types.JSONBOID, nulls: true, eval: jsonObject},
	{name: "json_array", args: "?*+", ret: types.JSONBOID, nulls: true, eval: func(c *Ctx, a []types.Datum) (types.Datum, error) {
		w := jsonWriter{buf: []byte{'['}}
		for i, d := range a {
			v, err := jsonOf(c, typed{c.argT(i), d})
			if err != nil {
				return types.Datum{}, err
			}
			w.element(v.Bytes())
		}
		return asJSONB(append(w.buf, ']'), nil)
	}},
	{name: "json_contains", args: "jj?t", ret: types.BoolOID, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		doc := a[0].Bytes()
		if len(a) > 2 {
			found, _, err := jsonAt(doc, a[2].Text())
			if err != nil || len(found) == 0 {
				return types.Null, err
			}
			doc = found[0]
		}
		return types.Bool(holds(doc, a[1].Bytes())), nil
	}},
	{name: "json_contains_path", args: "jtt+", ret: types.BoolOID, eval: jsonContainsPath},
	{name: "json_overlaps", args: "jj", ret: types.BoolOID, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.Bool(overlap(a[0].Bytes(), a[1].Bytes())), nil
	}},
	{name: "json_length", args: "j?t", ret: types.Int8OID, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		doc, ok, err := subDocument(a)
		if err != nil || !ok {
			return types.Null, err
		}
		return types.Int(jsonLength(doc)), nil
	}},
	{name: "json_keys", args: "j?t", ret: types.JSONBOID, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		doc, ok, err := subDocument(a)
		if err != nil || !ok || types.JSONTypeof(doc) != "object" {
			return types.Null, err
		}
		w := jsonWriter{buf: []byte{'['}}
		types.JSONEach(doc, func(k, _ []byte) bool {
			w.element(types.AppendJSONString(nil, k))
			return true
		})
		return asJSONB(append(w.buf, ']'), nil)
	}},
	{name: "json_type", args: "j", ret: types.TextOID, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.String(jsonTypeName(a[0].Bytes())), nil
	}},
	{name: "json_valid", args: "*", ret: types.BoolOID, eval: func(c *Ctx, a []types.Datum) (types.Datum, error) {
		v := typed{c.argT(0), a[0]}
		if v.t.OID == types.JSONBOID || v.t.OID == types.JSONOID {
			return types.Bool(true), nil
		}
		_, err := types.ParseJSONB(nil, mysqlString(c, v).Text(), nil)
		return types.Bool(err == nil), nil
	}},
	{name: "json_quote", args: "t", ret: types.TextOID, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.Bytes(types.AppendJSONString(nil, a[0].Bytes())), nil
	}},
	{name: "json_pretty", args: "j", ret: types.TextOID, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		var b bytes.Buffer
		if err := json.Indent(&b, a[0].Bytes(), "", "  "); err != nil {
			return types.Datum{}, badParam("%s", err.Error())
		}
		return types.Bytes(b.Bytes()), nil
	}},
	{name: "json_depth", args: "j", ret: types.Int8OID, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.Int(jsonDepth(a[0].Bytes())), nil
	}},
	{name: "json_set", args: "jt*+", ret: types.JSONBOID, nulls: true, eval: jsonChange(true, true)},
	{name: "json_insert", args: "jt*+", ret: types.JSONBOID, nulls: true, eval: jsonChange(true, false)},
	{name: "json_replace", args: "jt*+", ret: types.JSONBOID, nulls: true, eval: jsonChange(false, true)},
	{name: "json_array_append", args: "jt*+", ret: types.JSONBOID, nulls: true, eval: jsonArrayAppend},
	{name: "json_remove", args: "jt+", ret: types.JSONBOID, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		doc := a[0].Bytes()
		for _, p := range a[1:] {
			at, err := placeOf(doc, p.Text())
			if err != nil {
				return types.Datum{}, err
			}
			if len(at.legs) == 0 {
				return types.Datum{}, badParam("the path \"$\" is not allowed here")
			}
			if len(at.rest) > 0 || len(at.path) == 0 {
				continue
			}
			if doc, err = types.JSONBDeletePath(doc, at.path); err != nil {
				return types.Datum{}, err
			}
		}
		return types.Bytes(doc), nil
	}},
	{name: "json_merge_patch", args: "jj+", ret: types.JSONBOID, nulls: true, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		doc, unknown := a[0].Bytes(), a[0].IsNull()
		for _, d := range a[1:] {
			switch {
			case d.IsNull():
				unknown = true
			case types.JSONTypeof(d.Bytes()) != "object": // which takes the place of anything, also of NULL
				doc, unknown = d.Bytes(), false
			case !unknown:
				doc = mergePatch(doc, d.Bytes())
			}
		}
		if unknown {
			return null()
		}
		return asJSONB(doc, nil)
	}},
	{name: "json_merge_preserve", args: "jj+", ret: types.JSONBOID, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		doc := a[0].Bytes()
		for _, d := range a[1:] {
			doc = mergePreserve(doc, d.Bytes())
		}
		return asJSONB(doc, nil)
	}},
}

// mysqlDocument is a value as a document: a text is parsed.
func mysqlDocument(c *Ctx, v typed) (types.Datum, error) {
	switch v.t.OID {
	case types.JSONBOID:
		return v.d, nil
	case types.JSONOID, types.TextOID, types.VarcharOID, types.BpcharOID, types.UnknownOID:
		return asJSONB(v.d.Bytes(), nil)
	}
	return jsonOf(c, v)
}

// jsonOf is a value as a document: a text is a string.
func jsonOf(c *Ctx, v typed) (types.Datum, error) {
	if v.d.IsNull() {
		return types.String("null"), nil
	}
	switch {
	case v.t.OID == types.JSONBOID:
		return v.d, nil
	case v.t.OID == types.JSONOID:
		return asJSONB(v.d.Bytes(), nil)
	case v.t.OID == types.BoolOID:
		return types.String(strconv.FormatBool(v.d.Bool())), nil
	case isInt(v.t.OID), v.t.OID == types.NumericOID, isFloat(v.t.OID):
		return asJSONB(appendText(nil, c, v), nil)
	}
	return types.Bytes(types.AppendJSONString(nil, mysqlString(c, v).Bytes())), nil
}

func jsonExtract(_ *Ctx, a []types.Datum) (types.Datum, error) {
	var all [][]byte
	several := len(a) > 2
	for _, p := range a[1:] {
		found, many, err := jsonAt(a[0].Bytes(), p.Text())
		if err != nil {
			return types.Datum{}, err
		}
		all, several = append(all, found...), several || many
	}
	if len(all) == 0 {
		return null()
	}
	if !several {
		return asJSONB(all[0], nil)
	}
	w := jsonWriter{buf: []byte{'['}}
	for _, v := range all {
		w.element(v)
	}
	return asJSONB(append(w.buf, ']'), nil)
}

func jsonObject(c *Ctx, a []types.Datum) (types.Datum, error) {
	if len(a)%2 == 1 {
		return types.Datum{}, badParam("Incorrect parameter count in the call to native function 'json_object'")
	}
	w := jsonWriter{buf: []byte{'{'}}
	for i := 0; i < len(a); i += 2 {
		if a[i].IsNull() {
			return types.Datum{}, badParam("JSON documents may not contain NULL member names.")
		}
		v, err := jsonOf(c, typed{c.argT(i + 1), a[i+1]})
		if err != nil {
			return types.Datum{}, err
		}
		w.member(mysqlString(c, typed{c.argT(i), a[i]}).Bytes(), v.Bytes())
	}
	return asJSONB(append(w.buf, '}'), nil)
}

// holds is JSON_CONTAINS.
func holds(doc, v []byte) bool {
	dk, vk := types.JSONTypeof(doc), types.JSONTypeof(v)
	switch {
	case dk == "array" && vk == "array":
		all := true
		types.JSONElements(v, func(e []byte) bool { all = holds(doc, e); return all })
		return all
	case dk == "array":
		found := false
		types.JSONElements(doc, func(e []byte) bool { found = holds(e, v); return !found })
		return found
	case dk == "object" && vk == "object":
		all := true
		types.JSONEach(v, func(k, e []byte) bool {
			have, ok := types.JSONGet(doc, k)
			all = ok && holds(have, e)
			return all
		})
		return all
	}
	return dk == vk && types.CompareJSONB(doc, v) == 0
}

func overlap(a, b []byte) bool {
	ak, bk := types.JSONTypeof(a), types.JSONTypeof(b)
	found := false
	switch {
	case ak == "array" && bk == "array":
		types.JSONElements(a, func(x []byte) bool {
			types.JSONElements(b, func(y []byte) bool { found = types.CompareJSONB(x, y) == 0; return !found })
			return !found
		})
	case ak == "array":
		types.JSONElements(a, func(x []byte) bool { found = types.CompareJSONB(x, b) == 0; return !found })
	case bk == "array":
		return overlap(b, a)
	case ak == "object" && bk == "object":
		types.JSONEach(a, func(k, x []byte) bool {
			y, ok := types.JSONGet(b, k)
			found = ok && types.CompareJSONB(x, y) == 0
			return !found
		})
	default:
		return types.CompareJSONB(a, b) == 0
	}
	return found
}

func jsonContainsPath(_ *Ctx, a []types.Datum) (types.Datum, error) {
	how := strings.ToLower(a[1].Text())
	if how != "one" && how != "all" {
		return types.Datum{}, badParam("The oneOrAll argument to json_contains_path may take these values: 'one' or 'all'.")
	}
	for _, p := range a[2:] {
		found, _, err := jsonAt(a[0].Bytes(), p.Text())
		if err != nil {
			return types.Datum{}, err
		}
		if (len(found) > 0) == (how == "one") {
			return types.Bool(how == "one"), nil
		}
	}
	return types.Bool(how == "all"), nil
}

// subDocument is the document, or what the path that follows it leads to.
func subDocument(a []types.Datum) (doc []byte, ok bool, err error) {
	if len(a) < 2 {
		return a[0].Bytes(), true, nil
	}
	found, _, err := jsonAt(a[0].Bytes(), a[1].Text())
	if err != nil || len(found) == 0 {
		return nil, false, err
	}
	return found[0], true, nil
}

func jsonLength(doc []byte) int64 {
	n := int64(0)
	switch types.JSONTypeof(doc) {
	case "object", "array":
		children(doc, func([]byte) { n++ })
		return n
	}
	return 1
}

func jsonDepth(doc []byte) int64 {
	deepest := int64(0)
	switch types.JSONTypeof(doc) {
	case "object", "array":
		children(doc, func(v []byte) { deepest = max(deepest, jsonDepth(v)) })
	}
	return deepest + 1
}

func jsonTypeName(doc []byte) string {
	switch k := types.JSONTypeof(doc); k {
	case "number":
		if bytes.ContainsAny(doc, ".eE") {
			return "DOUBLE"
		}
		return "INTEGER"
	default:
		return strings.ToUpper(k)
	}
}

var jsonArrayAppend = eachPath(func(doc []byte, p place, v []byte) ([]byte, error) {
	if len(p.rest) > 0 {
		return doc, nil
	}
	return p.put(doc, jsonWithElement(p.at, math.MaxInt, v))
})

// mergePatch is RFC 7396.
func mergePatch(doc, patch []byte) []byte {
	if types.JSONTypeof(patch) != "object" {
		return patch
	}
	w := jsonWriter{buf: []byte{'{'}}
	if types.JSONTypeof(doc) == "object" {
		types.JSONEach(doc, func(k, v []byte) bool {
			if _, ok := types.JSONGet(patch, k); !ok {
				w.member(k, v)
			}
			return true
		})
	}
	types.JSONEach(patch, func(k, v []byte) bool {
		if types.JSONTypeof(v) == "null" {
			return true
		}
		old, _ := types.JSONGet(doc, k)
		if old == nil || types.JSONTypeof(doc) != "object" {
			old = []byte("null")
		}
		w.member(k, mergePatch(bytes.Clone(old), v))
		return true
	})
	return append(w.buf, '}')
}

func mergePreserve(a, b []byte) []byte {
	if types.JSONTypeof(a) == "object" && types.JSONTypeof(b) == "object" {
		w := jsonWriter{buf: []byte{'{'}}
		types.JSONEach(a, func(k, v []byte) bool {
			if other, ok := types.JSONGet(b, k); ok {
				v = mergePreserve(v, other)
			}
			w.member(k, v)
			return true
		})
		types.JSONEach(b, func(k, v []byte) bool {
			if _, ok := types.JSONGet(a, k); !ok {
				w.member(k, v)
			}
			return true
		})
		return append(w.buf, '}')
	}
	w := jsonWriter{buf: []byte{'['}}
	for _, x := range [][]byte{a, b} {
		if types.JSONTypeof(x) == "array" {
			types.JSONElements(x, func(e []byte) bool { w.element(e); return true })
		} else {
			w.element(x)
		}
	}
	return append(w.buf, ']')
}
