package builtin

import (
	"fmt"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// Times that may be negative or longer than a day, MySQL's TIME, are intervals of hours,
// minutes and seconds: they print, compare and add up as MySQL's do.

var mysqlSpanFuncs = []mysqlFunc{
	{name: "to_span", args: "*", ret: types.IntervalOID, volatility: settled, eval: func(c *Ctx, a []types.Datum) (types.Datum, error) {
		us, ok := readClock(c, typed{c.argT(0), a[0]})
		if !ok {
			return null()
		}
		return timeSpan(us)
	}},
	// time is TIME(value), or with the digits of its fraction CAST(value AS TIME(n)).
	{name: "time", args: "*?i", by: timeType, volatility: settled, eval: func(c *Ctx, a []types.Datum) (types.Datum, error) {
		us, ok := readClock(c, typed{c.argT(0), a[0]})
		if !ok {
			return null()
		}
		if len(a) > 1 {
			us = roundClock(us, a[1].Int())
		}
		if c.retT().OID == types.TimeOID {
			return types.Int(us), nil
		}
		return timeSpan(us)
	}},
	// strict_span is a literal of a time, which must be one.
	{name: "strict_span", args: "t", ret: types.IntervalOID, eval: func(c *Ctx, a []types.Datum) (types.Datum, error) {
		us, ok := mysqlClock(c, typed{types.Of(types.TextOID), a[0]})
		if !ok || dateAlone(a[0].Text()) || us > maxSpan+usPerSecond-1 || us < -maxSpan-usPerSecond+1 {
			return types.Datum{}, pgerr.Newf(pgerrcode.InvalidDatetimeFormat, "Incorrect TIME value: '%s'", a[0].Text())
		}
		return timeSpan(us)
	}},
	// strict_time is a value for a column of MySQL's TIME, strict_day_time for one of PostgreSQL's
	// time, which holds a time of day.
	{name: "strict_time", args: "*", ret: types.IntervalOID, volatility: settled, eval: func(c *Ctx, a []types.Datum) (types.Datum, error) {
		us, err := strictClock(c, typed{c.argT(0), a[0]})
		if err != nil {
			return types.Datum{}, err
		}
		return timeSpan(us)
	}},
	{name: "strict_day_time", args: "*", ret: types.TimeOID, volatility: settled, eval: func(c *Ctx, a []types.Datum) (types.Datum, error) {
		us, err := strictClock(c, typed{c.argT(0), a[0]})
		if err == nil && (us < 0 || us > usPerDay) {
			err = pgerr.Newf(pgerrcode.FeatureNotSupported, "a column of PostgreSQL's type time for %s, which is no time of day, is not supported", spanText(us)).
				WithHint("A column of this dialect's TIME holds any time.")
		}
		return types.Int(us), err
	}},
	{name: "timediff", args: "**", ret: types.IntervalOID, volatility: settled, eval: timeDiff},
	{name: "maketime", args: "iif", ret: types.IntervalOID, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		h, m, s := a[0].Int(), a[1].Int(), a[2].Float()
		if m < 0 || m > 59 || s < 0 || s >= 60 {
			return null()
		}
		us := (min(max(h, -h), 838)*3600+m*60)*usPerSecond + int64(s*float64(usPerSecond)+.5)
		if h < 0 {
			us = -us
		}
		return timeSpan(us)
	}},
	{name: "sec_to_time", args: "f", ret: types.IntervalOID, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return timeSpan(clampInt(roundHalf(min(max(a[0].Float(), -1e7), 1e7) * float64(usPerSecond))))
	}},
	{name: "time_to_sec", args: "*", ret: types.Int8OID, volatility: settled, eval: func(c *Ctx, a []types.Datum) (types.Datum, error) {
		us, ok := readClock(c, typed{c.argT(0), a[0]})
		if !ok {
			return null()
		}
		return types.Int(us / usPerSecond), nil
	}},
	{name: "addtime", args: "**", by: timePlusType, volatility: settled, eval: timePlus(1)},
	{name: "subtime", args: "**", by: timePlusType, volatility: settled, eval: timePlus(-1)},
}

// strictClock is mysqlClock of a value that must be a TIME.
func strictClock(c *Ctx, v typed) (us int64, err error) {
	us, ok := mysqlClock(c, v)
	if !ok || isTextType(v.t.OID) && (dateAlone(v.d.Text()) || !readWhole(v.d.Text())) || us > maxSpan+usPerSecond-1 || us < -maxSpan-usPerSecond+1 {
		return 0, pgerr.Newf(pgerrcode.InvalidDatetimeFormat, "Incorrect time value: '%s'", mysqlString(c, v).Text())
	}
	return us, nil
}

// timeType is what TIME gives: of what has a time of day one, of anything else a span.
func timeType(args []types.OID) types.OID {
	switch args[0] {
	case types.DateOID, types.TimestampOID, types.TimestamptzOID, types.TimeOID:
		return types.TimeOID
	}
	return types.IntervalOID
}

// roundClock rounds to so many digits of a second.
func roundClock(us, digits int64) int64 {
	unit := int64(usPerSecond)
	for range min(max(digits, 0), 6) {
		unit /= 10
	}
	if us < 0 {
		return -((-us + unit/2) / unit * unit)
	}
	return (us + unit/2) / unit * unit
}

