package types

import (
	"bytes"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// The operators of jsonb (PostgreSQL 9.16) on canonical text. Results own their bytes.

// equal compares as jsonb's = does: numbers by value.
func (v *jsonValue) equal(w *jsonValue) bool {
	return bytes.Equal(v.appendKey(nil), w.appendKey(nil))
}

func (v *jsonValue) isScalar() bool { return v.kind < jsonArray }

// find is an object's value for key, or nil.
func (v *jsonValue) find(key []byte) *jsonValue {
	for i := range v.keys {
		if bytes.Equal(v.keys[i], key) {
			return &v.list[i]
		}
	}
	return nil
}

// JSONBContains is a @> b.
func JSONBContains(a, b []byte) bool {
	v, w := parseCanonical(a), parseCanonical(b)
	if w.isScalar() { // an array may contain a bare scalar, not the other way round
		switch {
		case v.isScalar():
			return v.equal(&w)
		case v.kind == jsonArray:
			return v.hasElement(&w)
		}
		return false
	}
	return v.contains(&w)
}

func (v *jsonValue) hasElement(w *jsonValue) bool {
	for i := range v.list {
		if v.list[i].isScalar() == w.isScalar() && v.list[i].contains(w) {
			return true
		}
	}
	return false
}

func (v *jsonValue) contains(w *jsonValue) bool {
	switch {
	case w.isScalar():
		return v.kind == w.kind && v.equal(w)
	case v.kind != w.kind:
		return false
	case w.kind == jsonArray:
		for i := range w.list {
			if !v.hasElement(&w.list[i]) {
				return false
			}
		}
		return true
	}
	for i := range w.list {
		if e := v.find(w.keys[i]); e == nil || !e.contains(&w.list[i]) {
			return false
		}
	}
	return true
}

// JSONBExists is b ? key: a key of an object, or a string element of an array or
// a bare string.
func JSONBExists(b, key []byte) (found bool) {
	match := func(v []byte) bool {
		found = found || len(v) > 0 && v[0] == '"' && bytes.Equal(jsonDecode(v), key)
		return !found
	}
	switch JSONTypeof(b) {
	case "object":
		_, found = JSONGet(b, key)
	case "array":
		JSONElements(b, match)
	default:
		match(b)
	}
	return found
}

// JSONBConcat is a || b: objects merge, the right one winning; all else becomes
// the elements of one array.
func JSONBConcat(a, b []byte) []byte {
	v, w := parseCanonical(a), parseCanonical(b)
	if v.kind == jsonObject && w.kind == jsonObject {
		v.keys = append(v.keys, w.keys...)
		v.list = append(v.list, w.list...)
		return v.append(nil)
	}
	out := jsonValue{kind: jsonArray}
	for _, x := range []jsonValue{v, w} {
		if x.kind == jsonArray {
			out.list = append(out.list, x.list...)
		} else {
			out.list = append(out.list, x)
		}
	}
	return out.append(nil)
}

func badJSONTarget(format string) error {
	return pgerr.New(pgerrcode.InvalidParameterValue, format)
}

// JSONBDeleteKeys is b - key and b - keys: the keys of an object, or the equal
// string elements of an array, go.
func JSONBDeleteKeys(b []byte, keys ...[]byte) ([]byte, error) {
	v := parseCanonical(b)
	if v.isScalar() {
		return nil, badJSONTarget("cannot delete from scalar")
	}
	listed := func(s []byte) bool {
		for _, k := range keys {
			if bytes.Equal(k, s) {
				return true
			}
		}
		return false
	}
	for i := len(v.list) - 1; i >= 0; i-- {
		if v.kind == jsonObject && listed(v.keys[i]) || v.kind == jsonArray && v.list[i].kind == jsonString && listed(v.list[i].text) {
			v.remove(i)
		}
	}
	return v.append(nil), nil
}

func (v *jsonValue) remove(i int) {
	v.list = append(v.list[:i], v.list[i+1:]...)
	if v.kind == jsonObject {
		v.keys = append(v.keys[:i], v.keys[i+1:]...)
	}
}

// JSONBDeleteIndex is b - index; negative indexes count from the end.
func JSONBDeleteIndex(b []byte, index int) ([]byte, error) {
	v := parseCanonical(b)
	switch {
	case v.isScalar():
		return nil, badJSONTarget("cannot delete from scalar")
	case v.kind == jsonObject:
		return nil, badJSONTarget("cannot delete from object using integer index")
	}
	if index < 0 {
		index += len(v.list)
	}
	if index >= 0 && index < len(v.list) {
		v.remove(index)
	}
	return v.append(nil), nil
}

// JSONBDeletePath is b #- path.
func JSONBDeletePath(b []byte, path [][]byte) ([]byte, error) {
	v := parseCanonical(b)
	if v.isScalar() {
		return nil, badJSONTarget("cannot delete path in scalar")
	}
	if len(path) == 0 || len(v.list) == 0 {
		return append([]byte{}, b...), nil
	}
	e := pathEdit{op: editDelete, path: path}
	if err := e.apply(&v, 0); err != nil {
		return nil, err
	}
	return v.append(nil), nil
}

// JSONBSet is jsonb_set(b, path, val, create).
func JSONBSet(b []byte, path [][]byte, val []byte, create bool) ([]byte, error) {
	v := parseCanonical(b)
	if v.isScalar() {
		return nil, badJSONTarget("cannot set path in scalar")
	}
	if len(v.list) == 0 && !create || len(path) == 0 {
		return append([]byte{}, b...), nil
	}
	e := pathEdit{op: editReplace, path: path, val: parseCanonical(val)}
	if create {
		e.op = editSet
	}
	if err := e.apply(&v, 0); err != nil {
		return nil, err
	}
	return v.append(nil), nil
}

// JSONBInsert is jsonb_insert(b, path, val, after).
func JSONBInsert(b []byte, path [][]byte, val []byte, after bool) ([]byte, error) {
	v := parseCanonical(b)
	if v.isScalar() {
		return nil, badJSONTarget("cannot set path in scalar")
	}
	if len(path) == 0 {
		return append([]byte{}, b...), nil
	}
	e := pathEdit{op: editBefore, path: path, val: parseCanonical(val)}
	if after {
		e.op = editAfter
	}
	if err := e.apply(&v, 0); err != nil {
		return nil, err
	}
	return v.append(nil), nil
}

type editOp uint8

const (
	editDelete  editOp = iota
	editReplace        // only what exists
	editSet            // or create
	editBefore
	editAfter
)

// pathEdit changes the value at a path, as setPath does.
type pathEdit struct {
	op   editOp
	path [][]byte
	val  jsonValue
}

func (e *pathEdit) apply(v *jsonValue, level int) error {
	last := level == len(e.path)-1
	switch v.kind {
	case jsonObject:
		return e.object(v, level, last)
	case jsonArray:
		return e.array(v, level, last)
	}
	return nil // a scalar on the way: nothing to do
}

func (e *pathEdit) object(v *jsonValue, level int, last bool) error {
	key := e.path[level]
	at := -1
	for i := range v.keys {
		if bytes.Equal(v.keys[i], key) {
			at = i
		}
	}
	if at < 0 {
		if last && e.op >= editSet {
			v.keys = append(v.keys, key)
			v.list = append(v.list, e.val)
		}
		return nil
	}
	if !last {
		return e.apply(&v.list[at], level+1)
	}
	switch e.op {
	case editDelete:
		v.remove(at)
	case editReplace, editSet:
		v.list[at] = e.val
	default:
		return badJSONTargetHint()
	}
	return nil
}

func badJSONTargetHint() error {
	return pgerr.New(pgerrcode.InvalidParameterValue, "cannot replace existing key").
		WithHint("Try using the function jsonb_set to replace key value.")
}

func (e *pathEdit) array(v *jsonValue, level int, last bool) error {
	n, err := parseInt(int4Type, string(e.path[level]))
	if err != nil {
		return pgerr.Newf(pgerrcode.InvalidTextRepresentation, "path element at position %d is not an integer: \"%s\"", level+1, e.path[level])
	}
	at := int(n)
	below := false
	if at < 0 {
		if at += len(v.list); at < 0 {
			below = true
		}
	}
	if !last {
		if below || at >= len(v.list) {
			return nil
		}
		return e.apply(&v.list[at], level+1)
	}
	if below || at >= len(v.list) {
		if e.op < editSet {
			return nil
		}
		if below {
			at = 0
		} else {
			at = len(v.list)
		}
		v.insert(at, e.val)
		return nil
	}
	switch e.op {
	case editDelete:
		v.remove(at)
	case editReplace, editSet:
		v.list[at] = e.val
	case editBefore:
		v.insert(at, e.val)
	case editAfter:
		v.insert(at+1, e.val)
	}
	return nil
}

func (v *jsonValue) insert(at int, e jsonValue) {
	v.list = append(v.list, jsonValue{})
	copy(v.list[at+1:], v.list[at:])
	v.list[at] = e
}

// JSONBStripNulls drops object members that are null, at every depth.
func JSONBStripNulls(b []byte) []byte {
	v := parseCanonical(b)
	v.stripNulls()
	return v.append(nil)
}

func (v *jsonValue) stripNulls() {
	for i := len(v.list) - 1; i >= 0; i-- {
		if v.kind == jsonObject && v.list[i].kind == jsonNull {
			v.remove(i)
			continue
		}
		v.list[i].stripNulls()
	}
}
