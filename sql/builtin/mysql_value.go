package builtin

import (
	"math"
	"strconv"
	"strings"

	"github.com/loxodb/loxodb/sql/types"
)

// mysqlValue converts a value, which is not NULL, to what a letter of a mysqlFunc
// asks for. NULL is what MySQL makes of a text that is no date.
func mysqlValue(c *Ctx, kind byte, v typed) (types.Datum, error) {
	switch kind {
	case 't':
		return mysqlString(c, v), nil
	case 'b':
		return mysqlBytes(c, v), nil
	case 'i':
		return types.Int(mysqlInteger(c, v)), nil
	case 'f':
		return types.Float(mysqlFloat(c, v)), nil
	case 'n':
		return mysqlNumeric(c, v)
	case 'd':
		us, ok := readStamp(c, v)
		if !ok {
			return types.Null, nil
		}
		return types.Int(us), nil
	case 'j':
		return mysqlDocument(c, v)
	}
	return v.d, nil
}

// mysqlString is a value as text: Booleans are numbers, time stamps have no zone.
func mysqlString(c *Ctx, v typed) types.Datum {
	switch v.t.OID {
	case types.TextOID, types.VarcharOID, types.BpcharOID, types.UnknownOID, types.ByteaOID, types.NameOID:
		return v.d
	case types.BoolOID:
		if v.d.Bool() {
			return types.String("1")
		}
		return types.String("0")
	case types.TimestamptzOID:
		local := typed{types.Of(types.TimestampOID), types.Int(utcToLocal(c, v.d.Int()))}
		return types.Bytes(types.AppendText(nil, local.t, local.d, types.DefaultFormat))
	case types.TimestampOID, types.DateOID:
		return types.Bytes(types.AppendText(nil, v.t, v.d, types.DefaultFormat))
	case types.Float4OID:
		return types.Bytes(types.AppendMySQLReal(nil, v.d.Float(), 32))
	case types.Float8OID:
		return types.Bytes(types.AppendMySQLReal(nil, v.d.Float(), 64))
	}
	return types.Bytes(appendText(nil, c, v))
}

func mysqlBytes(c *Ctx, v typed) types.Datum {
	if v.t.OID == types.ByteaOID || v.t.OID == types.VectorOID { // a vector's are its numbers, as in MySQL
		return v.d
	}
	return mysqlString(c, v)
}

func isInt(t types.OID) bool {
	return t == types.Int2OID || t == types.Int4OID || t == types.Int8OID
}

func isFloat(t types.OID) bool { return t == types.Float4OID || t == types.Float8OID }

func isClock(t types.OID) bool {
	return t == types.DateOID || t == types.TimestampOID || t == types.TimestamptzOID || t == types.TimeOID || t == types.IntervalOID
}

// mysqlInteger is a value as an integer: a text by the number it begins with.
func mysqlInteger(c *Ctx, v typed) int64 {
	switch {
	case isInt(v.t.OID):
		return v.d.Int()
	case v.t.OID == types.BoolOID:
		return int64(bit(v.d.Bool()))
	case isFloat(v.t.OID):
		return clampInt(math.RoundToEven(v.d.Float()))
	case v.t.OID == types.NumericOID:
		r, err := types.NumericRound(v.d, 0)
		if err != nil {
			return 0
		}
		if n, ok := types.NumericToInt64(r); ok {
			return n
		}
		return clampInt(types.NumericToFloat(r))
	case isClock(v.t.OID):
		return clampInt(clockNumber(c, v))
	}
	text := mysqlString(c, v).Text()
	s := strings.TrimSpace(text)
	end := 0
	if end < len(s) && (s[end] == '-' || s[end] == '+') {
		end++
	}
	for end < len(s) && s[end] >= '0' && s[end] <= '9' {
		end++
	}
	c.noteNumber("INTEGER", text, s[:end])
	n, err := strconv.ParseInt(s[:end], 10, 64)
	if err != nil && end > 1 {
		return clampInt(prefixFloat(s))
	}
	return n
}

func clampInt(f float64) int64 {
	switch {
	case math.IsNaN(f):
		return 0
	case f >= math.MaxInt64:
		return math.MaxInt64
	case f <= math.MinInt64:
		return math.MinInt64
	}
	return int64(f)
}

