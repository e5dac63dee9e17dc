package optimize

import (
	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/collate"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// bounds fits conditions to the key columns: equalities on a prefix, then a
// range on the next. It returns the conditions that the bounds make true.
func (p *planner) bounds(s *logical.Scan, pt *path, keys []expr.Expr, conds []expr.Expr) []int {
	own := &logical.ColSet{}
	for _, c := range s.Out {
		own.Add(c)
	}
	var used []int
	for _, k := range keys {
		m, i, ok := equality(k, conds, own)
		if !ok {
			m, i, ok = collatedEquality(k, conds, own)
		}
		if !ok {
			return p.rangeOn(k, pt, conds, own, used)
		}
		pt.bounds.Prefix = append(pt.bounds.Prefix, m)
		pt.prefix++
		pt.multi = pt.multi || m.Any
		used = append(used, i)
	}
	return used
}

// equality finds a condition that pins key to a value; single values are
// preferred to lists.
func equality(key expr.Expr, conds []expr.Expr, own *logical.ColSet) (physical.Match, int, bool) {
	at, found := -1, physical.Match{}
	for i, c := range conds {
		switch x := c.(type) {
		case *expr.Call:
			if v, strategy, ok := comparison(x, key, own); ok && strategy == 3 {
				return physical.Match{X: v}, i, true
			}
		case *expr.AnyAll:
			if at < 0 && !x.All && x.Op.Strategy == 3 && isKey(x.L, key) && free(x.R, own) && x.R.Type().IsArray() &&
				comparable(key.Type(), x.R.Type().Elem()) {
				at, found = i, physical.Match{X: x.R, Any: true}
			}
		case *expr.InList:
			if at < 0 && !x.Not && isKey(x.L, key) {
				if arr, ok := listArray(x, key, own); ok {
					at, found = i, physical.Match{X: arr, Any: true}
				}
			}
		case *expr.IsNull:
			if at < 0 && !x.Not && isKey(x.X, key) {
				at, found = i, physical.Match{Null: true}
			}
		}
	}
	return found, at, at >= 0
}

// collatedEquality is equality for a key that holds the collation keys of texts: equal
// texts have equal keys.
func collatedEquality(key expr.Expr, conds []expr.Expr, own *logical.ColSet) (physical.Match, int, bool) {
	call, ok := key.(*expr.Call)
	if !ok || call.Fn != builtin.CollationKey {
		return physical.Match{}, -1, false
	}
	if c, ok := call.Args[1].(*expr.Const); !ok || !collate.Deterministic(string(c.D.Bytes())) {
		return physical.Match{}, -1, false // more than the texts that are the same
	}
	m, i, ok := equality(call.Args[0], conds, own)
	if !ok || m.Null {
		return m, i, ok
	}
	fn, t := call.Fn, types.ByteaOID
	if m.Any {
		fn, t = builtin.CollationKeys, types.ByteaArrayOID
	}
	m.X = expr.Fold(&expr.Call{Fn: fn, Args: append([]expr.Expr{m.X}, call.Args[1:]...), T: types.Of(t), Pos: -1})
	return m, i, true
}

// listArray makes an IN list one array of the key's type.
func listArray(x *expr.InList, key expr.Expr, own *logical.ColSet) (expr.Expr, bool) {
	elem := types.Of(key.Type().OID)
	at := elem.ArrayOf()
	if at.OID == 0 {
		return nil, false
	}
	arr := &expr.ArrayOf{T: at}
	for _, v := range x.List {
		if !free(v, own) {
			return nil, false
		}
		e, ok := keyValue(v, key.Type())
		if !ok {
			return nil, false
		}
		if e.Type().OID != elem.OID {
			e = &expr.Relabel{X: e, T: elem}
		}
		arr.Elems = append(arr.Elems, e)
	}
	return expr.Fold(arr), true
}

// rangeOn adds lower and upper bounds on the key column after the prefix.
func (p *planner) rangeOn(key expr.Expr, pt *path, conds []expr.Expr, own *logical.ColSet, used []int) []int {
	b := &pt.bounds
	for i, c := range conds {
		if row, ok := c.(*expr.RowOrder); ok {
			rowBound(row, key, pt, i, own)
			continue
		}
		x, ok := c.(*expr.Call)
		if !ok {
			continue
		}
		if lo, hi, ok := likePrefix(x, key); ok && b.Lo == nil && b.Hi == nil {
			b.Lo, b.LoInc, b.Hi = lo, true, hi
			pt.loose = append(pt.loose, i)
			continue
		}
		v, strategy, ok := comparison(x, key, own)
		switch {
		case !ok:
		case strategy < 3 && b.Hi == nil:
			b.Hi, b.HiInc = v, strategy == 2
			used = append(used, i)
		case strategy > 3 && b.Lo == nil:
			b.Lo, b.LoInc = v, strategy == 4
			used = append(used, i)
		}
	}
	return used
}

// rowBound is what an order of rows says of the first column: (a, b) > (1, 2) holds for no a
// below 1. The condition itself still has to be tested.
func rowBound(row *expr.RowOrder, key expr.Expr, pt *path, at int, own *logical.ColSet) {
	v, strategy, ok := comparison(row.Pair(0), key, own)
	b := &pt.bounds
	switch {
	case !ok:
		return
	case strategy < 3 && b.Hi == nil:
		b.Hi, b.HiInc = v, true
	case strategy > 3 && b.Lo == nil:
		b.Lo, b.LoInc = v, true
	default:
		return
	}
	pt.loose = append(pt.loose, at)
}

// likePrefix is the range of text that a LIKE pattern's literal beginning
// allows; text is ordered by bytes. The condition itself still has to be tested.
func likePrefix(x *expr.Call, key expr.Expr) (lo, hi expr.Expr, ok bool) {
	if x.Op == nil || x.Op.Name != "~~" || len(x.Args) != 2 || !isText(key.Type().OID) || !isKey(x.Args[0], key) {
		return nil, nil, false
	}
	c, ok := x.Args[1].(*expr.Const)
	if !ok || c.D.IsNull() {
		return nil, nil, false
	}
	var prefix []byte
	pattern := c.D.Bytes()
	for i := 0; i < len(pattern) && pattern[i] != '%' && pattern[i] != '_'; i++ {
		if pattern[i] == '\\' {
			if i++; i == len(pattern) {
				return nil, nil, false
			}
		}
		prefix = append(prefix, pattern[i])
	}
	end := append([]byte(nil), prefix...)
	for len(end) > 0 && end[len(end)-1] >= 0x7f { // stay within ASCII: the next byte must keep the text valid
		end = end[:len(end)-1]
	}
	if len(end) == 0 {
		return nil, nil, false
	}
	end[len(end)-1]++
	t := types.Of(types.TextOID)
	return &expr.Const{T: t, D: types.Bytes(prefix)}, &expr.Const{T: t, D: types.Bytes(end)}, true
}

// flipped are the btree strategies with sides exchanged.
var flipped = [6]int{0, 5, 4, 3, 2, 1}

// comparison reads key op value or value op key: the value as the index encodes
// it, and the btree strategy as seen from the key.
func comparison(x *expr.Call, key expr.Expr, own *logical.ColSet) (expr.Expr, int, bool) {
	if x.Op == nil || x.Op.Strategy == 0 || len(x.Args) != 2 {
		return nil, 0, false
	}
	v, strategy := x.Args[1], x.Op.Strategy
	if !isKey(x.Args[0], key) {
		if !isKey(x.Args[1], key) {
			return nil, 0, false
		}
		v, strategy = x.Args[0], flipped[strategy]
	}
	if !free(v, own) {
		return nil, 0, false
	}
	v, ok := keyValue(v, key.Type())
	return v, strategy, ok
}

// isKey reports that an expression is the key column, relabelled at most.
func isKey(e, key expr.Expr) bool {
	if logical.Same(e, key) {
		return true
	}
	r, ok := e.(*expr.Relabel)
	return ok && logical.Same(r.X, key)
}

// free reports that a value does not depend on the scan's own row and stays the
// same while it runs.
func free(e expr.Expr, own *logical.ColSet) bool {
	return !logical.Uses(e, func(c logical.ColID) bool { return own.Has(c) }) && !logical.IsVolatile(e)
}

// comparable reports that values of type v have the same key bytes as the key
// column's type.
func comparable(key, v types.T) bool {
	return key.OID == v.OID || isText(key.OID) && isText(v.OID) || isFloat(key.OID) && isFloat(v.OID)
}

func isText(t types.OID) bool {
	return t == types.TextOID || t == types.VarcharOID || t == types.NameOID
}

func isFloat(t types.OID) bool { return t == types.Float4OID || t == types.Float8OID }

// intRank orders the integer types by width, 0 for others.
func intRank(t types.OID) int {
	switch t {
	case types.Int2OID:
		return 1
	case types.Int4OID:
		return 2
	case types.Int8OID:
		return 3
	}
	return 0
}

// keyValue converts a value to the key's type where no value can be lost: wider
// integers only when they are constants that fit.
func keyValue(v expr.Expr, key types.T) (expr.Expr, bool) {
	t := v.Type()
	if comparable(key, t) {
		return v, true
	}
	kr, vr := intRank(key.OID), intRank(t.OID)
	if kr == 0 || vr == 0 {
		return nil, false
	}
	to := types.Of(key.OID)
	if vr < kr {
		return expr.Fold(&expr.Cast{X: v, To: to, Implicit: true, Pos: -1}), true
	}
	c, ok := v.(*expr.Const)
	if !ok {
		return nil, false
	}
	if c.D.IsNull() {
		return &expr.Const{T: to, D: types.Null}, true
	}
	n := c.D.Int()
	if kr == 2 && n == int64(int32(n)) || kr == 1 && n == int64(int16(n)) {
		return &expr.Const{T: to, D: types.Int(n)}, true
	}
	return nil, false
}
