package builtin

import (
	"math"
	"strconv"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// jsonSetFuncs registers the functions and operators that give a changed jsonb.
func jsonSetFuncs(r *registrar) {
	r.eval("jsonb_concat", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return asJSONB(jsonConcat(a[0].Bytes(), a[1].Bytes()), nil)
	})
	r.eval("jsonb_delete", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return deleteKeys(a[0].Bytes(), [][]byte{a[1].Bytes()})
	})
	r.eval("jsonb_delete_array", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		if types.ArrayNDims(a[1]) > 1 {
			return types.Datum{}, pgerr.New(pgerrcode.ArraySubscriptError, "wrong number of array subscripts")
		}
		var keys [][]byte
		for _, k := range elements(a[1]) {
			if !k.IsNull() {
				keys = append(keys, k.Bytes())
			}
		}
		return deleteKeys(a[0].Bytes(), keys)
	})
	r.eval("jsonb_delete_idx", deleteIndex)
	r.eval("jsonb_delete_path", func(_ *Ctx, a []types.Datum) (types.Datum, error) { return deletePath(a[0], a[1]) })
	r.eval("jsonb_set", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		how := pathReplace | pathCreate
		if len(a) > 3 && !a[3].Bool() {
			how = pathReplace
		}
		return setPath(a, how)
	})
	r.eval("jsonb_insert", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		how := pathBefore
		if len(a) > 3 && a[3].Bool() {
			how = pathAfter
		}
		return setPath(a, how)
	})
	r.eval("jsonb_set_lax", jsonbSetLax)
}

// deletePath is doc #- path.
func deletePath(doc, path types.Datum) (types.Datum, error) {
	if err := onePath(path); err != nil {
		return types.Datum{}, err
	}
	if isScalar(doc.Bytes()) {
		return types.Datum{}, badParam("cannot delete path in scalar")
	}
	return changePath(doc, path, nil, pathDelete)
}

func isScalar(b []byte) bool {
	k := types.JSONTypeof(b)
	return k != "object" && k != "array"
}

// jsonConcat is ||: objects merge, anything else is joined as arrays.
func jsonConcat(a, b []byte) []byte {
	ka, kb := types.JSONTypeof(a), types.JSONTypeof(b)
	if ka == "object" && kb == "object" {
		out := jsonWriter{buf: []byte{'{'}}
		for _, x := range [][]byte{a, b} { // the canonical form keeps the last of equal keys
			types.JSONEach(x, func(k, v []byte) bool {
				out.member(k, v)
				return true
			})
		}
		return append(out.buf, '}')
	}
	out := jsonWriter{buf: []byte{'['}}
	for i, x := range [][]byte{a, b} {
		if []string{ka, kb}[i] == "array" {
			types.JSONElements(x, func(v []byte) bool {
				out.element(v)
				return true
			})
		} else {
			out.element(x)
		}
	}
	return append(out.buf, ']')
}

// jsonWriter writes members and elements with commas between.
type jsonWriter struct {
	buf []byte
	n   int
}

func (w *jsonWriter) sep() {
	if w.n > 0 {
		w.buf = append(w.buf, ',')
	}
	w.n++
}

func (w *jsonWriter) member(k, v []byte) {
	w.sep()
	w.buf = append(types.AppendJSONString(w.buf, k), ':')
	w.buf = append(w.buf, v...)
}

func (w *jsonWriter) element(v []byte) {
	w.sep()
	w.buf = append(w.buf, v...)
}

func deleteKeys(b []byte, keys [][]byte) (types.Datum, error) {
	has := func(s []byte) bool {
		for _, k := range keys {
			if string(k) == string(s) {
				return true
			}
		}
		return false
	}
	switch types.JSONTypeof(b) {
	case "object":
		out := jsonWriter{buf: []byte{'{'}}
		types.JSONEach(b, func(k, v []byte) bool {
			if !has(k) {
				out.member(k, v)
			}
			return true
		})
		return asJSONB(append(out.buf, '}'), nil)
	case "array":
		out := jsonWriter{buf: []byte{'['}}
		types.JSONElements(b, func(v []byte) bool {
			if len(v) > 0 && v[0] == '"' {
				if d, err := types.JSONText(v); err == nil && has(d.Bytes()) {
					return true
				}
			}
			out.element(v)
			return true
		})
		return asJSONB(append(out.buf, ']'), nil)
	}
	return types.Datum{}, badParam("cannot delete from scalar")
}

