package bind

import (
	"strings"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// What numbers are beside the columns that MySQL's dialect declares, and what an earlier
// assignment has left in one.

// storedValue is a value converted as the assignment of a column converts it.
func (b *binder) storedValue(s *scope, x *ast.Stored) (expr.Expr, error) {
	if s.in == inGenerated {
		return b.generatedValue(s, x)
	}
	t := b.assigning
	if t == nil {
		return b.expr(s, x.X)
	}
	c := t.ColumnByName(x.Column)
	if c == nil || c.Generated != 0 {
		return b.expr(s, x.X)
	}
	if isDefault(x.X) {
		return columnDefault(c, b.o)
	}
	v, err := b.exprFor(s, x.X, c.Type)
	if err != nil {
		return nil, err
	}
	return b.given(v, c, leftmost(x.X))
}

// generatedValue is a column in the expression of one that is generated: for another such
// column its own expression.
func (b *binder) generatedValue(s *scope, x *ast.Stored) (expr.Expr, error) {
	var c *catalog.Column
	for _, it := range s.items {
		if it.rel != nil && it.rel.table != nil {
			c = it.rel.table.ColumnByName(x.Column)
		}
	}
	if c == nil || c.Generated == 0 || c.Default == "" { // without one it is the column itself
		return b.expr(s, x.X)
	}
	e, err := parseScalar(c.Default, b.o)
	if err != nil {
		return nil, err
	}
	v, err := b.expr(s, e)
	if err != nil {
		return nil, withoutPos(err)
	}
	return b.coerce(v, c.Type, builtin.Assignment, ast.NoPos)
}

// declaration is the column of a table that an expression is, nil for anything else.
func (b *binder) declaration(e expr.Expr) *catalog.Column {
	c, ok := e.(*expr.Column)
	if !ok || c.Index <= 0 || c.Index >= len(b.meta.Cols) {
		return nil
	}
	info := &b.meta.Cols[c.Index]
	if info.Table == nil {
		return nil
	}
	return info.Table.Column(info.Attr)
}

// withYear makes a constant of two digits, or a parameter, beside a column of type YEAR the
// year that it means.
func (b *binder) withYear(l, r expr.Expr) (_, _ expr.Expr, err error) {
	if c := b.declaration(l); c != nil && c.Declared == "year" {
		r, err = b.year(r, c.Type)
	} else if c := b.declaration(r); c != nil && c.Declared == "year" {
		l, err = b.year(l, c.Type)
	}
	return l, r, err
}

// yearOf converts to a year; a parameter without a type has the column's.
func (b *binder) yearOf(name string, e expr.Expr, t types.T, pos ast.Pos) (_ expr.Expr, err error) {
	if isParam(e) {
		if e, err = b.coerce(e, t, builtin.Implicit, pos); err != nil {
			return nil, err
		}
	}
	return b.convert(name, e, pos)
}

// isParam reports a parameter whose type nothing has told yet.
func isParam(e expr.Expr) bool { _, ok := e.(*unknownParam); return ok }

func (b *binder) year(e expr.Expr, t types.T) (expr.Expr, error) {
	short := false
	switch v := e.(type) {
	case *unknownParam, *expr.Param:
		return b.yearOf("year_meant", e, t, ast.NoPos)
	case *unknownLit:
		short = !v.null && len(v.text) <= 2 && len(v.text) > 0 && strings.Trim(v.text, "0123456789") == ""
	case *expr.Const:
		switch v.T.OID {
		case types.Int2OID, types.Int4OID, types.Int8OID:
			short = !v.D.IsNull() && v.D.Int() > 0 && v.D.Int() < 100
		}
	}
	if !short {
		return e, nil
	}
	return b.convert("to_year", e, ast.NoPos)
}

// asNumber is a hexadecimal literal beside a number, which is one there: of eight bytes at
// most, the first being the highest.
func asNumber(e, other expr.Expr) expr.Expr {
	c, ok := e.(*expr.Const)
	if !ok || c.T.OID != types.ByteaOID || c.D.IsNull() || kindOf(other) != numberKind {
		return e
	}
	text := c.D.Text()
	if len(text) > 8 || len(text) == 8 && text[0] >= 0x80 {
		return e
	}
	n := int64(0)
	for i := range len(text) {
		n = n<<8 | int64(text[i])
	}
	return &expr.Const{T: types.Of(types.Int8OID), D: types.Int(n)}
}

// isWhole reports a value that can only be a whole number.
func isWhole(e expr.Expr) bool {
	switch e.Type().OID {
	case types.Int2OID, types.Int4OID, types.Int8OID:
		return true
	case types.NumericOID:
		c, ok := e.(*expr.Call)
		return ok && isUnsignedCall(c)
	}
	return false
}

func isUnsignedCall(c *expr.Call) bool {
	if c.Fn == nil || c.Op != nil {
		return false
	}
	switch c.Fn.Name {
	case "to_unsigned", "difference", "bits_and", "bits_or", "bits_xor", "bits_left", "bits_right", "bit_not":
		return c.Fn.Schema == builtin.MySQLSchema
	}
	return false
}

// isUnsigned reports a whole number without a sign: of a column declared so, or computed with
// one.
func (b *binder) isUnsigned(e expr.Expr) bool {
	if c := b.declaration(e); c != nil {
		return strings.Contains(c.Declared, " unsigned") && isWhole(e)
	}
	switch c := e.(type) {
	case *expr.Cast:
		return isWhole(c) && b.isUnsigned(c.X)
	case *expr.Call:
		if isUnsignedCall(c) {
			return true
		}
		if c.Op != nil && len(c.Args) == 2 && (c.Op.Name == "+" || c.Op.Name == "*") {
			return isWhole(e) && (b.isUnsigned(c.Args[0]) || b.isUnsigned(c.Args[1]))
		}
	}
	return false
}