// IsTimeOfDay reports a text that is a time of day in both dialects; any other is none for
// PostgreSQL, or a longer or shorter time in MySQL's.
func IsTimeOfDay(s string) bool {
	us, ok := parseClock(s)
	return ok && us >= 0 && us < usPerDay && strings.Contains(s, ":") && !strings.Contains(s, " ")
}

// SpanText is how PostgreSQL writes the time that a text without a date is in MySQL's dialect;
// false for any other text.
func SpanText(s string) (string, bool) {
	s = strings.TrimSpace(s)
	if s == "" || strings.ContainsAny(s[1:], "-/T") {
		return "", false
	}
	us, ok := parseClock(s)
	return spanText(us), ok
}

// maxSpan is the greatest TIME, 838:59:59.
const maxSpan = (838*3600 + 59*60 + 59) * usPerSecond

func timeSpan(us int64) (types.Datum, error) {
	return types.MakeInterval(types.Interval{Micros: min(max(us, -maxSpan), maxSpan)}), nil
}

// timePlusType is what ADDTIME gives: a time stamp stays one, a time becomes a span, and
// a text stays a text, which may be either.
func timePlusType(args []types.OID) types.OID {
	switch args[0] {
	case types.DateOID, types.TimestampOID, types.TimestamptzOID:
		return types.TimestampOID
	case types.TimeOID, types.IntervalOID:
		return types.IntervalOID
	}
	return types.TextOID
}

func timePlus(sign int64) Eval {
	return func(c *Ctx, a []types.Datum) (types.Datum, error) {
		base, added := typed{c.argT(0), a[0]}, typed{c.argT(1), a[1]}
		more, ok := readClock(c, added)
		if !ok || isDated(c, added) {
			return null()
		}
		more *= sign
		if c.retT().OID != types.TimestampOID && !looksDated(c, base) {
			us, ok := readClock(c, base)
			if !ok {
				return null()
			}
			if us += more; c.retT().OID == types.TextOID {
				return types.String(spanText(us)), nil
			}
			return timeSpan(us)
		}
		at, ok := readStamp(c, base)
		if !ok {
			return null()
		}
		d, err := checkTimestamp(at + more)
		if err != nil || c.retT().OID == types.TimestampOID {
			return d, err
		}
		return mysqlString(c, typed{types.Of(types.TimestampOID), d}), nil
	}
}

// looksDated reports a text with a date in it.
func looksDated(c *Ctx, v typed) bool {
	if isSpan(v.t.OID) {
		return false
	}
	s := strings.TrimSpace(mysqlString(c, v).Text())
	return strings.ContainsAny(s[min(1, len(s)):], "-/T")
}

// spanText prints a span as MySQL prints a TIME.
func spanText(us int64) string {
	sign := ""
	if us < 0 {
		sign, us = "-", -us
	}
	us = min(us, maxSpan)
	s := us / usPerSecond
	out := fmt.Sprintf("%s%02d:%02d:%02d", sign, s/3600, s/60%60, s%60)
	if rest := us % usPerSecond; rest > 0 {
		out += fmt.Sprintf(".%06d", rest)
	}
	return out
}

// formatSpan is TIME_FORMAT: its hours may be more than a day has.
func formatSpan(us int64, format string) string {
	sign := ""
	if us < 0 {
		sign, us = "-", -us
	}
	hours := us / (3600 * usPerSecond)
	format = strings.NewReplacer("%%", "%%", "%H", fmt.Sprintf("%02d", hours), "%k", fmt.Sprint(hours),
		"%T", fmt.Sprintf("%02d:%%i:%%s", hours)).Replace(format)
	return sign + formatDate(us%usPerDay, format)
}

// timeDiff is the time between two times, or two time stamps, of one kind.
func timeDiff(c *Ctx, a []types.Datum) (types.Datum, error) {
	l, r := typed{c.argT(0), a[0]}, typed{c.argT(1), a[1]}
	read := readClock
	if isDay(l.t.OID) || isDay(r.t.OID) {
		if isSpan(l.t.OID) || isSpan(r.t.OID) || withTime(c, l) != withTime(c, r) {
			return null()
		}
		read = readStamp
	} else if at := withTime(c, l); at != withTime(c, r) {
		return null()
	} else if at {
		read = readStamp
	}
	x, ok := read(c, l)
	y, ok2 := read(c, r)
	if !ok || !ok2 {
		return null()
	}
	return timeSpan(x - y)
}

// isDay reports a type with a date in it.
func isDay(t types.OID) bool {
	return t == types.DateOID || t == types.TimestampOID || t == types.TimestamptzOID
}

func isSpan(t types.OID) bool { return t == types.TimeOID || t == types.IntervalOID }

// withTime reports a date with a time of day: of texts one that has both.
func withTime(c *Ctx, v typed) bool {
	switch v.t.OID {
	case types.TimestampOID, types.TimestamptzOID:
		return true
	}
	return v.t.OID != types.DateOID && looksDated(c, v) && !dateAlone(mysqlString(c, v).Text())
}

// isDated reports a value with a date in it.
func isDated(c *Ctx, v typed) bool {
	switch v.t.OID {
	case types.DateOID, types.TimestampOID, types.TimestamptzOID:
		return true
	}
	return looksDated(c, v)
}
