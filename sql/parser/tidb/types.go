package tidb

import (
	"fmt"

	tast "github.com/pingcap/tidb/pkg/parser/ast"
	"github.com/pingcap/tidb/pkg/parser/mysql"
	"github.com/pingcap/tidb/pkg/parser/types"

	"github.com/loxodb/loxodb/sql/ast"
)

// unspecified is a length or scale that was not written.
const unspecified = types.UnspecifiedLength

// column is a MySQL type as a type and the checks that keep its range.
type column struct {
	typ   ast.TypeName
	check func(col ast.Expr) ast.Expr // nil = none
	bits  int                         // of BIT(n)
}

// intRanges are the integer types: PostgreSQL's type, and the bounds where these
// are narrower, signed and unsigned. BIGINT UNSIGNED ends at 2^63−1.
var intRanges = map[byte]struct {
	signed, unsigned string
	low, high, top   int64
}{
	mysql.TypeTiny:     {"int2", "int2", -128, 127, 255},
	mysql.TypeShort:    {"int2", "int4", 0, 0, 65535},
	mysql.TypeInt24:    {"int4", "int4", -8388608, 8388607, 16777215},
	mysql.TypeLong:     {"int4", "int8", 0, 0, 4294967295},
	mysql.TypeLonglong: {"int8", "int8", 0, 0, 0},
}

// columnType converts the type of a column.
func (c *conv) columnType(ft *types.FieldType) column {
	at := c.here()
	unsigned := mysql.HasUnsignedFlag(ft.GetFlag())
	if r, ok := intRanges[ft.GetType()]; ok {
		switch {
		case unsigned && r.top > 0:
			return column{typed(at, r.unsigned), between(0, r.top), 0}
		case unsigned:
			return column{typed(at, r.unsigned), notNegative, 0}
		case r.high > 0:
			return column{typed(at, r.signed), between(r.low, r.high), 0}
		}
		return column{typed(at, r.signed), nil, 0}
	}
	out := column{}
	switch ft.GetType() {
	case mysql.TypeFloat, mysql.TypeDouble:
		if p, s := ft.GetFlen(), ft.GetDecimal(); p != unspecified && s != unspecified { // rounded to so many digits
			out.typ = typed(at, "numeric", p, s)
			break
		}
		if ft.GetType() == mysql.TypeDouble {
			out.typ = typed(at, "float8")
			break
		}
		out.typ = typed(at, "float4")
		if ft.GetFlen() > 24 && ft.GetDecimal() == unspecified {
			out.typ = typed(at, "float8")
		}
	case mysql.TypeNewDecimal:
		p, s := ft.GetFlen(), ft.GetDecimal()
		if p == unspecified {
			p = 10
		}
		if s == unspecified {
			s = 0
		}
		out.typ = typed(at, "numeric", p, s)
	case mysql.TypeBit:
		n := max(ft.GetFlen(), 1)
		switch {
		case n < 16:
			out = column{typed(at, "int2"), between(0, 1<<n-1), n}
		case n < 63:
			out = column{typed(at, "int8"), between(0, 1<<n-1), n}
		case n == 63:
			out = column{typed(at, "int8"), notNegative, n}
		default:
			out = column{typed(at, "numeric", 20, 0), noMoreBits, n}
		}
	case mysql.TypeYear:
		out = column{typed(at, "int2"), aYear, 0}
	default:
		return c.otherType(ft)
	}
	if unsigned {
		out.check = notNegative
	}
	return out
}

func (c *conv) otherType(ft *types.FieldType) column {
	at := c.here()
	binary := ft.GetCharset() == "binary"
	switch ft.GetType() {
	case mysql.TypeVarchar, mysql.TypeVarString, mysql.TypeString:
		n := ft.GetFlen()
		if n == unspecified {
			n = 1
		}
		if binary {
			return column{typed(at, "bytea"), shorter(n), 0}
		}
		return column{typ: typed(at, "varchar", n)}
	case mysql.TypeTinyBlob, mysql.TypeBlob, mysql.TypeMediumBlob, mysql.TypeLongBlob:
		if binary {
			return column{typ: typed(at, "bytea")}
		}
		return column{typ: typed(at, "text")}
	case mysql.TypeDate, mysql.TypeNewDate:
		return column{typ: typed(at, "date")}
	case mysql.TypeDatetime:
		return column{typ: typed(at, "timestamp", fraction(ft))}
	case mysql.TypeTimestamp:
		return column{typ: typed(at, "timestamptz", fraction(ft))}
	case mysql.TypeDuration:
		return column{typed(at, "interval", fraction(ft)), aTime, 0}
	case mysql.TypeJSON:
		return column{typ: typed(at, "jsonb")}
	case mysql.TypeEnum:
		// No other column is a varchar without a length: so the binder knows that it is no
		// text where a number stands beside it.
		return column{typed(at, "varchar"), c.oneOf(ft.GetElems()), 0}
	case mysql.TypeSet:
		return column{typed(at, "varchar"), c.someOf(ft.GetElems()), 0}
	case mysql.TypeTiDBVectorFloat32:
		t := vectorType(at)
		if n := ft.GetFlen(); n != unspecified {
			t.Mods = []ast.Expr{integer(at, int64(n))}
		}
		return column{typ: t}
	}
	c.fail(nil, "type %s is not supported", types.TypeStr(ft.GetType()))
	return column{}
}