// clockNumber is a date or time as the number that its digits make.
func clockNumber(c *Ctx, v typed) float64 {
	f, _ := strconv.ParseFloat(clockDigits(c, v), 64)
	return f
}

// clockDigits is the text of that number.
func clockDigits(c *Ctx, v typed) string {
	s := mysqlString(c, v).Text()
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '.' {
			return r
		}
		return -1
	}, s)
	if strings.HasPrefix(s, "-") {
		return "-" + digits
	}
	return digits
}

// clockDecimal is that number with all its digits, which are more than a floating point
// number has, and as many behind the point as the type declares.
func clockDecimal(c *Ctx, v typed) (types.Datum, error) {
	d, err := types.ParseText(types.Of(types.NumericOID), clockDigits(c, v), c.Format)
	if err != nil {
		return d, err
	}
	switch v.t.OID {
	case types.IntervalOID:
		if scale := int(v.t.Mod & 0xffff); v.t.Mod >= 0 && scale <= 6 && scale > types.NumericScale(d) {
			return types.NumericRound(d, scale)
		}
	case types.TimestampOID, types.TimestamptzOID, types.TimeOID:
		if scale := int(v.t.Mod); scale > types.NumericScale(d) {
			return types.NumericRound(d, scale)
		}
	}
	return d, nil
}

// prefixFloat is the number that a text begins with, 0 if it begins with none.
func prefixFloat(s string) float64 {
	f, _ := strconv.ParseFloat(numberPrefix(strings.TrimSpace(s)), 64)
	return f
}

// numberPrefix is the longest beginning of s that is a decimal number.
func numberPrefix(s string) string {
	i := 0
	digits := func() (n int) {
		for i < len(s) && s[i] >= '0' && s[i] <= '9' {
			i++
			n++
		}
		return n
	}
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		i++
	}
	n := digits()
	if i < len(s) && s[i] == '.' {
		i++
		n += digits()
	}
	if n == 0 {
		return "0"
	}
	if e := i; i < len(s) && s[i]|0x20 == 'e' {
		if i++; i < len(s) && (s[i] == '-' || s[i] == '+') {
			i++
		}
		if digits() == 0 {
			i = e
		}
	}
	return s[:i]
}

func mysqlFloat(c *Ctx, v typed) float64 {
	switch {
	case isInt(v.t.OID):
		return float64(v.d.Int())
	case isFloat(v.t.OID):
		return v.d.Float()
	case v.t.OID == types.BoolOID:
		return float64(bit(v.d.Bool()))
	case v.t.OID == types.NumericOID:
		return types.NumericToFloat(v.d)
	case isClock(v.t.OID):
		return clockNumber(c, v)
	case v.t.OID == types.JSONBOID:
		if v.d.Text() == "true" {
			return 1
		}
		return prefixFloat(strings.Trim(v.d.Text(), `"`))
	}
	text := mysqlString(c, v).Text()
	number := numberPrefix(strings.TrimSpace(text))
	c.noteNumber("DOUBLE", text, number)
	f, _ := strconv.ParseFloat(number, 64)
	return f
}

func mysqlNumeric(c *Ctx, v typed) (types.Datum, error) {
	switch {
	case isInt(v.t.OID):
		return types.NumericFromInt(v.d.Int()), nil
	case v.t.OID == types.NumericOID:
		return v.d, nil
	case v.t.OID == types.BoolOID:
		return types.NumericFromInt(int64(bit(v.d.Bool()))), nil
	case isFloat(v.t.OID):
		return types.NumericFromFloat(v.d.Float(), 64)
	case isClock(v.t.OID):
		return clockDecimal(c, v)
	}
	text := mysqlString(c, v).Text()
	number := numberPrefix(strings.TrimSpace(text))
	c.noteNumber("DECIMAL", text, number)
	return types.ParseText(types.Of(types.NumericOID), number, c.Format)
}

// mysqlTruth is whether MySQL takes a value for true: a number other than 0.
func mysqlTruth(c *Ctx, v typed) bool {
	switch {
	case v.t.OID == types.BoolOID:
		return v.d.Bool()
	case isInt(v.t.OID):
		return v.d.Int() != 0
	case v.t.OID == types.NumericOID:
		return types.NumericSign(v.d) != 0
	}
	return mysqlFloat(c, v) != 0
}
