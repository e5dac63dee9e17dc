package bind

import (
	"strconv"
	"strings"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// What MySQL's INSERT and UPDATE put into a column whose type PostgreSQL converts the value's
// type to only on demand, or not at all: a text that is a number into a number, a text or a
// number that is a date into a date, anything into a text. As in strict mode, a text that is
// nothing of the kind is an error.

// asMySQL makes the statements' values be converted so until the returned function is called.
func (b *binder) asMySQL(mixed bool) func() {
	outer := b.mixedWrites
	b.mixedWrites = mixed
	return func() { b.mixedWrites = outer }
}

// mixedValue is a value made one that a column's type takes.
func (b *binder) mixedValue(v expr.Expr, to types.T, pos ast.Pos) (expr.Expr, error) {
	if to.OID == types.TimeOID && !isNullLit(v) && (isLiteral(v) || kindOf(v) == spanKind) {
		return b.callBound(builtin.MySQLSchema, "strict_day_time", []expr.Expr{v}, pos)
	}
	if lit, ok := v.(*unknownLit); ok {
		if ofDate(to) && shortDate(lit.text) && !lit.null {
			return b.callBound(builtin.MySQLSchema, "strict_stamp", []expr.Expr{v}, pos)
		}
		return b.fraction(v, lit, to, pos)
	}
	if _, ok := v.(*unknownParam); ok {
		return v, nil
	}
	if isNumber(to) {
		v = asNumber(v, zero)
	}
	if k := kindOf(v); isTextual(to) && !isNullLit(v) && (k == numberKind || k == boolKind || k == dateKind || k == bytesKind) {
		return b.callBound(builtin.MySQLSchema, "to_text", []expr.Expr{v}, pos) // MySQL prints it, not PostgreSQL
	}
	if x, err := b.coerceOrNil(v, to, builtin.Assignment, pos); x != nil || err != nil {
		return v, err
	}
	name := ""
	switch to.OID {
	case types.Int2OID, types.Int4OID, types.Int8OID, types.NumericOID, types.Float4OID, types.Float8OID:
		if kindOf(v) != textKind && kindOf(v) != enumKind {
			name = "to_decimal"
			break
		}
		number := types.Of(types.NumericOID)
		if to.OID == types.Float4OID || to.OID == types.Float8OID {
			number = types.Of(types.Float8OID)
		}
		return b.coerce(v, number, builtin.Explicit, pos)
	case types.TextOID, types.VarcharOID, types.BpcharOID:
		name = "to_text"
	case types.ByteaOID:
		name = "to_binary"
	case types.DateOID, types.TimestampOID, types.TimestamptzOID:
		name = "strict_stamp"
	case types.TimeOID:
		name = "strict_day_time"
	default:
		if x, err := b.coerceOrNil(v, to, builtin.Explicit, pos); x != nil || err != nil {
			return x, err
		}
		return v, nil
	}
	return b.callBound(builtin.MySQLSchema, name, []expr.Expr{v}, pos)
}

func ofDate(t types.T) bool {
	return t.OID == types.DateOID || t.OID == types.TimestampOID || t.OID == types.TimestamptzOID
}

// shortDate reports a date of digits alone, or with a year of two: PostgreSQL reads it
// otherwise.
func shortDate(s string) bool {
	s = strings.TrimSpace(s)
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n > 0 && (n == len(s) || n <= 2)
}

// fraction rounds a literal that is a number, but no integer, for a column of integers.
func (b *binder) fraction(v expr.Expr, lit *unknownLit, to types.T, pos ast.Pos) (expr.Expr, error) {
	switch to.OID {
	case types.Int2OID, types.Int4OID, types.Int8OID:
	default:
		return v, nil
	}
	if _, err := strconv.ParseFloat(lit.text, 64); lit.null || err != nil {
		return v, nil
	}
	if _, err := strconv.ParseInt(lit.text, 10, 64); err == nil {
		return v, nil
	}
	return b.coerce(v, types.Of(types.NumericOID), builtin.Assignment, pos)
}

func isNumber(t types.T) bool {
	switch t.OID {
	case types.Int2OID, types.Int4OID, types.Int8OID, types.NumericOID, types.Float4OID, types.Float8OID:
		return true
	}
	return false
}

func isTextual(t types.T) bool {
	return t.OID == types.TextOID || t.OID == types.VarcharOID || t.OID == types.BpcharOID
}
