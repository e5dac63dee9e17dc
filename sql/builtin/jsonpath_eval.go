package builtin

import (
	"math"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// pathResult is how a step ended. pathError stands for an error that is not to be
// reported: within predicates, and everywhere if the caller asked for silence.
type pathResult uint8

const (
	pathNone pathResult = iota
	pathOK
	pathError
)

// pathItem is a value on the way: jsonb, or a time that .datetime() made.
type pathItem struct {
	b    []byte
	time *pathTime
}

func (v pathItem) json() []byte {
	if v.time != nil {
		return types.AppendJSONString(nil, v.time.text())
	}
	return v.b
}

// kind is what .type() says, but for times.
func (v pathItem) kind() string {
	if v.time != nil {
		return "datetime"
	}
	return types.JSONTypeof(v.b)
}

func (v pathItem) isArray() bool     { return v.kind() == "array" }
func (v pathItem) isContainer() bool { k := v.kind(); return k == "array" || k == "object" }

func textItem(s []byte) pathItem { return pathItem{b: types.AppendJSONString(nil, s)} }

func numberItem(d types.Datum) pathItem {
	return pathItem{b: types.AppendText(nil, types.Of(types.NumericOID), d, nil)}
}

func (v pathItem) number() types.Datum {
	d, _ := types.ParseText(types.Of(types.NumericOID), string(v.b), nil) // it is one
	return d
}

func (v pathItem) text() []byte {
	d, _ := types.JSONText(v.b) // it is a string
	return d.Bytes()
}

// pathRun is one evaluation of a path. Where found is nil, only whether there is
// anything is asked for.
type pathRun struct {
	ctx           *Ctx
	path          *types.Path
	root, current pathItem
	vars          []byte
	lax           bool // arrays are unwrapped and scalars wrapped
	ignore        bool // structural errors
	throw         bool
	zoned         bool
	size          int // of the innermost array that is subscripted
	base          []byte
	baseID        int64
	lastID        int64
}

// fail ends a step with an error, which is told only if it is to be.
func (x *pathRun) fail(code, format string, args ...any) (pathResult, error) {
	if !x.throw {
		return pathError, nil
	}
	return pathError, pgerr.Newf(code, format, args...)
}

// caught turns an error of a computation into the step's.
func (x *pathRun) caught(err error) (pathResult, error) {
	if !x.throw {
		return pathError, nil
	}
	return pathError, err
}

// structural is fail but in lax mode, where such errors are nothing found.
func (x *pathRun) structural(code, format string, args ...any) (pathResult, error) {
	if x.ignore {
		return pathNone, nil
	}
	return x.fail(code, format, args...)
}

func (x *pathRun) start(found *[]pathItem) (pathResult, error) {
	if !x.lax && found == nil { // a later error must not go unnoticed
		var all []pathItem
		res, err := x.item(x.path.Expr, x.root, &all)
		switch {
		case err != nil || res == pathError:
			return res, err
		case len(all) == 0:
			return pathNone, nil
		}
		return pathOK, nil
	}
	return x.item(x.path.Expr, x.root, found)
}

func (x *pathRun) item(n *types.PathNode, v pathItem, found *[]pathItem) (pathResult, error) {
	return x.step(n, v, found, x.lax)
}

// next goes on behind n, or keeps the value.
func (x *pathRun) next(n *types.PathNode, v pathItem, found *[]pathItem) (pathResult, error) {
	if n != nil && n.Next != nil {
		return x.item(n.Next, v, found)
	}
	if found != nil {
		*found = append(*found, v)
	}
	return pathOK, nil
}

// goOn says whether a long evaluation should go on.
func (x *pathRun) goOn() error {
	if x.ctx == nil {
		return nil
	}
	return x.ctx.goOn()
}

// step applies n to v; unwrap says that it goes to the elements of an array if it
// cannot go to the array.
func (x *pathRun) step(n *types.PathNode, v pathItem, found *[]pathItem, unwrap bool) (pathResult, error) {
	if err := x.goOn(); err != nil {
		return pathError, err
	}
	elements := func() (pathResult, error) { return x.children(n, v, found, 1, 1, 1, false, false) }
	switch n.Kind {
	case types.PathNull, types.PathTrue, types.PathFalse, types.PathNumber, types.PathString, types.PathVariable:
		c, err := x.constant(n)
		if err != nil {
			return pathError, err
		}
		return x.next(n, c, found)
	case types.PathRoot:
		return x.next(n, x.root, found)
	case types.PathCurrent:
		return x.next(n, x.current, found)
	case types.PathLast:
		return x.next(n, numberItem(types.NumericFromInt(int64(x.size-1))), found)
	case types.PathBinary:
		return x.binary(n, v, found)
	case types.PathPlus, types.PathMinus:
		return x.unary(n, v, found)
	case types.PathKey:
		return x.key(n, v, found, unwrap)
	case types.PathAnyKey:
		switch {
		case v.kind() == "object":
			return x.children(n.Next, v, found, 1, 1, 1, false, x.lax)
		case unwrap && v.isArray():
			return elements()
		}
		return x.structural(pgerrcode.SQLJSONObjectNotFound, "jsonpath wildcard member accessor can only be applied to an object")
	case types.PathAnyIndex:
		switch {
		case v.isArray():
			return x.children(n.Next, v, found, 1, 1, 1, false, x.lax)
		case x.lax:
			return x.next(n, v, found)
		}
		return x.structural(pgerrcode.SQLJSONArrayNotFound, "jsonpath wildcard array accessor can only be applied to an array")
	case types.PathIndex:
		return x.subscripts(n, v, found)
	case types.PathAny:
		return x.anyLevel(n, v, found)
	case types.PathFilter:
		if unwrap && v.isArray() {
			return elements()
		}
		outer := x.current
		x.current = v
		is, err := x.predicate(n.Args[0], v)
		x.current = outer
		if err != nil || is != pathTrue {
			return pathNone, err
		}
		return x.next(n, v, found)
	case types.PathMethod:
		if unwrap && v.isArray() && n.Text != "type" && n.Text != "size" {
			return elements()
		}
		return x.method(n, v, found)
	}
	is, err := x.predicate(n, v)
	if err != nil {
		return pathError, err
	}
	return x.next(n, pathItem{b: []byte([]string{"false", "true", "null"}[is])}, found)
}

func (x *pathRun) constant(n *types.PathNode) (pathItem, error) {
	switch n.Kind {
	case types.PathNull:
		return pathItem{b: []byte("null")}, nil
	case types.PathTrue:
		return pathItem{b: []byte("true")}, nil
	case types.PathFalse:
		return pathItem{b: []byte("false")}, nil
	case types.PathNumber:
		return pathItem{b: []byte(n.Text)}, nil
	case types.PathString:
		return textItem([]byte(n.Text)), nil
	}
	if x.vars != nil {
		if v, ok := types.JSONGet(x.vars, []byte(n.Text)); ok {
			x.base, x.baseID = x.vars, 1
			return pathItem{b: v}, nil
		}
	}
	return pathItem{}, pgerr.Newf(pgerrcode.UndefinedObject, "could not find jsonpath variable \"%s\"", n.Text)
}

func (x *pathRun) key(n *types.PathNode, v pathItem, found *[]pathItem, unwrap bool) (pathResult, error) {
	switch {
	case v.kind() == "object":
		if member, ok := types.JSONGet(v.b, []byte(n.Text)); ok {
			return x.next(n, pathItem{b: member}, found)
		}
		return x.structural(pgerrcode.SQLJSONMemberNotFound, "JSON object does not contain key \"%s\"", n.Text)
	case unwrap && v.isArray():
		return x.children(n, v, found, 1, 1, 1, false, false)
	}
	return x.structural(pgerrcode.SQLJSONMemberNotFound, "jsonpath member accessor can only be applied to an object")
}

// members lists the values in an object or array.
func members(v pathItem) []pathItem {
	var list []pathItem
	add := func(b []byte) bool {
		list = append(list, pathItem{b: b})
		return true
	}
	if v.isArray() {
		types.JSONElements(v.b, add)
	} else {
		types.JSONEach(v.b, func(_, val []byte) bool { return add(val) })
	}
	return list
}

// children applies n, which may be nil, to all values from level first to last
// below v.
func (x *pathRun) children(n *types.PathNode, v pathItem, found *[]pathItem, level, first, last uint32, ignore, unwrap bool) (pathResult, error) {
	res := pathNone
	if level > last {
		return res, nil
	}
	for _, m := range members(v) {
		if level >= first || first == types.PathDeepest && last == types.PathDeepest && !m.isContainer() {
			switch {
			case n != nil:
				saved := x.ignore
				x.ignore = x.ignore || ignore
				var err error
				res, err = x.step(n, m, found, unwrap)
				x.ignore = saved
				if err != nil || res == pathError || res == pathOK && found == nil {
					return res, err
				}
			case found == nil:
				return pathOK, nil
			default:
				*found = append(*found, m)
				res = pathOK
			}
		}
		if level < last && m.isContainer() {
			var err error
			res, err = x.children(n, m, found, level+1, first, last, ignore, unwrap)
			if err != nil || res == pathError || res == pathOK && found == nil {
				return res, err
			}
		}
	}
	return res, nil
}

func (x *pathRun) anyLevel(n *types.PathNode, v pathItem, found *[]pathItem) (pathResult, error) {
	res := pathNone
	if n.First == 0 {
		saved := x.ignore
		x.ignore = true
		var err error
		res, err = x.next(n, v, found)
		x.ignore = saved
		if err != nil || res == pathOK && found == nil {
			return res, err
		}
	}
	if v.isContainer() {
		return x.children(n.Next, v, found, 1, n.First, n.Last, true, x.lax)
	}
	return res, nil
}

func (x *pathRun) subscripts(n *types.PathNode, v pathItem, found *[]pathItem) (pathResult, error) {
	if !v.isArray() && !x.lax {
		return x.structural(pgerrcode.SQLJSONArrayNotFound, "jsonpath array accessor can only be applied to an array")
	}
	list := []pathItem{v}
	if v.isArray() {
		list = members(v)
	}
	outer := x.size
	x.size = len(list)
	defer func() { x.size = outer }()
	res := pathNone
	for _, s := range n.Subscripts {
		from, got, err := x.subscript(s[0], v)
		to := from
		if err == nil && got != pathError && s[1] != nil {
			to, got, err = x.subscript(s[1], v)
		}
		if err != nil || got == pathError {
			return pathError, err
		}
		if !x.ignore && (from < 0 || from > to || to >= len(list)) {
			return x.fail(pgerrcode.InvalidSQLJSONSubscript, "jsonpath array subscript is out of bounds")
		}
		res = pathNone
		for i := max(from, 0); i <= min(to, len(list)-1); i++ {
			if res, err = x.next(n, list[i], found); err != nil || res == pathError || res == pathOK && found == nil {
				return res, err
			}
		}
	}
	return res, nil
}

// subscript computes an index from 0.
func (x *pathRun) subscript(n *types.PathNode, v pathItem) (int, pathResult, error) {
	var found []pathItem
	res, err := x.item(n, v, &found)
	if err != nil || res == pathError {
		return 0, pathError, err
	}
	if len(found) != 1 || found[0].kind() != "number" {
		res, err = x.fail(pgerrcode.InvalidSQLJSONSubscript, "jsonpath array subscript is not a single numeric value")
		return 0, res, err
	}
	whole, err := types.NumericTrunc(found[0].number(), 0)
	i, ok := types.NumericToInt64(whole)
	if err != nil || !ok || i < math.MinInt32 || i > math.MaxInt32 {
		res, err = x.fail(pgerrcode.InvalidSQLJSONSubscript, "jsonpath array subscript is out of integer range")
		return 0, res, err
	}
	return int(i), pathOK, nil
}

// operand computes a node and goes to the elements of arrays in lax mode.
func (x *pathRun) operand(n *types.PathNode, v pathItem, unwrap bool, found *[]pathItem) (pathResult, error) {
	if !unwrap || !x.lax {
		return x.item(n, v, found)
	}
	var all []pathItem
	if res, err := x.item(n, v, &all); err != nil || res == pathError {
		return res, err
	}
	for _, m := range all {
		if m.isArray() {
			*found = append(*found, members(m)...)
		} else {
			*found = append(*found, m)
		}
	}
	return pathOK, nil
}

func (x *pathRun) binary(n *types.PathNode, v pathItem, found *[]pathItem) (pathResult, error) {
	var sides [2][]pathItem
	for k := range sides {
		if res, err := x.operand(n.Args[k], v, true, &sides[k]); err != nil || res == pathError {
			return res, err
		}
	}
	for k, s := range sides {
		if len(s) != 1 || s[0].kind() != "number" {
			return x.fail(pgerrcode.SingletonSQLJSONItemRequired, "%s operand of jsonpath operator %s is not a single numeric value",
				[]string{"left", "right"}[k], n.Text)
		}
	}
	f := map[string]func(a, b types.Datum) (types.Datum, error){
		"+": types.NumericAdd, "-": types.NumericSub, "*": types.NumericMul, "/": types.NumericDiv, "%": types.NumericMod,
	}[n.Text]
	d, err := f(sides[0][0].number(), sides[1][0].number())
	if err != nil {
		return x.caught(err)
	}
	return x.next(n, numberItem(d), found)
}

func (x *pathRun) unary(n *types.PathNode, v pathItem, found *[]pathItem) (pathResult, error) {
	var all []pathItem
	if res, err := x.operand(n.Args[0], v, true, &all); err != nil || res == pathError {
		return res, err
	}
	res := pathNone
	for _, m := range all {
		if m.kind() != "number" {
			if found == nil && n.Next == nil {
				continue
			}
			return x.fail(pgerrcode.SQLJSONNumberNotFound, "operand of unary jsonpath operator %s is not a numeric value", n.Text)
		}
		if n.Kind == types.PathMinus {
			m = numberItem(types.NumericNeg(m.number()))
		}
		one, err := x.next(n, m, found)
		if err != nil || one == pathError || one == pathOK && found == nil {
			return one, err
		}
		if one == pathOK {
			res = pathOK
		}
	}
	return res, nil
}
