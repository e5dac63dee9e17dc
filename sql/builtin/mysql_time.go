package builtin

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// Dates and times come as microseconds since 2000 in the session's zone ('d').

var mysqlTimeFuncs = []mysqlFunc{
	{name: "now", args: "?i", ret: types.TimestampOID, volatility: Stable, eval: nowAt(func(c *Ctx) time.Time { return c.StmtTime }, false)},
	{name: "sysdate", args: "?i", ret: types.TimestampOID, volatility: Volatile, eval: nowAt(func(*Ctx) time.Time { return time.Now() }, false)},
	{name: "utc_timestamp", args: "?i", ret: types.TimestampOID, volatility: Stable, eval: nowAt(func(c *Ctx) time.Time { return c.StmtTime }, true)},
	{name: "curdate", ret: types.DateOID, volatility: Stable, eval: func(c *Ctx, _ []types.Datum) (types.Datum, error) {
		return types.Int(dayOf(utcToLocal(c, Micros(c.StmtTime)))), nil
	}},
	{name: "utc_date", ret: types.DateOID, volatility: Stable, eval: func(c *Ctx, _ []types.Datum) (types.Datum, error) {
		return types.Int(dayOf(Micros(c.StmtTime))), nil
	}},
	{name: "curtime", args: "?i", ret: types.TimeOID, volatility: Stable, eval: func(c *Ctx, a []types.Datum) (types.Datum, error) {
		_, us := floorDiv(precise(utcToLocal(c, Micros(c.StmtTime)), a), usPerDay)
		return types.Int(us), nil
	}},
	{name: "utc_time", args: "?i", ret: types.TimeOID, volatility: Stable, eval: func(c *Ctx, a []types.Datum) (types.Datum, error) {
		_, us := floorDiv(precise(Micros(c.StmtTime), a), usPerDay)
		return types.Int(us), nil
	}},
	{name: "date", args: "d", ret: types.DateOID, volatility: settled, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.Int(dayOf(a[0].Int())), nil
	}},
	{name: "timestamp", args: "d?*", ret: types.TimestampOID, volatility: settled, eval: func(c *Ctx, a []types.Datum) (types.Datum, error) {
		v := a[0].Int()
		if len(a) > 1 {
			us, ok := readClock(c, typed{c.argT(1), a[1]})
			if !ok {
				return null()
			}
			v += us
		}
		return checkTimestamp(v)
	}},
	fieldFunc("year", func(t time.Time) int { return t.Year() }),
	fieldFunc("month", func(t time.Time) int { return int(t.Month()) }),
	fieldFunc("day", func(t time.Time) int { return t.Day() }),
	fieldFunc("quarter", func(t time.Time) int { return (int(t.Month()) + 2) / 3 }),
	fieldFunc("dayofyear", func(t time.Time) int { return t.YearDay() }),
	fieldFunc("dayofweek", func(t time.Time) int { return int(t.Weekday()) + 1 }),
	fieldFunc("weekday", func(t time.Time) int { return (int(t.Weekday()) + 6) % 7 }),
	clockFunc("hour", func(us int64) int64 { return us / (3600 * usPerSecond) }),
	{name: "clock_sign", args: "*", ret: types.Int8OID, volatility: settled, eval: clockSign},
	clockFunc("minute", func(us int64) int64 { return us / (60 * usPerSecond) % 60 }),
	clockFunc("second", func(us int64) int64 { return us / usPerSecond % 60 }),
	clockFunc("microsecond", func(us int64) int64 { return us % usPerSecond }),
	{name: "week", args: "d?i", ret: types.Int8OID, volatility: settled, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		w, _ := mysqlWeek(civil(a[0].Int()), mode(a), false)
		return types.Int(int64(w)), nil
	}},
	{name: "yearweek", args: "d?i", ret: types.Int8OID, volatility: settled, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		w, y := mysqlWeek(civil(a[0].Int()), mode(a), true)
		return types.Int(int64(100*y + w)), nil
	}},
	{name: "dayname", args: "d", ret: types.TextOID, volatility: settled, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.String(civil(a[0].Int()).Weekday().String()), nil
	}},
	{name: "monthname", args: "d", ret: types.TextOID, volatility: settled, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.String(civil(a[0].Int()).Month().String()), nil
	}},
	{name: "last_day", args: "d", ret: types.DateOID, volatility: settled, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		t := civil(a[0].Int())
		return types.Int(dayOf(Micros(time.Date(t.Year(), t.Month()+1, 0, 0, 0, 0, 0, time.UTC)))), nil
	}},
	{name: "to_days", args: "d", ret: types.Int8OID, volatility: settled, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.Int(dayOf(a[0].Int()) + daysTo2000), nil
	}},
	{name: "to_seconds", args: "d", ret: types.Int8OID, volatility: settled, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		s, _ := floorDiv(a[0].Int(), usPerSecond)
		return types.Int(s + daysTo2000*86400), nil
	}},
	{name: "from_days", args: "i", ret: types.DateOID, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		if n := a[0].Int(); n <= 365 || n >= 3652500 { // years 1 to 9999
			return types.Datum{}, pgerr.Newf(pgerrcode.FeatureNotSupported, "the zero date, which FROM_DAYS(%d) would be, is not supported", n)
		}
		return addDays(a[0].Int()-daysTo2000, 0)
	}},
	{name: "makedate", args: "ii", ret: types.DateOID, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		y := a[0].Int()
		if y >= 0 && y < 70 {
			y += 2000
		} else if y < 100 {
			y += 1900
		}
		if a[1].Int() < 1 || y < 0 || y > 9999 || a[1].Int() > 366*10000 {
			return null()
		}
		return types.Int(dayOf(Micros(time.Date(int(y), 1, int(a[1].Int()), 0, 0, 0, 0, time.UTC)))), nil
	}},
	{name: "datediff", args: "dd", ret: types.Int8OID, volatility: settled, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.Int(dayOf(a[0].Int()) - dayOf(a[1].Int())), nil
	}},
	{name: "timestampdiff", args: "tdd", ret: types.Int8OID, volatility: settled, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return stampDiff(a[0].Text(), a[1].Int(), a[2].Int())
	}},
	{name: "date_add", args: "**t", by: shiftedType, volatility: settled, eval: dateShift(1)},
	{name: "date_sub", args: "**t", by: shiftedType, volatility: settled, eval: dateShift(-1)},
	{name: "datetime_add", args: "**t", by: shiftedClock, volatility: settled, eval: dateShift(1)},
	{name: "datetime_sub", args: "**t", by: shiftedClock, volatility: settled, eval: dateShift(-1)},
	{name: "unix_timestamp", args: "?d", by: unixType, volatility: Stable, eval: unixTimestamp},
	{name: "from_unixtime", args: "n?t", by: func(a []types.OID) types.OID {
		if len(a) > 1 {
			return types.TextOID
		}
		return types.TimestampOID
	}, volatility: Stable, eval: fromUnixTime},
	{name: "convert_tz", args: "dtt", ret: types.TimestampOID, eval: convertTZ},
	{name: "date_format", args: "dt", ret: types.TextOID, volatility: settled, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		if len(a[1].Bytes()) == 0 {
			return null()
		}
		return types.String(formatDate(a[0].Int(), a[1].Text())), nil
	}},
	{name: "time_format", args: "*t", ret: types.TextOID, volatility: settled, eval: func(c *Ctx, a []types.Datum) (types.Datum, error) {
		us, ok := readClock(c, typed{c.argT(0), a[0]})
		if !ok {
			return null()
		}
		return types.String(formatSpan(us, a[1].Text())), nil
	}},
	{name: "period_add", args: "ii", ret: types.Int8OID, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return onPeriods(a, func(months, n int64) int64 { return periodOf(months + n) }, false)
	}},
	{name: "period_diff", args: "ii", ret: types.Int8OID, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return onPeriods(a, func(p, q int64) int64 { return p - q }, true)
	}},
	{name: "str_to_date", args: "tt", ret: types.TimestampOID, eval: strToDate},
	{name: "str_to_time", args: "tt", ret: types.TimeOID, eval: strToTime},
	{name: "str_to_day", args: "tt", ret: types.DateOID, eval: func(c *Ctx, a []types.Datum) (types.Datum, error) {
		d, err := strToDate(c, a)
		if err != nil || d.IsNull() {
			return d, err
		}
		return types.Int(dayOf(d.Int())), nil
	}},
}

