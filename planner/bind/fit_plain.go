package bind

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// plainlyFits reports a value that is seen to be one of the column's without computing it,
// which most literals are, and all values of the column's own type if that has no bounds
// within it.
func plainlyFits(v expr.Expr, c *catalog.Column) bool {
	low, high, scale := numberRange(c)
	switch {
	case low != "":
		return plainNumber(v, c, low, high, scale)
	case isTextual(c.Type) && c.Type.Mod > 4 && !strings.HasPrefix(c.Declared, "enum") && !strings.HasPrefix(c.Declared, "set"):
		if l, ok := v.(*unknownLit); ok {
			return utf8.RuneCountInString(l.text) <= int(c.Type.Mod)-4
		}
		t := v.Type()
		return t.OID == types.VarcharOID && t.Mod > 4 && t.Mod <= c.Type.Mod
	case c.Type.OID == types.Float8OID && c.Declared != "year":
		return !isParam(v) && (v.Type().OID == types.Float8OID || v.Type().OID == types.NumericOID || isInteger(v.Type().OID))
	}
	return false
}

func plainNumber(v expr.Expr, c *catalog.Column, low, high string, scale int) bool {
	if c.Declared == "year" || c.Bits > 0 {
		return false
	}
	lo, hi, whole := integerRange(low, high)
	text := ""
	switch v := v.(type) {
	case *unknownLit:
		text = v.text
	case *unknownParam:
		return false
	case *expr.Const:
		if !whole || scale != 0 || !isInteger(v.T.OID) || v.D.IsNull() {
			break
		}
		return lo <= v.D.Int() && v.D.Int() <= hi
	}
	if scale == 0 && whole {
		n, err := strconv.ParseInt(text, 10, 64)
		if err == nil {
			return lo <= n && n <= hi
		}
		ol, oh := typeRange(v.Type().OID)
		return !isLiteral(v) && ol < oh && lo <= ol && oh <= hi
	}
	if isLiteral(v) {
		return plainDecimal(text, len(high)-1-scale, scale, strings.HasPrefix(low, "-"))
	}
	return false
}

// plainDecimal reports digits with at most so many before and behind their point.
func plainDecimal(s string, before, behind int, signed bool) bool {
	if signed {
		s = strings.TrimPrefix(s, "-")
	}
	whole, fraction, _ := strings.Cut(s, ".")
	digits := func(s string) bool { return strings.Trim(s, "0123456789") == "" }
	return whole != "" && digits(whole) && digits(fraction) && len(whole) <= before-1 && len(fraction) <= behind
}

// integerRange is a range of whole numbers that 64 bits hold.
func integerRange(low, high string) (lo, hi int64, ok bool) {
	lo, err := strconv.ParseInt(low, 10, 64)
	if err != nil {
		return 0, 0, false
	}
	hi, err = strconv.ParseInt(high, 10, 64)
	return lo, hi, err == nil
}

// typeRange is the range of a type of integers, nothing for others.
func typeRange(t types.OID) (lo, hi int64) {
	switch t {
	case types.Int2OID:
		return -1 << 15, 1<<15 - 1
	case types.Int4OID:
		return -1 << 31, 1<<31 - 1
	case types.Int8OID:
		return -1 << 63, 1<<63 - 1
	}
	return 0, 0
}
