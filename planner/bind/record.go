package bind

import (
	"fmt"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// field is one column of a record value.
type field struct {
	name string
	t    types.T
	at   int // its place in the value
	// domain is the one that the column is of, t its base type; 0 for none
	domain types.OID
}

// shape is what is known of a record's columns; nil when nothing is.
func (b *binder) shape(e expr.Expr) []field {
	if row := b.rowBehind(e); row != nil {
		if f := b.rowShapes[row]; f != nil {
			return f
		}
	}
	if c := b.composite(e.Type().OID); c != nil {
		f := make([]field, 0, len(c.Fields))
		for i := range c.Fields {
			if !c.Fields[i].Dropped {
				f = append(f, field{c.Fields[i].Name, c.Fields[i].T, i, c.Fields[i].Domain})
			}
		}
		return f
	}
	switch x := e.(type) {
	case *expr.Column:
		return b.shapes[x.Index]
	case *expr.Call:
		var f []field
		for i, t := range x.Fn.OutTypes {
			f = append(f, field{x.Fn.OutNames[i], types.Of(t), i, x.Fn.OutDomain(i)})
		}
		if len(f) < 2 {
			return nil
		}
		return f
	case *expr.Case:
		if row := b.caseRows[x]; row != nil {
			return b.shape(row)
		}
	case *expr.RowOf:
		f := make([]field, len(x.Args))
		for i, a := range x.Args {
			f[i] = field{fmt.Sprintf("f%d", i+1), a.Type(), i, b.exprDomain(a)}
		}
		return f
	}
	return nil
}

// rowBehind is the row that an expression is, if an outer join leaves one.
func (b *binder) rowBehind(e expr.Expr) *expr.RowOf {
	switch x := e.(type) {
	case *expr.RowOf:
		return x
	case *expr.Case:
		return b.caseRows[x]
	}
	return nil
}

// fieldSel is (x).name.
func (b *binder) fieldSel(s *scope, x *ast.FieldSel) (expr.Expr, error) {
	if x.Star {
		return nil, errAt(x.Pos, pgerrcode.FeatureNotSupported, "row expansion via \"*\" is not supported here")
	}
	raw, err := b.expr(s, x.X)
	if err != nil {
		return nil, err
	}
	v, err := b.known(raw)
	if err != nil {
		return nil, err
	}
	sh := b.shape(v)
	for _, f := range sh {
		if f.name == x.Name {
			b.traceField(x, v, f)
			return b.fieldOf(v, f), nil
		}
	}
	pos := rowPlace(x.X)
	it := b.wholeRows[b.rowBehind(v)]
	switch {
	case it != nil:
		return b.callAsColumn(s, x.X, x.Name, pos, errAt(pos, pgerrcode.UndefinedColumn, "column %s.%s does not exist", it.name, x.Name))
	case types.IsComposite(v.Type().OID):
		return b.callAsColumn(s, x.X, x.Name, pos,
			errAt(pos, pgerrcode.UndefinedColumn, "column \"%s\" not found in data type %s", x.Name, builtin.TypeName(b.shownType(v))))
	case sh != nil:
		return nil, errAt(pos, pgerrcode.UndefinedColumn, "could not identify column \"%s\" in record data type", x.Name)
	case v.Type().OID == types.RecordOID:
		return nil, errAt(pos, pgerrcode.UndefinedColumn, "could not identify column \"%s\" in record data type", x.Name)
	}
	return nil, errAt(pos, pgerrcode.WrongObjectType, "column notation .%s applied to type %s, which is not a composite type",
		x.Name, builtin.TypeName(raw.Type().OID)) // of a parameter, unknown
}

// rowPlace is where errors about the columns of a row point: at the cast of one that has
// been read as a type, else where it begins.
func rowPlace(e ast.Expr) ast.Pos {
	switch x := e.(type) {
	case *ast.Cast:
		if _, row := x.X.(*ast.Row); row {
			return x.Pos
		}
	case *ast.FieldSel:
		return rowPlace(x.X)
	}
	return leftmost(e)
}

// fieldOf is a column of a record.
func (b *binder) fieldOf(v expr.Expr, f field) expr.Expr {
	if c, ok := v.(*expr.Case); ok && b.caseRows[c] != nil {
		v = b.caseRows[c] // its columns are NULL where it is
	}
	if r, ok := v.(*expr.RowOf); ok && !(r.Cast && b.asWritten) {
		if c, column := r.Args[f.at].(*expr.Column); column && b.wholeRows[r] == nil {
			return &expr.Relabel{X: c, T: c.Type(), Domain: f.domain} // it is no column of a table any more
		}
		return r.Args[f.at]
	}
	b.noteRow(v.Type().OID)
	return &expr.Field{X: v, N: f.at, T: f.t, Name: f.name, Domain: f.domain}
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
		return nil, pgerr.Newf(pgerrcode.WrongObjectType, "type %s is not composite", builtin.TypeName(v.Type().OID))
	}
	out := make([]nsCol, len(sh))
	for i, f := range sh {
		out[i] = nsCol{f.name, b.fieldOf(v, f)}
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
			if cols := b.variableStar(x); cols != nil {
				return cols, nil
			}
			return nil, b.missingItem(s, rel, x.Pos)
		}
		b.readsAll(it)
		return it.cols, nil
	}
	var out []nsCol
	seen := false
	for _, it := range s.items {
		if it.colsVisible {
			b.readsAll(it)
			out = append(out, it.cols...)
			seen = true
		}
	}
	if !seen {
		return nil, errAt(x.Pos, pgerrcode.SyntaxError, "SELECT * with no tables specified is not valid")
	}
	return out, nil
}