// daysTo2000 is TO_DAYS('2000-01-01').
const daysTo2000 = 730485

func dayOf(us int64) int64 {
	d, _ := floorDiv(us, usPerDay)
	return d
}

// civil is a local time as one in UTC, for its calendar.
func civil(us int64) time.Time { return TimeOf(us).UTC() }

// precise cuts microseconds to the digits asked for, none by default.
func precise(us int64, a []types.Datum) int64 {
	digits := int64(0)
	if len(a) > 0 {
		digits = min(max(a[0].Int(), 0), 6)
	}
	unit := int64(usPerSecond)
	for ; digits > 0; digits-- {
		unit /= 10
	}
	q, _ := floorDiv(us, unit)
	return q * unit
}

func nowAt(clock func(*Ctx) time.Time, utc bool) Eval {
	return func(c *Ctx, a []types.Datum) (types.Datum, error) {
		us := Micros(clock(c))
		if !utc {
			us = utcToLocal(c, us)
		}
		return types.Int(precise(us, a)), nil
	}
}

func fieldFunc(name string, f func(time.Time) int) mysqlFunc {
	return mysqlFunc{name: name, args: "d", ret: types.Int8OID, volatility: settled, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.Int(int64(f(civil(a[0].Int())))), nil
	}}
}

func clockFunc(name string, f func(us int64) int64) mysqlFunc {
	return mysqlFunc{name: name, args: "*", ret: types.Int8OID, volatility: settled, eval: func(c *Ctx, a []types.Datum) (types.Datum, error) {
		us, ok := readClock(c, typed{c.argT(0), a[0]})
		if !ok {
			return null()
		}
		return types.Int(f(max(us, -us))), nil
	}}
}

