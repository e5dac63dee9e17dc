package bind

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// array binds ARRAY[…]; want is the array type of a cast around it, or zero.
func (b *binder) array(s *scope, x *ast.Array, want types.T) (expr.Expr, error) {
	if len(x.Elems) == 0 {
		if want.OID == 0 {
			return nil, errAt(x.Pos, pgerrcode.IndeterminateDatatype, "cannot determine type of empty array").
				WithHint("Explicitly cast to the desired type, for example ARRAY[]::integer[].")
		}
		return &expr.ArrayOf{T: want}, nil
	}
	elems := make([]expr.Expr, len(x.Elems))
	nested := false
	var err error
	for i, e := range x.Elems {
		if a, ok := e.(*ast.Array); ok {
			elems[i], err = b.array(s, a, want)
			nested = true
		} else {
			elems[i], err = b.expr(s, e)
		}
		if err != nil {
			return nil, err
		}
	}
	if want.OID != 0 {
		return b.arrayTo(x, elems, want, nested)
	}
	elems, t, err := b.commonType("ARRAY", elems, func(i int) ast.Pos { return leftmost(x.Elems[i]) })
	if err != nil {
		return nil, err
	}
	if t.IsArray() {
		return &expr.ArrayOf{Elems: elems, T: types.Of(t.OID), Nested: true}, nil
	}
	at := types.Of(t.OID).ArrayOf()
	if at.OID == 0 {
		return nil, errAt(x.Pos, pgerrcode.UndefinedObject, "could not find array type for data type %s", builtin.TypeName(t.OID))
	}
	return &expr.ArrayOf{Elems: elems, T: at}, nil
}

// arrayTo coerces the elements to a cast's element type at once.
func (b *binder) arrayTo(x *ast.Array, elems []expr.Expr, want types.T, nested bool) (expr.Expr, error) {
	to := types.Of(want.Elem().OID)
	if nested {
		to = types.Of(want.OID)
	}
	for i, e := range elems {
		c, err := b.coerceOrNil(e, to, builtin.Explicit, leftmost(x.Elems[i]))
		if err != nil {
			return nil, err
		}
		if c == nil {
			return nil, errAt(leftmost(x.Elems[i]), pgerrcode.CannotCoerce, "cannot cast type %s to %s",
				builtin.TypeName(e.Type().OID), builtin.TypeName(to.OID))
		}
		elems[i] = c
	}
	return &expr.ArrayOf{Elems: elems, T: types.Of(want.OID), Nested: nested}, nil
}

// subscript binds x[i] and x[lo:hi]; a chain x[i][j] is one node.
func (b *binder) subscript(s *scope, x *ast.Index) (expr.Expr, error) {
	var chain []*ast.Index
	var base ast.Expr = x
	for {
		i, ok := base.(*ast.Index)
		if !ok {
			break
		}
		chain = append([]*ast.Index{i}, chain...)
		base = i.X
	}
	v, err := b.value(s, base)
	if err != nil {
		return nil, err
	}
	t := v.Type()
	info := types.Lookup(t.OID)
	if t.OID == types.JSONBOID {
		return b.jsonSubscript(s, v, chain)
	}
	if t.OID == types.NameOID {
		return b.nameSubscript(s, v, chain)
	}
	if info == nil || info.Elem == 0 || info.Category != 'A' && !info.IsArray {
		return nil, errAt(leftmost(base), pgerrcode.DatatypeMismatch, "cannot subscript type %s because it does not support subscripting", builtin.TypeName(t.OID))
	}
	out := &expr.Subscript{X: v, T: types.T{OID: info.Elem, Mod: t.Mod}}
	for _, i := range chain {
		out.Slice = out.Slice || i.Slice
	}
	if out.Slice {
		out.T = t
	}
	for _, i := range chain {
		if err := b.oneSubscript(s, out, i); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (b *binder) oneSubscript(s *scope, out *expr.Subscript, i *ast.Index) error {
	bound := func(e ast.Expr) (expr.Expr, error) {
		if e == nil {
			return nil, nil
		}
		v, err := b.expr(s, e)
		if err != nil {
			return nil, err
		}
		c, err := b.coerceOrNil(v, types.Of(types.Int4OID), builtin.Assignment, leftmost(e))
		if err == nil && c == nil {
			err = errAt(leftmost(e), pgerrcode.DatatypeMismatch, "array subscript must have type integer")
		}
		return c, err
	}
	lo, err := bound(i.Lo)
	if err != nil {
		return err
	}
	hi, err := bound(i.Hi)
	if err != nil {
		return err
	}
	switch {
	case !out.Slice:
		out.Index = append(out.Index, lo)
	case i.Slice:
		out.Lo, out.Hi = append(out.Lo, lo), append(out.Hi, hi)
	default: // x[i] in a slice means x[1:i]
		out.Lo, out.Hi = append(out.Lo, intConst(1)), append(out.Hi, lo)
	}
	return nil
}

// jsonSubscript is j['a'][0] = j -> 'a' -> 0.
func (b *binder) jsonSubscript(s *scope, v expr.Expr, chain []*ast.Index) (expr.Expr, error) {
	for _, i := range chain {
		if i.Slice {
			return nil, errAt(leftmost(i), pgerrcode.DatatypeMismatch, "jsonb subscript does not support slices")
		}
		k, err := b.expr(s, i.Lo)
		if err != nil {
			return nil, err
		}
		if v, err = b.makeOp("", "->", v, k, i.Pos); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// nameSubscript is n[i] of a name: its byte i as "char", counted from 0.
func (b *binder) nameSubscript(s *scope, v expr.Expr, chain []*ast.Index) (expr.Expr, error) {
	if len(chain) != 1 || chain[0].Slice {
		return nil, notYet(leftmost(chain[0]), "this subscript of a name")
	}
	i, err := b.expr(s, chain[0].Lo)
	if err != nil {
		return nil, err
	}
	at, err := b.makeOp("pg_catalog", "+", i, intConst(1), chain[0].Pos)
	if err != nil {
		return nil, err
	}
	text, err := b.coerce(v, types.Of(types.TextOID), builtin.Implicit, chain[0].Pos)
	if err != nil {
		return nil, err
	}
	e, err := b.callBound("pg_catalog", "substr", []expr.Expr{text, at, intConst(1)}, chain[0].Pos)
	if err != nil {
		return nil, err
	}
	return b.coerce(e, types.Of(types.CharOID), builtin.Explicit, chain[0].Pos)
}
