package tidb

import (
	"regexp"
	"strings"

	tast "github.com/pingcap/tidb/pkg/parser/ast"

	"github.com/loxodb/loxodb/sql/ast"
)

var _ = register(map[string]func(*conv, *tast.FuncCallExpr) (ast.Expr, bool){
	"date_add":      shift("date_add"),
	"adddate":       shift("date_add"),
	"date_sub":      shift("date_sub"),
	"subdate":       shift("date_sub"),
	"timestampadd":  timestampAdd,
	"timestampdiff": timestampDiff,
	"extract":       extract,
	"str_to_date":   strToDate,
	"get_format":    getFormat,
	"weekofyear": func(c *conv, f *tast.FuncCallExpr) (ast.Expr, bool) {
		c.arity(f, 1, 1)
		return call(c.at(f), "week", textual(c.expr(f.Args[0])), integer(c.at(f), 3)), false
	},
	tast.DateLiteral: typedLiteral("date"),
	tast.TimeLiteral: func(c *conv, f *tast.FuncCallExpr) (ast.Expr, bool) {
		if s, ok := stringOf(f.Args[0]); !ok || !timeOfDay(s) {
			return call(c.at(f), "strict_span", c.expr(f.Args[0])), false
		}
		return typedLiteral("time")(c, f)
	},
	tast.TimestampLiteral: typedLiteral("timestamp"),
})

// typedLiteral is DATE '…' and its kin.
func typedLiteral(name string) func(*conv, *tast.FuncCallExpr) (ast.Expr, bool) {
	return func(c *conv, f *tast.FuncCallExpr) (ast.Expr, bool) {
		return cast(c.expr(f.Args[0]), typed(c.at(f), name)), false
	}
}

// plainTime is a time of day that both dialects read in the same way.
var plainTime = regexp.MustCompile(`^([01]?[0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?$`)

// timeOfDay reports a literal that is a time of day; others may be spans of more than a day,
// or negative ones.
func timeOfDay(s string) bool { return plainTime.MatchString(s) }

func (c *conv) unit(n tast.ExprNode) (string, ast.Expr) {
	u, ok := n.(*tast.TimeUnitExpr)
	if !ok {
		c.fail(n, "%s is not supported as a unit of time", nodeName(n))
	}
	name := strings.ToLower(u.Unit.String())
	return name, text(c.here(), name)
}

// shift is date + INTERVAL n unit. A string literal is a date or a time stamp,
// whichever it looks like.
func shift(name string) func(*conv, *tast.FuncCallExpr) (ast.Expr, bool) {
	return func(c *conv, f *tast.FuncCallExpr) (ast.Expr, bool) {
		return c.shifted(f, name, f.Args[0], f.Args[1], f.Args[2]), false
	}
}

// shifted calls date_add or date_sub, or for units below a day their twins that make
// a date a time stamp.
func (c *conv) shifted(f *tast.FuncCallExpr, name string, at, n, unit tast.ExprNode) ast.Expr {
	u, lit := c.unit(unit)
	switch u {
	case "day", "week", "month", "quarter", "year", "year_month":
	default:
		name = "datetime" + strings.TrimPrefix(name, "date")
	}
	from := c.moment(at)
	if isParam(from) { // what its type is the unit tells
		typ := "timestamp"
		if name == "date_add" || name == "date_sub" {
			typ = "date"
		}
		from = cast(from, typed(ast.At{Pos: from.Position()}, typ))
	}
	return call(c.at(f), name, from, textual(c.expr(n)), lit)
}

// strToDate gives a date, or with a time in the format a time stamp.
func strToDate(c *conv, f *tast.FuncCallExpr) (ast.Expr, bool) {
	c.arity(f, 2, 2)
	name := "str_to_date"
	if format, ok := stringOf(f.Args[1]); ok {
		i := strings.IndexByte(format, '%')
		clock, day := false, false
		for ; i >= 0 && i+1 < len(format); i++ {
			if format[i] == '%' {
				i++
				clock = clock || strings.IndexByte("fHhIiklprSsT", format[i]) >= 0
				day = day || strings.IndexByte("abcDdejMmUuVvWwXxYy", format[i]) >= 0
			}
		}
		switch {
		case clock && !day:
			name = "str_to_time"
		case !clock:
			name = "str_to_day"
		}
	}
	return call(c.at(f), name, textual(c.expr(f.Args[0])), textual(c.expr(f.Args[1]))), false
}

// moment converts a date or time stamp.
func (c *conv) moment(n tast.ExprNode) ast.Expr {
	e := c.expr(n)
	at := ast.At{Pos: e.Position()}
	l, ok := e.(*ast.Lit)
	switch {
	case ok && l.Kind == ast.LitNull:
		return cast(e, typed(at, "timestamp"))
	case ok && l.Kind == ast.LitString && len(strings.TrimSpace(l.Text)) <= len("2006-01-02"):
		return call(at, "date", l)
	case ok && l.Kind == ast.LitString:
		return call(at, "timestamp", l)
	}
	return e
}

