package builtin

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// What IGNORE, and a statement that is not in strict mode, makes of a value
// that its column does not take (MySQL's manual, "The Effect of IGNORE on Statement
// Execution"): the nearest one that it does, with a warning. The functions are volatile, so
// that planning warns of nothing. The second argument is the column's name. In strict mode
// (mysql_strict.go) they are errors for such a value.

var mysqlFitFuncs = []mysqlFunc{
	{name: "fit_number", args: "*tnni", ret: types.NumericOID, volatility: Volatile, eval: fitNumber},
	{name: "fit_integer", args: "*tii", ret: types.Int8OID, volatility: Volatile, eval: func(c *Ctx, a []types.Datum) (types.Datum, error) {
		v := typed{c.argT(0), a[0]}
		n, low, high, within := int64(0), a[2].Int(), a[3].Int(), true
		switch {
		case isInt(v.t.OID):
			n = v.d.Int()
		case isFloat(v.t.OID):
			n = clampInt(math.RoundToEven(v.d.Float()))
		default:
			misread(c, "integer", v, a[1].Text())
			n, within = nearestInteger(c, v)
		}
		if n >= low && n <= high && within {
			return types.Int(n), nil
		}
		warn(c, pgerrcode.NumericValueOutOfRange, "Out of range value for column '%s'", a[1].Text())
		return types.Int(max(min(n, high), low)), nil
	}},
	{name: "fit_double", args: "*ti", ret: types.Float8OID, volatility: Volatile, eval: func(c *Ctx, a []types.Datum) (types.Datum, error) {
		misread(c, "double", typed{c.argT(0), a[0]}, a[1].Text())
		f := mysqlFloat(c, typed{c.argT(0), a[0]})
		limit := math.MaxFloat64
		if a[2].Int() == 4 {
			limit = math.MaxFloat32
		}
		if f > limit || f < -limit {
			warn(c, pgerrcode.NumericValueOutOfRange, "Out of range value for column '%s'", a[1].Text())
			f = math.Copysign(limit, f)
		}
		return types.Float(f), nil
	}},
	{name: "fit_text", args: "tti", ret: types.TextOID, volatility: Volatile, eval: func(c *Ctx, a []types.Datum) (types.Datum, error) {
		s, n := a[0].Text(), a[2].Int()
		if int64(utf8.RuneCountInString(s)) <= n {
			return a[0], nil
		}
		cut := sliceChars(s, 0, n)
		if strings.TrimRight(s[len(cut):], " ") != "" {
			cutShort(c, a[1].Text())
		}
		return types.String(cut), nil
	}},
	{name: "fit_bytes", args: "bti", ret: types.ByteaOID, volatility: Volatile, eval: func(c *Ctx, a []types.Datum) (types.Datum, error) {
		b, n := a[0].Bytes(), a[2].Int()
		if int64(len(b)) <= n {
			return a[0], nil
		}
		cutShort(c, a[1].Text())
		return types.Bytes(append([]byte{}, b[:n]...)), nil
	}},
	{name: "fit_stamp", args: "*tt", ret: types.TimestampOID, volatility: Volatile, eval: func(c *Ctx, a []types.Datum) (types.Datum, error) {
		us, ok := mysqlStamp(c, typed{c.argT(0), a[0]})
		switch {
		case ok:
			return checkTimestamp(us)
		case c.strict == nil:
			return types.Datum{}, zeroDate(a[1].Text())
		}
		warn(c, pgerrcode.InvalidDatetimeFormat, "Incorrect %s value: '%s' for column '%s'", a[2].Text(), mysqlString(c, typed{c.argT(0), a[0]}).Text(), a[1].Text())
		return null()
	}},
	{name: "fit_time", args: "*t", ret: types.IntervalOID, volatility: Volatile, eval: func(c *Ctx, a []types.Datum) (types.Datum, error) {
		v := typed{c.argT(0), a[0]}
		us, ok := mysqlClock(c, v)
		switch {
		case !ok || isTextType(v.t.OID) && (dateAlone(v.d.Text()) || !readWhole(v.d.Text())):
			warn(c, truncatedData, "Data truncated for column '%s'", a[1].Text())
		case us > maxSpan+usPerSecond-1 || us < -maxSpan-usPerSecond+1:
			warn(c, pgerrcode.NumericValueOutOfRange, "Out of range value for column '%s'", a[1].Text())
		}
		if !ok {
			us = 0
		}
		return timeSpan(us)
	}},
	{name: "fit_year", args: "*t", ret: types.Int8OID, volatility: Volatile, eval: func(c *Ctx, a []types.Datum) (types.Datum, error) {
		v := typed{c.argT(0), a[0]}
		misread(c, "integer", v, a[1].Text())
		n := mysqlInteger(c, v)
		switch {
		case n == 0 && (!isTextType(v.t.OID) || len(strings.TrimSpace(a[0].Text())) >= 3):
		case n >= 0 && n < 100:
			n = twoDigitYear(n)
		case n < 1901 || n > 2155:
			warn(c, pgerrcode.NumericValueOutOfRange, "Out of range value for column '%s'", a[1].Text())
			n = 0
		}
		return types.Int(n), nil
	}},
	// fit_words is a value for a SET, without the words that its list, the third argument,
	// has not, or for an ENUM, which must have one: words, or their number.
	{name: "fit_words", args: "*tti", ret: types.TextOID, volatility: Volatile, eval: fitWords},
	// fit_null is the first argument or, with a warning, the third: "Column … cannot be null"
	// or "Field … doesn't have a default value".
	{name: "fit_null", args: "*t*t", by: func(a []types.OID) types.OID { return a[2] }, volatility: Volatile, nulls: true,
		eval: func(c *Ctx, a []types.Datum) (types.Datum, error) {
			if !a[0].IsNull() {
				return a[0], nil
			}
			if a[2].IsNull() && c.strict == nil {
				return types.Datum{}, zeroDate(a[1].Text())
			}
			warn(c, pgerrcode.NotNullViolation, a[3].Text(), a[1].Text())
			return a[2], nil
		}},
}