// clockSign is −1 for a time below zero, which EXTRACT shows, and else 1.
func clockSign(c *Ctx, a []types.Datum) (types.Datum, error) {
	if us, ok := mysqlClock(c, typed{c.argT(0), a[0]}); ok && us < 0 {
		return types.Int(-1), nil
	}
	return types.Int(1), nil
}

func mode(a []types.Datum) int {
	if len(a) > 1 {
		return int(a[1].Int()) & 7
	}
	return 0
}

// mysqlWeek is WEEK: bit 0 of the mode begins weeks on Monday, bit 1 numbers them
// from 1, bit 2 lets the first week be the one with the first such day. whole numbers
// the days before the first week as the last week of the year before.
func mysqlWeek(t time.Time, mode int, whole bool) (week, year int) {
	monday, from1, firstDay := mode&1 != 0, mode&2 != 0 || whole, mode&4 != 0
	if monday {
		firstDay = !firstDay
	}
	// firstDay now means: the first week is the one with more than half its days here.
	year = t.Year()
	start := func(y int) int { // year day, from 0, on which week 1 begins; may be negative
		d := time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC)
		wd := int(d.Weekday())
		if monday {
			wd = (wd + 6) % 7
		}
		if wd == 0 {
			return 0
		}
		if firstDay && wd <= 3 {
			return -wd
		}
		return 7 - wd
	}
	day := t.YearDay() - 1
	s := start(year)
	if day < s {
		if !from1 {
			return 0, year
		}
		year--
		day += yearDays(year)
		s = start(year)
	} else if from1 {
		if next := start(year+1) + yearDays(year); day >= next {
			return 1, year + 1
		}
	}
	return (day-s)/7 + 1, year
}

func yearDays(y int) int { return time.Date(y, 12, 31, 0, 0, 0, 0, time.UTC).YearDay() }

// stampDiff is TIMESTAMPDIFF: whole units from a to b.
func stampDiff(unit string, a, b int64) (types.Datum, error) {
	neg := b < a
	if neg {
		a, b = b, a
	}
	var n int64
	switch unit {
	case "microsecond":
		n = b - a
	case "second":
		n = (b - a) / usPerSecond
	case "minute":
		n = (b - a) / (60 * usPerSecond)
	case "hour":
		n = (b - a) / (3600 * usPerSecond)
	case "day":
		n = (b - a) / usPerDay
	case "week":
		n = (b - a) / (7 * usPerDay)
	case "month", "quarter", "year":
		n = wholeMonths(civil(a), civil(b))
		n /= map[string]int64{"month": 1, "quarter": 3, "year": 12}[unit]
	default:
		return types.Datum{}, badParam("unit \"%s\" is not supported", unit)
	}
	if neg {
		n = -n
	}
	return types.Int(n), nil
}

func wholeMonths(a, b time.Time) int64 {
	n := int64(b.Year()-a.Year())*12 + int64(b.Month()) - int64(a.Month())
	clock := func(t time.Time) time.Duration {
		return time.Duration(t.Day())*24*time.Hour + t.Sub(time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC))
	}
	if clock(b) < clock(a) {
		n--
	}
	return n
}

