package builtin

import (
	"bytes"
	"math"
	"strconv"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/types"
)

// method is .type(), .size() and the like.
func (x *pathRun) method(n *types.PathNode, v pathItem, found *[]pathItem) (pathResult, error) {
	switch n.Text {
	case "type":
		kind := v.kind()
		if v.time != nil {
			kind = TypeName(v.time.t)
		}
		return x.next(n, textItem([]byte(kind)), found)
	case "size":
		size := 1
		if v.isArray() {
			size = len(members(v))
		} else if !x.lax {
			return x.structural(pgerrcode.SQLJSONArrayNotFound, "jsonpath item method .%s() can only be applied to an array", n.Text)
		}
		return x.next(n, pathItem{b: strconv.AppendInt(nil, int64(size), 10)}, found)
	case "double":
		return x.double(n, v, found)
	case "datetime":
		return x.datetime(n, v, found)
	case "keyvalue":
		return x.keyvalue(n, v, found)
	}
	if v.kind() != "number" {
		return x.fail(pgerrcode.NonNumericSQLJSONItem, "jsonpath item method .%s() can only be applied to a numeric value", n.Text)
	}
	var d types.Datum
	var err error
	switch n.Text {
	case "abs":
		d = types.NumericAbs(v.number())
	case "floor":
		d, err = types.NumericFloor(v.number())
	default:
		d, err = types.NumericCeil(v.number())
	}
	if err != nil {
		return x.caught(err)
	}
	return x.next(n, numberItem(d), found)
}

func (x *pathRun) double(n *types.PathNode, v pathItem, found *[]pathItem) (pathResult, error) {
	read := func(s string) (float64, bool) {
		d, err := types.ParseText(types.Of(types.Float8OID), s, nil)
		f := d.Float()
		return f, err == nil && !math.IsInf(f, 0) && f == f
	}
	switch v.kind() {
	case "number":
		if _, ok := read(string(v.b)); !ok {
			return x.fail(pgerrcode.NonNumericSQLJSONItem, "numeric argument of jsonpath item method .%s() is out of range for type double precision", n.Text)
		}
		return x.next(n, v, found)
	case "string":
		f, ok := read(string(v.text()))
		if !ok {
			return x.fail(pgerrcode.NonNumericSQLJSONItem, "string argument of jsonpath item method .%s() is not a valid representation of a double precision number", n.Text)
		}
		d, err := types.NumericFromFloat(f, 64)
		if err != nil {
			return x.caught(err)
		}
		return x.next(n, numberItem(d), found)
	}
	return x.fail(pgerrcode.NonNumericSQLJSONItem, "jsonpath item method .%s() can only be applied to a string or numeric value", n.Text)
}

// keyvalue makes an object of each pair. id tells objects of one document apart: it
// is where the object stands in it.
func (x *pathRun) keyvalue(n *types.PathNode, v pathItem, found *[]pathItem) (pathResult, error) {
	if v.kind() != "object" {
		return x.fail(pgerrcode.SQLJSONObjectNotFound, "jsonpath item method .%s() can only be applied to an object", n.Text)
	}
	id := x.baseID * 10_000_000_000
	if at := bytes.Index(x.base, v.b); at > 0 {
		id += int64(at)
	}
	res := pathNone
	var err error
	types.JSONEach(v.b, func(key, val []byte) bool {
		b := strconv.AppendInt([]byte(`{"id": `), id, 10)
		b = types.AppendJSONString(append(b, `, "key": `...), key)
		b = append(append(append(b, `, "value": `...), val...), '}')
		x.lastID++
		base, baseID := x.base, x.baseID
		x.base, x.baseID = b, x.lastID
		res, err = x.next(n, pathItem{b: b}, found)
		x.base, x.baseID = base, baseID
		return err == nil && res != pathError && (res != pathOK || found != nil)
	})
	return res, err
}