func fitWords(c *Ctx, a []types.Datum) (types.Datum, error) {
	v := typed{c.argT(0), a[0]}
	words, several := QuotedWords(a[2].Text()), a[3].Int() != 0
	text, number := "", isInt(v.t.OID) || isFloat(v.t.OID) || v.t.OID == types.NumericOID
	var out []string
	lost := false
	if !number {
		text = mysqlString(c, v).Text()
		given := []string{text}
		if several {
			given = strings.Split(text, ",")
		}
		for _, g := range given {
			if slices.Contains(words, g) {
				out = append(out, g)
			} else if text != "" {
				lost = true
			}
		}
		_, err := strconv.ParseInt(text, 10, 64)
		number = lost && err == nil
	}
	if number {
		n := mysqlInteger(c, v)
		if !several && !isTextType(v.t.OID) {
			n = clampInt(math.Trunc(mysqlFloat(c, v)))
		}
		out, lost = wordsNumbered(words, n, several)
		text = mysqlString(c, v).Text()
	}
	if !several && len(out) == 0 && c.strict == nil {
		return types.Datum{}, pgerr.Newf(pgerrcode.FeatureNotSupported,
			"the empty value of the ENUM column \"%s\", for '%s', is not supported", a[1].Text(), text)
	}
	if lost || !several && len(out) == 0 {
		warn(c, truncatedData, "Data truncated for column '%s'", a[1].Text())
	}
	return types.String(strings.Join(out, ",")), nil
}

// wordsNumbered are the words of a list that a number stands for: of a SET by its bits. lost
// says that it stands for others, too.
func wordsNumbered(words []string, n int64, several bool) (out []string, lost bool) {
	if !several {
		if n < 1 || n > int64(len(words)) {
			return nil, true
		}
		return words[n-1 : n], false
	}
	bits := uint64(n)
	for i, w := range words {
		if bits>>i&1 == 1 {
			out = append(out, w)
		}
	}
	return out, len(words) < 64 && bits>>len(words) != 0
}

// truncatedData is the state of MySQL's warning 1265.
const truncatedData = "01004"

// maxWarnings is how many warnings of one column of a statement are told, MySQL's
// max_error_count of old.
const maxWarnings = 64

// warn tells of a value that was changed, which in strict mode is an error.
func warn(c *Ctx, state, format string, args ...any) {
	if c.strict != nil {
		if state == truncatedData {
			state = pgerrcode.StringDataRightTruncationDataException
		}
		if c.strict.err == nil {
			c.strict.err = pgerr.Newf(state, format, args...)
		}
		return
	}
	told := remembered(c, func() *int { return new(int) })
	if *told++; *told > maxWarnings || c.Notice == nil {
		return
	}
	e := pgerr.Newf(state, format, args...)
	e.Severity = pgerr.Warning
	c.Notice(e)
}

// cutShort tells of a value that lost its end.
func cutShort(c *Ctx, column string) {
	if c.strict != nil {
		warn(c, truncatedData, "Data too long for column '%s'", column)
		return
	}
	warn(c, truncatedData, "Data truncated for column '%s'", column)
}

// misread warns of a text that is no number of a kind, or more than one.
func misread(c *Ctx, kind string, v typed, column string) {
	if !isTextType(v.t.OID) {
		return
	}
	s := strings.TrimSpace(v.d.Text())
	switch prefix := numberPrefix(s); {
	case prefix == s:
	case !strings.HasPrefix(s, prefix):
		warn(c, pgerrcode.InvalidTextRepresentation, "Incorrect %s value: '%s' for column '%s'", kind, v.d.Text(), column)
	default:
		warn(c, truncatedData, "Data truncated for column '%s'", column)
	}
}

// nearestInteger is the whole number nearest to a value, to one with a fraction of a half the
// one further from zero, and whether 64 bits hold it.
func nearestInteger(c *Ctx, v typed) (n int64, within bool) {
	d, err := mysqlNumeric(c, v)
	if err == nil {
		d, err = types.NumericRound(d, 0)
	}
	if err != nil {
		return 0, true
	}
	if n, within = types.NumericToInt64(d); !within {
		n = clampInt(types.NumericToFloat(d))
	}
	return n, within
}

// fitNumber is the nearest number between the third and fourth arguments that has so many
// digits behind the point as the fifth says.
func fitNumber(c *Ctx, a []types.Datum) (types.Datum, error) {
	v := typed{c.argT(0), a[0]}
	kind := "integer"
	if a[4].Int() > 0 {
		kind = "decimal"
	}
	misread(c, kind, v, a[1].Text())
	d, err := mysqlNumeric(c, v)
	if err == nil {
		d, err = types.NumericRound(d, int(a[4].Int()))
	}
	if err != nil {
		return types.Datum{}, err
	}
	near := d
	switch {
	case types.NumericCmp(d, a[2]) < 0:
		near = a[2]
	case types.NumericCmp(d, a[3]) > 0:
		near = a[3]
	default:
		return d, nil
	}
	warn(c, pgerrcode.NumericValueOutOfRange, "Out of range value for column '%s'", a[1].Text())
	return near, nil
}

func zeroDate(column string) error {
	return pgerr.Newf(pgerrcode.FeatureNotSupported, "the zero date, which column \"%s\" would have, is not supported", column)
}
