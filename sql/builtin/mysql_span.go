package builtin

import (
	"fmt"
	"strings"

	"github.com/loxodb/loxodb/sql/types"
)

// Times that may be negative or longer than a day, MySQL's TIME, are intervals of hours,
// minutes and seconds: they print, compare and add up as MySQL's do.

var mysqlSpanFuncs = []mysqlFunc{
	{name: "to_span", args: "*", ret: types.IntervalOID, volatility: Stable, eval: func(c *Ctx, a []types.Datum) (types.Datum, error) {
		us, ok := mysqlClock(c, typed{c.argT(0), a[0]})
		if !ok {
			return null()
		}
		return timeSpan(us)
	}},
	{name: "timediff", args: "**", ret: types.IntervalOID, volatility: Stable, eval: timeDiff},
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
	{name: "time_to_sec", args: "*", ret: types.Int8OID, volatility: Stable, eval: func(c *Ctx, a []types.Datum) (types.Datum, error) {
		us, ok := mysqlClock(c, typed{c.argT(0), a[0]})
		if !ok {
			return null()
		}
		return types.Int(us / usPerSecond), nil
	}},
	{name: "addtime", args: "**", by: timePlusType, volatility: Stable, eval: timePlus(1)},
	{name: "subtime", args: "**", by: timePlusType, volatility: Stable, eval: timePlus(-1)},
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
		base := typed{c.argT(0), a[0]}
		more, ok := mysqlClock(c, typed{c.argT(1), a[1]})
		if !ok {
			return null()
		}
		more *= sign
		if c.retT().OID != types.TimestampOID && !looksDated(c, base) {
			us, ok := mysqlClock(c, base)
			if !ok {
				return null()
			}
			if us += more; c.retT().OID == types.TextOID {
				return types.String(spanText(us)), nil
			}
			return timeSpan(us)
		}
		at, ok := mysqlStamp(c, base)
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
	if v.t.OID == types.TimeOID || v.t.OID == types.IntervalOID {
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
	format = strings.NewReplacer("%%", "%%", "%H", sign+fmt.Sprintf("%02d", hours), "%k", sign+fmt.Sprint(hours)).Replace(format)
	return formatDate(us%usPerDay, format)
}

// timeDiff is the time between two times, or two time stamps, of one kind.
func timeDiff(c *Ctx, a []types.Datum) (types.Datum, error) {
	l, r := typed{c.argT(0), a[0]}, typed{c.argT(1), a[1]}
	dated := isDated(c, l)
	if dated != isDated(c, r) {
		return null()
	}
	read := mysqlClock
	if dated {
		read = mysqlStamp
	}
	x, ok := read(c, l)
	y, ok2 := read(c, r)
	if !ok || !ok2 {
		return null()
	}
	return timeSpan(x - y)
}

// isDated reports a value with a date in it.
func isDated(c *Ctx, v typed) bool {
	switch v.t.OID {
	case types.DateOID, types.TimestampOID, types.TimestamptzOID:
		return true
	}
	return looksDated(c, v)
}