func deleteIndex(_ *Ctx, a []types.Datum) (types.Datum, error) {
	b, at := a[0].Bytes(), int(a[1].Int())
	switch types.JSONTypeof(b) {
	case "array":
	case "object":
		return types.Datum{}, badParam("cannot delete from object using integer index")
	default:
		return types.Datum{}, badParam("cannot delete from scalar")
	}
	if at < 0 {
		at += types.JSONArrayLength(b)
	}
	out := jsonWriter{buf: []byte{'['}}
	i := 0
	types.JSONElements(b, func(v []byte) bool {
		if i != at {
			out.element(v)
		}
		i++
		return true
	})
	return asJSONB(append(out.buf, ']'), nil)
}

// pathChange is what to do at the end of a path; flags combine.
type pathChange uint8

const (
	pathDelete pathChange = 1 << iota
	pathReplace
	pathCreate
	pathBefore // insert
	pathAfter
	// pathFill makes what is missing on the way, and of an array what is missing before
	// the element; it insists on indexes that are there from the end.
	pathFill
)

// onePath refuses paths of several dimensions.
func onePath(path types.Datum) error {
	if types.ArrayNDims(path) > 1 {
		return pgerr.New(pgerrcode.ArraySubscriptError, "wrong number of array subscripts")
	}
	return nil
}

func setPath(a []types.Datum, how pathChange) (types.Datum, error) {
	if err := onePath(a[1]); err != nil {
		return types.Datum{}, err
	}
	if isScalar(a[0].Bytes()) {
		return types.Datum{}, badParam("cannot set path in scalar")
	}
	if how == pathReplace && types.JSONTypeof(a[0].Bytes()) != "object" && types.JSONArrayLength(a[0].Bytes()) == 0 {
		return a[0], nil
	}
	return changePath(a[0], a[1], a[2].Bytes(), how)
}

// jsonbSetLax is jsonb_set with a choice of what a NULL value means.
func jsonbSetLax(_ *Ctx, a []types.Datum) (types.Datum, error) {
	if a[0].IsNull() || a[1].IsNull() || len(a) > 3 && a[3].IsNull() {
		return null()
	}
	how := pathReplace | pathCreate
	if len(a) > 3 && !a[3].Bool() {
		how = pathReplace
	}
	treatment := "use_json_null"
	if len(a) > 4 {
		if a[4].IsNull() {
			return types.Datum{}, badParam(
				"null_value_treatment must be \"delete_key\", \"return_target\", \"use_json_null\", or \"raise_exception\"")
		}
		treatment = a[4].Text()
	}
	if !a[2].IsNull() {
		return setPath(a[:3], how)
	}
	switch treatment {
	case "raise_exception":
		return types.Datum{}, pgerr.New(pgerrcode.NullValueNotAllowedDataException, "JSON value must not be null").
			WithDetail("Exception was raised because null_value_treatment is \"raise_exception\".").
			WithHint("To avoid, either change the null_value_treatment argument or ensure that an SQL NULL is not passed.")
	case "use_json_null":
		return setPath([]types.Datum{a[0], a[1], types.String("null")}, how)
	case "delete_key":
		return deletePath(a[0], a[1])
	case "return_target":
		return a[0], nil
	}
	return types.Datum{}, badParam(
		"null_value_treatment must be \"delete_key\", \"return_target\", \"use_json_null\", or \"raise_exception\"")
}

// changePath rebuilds a document with a change at the end of a path.
func changePath(doc, path types.Datum, val []byte, how pathChange) (types.Datum, error) {
	if types.ArrayNDims(path) > 1 {
		return types.Datum{}, pgerr.New(pgerrcode.ArraySubscriptError, "wrong number of array subscripts")
	}
	steps := elements(path)
	if len(steps) == 0 || how&(pathCreate|pathBefore|pathAfter|pathFill) == 0 && isEmptyJSON(doc.Bytes()) {
		return doc, nil
	}
	p := &pathChanger{steps: steps, val: val, how: how}
	if err := p.change(doc.Bytes(), 0); err != nil {
		return types.Datum{}, err
	}
	return asJSONB(p.out, nil)
}

// isEmptyJSON reports an object or array without members, in which no path is looked for.
func isEmptyJSON(b []byte) bool { return string(b) == "{}" || string(b) == "[]" }

