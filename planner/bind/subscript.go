package bind

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

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
		if base = i.X; i.Apart {
			break
		}
	}
	v, err := b.expr(s, base)
	if err != nil {
		return nil, err
	}
	if l, ok := v.(*unknownLit); ok { // which has no type, and so no parts
		v = l.untyped()
	} else if v, err = b.known(v); err != nil {
		return nil, err
	}
	if v.Type().OID == types.NameOID {
		return b.nameSubscript(s, v, chain)
	}
	if v.Type().OID == types.HstoreOID {
		return b.hstoreSubscript(s, v, chain)
	}
	step, part, err := b.subscripts(s, v.Type(), chain, leftmost(base))
	if err != nil {
		return nil, err
	}
	return &expr.Subscript{X: v, Index: step.Index, Slice: step.Slice, Lo: step.Lo, Hi: step.Hi, T: part}, nil
}

// subscripts binds the subscripts of a container of type t; part is the type of what is there.
func (b *binder) subscripts(s *scope, t types.T, chain []*ast.Index, pos ast.Pos) (step expr.Step, part types.T, err error) {
	step.T = t
	if t.OID == types.JSONBOID {
		step.Index, err = b.jsonSubscripts(s, chain)
		return step, t, err
	}
	info := types.Lookup(t.OID)
	if info == nil || info.Elem == 0 || info.Category != 'A' && !info.IsArray && !types.HasFixedParts(t) {
		return step, part, errAt(pos, pgerrcode.DatatypeMismatch, "cannot subscript type %s because it does not support subscripting", builtin.TypeName(t.OID))
	}
	if part = t.Elem(); len(chain) > types.MaxArrayDims {
		return step, part, errAt(ast.NoPos, pgerrcode.ProgramLimitExceeded,
			"number of array dimensions (%d) exceeds the maximum allowed (%d)", len(chain), types.MaxArrayDims)
	}
	for _, i := range chain {
		step.Slice = step.Slice || i.Slice
	}
	if step.Slice {
		if part = t; t.OID == types.Int2VectorOID || t.OID == types.OidVectorOID {
			part = t.Elem().ArrayOf() // parts of these are of any shape
		}
	}
	for _, i := range chain {
		if err := b.arraySubscript(s, &step, i); err != nil {
			return step, part, err
		}
	}
	return step, part, nil
}

func (b *binder) arraySubscript(s *scope, out *expr.Step, i *ast.Index) error {
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

// jsonSubscripts are those of jsonb: each an integer or a text.
func (b *binder) jsonSubscripts(s *scope, chain []*ast.Index) ([]expr.Expr, error) {
	var out []expr.Expr
	for _, i := range chain {
		if i.Slice {
			at := i.Hi
			if at == nil {
				at = i.Lo
			}
			return nil, errAt(leftmost(at), pgerrcode.DatatypeMismatch, "jsonb subscript does not support slices")
		}
		k, err := b.expr(s, i.Lo)
		if err != nil {
			return nil, err
		}
		to := types.OID(types.TextOID)
		if t := k.Type().OID; t != types.UnknownOID {
			switch {
			case builtin.CanCoerce(t, types.Int4OID, builtin.Implicit):
				to = types.Int4OID
			case !builtin.CanCoerce(t, types.TextOID, builtin.Implicit):
				return nil, errAt(leftmost(i.Lo), pgerrcode.DatatypeMismatch, "subscript type %s is not supported", builtin.TypeName(t)).
					WithHint("jsonb subscript must be coercible to either integer or text.")
			}
		}
		if k, err = b.coerce(k, types.Of(to), builtin.Implicit, leftmost(i.Lo)); err != nil {
			return nil, err
		}
		out = append(out, k)
	}
	return out, nil
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

// hstoreSubscript is h[k] of an hstore: the value of a key.
func (b *binder) hstoreSubscript(s *scope, v expr.Expr, chain []*ast.Index) (expr.Expr, error) {
	if len(chain) != 1 {
		return nil, oneSubscript()
	}
	key, err := b.hstoreKey(s, chain[0])
	if err != nil {
		return nil, err
	}
	return b.callBound(b.extensions().Schema("hstore"), "fetchval", []expr.Expr{v, key}, chain[0].Pos)
}

func oneSubscript() error {
	return errAt(ast.NoPos, pgerrcode.FeatureNotSupported, "hstore allows only one subscript")
}

func (b *binder) hstoreKey(s *scope, i *ast.Index) (expr.Expr, error) {
	if i.Slice {
		return nil, oneSubscript()
	}
	k, err := b.expr(s, i.Lo)
	if err != nil {
		return nil, err
	}
	key, err := b.coerceOrNil(k, types.Of(types.TextOID), builtin.Assignment, leftmost(i.Lo))
	if err == nil && key == nil {
		err = errAt(leftmost(i.Lo), pgerrcode.DatatypeMismatch, "hstore subscript must have type text")
	}
	return key, err
}

// assignHstore is the value of a column of type hstore when a key of it gets a value.
func (b *binder) assignHstore(s *scope, c *catalog.Column, x *ast.Target, old, v expr.Expr, pos ast.Pos) (expr.Expr, error) {
	if len(x.Path) != 1 {
		return nil, oneSubscript()
	}
	key, err := b.hstoreKey(s, x.Path[0].Sub)
	if err != nil {
		return nil, err
	}
	value, err := b.coerceOrNil(v, types.Of(types.TextOID), builtin.Assignment, pos)
	if err == nil && value == nil {
		err = errAt(pos, pgerrcode.DatatypeMismatch, "subscripted assignment to \"%s\" requires type text but expression is of type %s",
			c.Name, builtin.TypeName(v.Type().OID)).WithHint("You will need to rewrite or cast the expression.")
	}
	if err != nil {
		return nil, err
	}
	return &expr.Call{Fn: builtin.HstoreAssign, Args: []expr.Expr{old, key, value}, T: c.Type, Pos: int(pos)}, nil
}