func timestampAdd(c *conv, f *tast.FuncCallExpr) (ast.Expr, bool) {
	return c.shifted(f, "date_add", f.Args[2], f.Args[1], f.Args[0]), false
}

func timestampDiff(c *conv, f *tast.FuncCallExpr) (ast.Expr, bool) {
	_, unit := c.unit(f.Args[0])
	return call(c.at(f), "timestampdiff", unit, textual(c.expr(f.Args[1])), textual(c.expr(f.Args[2]))), false
}

// compounds are the fields of EXTRACT that are several, written one after the other; but
// for the first and those of years each has two digits.
var compounds = map[string][]string{
	"year_month": {"year", "month"}, "day_hour": {"day", "hour"}, "day_minute": {"day", "hour", "minute"},
	"day_second": {"day", "hour", "minute", "second"}, "hour_minute": {"hour", "minute"},
	"hour_second": {"hour", "minute", "second"}, "minute_second": {"minute", "second"},
	"day_microsecond": {"day", "hour", "minute", "second", "microsecond"}, "hour_microsecond": {"hour", "minute", "second", "microsecond"},
	"minute_microsecond": {"minute", "second", "microsecond"}, "second_microsecond": {"second", "microsecond"},
}

// ofClock are the units that a time has, too, which may be negative.
var ofClock = setOf("microsecond second minute hour hour_minute hour_second minute_second " +
	"hour_microsecond minute_microsecond second_microsecond")

// extract is EXTRACT of one field, or of several as one number.
func extract(c *conv, f *tast.FuncCallExpr) (ast.Expr, bool) {
	name, _ := c.unit(f.Args[0])
	e := c.extracted(f, name)
	if ofClock[name] {
		at := c.at(f)
		sign := call(at, "clock_sign", textual(c.expr(f.Args[1])))
		e = &ast.Op{At: at, Schema: system, Name: "*", Left: e, Right: sign}
	}
	return e, false
}

func (c *conv) extracted(f *tast.FuncCallExpr, name string) ast.Expr {
	if fields, ok := compounds[name]; ok {
		at := c.at(f)
		var out ast.Expr
		for _, field := range fields {
			part := ast.Expr(call(at, field, textual(c.expr(f.Args[1]))))
			if out != nil {
				digits := int64(100)
				if field == "microsecond" {
					digits = 1000000
				}
				part = &ast.Op{At: at, Schema: system, Name: "+", Left: &ast.Op{At: at, Schema: system, Name: "*", Left: out, Right: integer(at, digits)}, Right: part}
			}
			out = part
		}
		return out
	}
	if _, ok := ownFuncs()[name]; !ok {
		c.fail(f, "EXTRACT(%s FROM ...) is not supported", strings.ToUpper(name))
	}
	return call(c.at(f), name, textual(c.expr(f.Args[1])))
}

// clocks are the functions that tell the time, with the types of what they give.
var clocks = map[string]string{"now": "timestamp", "sysdate": "timestamp", "utc_timestamp": "timestamp", "curtime": "time", "utc_time": "time"}

// fractionOf declares how many digits of a second such a function gives: as a number it has
// as many behind the point.
func (c *conv) fractionOf(f *tast.FuncCallExpr, name string) (declare func(ast.Expr) ast.Expr, ok bool) {
	if clocks[name] == "" || c.stored || len(f.Args) != 1 {
		return nil, false
	}
	n, ok := c.expr(f.Args[0]).(*ast.Lit)
	if !ok || n.Kind != ast.LitInt || n.Int < 0 || n.Int > 6 {
		return nil, false
	}
	return func(e ast.Expr) ast.Expr { return cast(e, typed(c.at(f), clocks[name], int(n.Int))) }, true
}

// formats are what GET_FORMAT gives, by kind and standard.
var formats = map[string]map[string]string{
	"DATE": {"usa": "%m.%d.%Y", "jis": "%Y-%m-%d", "iso": "%Y-%m-%d", "eur": "%d.%m.%Y", "internal": "%Y%m%d"},
	"DATETIME": {"usa": "%Y-%m-%d %H.%i.%s", "jis": "%Y-%m-%d %H:%i:%s", "iso": "%Y-%m-%d %H:%i:%s", "eur": "%Y-%m-%d %H.%i.%s",
		"internal": "%Y%m%d%H%i%s"},
	"TIME": {"usa": "%h:%i:%s %p", "jis": "%H:%i:%s", "iso": "%H:%i:%s", "eur": "%H.%i.%s", "internal": "%H%i%s"},
}

// getFormat is GET_FORMAT(DATE, 'EUR') and its kin.
func getFormat(c *conv, f *tast.FuncCallExpr) (ast.Expr, bool) {
	kind, ok := f.Args[0].(*tast.GetFormatSelectorExpr)
	name, isText := stringOf(f.Args[1])
	if !ok || !isText {
		c.fail(f, "GET_FORMAT of anything but a literal is not supported")
	}
	which := kind.Selector.String()
	if which == "TIMESTAMP" {
		which = "DATETIME"
	}
	format, ok := formats[which][fold(name)]
	if !ok {
		return null(c.at(f)), false
	}
	return text(c.at(f), format), false
}
