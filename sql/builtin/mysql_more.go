package builtin

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// Functions of sets, ENUMs, and of what a value is.

var mysqlMoreFuncs = []mysqlFunc{
	{name: "make_set", args: "it+", ret: types.TextOID, nulls: true, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		if a[0].IsNull() {
			return null()
		}
		var words []string
		for i, w := range a[1:] {
			if i < 64 && a[0].Int()>>i&1 == 1 && !w.IsNull() {
				words = append(words, w.Text())
			}
		}
		return types.String(strings.Join(words, ",")), nil
	}},
	{name: "export_set", args: "itt?ti", ret: types.TextOID, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		sep, n := ",", int64(64)
		if len(a) > 3 {
			sep = a[3].Text()
		}
		if len(a) > 4 && a[4].Int() >= 0 {
			n = min(a[4].Int(), 64)
		}
		words := make([]string, n)
		for i := range words {
			if words[i] = a[2].Text(); a[0].Int()>>i&1 == 1 {
				words[i] = a[1].Text()
			}
		}
		return types.String(strings.Join(words, sep)), nil
	}},
	// enum_place is the number of a word in the list that follows, 0 for none. A list in
	// one argument has NULs between its words.
	{name: "enum_place", args: "tt+", ret: types.Int8OID, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		w := a[0].Text()
		if len(a) == 2 {
			for i, x := range strings.Split(a[1].Text(), "\x00") {
				if x == w {
					return types.Int(int64(i + 1)), nil
				}
			}
			return types.Int(0), nil
		}
		for i, x := range a[1:] {
			if x.Text() == w {
				return types.Int(int64(i + 1)), nil
			}
		}
		return types.Int(0), nil
	}},
	// enum_word is the word of that number in a list as SHOW writes it.
	{name: "enum_word", args: "ft", ret: types.TextOID, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		words, n := QuotedWords(a[1].Text()), math.Trunc(a[0].Float())
		if n >= 1 && n <= float64(len(words)) {
			return types.String(words[int(n)-1]), nil
		}
		return types.Datum{}, pgerr.Newf(pgerrcode.CheckViolation, "%v is not the number of a word of enum(%s)", n, a[1].Text())
	}},
	{name: "to_year", args: "*", ret: types.Int8OID, eval: func(c *Ctx, a []types.Datum) (types.Datum, error) {
		v := typed{c.argT(0), a[0]}
		s := strings.TrimSpace(mysqlString(c, v).Text())
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil && !isTextType(v.t.OID) {
			n, err = mysqlInteger(c, v), nil
		}
		switch {
		case err == nil && n == 0 && (!isTextType(v.t.OID) || len(s) == 4):
			return types.Int(0), nil
		case err == nil && n >= 0 && n < 100:
			return types.Int(twoDigitYear(n)), nil
		case err == nil && n >= 1901 && n <= 2155:
			return types.Int(n), nil
		}
		return types.Datum{}, pgerr.Newf(pgerrcode.NumericValueOutOfRange, "year \"%s\" is out of range", s)
	}},
	// year_meant is the year that a number beside one means.
	{name: "year_meant", args: "i", ret: types.Int8OID, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		if n := a[0].Int(); n > 0 && n < 100 {
			return types.Int(twoDigitYear(n)), nil
		}
		return a[0], nil
	}},
	{name: "strict_stamp", args: "*", ret: types.TimestampOID, volatility: settled, eval: func(c *Ctx, a []types.Datum) (types.Datum, error) {
		v := typed{c.argT(0), a[0]}
		us, ok := mysqlStamp(c, v)
		if !ok {
			return types.Datum{}, pgerr.Newf(pgerrcode.InvalidDatetimeFormat, "%s is not a date", mysqlString(c, v).Text())
		}
		return checkTimestamp(us)
	}},
	{name: "uuid_short", ret: types.Int8OID, volatility: Volatile, eval: func(*Ctx, []types.Datum) (types.Datum, error) {
		return types.Int(shortBase + shortCount.Add(1)), nil
	}},
	{name: "charset", args: "*", ret: types.TextOID, nulls: true, eval: ofKind("binary", "utf8mb4")},
	{name: "collation", args: "*", ret: types.TextOID, nulls: true, eval: ofKind("binary", "utf8mb4_bin")},
	{name: "coercibility", args: "*", ret: types.Int8OID, nulls: true, eval: func(c *Ctx, a []types.Datum) (types.Datum, error) {
		switch {
		case a[0].IsNull():
			return types.Int(6), nil
		case isTextType(c.argT(0).OID):
			return types.Int(4), nil
		}
		return types.Int(5), nil
	}},
	{name: "format_bytes", args: "f", ret: types.TextOID, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.String(inUnits(a[0].Float(), 1024, []string{"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}, nil)), nil
	}},
	{name: "format_pico_time", args: "f", ret: types.TextOID, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.String(inUnits(a[0].Float(), 1000, []string{"ps", "ns", "us", "ms", "s", "min", "h", "d"}, longUnits)), nil
	}},
	{name: "format_nano_time", args: "f", ret: types.TextOID, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.String(inUnits(a[0].Float(), 1000, []string{"ns", "us", "ms", "s", "min", "h", "d"}, longUnits)), nil
	}},
	{name: "current_role", ret: types.TextOID, volatility: Stable, eval: func(*Ctx, []types.Datum) (types.Datum, error) { return types.String("NONE"), nil }},
	{name: "tidb_version", ret: types.TextOID, volatility: Stable, eval: func(*Ctx, []types.Datum) (types.Datum, error) {
		return types.String("Release Version: " + mysqlVersion), nil
	}},
}

