package builtin

import (
	"strconv"
	"strings"
	"time"

	"github.com/loxodb/loxodb/sql/types"
)

// shiftedType is what DATE_ADD of whole days gives: a date stays one.
func shiftedType(args []types.OID) types.OID {
	switch args[0] {
	case types.DateOID:
		return types.DateOID
	case types.TimeOID, types.IntervalOID: // a time may become one of more than a day
		return types.IntervalOID
	case types.TextOID, types.VarcharOID, types.BpcharOID: // is a date, or one with a time of day
		return types.TextOID
	}
	return types.TimestampOID
}

// shiftedClock is the type of a date with units below a day added, which has a time of day.
func shiftedClock(args []types.OID) types.OID {
	if args[0] == types.DateOID {
		return types.TimestampOID
	}
	return shiftedType(args)
}

// dateShift is a date plus or minus so many units.
func dateShift(sign int64) Eval {
	return func(c *Ctx, a []types.Datum) (types.Datum, error) {
		if c.retT().OID == types.IntervalOID {
			return clockShift(c, a, sign)
		}
		at, ok := readStamp(c, typed{c.argT(0), a[0]})
		if !ok {
			return null()
		}
		months, us, ok := interval(c, a[1], a[2].Text())
		if !ok {
			return types.Datum{}, badParam("unit \"%s\" is not supported", a[2].Text())
		}
		if months != 0 {
			t := civil(at)
			first := time.Date(t.Year(), t.Month()+time.Month(sign*months), 1, 0, 0, 0, 0, time.UTC)
			last := time.Date(first.Year(), first.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day()
			_, clock := floorDiv(at, usPerDay)
			at = Micros(first.AddDate(0, 0, min(t.Day(), last)-1)) + clock
		}
		at += sign * us
		if y := civil(at).Year(); y < 1 || y > 9999 {
			return null()
		}
		switch c.retT().OID {
		case types.DateOID:
			return types.Int(dayOf(at)), nil
		case types.TextOID:
			return shiftedText(at, a[0].Text(), a[2].Text()), nil
		}
		return checkTimestamp(at)
	}
}

// shiftedText is a time as a text that was one: a date where that was and no clock is shifted.
func shiftedText(at int64, was, unit string) types.Datum {
	us, days := unitMicros[unit]
	if _, months := unitMonths[unit]; (months || unit == "year_month" || days && us >= usPerDay) && !strings.Contains(was, ":") {
		return types.Bytes(types.AppendText(nil, types.Of(types.DateOID), types.Int(dayOf(at)), types.DefaultFormat))
	}
	return types.Bytes(types.AppendText(nil, types.Of(types.TimestampOID), types.Int(at), types.DefaultFormat))
}

// clockShift is a time plus or minus so many units of fixed length.
func clockShift(c *Ctx, a []types.Datum, sign int64) (types.Datum, error) {
	at, ok := readClock(c, typed{c.argT(0), a[0]})
	months, us, known := interval(c, a[1], a[2].Text())
	if !known || months != 0 {
		return types.Datum{}, badParam("unit \"%s\" is not supported for a time", a[2].Text())
	}
	if at += sign * us; !ok || at > maxSpan || at < -maxSpan {
		return null()
	}
	return timeSpan(at)
}

// unitMicros are the units of fixed length.
var unitMicros = map[string]int64{
	"microsecond": 1, "second": usPerSecond, "minute": 60 * usPerSecond, "hour": 3600 * usPerSecond, "day": usPerDay, "week": 7 * usPerDay,
}

var unitMonths = map[string]int64{"month": 1, "quarter": 3, "year": 12}

// compound are the units of several fields: the last one's unit, and how many of
// each field the one after it holds.
var compound = map[string][]int64{
	"second_microsecond": {usPerSecond, 1}, "minute_microsecond": {60 * usPerSecond, usPerSecond, 1},
	"minute_second": {60 * usPerSecond, usPerSecond}, "hour_microsecond": {3600 * usPerSecond, 60 * usPerSecond, usPerSecond, 1},
	"hour_second": {3600 * usPerSecond, 60 * usPerSecond, usPerSecond}, "hour_minute": {3600 * usPerSecond, 60 * usPerSecond},
	"day_microsecond": {usPerDay, 3600 * usPerSecond, 60 * usPerSecond, usPerSecond, 1},
	"day_second":      {usPerDay, 3600 * usPerSecond, 60 * usPerSecond, usPerSecond},
	"day_minute":      {usPerDay, 3600 * usPerSecond, 60 * usPerSecond}, "day_hour": {usPerDay, 3600 * usPerSecond},
}

// wholePrefix is the length of the whole number that a text begins with.
func wholePrefix(s string) int {
	i := len(s) - len(strings.TrimLeft(s, "+-"))
	for i = min(i, 1); i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
	}
	return i
}

// interval is so many of a unit, the second argument of a function, in months and microseconds. The number
// of a single unit is rounded, but for seconds, and of a text the whole number that it begins with.
func interval(c *Ctx, n types.Datum, unit string) (months, us int64, ok bool) {
	s := strings.TrimSpace(mysqlString(c, typed{c.argT(1), n}).Text())
	if _, single := unitMicros[unit]; (single || unitMonths[unit] != 0) && unit != "second" && isTextType(c.argT(1).OID) {
		s = s[:wholePrefix(s)]
	}
	if each, found := unitMicros[unit]; found {
		f := prefixFloat(s)
		if unit == "second" {
			return 0, int64(f * float64(each)), true
		}
		return 0, clampInt(roundHalf(f)) * each, true
	}
	if each, found := unitMonths[unit]; found {
		return clampInt(roundHalf(prefixFloat(s))) * each, 0, true
	}
	fields := compound[unit]
	if unit == "year_month" {
		fields = []int64{12, 1}
	}
	if fields == nil {
		return 0, 0, false
	}
	sign := int64(1)
	if strings.HasPrefix(s, "-") {
		sign = -1
	}
	nums := strings.FieldsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
	if len(nums) > len(fields) {
		return 0, 0, false
	}
	fields = fields[len(fields)-len(nums):]
	total := int64(0)
	for i, n := range nums {
		if strings.HasSuffix(unit, "microsecond") && i == len(nums)-1 {
			v, _ := fractionOf(n)
			total += v
			continue
		}
		v, err := strconv.ParseInt(n, 10, 40)
		if err != nil {
			return 0, 0, false
		}
		total += v * fields[i]
	}
	if unit == "year_month" {
		return sign * total, 0, true
	}
	return 0, sign * total, true
}