func roundHalf(f float64) float64 {
	if f < 0 {
		return -float64(int64(-f + .5))
	}
	return float64(int64(f + .5))
}

// unixType is the type of UNIX_TIMESTAMP: of a text, which may have a fraction, a number
// with one.
func unixType(args []types.OID) types.OID {
	if len(args) > 0 {
		switch args[0] {
		case types.TextOID, types.VarcharOID, types.UnknownOID, types.BpcharOID:
			return types.NumericOID
		}
	}
	return types.Int8OID
}

func unixTimestamp(c *Ctx, a []types.Datum) (types.Datum, error) {
	us := Micros(c.StmtTime)
	if len(a) > 0 {
		us = localToUTC(c, a[0].Int())
	}
	s, rest := floorDiv(us, usPerSecond)
	if s = max(0, s+unixEpoch); c.retT().OID == types.Int8OID {
		return types.Int(s), nil
	}
	text := fmt.Sprintf("%d.%06d", s, rest)
	if _, scale, limited := types.DecimalDigits(c.retT()); limited {
		text = text[:len(text)-6+scale]
	} else if text = strings.TrimRight(text, "0"); rest == 0 {
		return types.NumericFromInt(s), nil
	}
	return types.ParseText(types.Of(types.NumericOID), text, c.Format)
}

func fromUnixTime(c *Ctx, a []types.Datum) (types.Datum, error) {
	f := types.NumericToFloat(a[0])
	if f < 0 || f > 253402300799 {
		return null()
	}
	whole, err := types.NumericTrunc(a[0], 0)
	if err != nil {
		return types.Datum{}, err
	}
	s, _ := types.NumericToInt64(whole)
	us := utcToLocal(c, (s-unixEpoch)*usPerSecond+int64(roundHalf((f-float64(s))*float64(usPerSecond))))
	if len(a) > 1 {
		return types.String(formatDate(us, a[1].Text())), nil
	}
	return types.Int(us), nil
}

// The moments that CONVERT_TZ moves, in UTC: others stay as they are.
var (
	firstMoved = (1 - unixEpoch) * usPerSecond
	lastMoved  = (32536771199 - unixEpoch + 1) * usPerSecond // 3001-01-19
)

func convertTZ(_ *Ctx, a []types.Datum) (types.Datum, error) {
	from, ok := mysqlZone(a[1].Text())
	to, ok2 := mysqlZone(a[2].Text())
	if !ok || !ok2 {
		return null()
	}
	utc := toUTC(from, a[0].Int())
	if utc < firstMoved || utc >= lastMoved {
		return a[0], nil
	}
	return checkTimestamp(utc + zoneOffset(to, utc)*usPerSecond)
}

// mysqlZone is a time zone by its name or by its distance, from -13:59 to +14:00.
func mysqlZone(name string) (*time.Location, bool) {
	if len(name) != 6 || name[0] != '+' && name[0] != '-' || name[3] != ':' {
		loc, err := types.LoadTimeZone(name)
		return loc, err == nil
	}
	h, err := strconv.Atoi(name[1:3])
	m, err2 := strconv.Atoi(name[4:])
	off := h*3600 + m*60
	if name[0] == '-' {
		off = -off
	}
	return time.FixedZone(name, off), err == nil && err2 == nil && m < 60 && off > -14*3600 && off <= 14*3600
}

// monthsOf is a period, YYYYMM or YYMM, in months.
func monthsOf(period int64) (months int64, ok bool) {
	y, m := period/100, period%100
	if period <= 0 || m < 1 || m > 12 || y > 9999 {
		return 0, false
	}
	if y < 100 {
		y = twoDigitYear(y)
	}
	return y*12 + m - 1, true
}

func periodOf(months int64) int64 { return months/12*100 + months%12 + 1 }

// onPeriods computes with a period and, if both are, another one.
func onPeriods(a []types.Datum, f func(p, q int64) int64, both bool) (types.Datum, error) {
	p, ok := monthsOf(a[0].Int())
	q := a[1].Int()
	if both && ok {
		q, ok = monthsOf(q)
	}
	if !ok || !both && (q > 12*9999 || q < -p) {
		return types.Datum{}, badParam("incorrect arguments to PERIOD_ADD or PERIOD_DIFF")
	}
	return types.Int(f(p, q)), nil
}
