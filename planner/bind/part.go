package bind

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// An assignment to a part of a column (SET a[1] = 5) gives the column a value that is
// computed from its old one: expr.Assign. Several parts of a column are assigned one
// after the other, each to what the one before made.

// assignPart is the value of a column when v is assigned to the part that x names; old
// is the column's value before.
func (b *binder) assignPart(s *scope, c *catalog.Column, x *ast.Target, old, v expr.Expr, pos ast.Pos) (expr.Expr, error) {
	if c.Type.OID == types.HstoreOID && x.Path[0].Sub != nil {
		return b.assignHstore(s, c, x, old, v, pos)
	}
	out := &expr.Assign{X: old}
	t, what, subscripted := c.Type, c.Name, false
	domain, within := catalog.ID(0), false // of the part; a domain's value around it
	at := x.Pos                            // of the container
	if _, inserted := old.(*expr.Const); inserted {
		at = ast.NoPos
	}
	for path := x.Path; len(path) > 0; {
		within = within || domain != 0
		n := 0
		var chain []*ast.Index
		for n < len(path) && path[n].Sub != nil {
			chain = append(chain, path[n].Sub)
			n++
		}
		if n == 0 {
			step, part, err := b.fieldStep(t, what, &path[0], x.Pos)
			if err != nil {
				return nil, err
			}
			out.Steps = append(out.Steps, step)
			domain = step.Row.Fields[step.Field].Domain
			t, what, subscripted, path = part, path[0].Field, false, path[1:]
			continue
		}
		if err := b.assignable(t, x); err != nil {
			return nil, err
		}
		step, part, err := b.subscripts(s, t, chain, at)
		if err != nil {
			return nil, err
		}
		out.Steps = append(out.Steps, step)
		if domain = 0; !step.Slice {
			domain = t.ElemDomain()
		}
		t, subscripted, path = part, true, path[n:]
	}
	var err error
	if out.V, err = b.coerceOrNil(v, t, builtin.Assignment, pos); err != nil {
		return nil, err
	}
	if out.V == nil {
		kind := "subfield \"%s\" is of type %s but expression is of type %s"
		if subscripted {
			kind = "subscripted assignment to \"%s\" requires type %s but expression is of type %s"
		}
		return nil, errAt(x.Pos, pgerrcode.DatatypeMismatch, kind, what, b.partName(t, domain), builtin.TypeName(v.Type().OID)).
			WithHint("You will need to rewrite or cast the expression.")
	}
	if d, ok := b.o.Catalog.TypeByID(domain); ok && domain != 0 {
		if out.V, err = b.toDomain(out.V, d); err != nil {
			return nil, err
		}
	}
	if within {
		return b.toParts(out), nil
	}
	return out, nil
}

// assignable refuses the types whose parts can be read but not assigned.
func (b *binder) assignable(t types.T, x *ast.Target) error {
	switch t.OID {
	case types.NameOID:
		return notYet(x.Pos, "assignment to bytes of a name")
	case types.Int2VectorOID, types.OidVectorOID:
		i := types.Lookup(t.OID)
		return errAt(x.Pos, pgerrcode.CannotCoerce, "cannot cast type %s[] to %s", types.TypeName(i.Elem), i.Name)
	}
	return nil
}

// fieldStep leads to a field of a composite value; part is the field's type.
func (b *binder) fieldStep(t types.T, what string, f *ast.Step, pos ast.Pos) (step expr.Step, part types.T, err error) {
	if f.Star {
		return step, part, errAt(pos, pgerrcode.FeatureNotSupported, "row expansion via \"*\" is not supported here")
	}
	c := b.composite(t.OID)
	if c == nil {
		return step, part, errAt(pos, pgerrcode.DatatypeMismatch,
			"cannot assign to field \"%s\" of column \"%s\" because its type %s is not a composite type", f.Field, what, builtin.TypeName(t.OID))
	}
	at := c.Index(f.Field)
	if at < 0 {
		return step, part, errAt(pos, pgerrcode.UndefinedColumn,
			"cannot assign to field \"%s\" of column \"%s\" because there is no such column in data type %s", f.Field, what, builtin.TypeName(t.OID))
	}
	return expr.Step{T: t, Row: c, Field: at}, c.Fields[at].T, nil
}

// partDefault is the error for DEFAULT as the value of a part, nil for whole columns.
func partDefault(x *ast.Target) error {
	switch {
	case len(x.Path) == 0:
		return nil
	case x.Path[0].Sub != nil:
		return errAt(x.Pos, pgerrcode.FeatureNotSupported, "cannot set an array element to DEFAULT")
	}
	return errAt(x.Pos, pgerrcode.FeatureNotSupported, "cannot set a subfield to DEFAULT")
}

// assignedParts remembers which columns a list assigns: one wholly and once, or parts of it.
type assignedParts map[int16]bool // true: wholly

// add reports that the column may be assigned, beside what was before.
func (a assignedParts) add(attr int16, x *ast.Target) bool {
	whole := len(x.Path) == 0
	if before, seen := a[attr]; seen && (whole || before) {
		return false
	}
	a[attr] = whole
	return true
}
