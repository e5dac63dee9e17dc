package bind

import (
	"slices"
	"strings"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/collate"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// An operator of the schema mysql is PostgreSQL's of the same name wherever that takes
// the operands, with the same plans. Where it does not, the operands are converted as
// MySQL converts them: a text and a number are compared as floating point numbers,
// whatever the text begins with, a text and a date as dates.

// mixedOp resolves such an operator over bound operands.
func (b *binder) mixedOp(name string, l, r expr.Expr, pos ast.Pos) (expr.Expr, error) {
	var err error
	if arithmetic(name) {
		if l, r, err = b.terms(l, r, pos); err != nil {
			return nil, err
		}
	}
	if l != nil {
		l, r = asNumber(l, r), asNumber(r, l)
		if !arithmetic(name) {
			if l, r, err = b.withYear(l, r); err != nil {
				return nil, err
			}
		}
		if l, r, err = b.withClock(l, r, pos); err != nil {
			return nil, err
		}
		if l, r, err = b.withDocument(name, l, r, pos); err != nil {
			return nil, err
		}
	}
	e, err := b.mixedSame(name, l, r, pos)
	if err == nil && name == "-" && l != nil && (b.isUnsigned(l) || b.isUnsigned(r)) && isWhole(l) && isWhole(r) {
		return b.callBound(builtin.MySQLSchema, "difference", []expr.Expr{e}, pos)
	}
	if err == nil || l == nil {
		return e, err
	}
	ml, mr, ok, cerr := b.mixed(name, l, r, pos)
	if cerr != nil {
		return nil, cerr
	}
	if !ok {
		return nil, err
	}
	return b.makeOp("", name, ml, mr, pos)
}

// mixedSame is PostgreSQL's operator over operands that it takes as they are.
func (b *binder) mixedSame(name string, l, r expr.Expr, pos ast.Pos) (expr.Expr, error) {
	if arithmetic(name) {
		return b.mixedArithmetic(name, l, r, pos)
	}
	return b.makeOp("", name, l, r, pos)
}

// withClock makes a literal that tells a time of day, beside a date, a time stamp:
// PostgreSQL would read the date alone.
func (b *binder) withClock(l, r expr.Expr, pos ast.Pos) (expr.Expr, expr.Expr, error) {
	var err error
	if lit, ok := r.(*unknownLit); ok && l.Type().OID == types.DateOID && strings.Contains(lit.text, ":") {
		r, err = b.coerce(r, types.Of(types.TimestampOID), builtin.Implicit, pos)
	}
	if lit, ok := l.(*unknownLit); ok && r.Type().OID == types.DateOID && strings.Contains(lit.text, ":") {
		l, err = b.coerce(l, types.Of(types.TimestampOID), builtin.Implicit, pos)
	}
	if err == nil {
		r, err = b.spanBeside(l, r, pos)
	}
	if err == nil {
		l, err = b.spanBeside(r, l, pos)
	}
	return l, r, err
}

// spanBeside makes a literal beside a time, which a time of day need not be, the span that
// it means; PostgreSQL reads only times of day as MySQL does.
func (b *binder) spanBeside(time, e expr.Expr, pos ast.Pos) (expr.Expr, error) {
	lit, ok := e.(*unknownLit)
	k := kindOf(time)
	if !ok || lit.null || k != timeKind && k != spanKind || builtin.IsTimeOfDay(lit.text) {
		return e, nil
	}
	return b.convert("to_span", e, pos)
}

// clockBeside is a literal beside a column of MySQL's TIME as that reads it, in definitions and
// PostgreSQL's dialect, too: '101112' are seconds to an interval, and 10:11:12 to such a column.
func (b *binder) clockBeside(time, e expr.Expr) expr.Expr {
	lit, ok := e.(*unknownLit)
	if !ok || lit.null || time == nil || time.Type().OID != types.IntervalOID {
		return e
	}
	c := b.declaration(time)
	if c == nil || !IsTime(c) {
		return e
	}
	text, ok := builtin.SpanText(lit.text)
	if !ok {
		return e
	}
	span := *lit
	span.text = text
	return &span
}

// kind sorts the types that MySQL converts into each other.
type kind byte

const (
	otherKind kind = iota
	numberKind
	boolKind
	textKind
	bytesKind
	dateKind
	timeKind
	spanKind
	enumKind
	documentKind
)

func kindOf(e expr.Expr) kind {
	if lit, ok := e.(*unknownLit); ok && !lit.null {
		return textKind
	}
	switch e.Type().OID {
	case types.Int2OID, types.Int4OID, types.Int8OID, types.NumericOID, types.Float4OID, types.Float8OID:
		return numberKind
	case types.BoolOID:
		return boolKind
	case types.VarcharOID:
		if _, column := e.(*expr.Column); column && e.Type().Mod < 0 { // an ENUM: beside a number it is its place in the list
			return enumKind
		}
		return textKind // what is computed of ENUMs is no longer one
	case types.TextOID, types.BpcharOID:
		return textKind
	case types.ByteaOID:
		return bytesKind
	case types.DateOID, types.TimestampOID, types.TimestamptzOID:
		return dateKind
	case types.TimeOID:
		return timeKind
	case types.IntervalOID:
		return spanKind
	case types.JSONBOID, types.JSONOID:
		return documentKind
	}
	return otherKind
}

// mixed converts two operands that no operator takes as they are; ok is false where
// MySQL has no rule for them either.
func (b *binder) mixed(op string, l, r expr.Expr, pos ast.Pos) (ml, mr expr.Expr, ok bool, err error) {
	lk, rk := kindOf(l), kindOf(r)
	if lk > rk { // the rules go by the smaller kind
		mr, ml, ok, err = b.mixed(op, r, l, pos)
		return ml, mr, ok, err
	}
	both := func(name string) {
		if ml, err = b.convert(name, l, pos); err == nil {
			mr, err = b.convert(name, r, pos)
		}
	}
	ml, mr, ok = l, r, true
	switch {
	case isParam(l) && arithmetic(op) && rk == textKind:
		if ml, err = b.coerce(l, types.Of(types.Float8OID), builtin.Implicit, pos); err == nil {
			mr, err = b.convert("to_double", r, pos)
		}
	case lk == otherKind:
		mr, ok, err = b.besideVector(l, r, pos)
	case (lk == numberKind || lk == boolKind) && rk == enumKind:
		switch mr = b.place(r); {
		case mr != nil:
		case b.declaration(r) != nil: // a text without a length
			both("to_double")
		default: // one of a query, which may have been an ENUM
			ok = false
		}
	case rk == enumKind && (lk == dateKind || lk == timeKind || lk == spanKind):
		if r, err = b.coerce(r, types.Of(types.TextOID), builtin.Implicit, pos); err == nil {
			return b.mixed(op, l, r, pos)
		}
	case lk == numberKind && rk == boolKind:
		mr, err = b.coerce(r, types.Of(types.Int4OID), builtin.Explicit, pos)
	case (lk == numberKind || lk == boolKind || lk == textKind) && rk == textKind:
		both("to_double")
	case lk == textKind && rk == bytesKind:
		both("to_binary")
	case lk == numberKind && rk == bytesKind && !isHex(r):
		both("to_double")
	case lk == textKind && rk == dateKind && !isLiteral(l):
		ml, err = b.beside(l, r, pos)
	case lk == textKind && rk == timeKind && !isLiteral(l):
		ml, err = b.convert("time", l, pos)
	case lk == textKind && rk == spanKind && !isLiteral(l):
		ml, err = b.convert("to_span", l, pos)
	case lk == numberKind && rk == dateKind: // 20240102, or with a time of day
		ml, err = b.beside(l, r, pos)
	case lk == dateKind && (rk == timeKind || rk == spanKind): // of today
		mr, err = b.convert("timestamp", r, pos)
	case lk == numberKind && (rk == timeKind || rk == spanKind):
		mr, err = b.convert("to_decimal", r, pos)
	default:
		ok = false
	}
	return ml, mr, ok, err
}

// beside is a number or text as it is compared with a date.
func (b *binder) beside(e, date expr.Expr, pos ast.Pos) (expr.Expr, error) {
	e, err := b.coerce(e, e.Type(), builtin.Implicit, pos)
	if err != nil {
		return nil, err
	}
	digits := int64(len("20060102150405"))
	if date.Type().OID == types.DateOID {
		digits = int64(len("20060102"))
	}
	name := "stamp_beside"
	if kindOf(e) == numberKind {
		name = "number_beside"
	}
	return b.callBound(builtin.MySQLSchema, name, []expr.Expr{e, &expr.Const{T: types.Of(types.Int4OID), D: types.Int(digits)}}, pos)
}

func arithmetic(op string) bool { return op == "+" || op == "-" || op == "*" }

// isHex reports constant bytes, a hexadecimal literal: whether that is a number its place says.
func isHex(e expr.Expr) bool { _, ok := e.(*expr.Const); return ok }

// isLiteral reports a string whose text says all: one that is no date is an error.
func isLiteral(e expr.Expr) bool { _, ok := e.(*unknownLit); return ok }

// convert calls a conversion of MySQL's.
func (b *binder) convert(name string, e expr.Expr, pos ast.Pos) (expr.Expr, error) {
	e, err := b.coerce(e, e.Type(), builtin.Implicit, pos)
	if err == nil && isLiteral(e) {
		e, err = b.coerce(e, types.Of(types.TextOID), builtin.Implicit, pos)
	}
	if err != nil {
		return nil, err
	}
	return b.callBound(builtin.MySQLSchema, name, []expr.Expr{e}, pos)
}

// aggregated makes values of one type of alternatives of several: beside a text anything
// is a text, and so are numbers beside dates. Where MySQL has no rule they stay as they are.
func (b *binder) aggregated(list []expr.Expr) ([]expr.Expr, error) {
	var seen [documentKind + 1]bool
	kinds := 0
	for _, e := range list {
		k := kindOf(e)
		switch {
		case isOpen(e):
			continue
		case k == otherKind:
			return list, nil
		case k == enumKind:
			k = textKind
		}
		if !seen[k] {
			seen[k] = true
			kinds++
		}
	}
	to := "to_text"
	switch {
	case kinds == 1 && seen[numberKind] && slices.ContainsFunc(list, widens):
		out := make([]expr.Expr, len(list))
		for i, e := range list {
			var err error
			if out[i], err = b.wideReal(e, ast.NoPos); err != nil {
				return nil, err
			}
		}
		return out, nil
	case kinds < 2:
		return list, nil
	case kinds == 2 && seen[numberKind] && seen[boolKind]:
		to = "to_signed"
	case kinds == 2 && seen[timeKind] && seen[spanKind]:
		to = "to_span"
	case seen[bytesKind]:
		to = "to_binary"
	}
	out := make([]expr.Expr, len(list))
	for i, e := range list {
		k := kindOf(e)
		if out[i] = e; isOpen(e) || to == "to_text" && (k == textKind || k == enumKind) || to == "to_signed" && k != boolKind || to == "to_span" && k == spanKind || to == "to_binary" && k == bytesKind {
			continue
		}
		var err error
		if out[i], err = b.convert(to, e, ast.NoPos); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// widens reports a number beside which a FLOAT is a DOUBLE: a decimal, or an INT that is no
// literal, whose digits a FLOAT does not hold.
func widens(e expr.Expr) bool {
	if isOpen(e) {
		return false
	}
	_, literal := e.(*expr.Const)
	t := e.Type().OID
	return t == types.NumericOID || t == types.Int4OID && !literal
}

// isOpen reports a NULL or a parameter, whose type the others tell.
func isOpen(e expr.Expr) bool {
	if _, ok := e.(*unknownParam); ok {
		return true
	}
	return isNullLit(e)
}

// mixedNullIf is NULLIF, which is its first argument or NULL, whatever that is compared as.
func (b *binder) mixedNullIf(s *scope, eq *ast.Op) (expr.Expr, error) {
	eq.Schema = builtin.MySQLSchema
	cond, err := b.op(s, eq)
	if err != nil {
		return nil, err
	}
	l, err := b.value(s, eq.Left)
	if err != nil {
		return nil, err
	}
	e := &expr.Case{Whens: []expr.When{{Cond: cond, Result: nullConst(l.Type())}}, Else: precise(l), T: l.Type()}
	if d, ok := digitsOf(l); ok && precise(l) != l {
		return b.shown(e, d, eq.Pos)
	}
	return e, nil
}

// declared is a value for a column that MySQL's dialect declares, where that takes others
// than PostgreSQL's type does: bytes for a vector, numbers for dates and the words of an
// ENUM or SET, years of two digits, spaces behind a CHAR, too few bytes for a BINARY.
func (b *binder) declared(v expr.Expr, c *catalog.Column, pos ast.Pos) (expr.Expr, error) {
	name := ""
	number := kindOf(v) == numberKind && !isNullLit(v)
	switch {
	case c.Type.OID == types.VectorOID && v.Type().OID == types.ByteaOID: // as MySQL dumps vectors
		name = "to_vector"
	case c.Declared == "year" && (number || isLiteral(v) && !isNullLit(v) || isParam(v)):
		return b.yearOf("to_year", v, c.Type, pos)
	case b.mixedWrites && IsTime(c) && c.Type.OID == types.IntervalOID && !isNullLit(v) && !isParam(v):
		name = "strict_time"
	case number && c.Type.OID == types.TimeOID:
		name = "strict_day_time"
	case number && (c.Type.OID == types.DateOID || c.Type.OID == types.TimestampOID || c.Type.OID == types.TimestamptzOID):
		name = "strict_stamp"
	case number && strings.HasPrefix(c.Declared, "enum("):
		return b.declaredBy("enum_word", v, c, pos)
	case isNullLit(v):
		return v, nil
	case strings.HasPrefix(c.Declared, "enum(") && b.listOrder(c) != "":
		return b.declaredBy("list_word", v, c, pos)
	case strings.HasPrefix(c.Declared, "set("):
		return b.declaredBy("set_words", v, c, pos)
	case strings.HasPrefix(c.Declared, "binary("):
		return b.declaredBy("pad_binary", v, c, pos)
	case strings.HasPrefix(c.Declared, "char("): // has no spaces at its end
		name = "rtrim"
	default:
		return v, nil
	}
	v, err := b.textParam(v, pos)
	if err != nil {
		return nil, err
	}
	return b.callBound(builtin.MySQLSchema, name, []expr.Expr{v}, pos)
}

// IsTime reports a column that MySQL's dialect declares as TIME.
func IsTime(c *catalog.Column) bool {
	return c.Declared == "time" || strings.HasPrefix(c.Declared, "time(")
}

// declaredBy calls a conversion with what the declared type has in parentheses.
func (b *binder) declaredBy(name string, v expr.Expr, c *catalog.Column, pos ast.Pos) (expr.Expr, error) {
	_, list, _ := strings.Cut(strings.TrimSuffix(c.Declared, ")"), "(")
	v, err := b.textParam(v, pos)
	if err != nil {
		return nil, err
	}
	args := []expr.Expr{v, textConst(list)}
	if order := b.listOrder(c); order != "" && (name == "list_word" || name == "set_words") {
		args = append(args, textConst(order))
	}
	return b.callBound(builtin.MySQLSchema, name, args, pos)
}

// listOrder is the order by which the words of a column of an ENUM or SET are found, "" = by
// bytes.
func (b *binder) listOrder(c *catalog.Column) string {
	if x, ok := b.o.Catalog.CollationByID(c.Collation); ok && collate.IsMySQL(x.Order) {
		return x.Order
	}
	return ""
}

// textParam gives a parameter without a type the type text.
func (b *binder) textParam(v expr.Expr, pos ast.Pos) (expr.Expr, error) {
	if _, ok := v.(*unknownParam); ok {
		return b.coerce(v, types.Of(types.TextOID), builtin.Implicit, pos)
	}
	return v, nil
}
