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
			elems[i], err = b.exprFor(s, e, want.Elem())
		}
		if err != nil {
			return nil, err
		}
		nested = nested || elems[i].Type().IsArray()
	}
	if want.OID != 0 {
		return b.arrayTo(x, elems, want, nested)
	}
	if d := types.Of(b.commonDomain(elems)).ArrayOf(); d.OID != 0 {
		return &expr.ArrayOf{Elems: elems, T: d}, nil
	}
	elems, t, err := b.commonType("ARRAY", elems, func(i int) ast.Pos { return leftmost(x.Elems[i]) })
	if err != nil {
		return nil, err
	}
	if t.IsArray() {
		return &expr.ArrayOf{Elems: elems, T: t, Nested: true}, nil
	}
	at := t.ArrayOf()
	if at.OID == 0 {
		return nil, errAt(x.Pos, pgerrcode.UndefinedObject, "could not find array type for data type %s", builtin.TypeName(t.OID))
	}
	return &expr.ArrayOf{Elems: elems, T: rowsLike(at, elems)}, nil
}

// rowsLike is a type of records with the names of columns that the only such type among
// expressions has: those of the rows of a table or subquery, which JSON shows.
func rowsLike(t types.T, from []expr.Expr) types.T {
	if t.OID != types.RecordOID && t.OID != types.RecordArrayOID {
		return t
	}
	mod := int32(-1)
	for _, e := range from {
		if _, empty := e.(*expr.Const); empty { // NULL or {}, which have no rows
			continue
		}
		switch of := e.Type(); {
		case of.OID != types.RecordOID && of.OID != types.RecordArrayOID:
		case mod >= 0 && of.Mod != mod:
			return t
		default:
			mod = of.Mod
		}
	}
	t.Mod = mod
	return t
}

// arrayTo coerces the elements to a cast's element type at once.
func (b *binder) arrayTo(x *ast.Array, elems []expr.Expr, want types.T, nested bool) (expr.Expr, error) {
	to := want.Elem()
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
				builtin.TypeName(b.shownType(e)), builtin.TypeName(to.OID))
		}
		b.traceElement(x, i, e, c, want)
		elems[i] = c
	}
	return b.toParts(&expr.ArrayOf{Elems: elems, T: types.Of(want.OID), Nested: nested}), nil
}
