package bind

import (
	"strconv"
	"strings"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// IGNORE, and a statement that is not in strict mode, makes the nearest value that a column
// takes of one that it does not; in strict mode that is an error in MySQL's words (sql/builtin,
// mysql_fit.go). A parameter without a type has the column's, but for its length.

// leniency is what a statement does with values that do not fit: make them fit, also NULL where
// a column has none, which IGNORE does everywhere and other statements where they write more
// than one row.
type leniency struct{ on, ignore, nulls bool }

// leniently makes the values of statements with IGNORE fit, and those of statements in MySQL's
// dialect that are not in strict mode, until the returned function is called. several: it may
// write more than one row.
func (b *binder) leniently(mixed, ignore, several bool) func() {
	outer := b.lenient
	b.lenient = leniency{}
	if mixed {
		on := ignore || !b.strictMode().on
		b.lenient = leniency{on: on, ignore: ignore, nulls: on && (ignore || several)}
	}
	return func() { b.lenient = outer }
}

// fitting reports that values are made to fit their columns, or refused in MySQL's words.
func (b *binder) fitting() bool { return b.lenient.on || b.strict.on && b.mixedWrites }

// fit makes a value one that the column takes.
func (b *binder) fit(v expr.Expr, c *catalog.Column, pos ast.Pos) (_ expr.Expr, err error) {
	if isNullLit(v) || c.Domain != 0 || plainlyFits(v, c) {
		return v, nil
	}
	if isParam(v) {
		t := types.Of(c.Type.OID)
		if isTextual(t) {
			t = types.Of(types.TextOID)
		}
		if v, err = b.coerce(v, t, builtin.Implicit, pos); err != nil {
			return nil, err
		}
	}
	if isTextual(c.Type) && kindOf(v) == bytesKind { // which are no text with every byte
		if v, err = b.mixedValue(v, c.Type, pos); err != nil {
			return nil, err
		}
	}
	kind, list, _ := strings.Cut(strings.TrimSuffix(c.Declared, ")"), "(")
	name, args := "", []expr.Expr(nil)
	low, high, scale := numberRange(c)
	switch {
	case kind == "year":
		name = "fit_year"
	case kind == "enum" || kind == "set":
		if b.listOrder(c) != "" && kindOf(v) != numberKind { // found by a collation
			if v, err = b.declared(v, c, pos); err != nil {
				return nil, err
			}
		}
		name, args = "fit_words", []expr.Expr{textConst(list), intConst(int64(b2i(kind == "set")))}
	case low != "":
		if c.Bits > 0 && (kindOf(v) == bytesKind || isLiteral(v)) {
			return v, nil // by its bytes
		}
		v = asNumber(v, zero)
		name, args = "fit_number", []expr.Expr{textConst(low), textConst(high), intConst(int64(scale))}
		if lo, hi, ok := integerRange(low, high); ok && scale == 0 {
			name, args = "fit_integer", []expr.Expr{intConst(lo), intConst(hi)}
		}
	case c.Type.OID == types.Float4OID || c.Type.OID == types.Float8OID:
		v = asNumber(v, zero)
		name, args = "fit_double", []expr.Expr{intConst(map[types.OID]int64{types.Float4OID: 4, types.Float8OID: 8}[c.Type.OID])}
	case isTextual(c.Type) && c.Type.Mod > 4:
		name, args = "fit_text", []expr.Expr{intConst(int64(c.Type.Mod) - 4)}
	case kind == "binary" || kind == "varbinary":
		n, _ := strconv.Atoi(list)
		name, args = "fit_bytes", []expr.Expr{intConst(int64(n))}
	case ofDate(c.Type) && kindOf(v) != dateKind:
		if isLiteral(v) && !b.lenient.ignore {
			return v, nil // which has an error with its place
		}
		name, args = "fit_stamp", []expr.Expr{textConst(map[bool]string{true: "date", false: "datetime"}[c.Type.OID == types.DateOID])}
	case b.lenient.on && IsTime(c) && c.Type.OID == types.IntervalOID:
		name = "fit_time"
	default:
		return v, nil
	}
	if isLiteral(v) {
		if v, err = b.coerce(v, types.Of(types.TextOID), builtin.Implicit, pos); err != nil {
			return nil, err
		}
	}
	return b.callBound(builtin.MySQLSchema, name, append([]expr.Expr{v, textConst(c.Name)}, args...), pos)
}

// numberRange is the least and the greatest number of a column and its digits behind the
// point; "" for one that is none, or that MySQL's type holds more of than the column does.
func numberRange(c *catalog.Column) (low, high string, scale int) {
	kind, _, _ := strings.Cut(c.Declared, " ")
	kind, _, _ = strings.Cut(kind, "(")
	unsigned := strings.Contains(c.Declared, " unsigned")
	if c.Bits == 64 {
		return "0", "18446744073709551615", 0
	}
	bits := map[string]int{"tinyint": 8, "smallint": 16, "mediumint": 24, "int": 32, "bigint": 64}[kind]
	switch c.Type.OID {
	case types.Int2OID:
		bits = max(bits, 16*b2i(bits == 0))
	case types.Int4OID:
		bits = max(bits, 32*b2i(bits == 0))
	case types.Int8OID:
		bits = max(bits, 64*b2i(bits == 0))
	case types.NumericOID:
		if c.Type.Mod < 4 {
			return "", "", 0
		}
		precision := int(c.Type.Mod-4) >> 16 & 0xffff
		scale = int(c.Type.Mod-4) & 0xffff
		digits := strings.Repeat("9", precision-scale)
		if high = "0" + digits; scale > 0 {
			high += "." + strings.Repeat("9", scale)
		}
		if low = "-" + high; unsigned {
			low = "0"
		}
		return low, high, scale
	default:
		return "", "", 0
	}
	switch {
	case c.Bits > 0:
		return "0", strconv.FormatUint(1<<min(c.Bits, 63)-1, 10), 0
	case unsigned && bits == 64:
		return "0", "18446744073709551615", 0 // more than the column holds: an error, not another number
	case unsigned:
		return "0", strconv.FormatUint(1<<bits-1, 10), 0
	}
	return "-" + strconv.FormatUint(1<<(bits-1), 10), strconv.FormatUint(1<<(bits-1)-1, 10), 0
}

// fitNull gives a column that has no NULL its type's own value for one.
func (b *binder) fitNull(v expr.Expr, c *catalog.Column, said string) (expr.Expr, error) {
	if !c.NotNull || c.AutoIncrement || c.Generated != 0 || c.Identity != 0 {
		return v, nil
	}
	text := ""
	kind, list, _ := strings.Cut(strings.TrimSuffix(c.Declared, ")"), "(")
	switch kindOf(&expr.Column{T: c.Type}) {
	case numberKind:
		text = "0"
	case timeKind, spanKind:
		text = "00:00:00"
	case documentKind:
		text = "null"
	case boolKind:
		text = "f"
	case textKind, enumKind, bytesKind:
		if words := builtin.QuotedWords(list); kind == "enum" && len(words) > 0 {
			text = words[0]
		}
	case dateKind: // the zero date
		null := nullConst(c.Type)
		return b.callBound(builtin.MySQLSchema, "fit_null", []expr.Expr{v, textConst(c.Name), null, textConst(said)}, ast.NoPos)
	default:
		return v, nil
	}
	implicit, err := b.coerce(&unknownLit{text: text}, c.Type, builtin.Implicit, ast.NoPos)
	if err != nil {
		return nil, err
	}
	e, err := b.callBound(builtin.MySQLSchema, "fit_null", []expr.Expr{v, textConst(c.Name), implicit, textConst(said)}, ast.NoPos)
	if err != nil {
		return nil, err
	}
	return b.assign(e, c.Type, c.Domain, c.Name, ast.NoPos)
}

// firstWord is what an ENUM without a default that has no NULLs has by default in MySQL's
// dialect, the first word of its list, also in strict mode; else nil.
func (b *binder) firstWord(c *catalog.Column) expr.Expr {
	list, ok := strings.CutPrefix(strings.TrimSuffix(c.Declared, ")"), "enum(")
	if !ok || !b.mixedWrites || !c.NotNull || c.Default != "" || !isTextual(c.Type) {
		return nil
	}
	words := builtin.QuotedWords(list)
	if len(words) == 0 {
		return nil
	}
	return &expr.Const{T: c.Type, D: types.String(words[0])}
}

// What MySQL says of a NULL that was given, and of a value that was not.
const (
	givenNull = "Column '%s' cannot be null"
	noDefault = "Field '%s' doesn't have a default value"
)

func b2i(v bool) int {
	if v {
		return 1
	}
	return 0
}