type pathChanger struct {
	steps []types.Datum
	val   []byte
	how   pathChange
	out   []byte
}

func (p *pathChanger) change(b []byte, level int) error {
	if level >= len(p.steps) {
		p.out = append(p.out, b...)
		return nil
	}
	if p.steps[level].IsNull() {
		return pgerr.Newf(pgerrcode.NullValueNotAllowedDataException, "path element at position %d is null", level+1)
	}
	switch types.JSONTypeof(b) {
	case "object":
		return p.object(b, level)
	case "array":
		return p.array(b, level)
	}
	if p.how&pathFill != 0 {
		return badParam("cannot replace existing key").
			WithDetail("The path assumes key is a composite object, but it is a scalar value.")
	}
	p.out = append(p.out, b...)
	return nil
}

func (p *pathChanger) object(b []byte, level int) error {
	last := level == len(p.steps)-1
	key := p.steps[level].Bytes()
	n, done := 0, false
	var err error
	comma := func() {
		if n > 0 {
			p.out = append(p.out, ',')
		}
		n++
	}
	write := func(k []byte) {
		comma()
		p.out = append(types.AppendJSONString(p.out, k), ':')
	}
	p.out = append(p.out, '{')
	types.JSONEach(b, func(k, v []byte) bool {
		if string(k) != string(key) {
			write(k)
			p.out = append(p.out, v...)
			return true
		}
		done = true
		if !last {
			write(k)
			err = p.change(v, level+1)
			return err == nil
		}
		if p.how&(pathBefore|pathAfter) != 0 {
			err = badParam("cannot replace existing key").WithHint("Try using the function jsonb_set to replace key value.")
			return false
		}
		if p.how&pathDelete == 0 {
			write(k)
			p.out = append(p.out, p.val...)
		}
		return true
	})
	if err != nil {
		return err
	}
	switch {
	case done:
	case last && p.how&(pathCreate|pathBefore|pathAfter) != 0:
		write(key)
		p.out = append(p.out, p.val...)
	case p.how&pathFill != 0:
		write(key)
		p.makePath(level + 1)
	}
	p.out = append(p.out, '}')
	return nil
}

func (p *pathChanger) array(b []byte, level int) error {
	last := level == len(p.steps)-1
	idx, convErr := strconv.ParseInt(p.steps[level].Text(), 10, 32)
	if convErr != nil {
		return pgerr.Newf(pgerrcode.InvalidTextRepresentation, "path element at position %d is not an integer: \"%s\"",
			level+1, p.steps[level].Text())
	}
	length := int64(types.JSONArrayLength(b))
	if idx < 0 {
		if -idx > length {
			if p.how&pathFill != 0 {
				return badParam("path element at position %d is out of range: %d", level+1, idx)
			}
			idx = math.MinInt32
		} else {
			idx += length
		}
	}
	missing := int64(0)
	if idx > length && p.how&pathFill != 0 {
		missing = idx - length
	}
	idx = min(idx, length)
	creating := p.how&(pathCreate|pathBefore|pathAfter) != 0
	n, i, done := 0, int64(0), false
	var err error
	element := func(v []byte) {
		if n > 0 {
			p.out = append(p.out, ',')
		}
		n++
		p.out = append(p.out, v...)
	}
	p.out = append(p.out, '[')
	gap := func() {
		for range missing {
			element([]byte("null"))
		}
	}
	if last && creating && (idx == math.MinInt32 || length == 0) {
		gap()
		element(p.val)
		done = true
	}
	types.JSONElements(b, func(v []byte) bool {
		switch {
		case i != idx:
			element(v)
		case !last:
			done = true
			element(nil)
			err = p.change(v, level+1)
		default:
			done = true
			if p.how&(pathBefore|pathCreate|pathReplace) != 0 {
				element(p.val)
			}
			if p.how&(pathBefore|pathAfter) != 0 {
				element(v)
			}
			if p.how&pathAfter != 0 {
				element(p.val)
			}
		}
		i++
		return err == nil
	})
	switch {
	case done || err != nil:
	case last && creating:
		gap()
		element(p.val)
	case p.how&pathFill != 0:
		gap()
		element(nil)
		p.makePath(level + 1)
	}
	p.out = append(p.out, ']')
	return err
}
