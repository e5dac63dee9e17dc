package bind

import (
	"fmt"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// field is one column of a record value.
type field struct {
	name string
	t    types.T
}

// shape is what is known of a record's columns; nil when nothing is.
func (b *binder) shape(e expr.Expr) []field {
	switch x := e.(type) {
	case *expr.Column:
		return b.shapes[x.Index]
	case *expr.Call:
		var f []field
		for i, t := range x.Fn.OutTypes {
			f = append(f, field{x.Fn.OutNames[i], types.Of(t)})
		}
		if len(f) < 2 {
			return nil
		}
		return f
	case *expr.RowOf:
		if f := b.rowShapes[x]; f != nil {
			return f
		}
		f := make([]field, len(x.Args))
		for i, a := range x.Args {
			f[i] = field{fmt.Sprintf("f%d", i+1), a.Type()}
		}
		return f
	}
	return nil
}

// fieldSel is (x).name.
func (b *binder) fieldSel(s *scope, x *ast.FieldSel) (expr.Expr, error) {
	if x.Star {
		return nil, errAt(x.Pos, pgerrcode.FeatureNotSupported, "row expansion via \"*\" is not supported here")
	}
	v, err := b.value(s, x.X)
	if err != nil {
		return nil, err
	}
	sh := b.shape(v)
	for i, f := range sh {
		if f.name != x.Name {
			continue
		}
		if r, ok := v.(*expr.RowOf); ok {
			return r.Args[i], nil
		}
		return &expr.Field{X: v, N: i, T: f.t}, nil
	}
	pos := leftmost(x.X)
	switch {
	case sh != nil:
		return nil, errAt(pos, pgerrcode.UndefinedColumn, "could not identify column \"%s\" in record data type", x.Name)
	case v.Type().OID == types.RecordOID:
		return nil, errAt(pos, pgerrcode.UndefinedColumn, "could not identify column \"%s\" in record data type", x.Name)
	}
	return nil, errAt(pos, pgerrcode.WrongObjectType, "column notation .%s applied to type %s, which is not a composite type",
		x.Name, builtin.TypeName(v.Type().OID))
}

// expandRecord is (x).*: one expression a column.
func (b *binder) expandRecord(s *scope, x *ast.FieldSel) ([]nsCol, error) {
	v, err := b.value(s, x.X)
	if err != nil {
		return nil, err
	}
	sh := b.shape(v)
	if sh == nil {
		if v.Type().OID == types.RecordOID {
			return nil, errAt(leftmost(x.X), pgerrcode.DatatypeMismatch, "record type has not been registered")
		}
		return nil, errAt(leftmost(x.X), pgerrcode.WrongObjectType, "type %s is not composite", builtin.TypeName(v.Type().OID))
	}
	out := make([]nsCol, len(sh))
	for i, f := range sh {
		out[i] = nsCol{f.name, &expr.Field{X: v, N: i, T: f.t}}
		if r, ok := v.(*expr.RowOf); ok {
			out[i].e = r.Args[i]
		}
	}
	return out, nil
}

// star expands * and t.*.
func (b *binder) star(s *scope, x *ast.ColumnRef) ([]nsCol, error) {
	if len(x.Parts) > 0 {
		schema, rel := "", x.Parts[len(x.Parts)-1]
		if len(x.Parts) > 1 {
			schema = x.Parts[len(x.Parts)-2]
		}
		it, err := b.findItem(s, schema, rel, x.Pos)
		if err != nil {
			return nil, err
		}
		if it == nil {
			return nil, b.missingItem(s, rel, x.Pos)
		}
		return it.cols, nil
	}
	var out []nsCol
	seen := false
	for _, it := range s.items {
		if it.colsVisible {
			out = append(out, it.cols...)
			seen = true
		}
	}
	if !seen {
		return nil, errAt(x.Pos, pgerrcode.SyntaxError, "SELECT * with no tables specified is not valid")
	}
	return out, nil
}