func fraction(ft *types.FieldType) int {
	if d := ft.GetDecimal(); d != unspecified {
		return d
	}
	return 0
}

func between(low, high int64) func(ast.Expr) ast.Expr {
	return func(col ast.Expr) ast.Expr {
		at := placeless
		return &ast.Between{At: at, X: col, Lo: signed(at, low), Hi: signed(at, high)}
	}
}

// noMoreBits is the range of BIT(64), whose greatest values no integer type has.
func noMoreBits(col ast.Expr) ast.Expr {
	return &ast.Between{At: placeless, X: col, Lo: integer(placeless, 0), Hi: &ast.Lit{At: placeless, Kind: ast.LitNumeric, Text: "18446744073709551615"}}
}

// aTime is the range of TIME, which need be no time of day: it is kept as an interval of hours.
func aTime(col ast.Expr) ast.Expr {
	limit := func(s string) ast.Expr { return cast(text(placeless, s), typed(placeless, "interval")) }
	return &ast.Between{At: placeless, X: col, Lo: limit("-838:59:59"), Hi: limit("838:59:59")}
}

// signed is an integer literal of any sign.
func signed(at ast.At, v int64) ast.Expr {
	if v < 0 {
		return &ast.Op{At: at, Name: "-", Right: integer(at, -v)}
	}
	return integer(at, v)
}

// aYear is 0, or a year that YEAR can be.
func aYear(col ast.Expr) ast.Expr {
	return &ast.BoolOp{At: placeless, Kind: ast.Or, Args: []ast.Expr{
		&ast.Op{At: placeless, Name: "=", Left: col, Right: integer(placeless, 0)}, between(1901, 2155)(col)}}
}

func notNegative(col ast.Expr) ast.Expr {
	return &ast.Op{At: placeless, Name: ">=", Left: col, Right: integer(placeless, 0)}
}

func shorter(n int) func(ast.Expr) ast.Expr {
	return func(col ast.Expr) ast.Expr {
		return &ast.Op{At: placeless, Name: "<=", Left: syscall(placeless, "octet_length", col), Right: integer(placeless, int64(n))}
	}
}

func (c *conv) oneOf(words []string) func(ast.Expr) ast.Expr {
	return func(col ast.Expr) ast.Expr {
		in := &ast.In{At: placeless, Left: col}
		for _, w := range words {
			in.List = append(in.List, text(placeless, w))
		}
		return in
	}
}

// someOf keeps a SET as MySQL writes it: words of the list, each once, in its order.
func (c *conv) someOf(words []string) func(ast.Expr) ast.Expr {
	return func(col ast.Expr) ast.Expr {
		f := call(placeless, "is_set", col)
		for _, w := range words {
			f.Args = append(f.Args, text(placeless, w))
		}
		return f
	}
}

// castExpr converts CAST, CONVERT and BINARY.
func (c *conv) castExpr(v *tast.FuncCastExpr) ast.Expr {
	at := c.at(v)
	ft := v.Tp
	x := textual(c.expr(v.Expr))
	switch ft.GetType() {
	case mysql.TypeLonglong, mysql.TypeFloat, mysql.TypeDouble, mysql.TypeNewDecimal: // of a hexadecimal literal
		x = textual(c.operand(v.Expr))
	}
	if ft.IsArray() {
		c.fail(v, "CAST(... AS ... ARRAY) is not supported")
	}
	switch ft.GetType() {
	case mysql.TypeLonglong:
		if mysql.HasUnsignedFlag(ft.GetFlag()) {
			return call(at, "to_unsigned", x)
		}
		return call(at, "to_signed", x)
	case mysql.TypeFloat, mysql.TypeDouble:
		return call(at, "to_double", x)
	case mysql.TypeNewDecimal:
		p, s := ft.GetFlen(), ft.GetDecimal()
		if p == unspecified {
			p = 10
		}
		if s == unspecified {
			s = 0
		}
		return call(at, "cast_decimal", x, integer(at, int64(p)), integer(at, int64(s)))
	case mysql.TypeDate, mysql.TypeNewDate:
		return call(at, "date", x)
	case mysql.TypeDatetime, mysql.TypeTimestamp:
		return cast(call(at, "timestamp", x), typed(at, "timestamp", fraction(ft)))
	case mysql.TypeDuration:
		if s, ok := stringOf(v.Expr); ok && timeOfDay(s) {
			return cast(c.expr(v.Expr), typed(at, "time", fraction(ft)))
		}
		return call(at, "time", x, integer(at, int64(fraction(ft))))
	case mysql.TypeYear:
		return call(at, "year", x)
	case mysql.TypeJSON:
		return call(at, "to_json_document", x)
	case mysql.TypeTiDBVectorFloat32:
		return cast(x, c.otherType(ft).typ)
	case mysql.TypeVarString, mysql.TypeString, mysql.TypeVarchar:
		if ft.GetCharset() == "binary" {
			x = call(at, "to_binary", x)
			if n := ft.GetFlen(); n > 0 {
				return call(at, "pad_binary", syscall(at, "substr", x, integer(at, 1), integer(at, int64(n))), text(at, formatInt(int64(n))))
			}
			return x
		}
		x = c.ofCharset(v, call(at, "cast_text", x), ft.GetCharset())
		if n := ft.GetFlen(); n > 0 {
			return cast(x, typed(at, "varchar", n))
		}
		return x
	}
	c.fail(v, "CAST to %s is not supported", fmt.Sprint(types.TypeStr(ft.GetType())))
	return nil
}