// shortBase and shortCount make UUID_SHORT's numbers: the start's second, then a count.
var (
	shortBase  = (time.Now().Unix() & 0xffffffff) << 24
	shortCount atomic.Int64
)

func isTextType(t types.OID) bool {
	switch t {
	case types.TextOID, types.VarcharOID, types.BpcharOID, types.UnknownOID, types.NameOID:
		return true
	}
	return false
}

// ofKind tells texts from everything else.
func ofKind(other, text string) Eval {
	return func(c *Ctx, _ []types.Datum) (types.Datum, error) {
		if isTextType(c.argT(0).OID) {
			return types.String(text), nil
		}
		return types.String(other), nil
	}
}

// longUnits are the units of time that hold other than 1000 of the one before.
var longUnits = map[string]float64{"min": 60, "h": 60, "d": 24}

// inUnits writes an amount in the greatest unit in which it is 1 or more.
func inUnits(n, each float64, units []string, other map[string]float64) string {
	i, plain := 0, true
	for i+1 < len(units) {
		k := each
		if f := other[units[i+1]]; f > 0 {
			k = f
		}
		if max(n, -n) < k {
			break
		}
		n /= k
		i++
		plain = false
	}
	switch {
	case plain && units[0] == "bytes":
		return fmt.Sprintf("%4.0f %s", n, units[0])
	case plain:
		return fmt.Sprintf("%3.0f %s", n, units[0])
	case max(n, -n) >= 100000:
		return strconv.FormatFloat(n, 'e', 2, 64) + " " + units[i]
	}
	return fmt.Sprintf("%.2f %s", n, units[i])
}

// QuotedWords are the words of a list of MySQL's string literals with commas between.
func QuotedWords(list string) (words []string) {
	for i := 0; i < len(list); i++ {
		if list[i] != '\'' {
			continue
		}
		var w []byte
		for i++; i < len(list); i++ {
			if list[i] == '\\' || list[i] == '\'' && i+1 < len(list) && list[i+1] == '\'' {
				i++
			} else if list[i] == '\'' {
				break
			}
			if i < len(list) {
				w = append(w, list[i])
			}
		}
		words = append(words, string(w))
	}
	return words
}

// charLength counts characters; bytes are no more than that, and so are those of a vector.
func charLength(c *Ctx, a []types.Datum) (types.Datum, error) {
	t := c.argT(0)
	if t.OID == types.ByteaOID || t.OID == types.VectorOID {
		return types.Int(int64(len(mysqlBytes(c, typed{t, a[0]}).Bytes()))), nil
	}
	return types.Int(int64(utf8.RuneCountInString(mysqlString(c, typed{t, a[0]}).Text()))), nil
}
