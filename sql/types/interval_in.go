package types

import (
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

var errIntervalRange = errors.New("interval field out of range")

// units of interval input, by the names PostgreSQL accepts.
type intervalUnit uint8

const (
	iuNone intervalUnit = iota
	iuMicro
	iuMilli
	iuSecond
	iuMinute
	iuHour
	iuDay
	iuWeek
	iuMonth
	iuYear
	iuDecade
	iuCentury
	iuMillennium
	iuAgo
)

var intervalUnits = map[string]intervalUnit{
	"us": iuMicro, "usec": iuMicro, "usecs": iuMicro, "usecond": iuMicro, "useconds": iuMicro, "microsecond": iuMicro,
	"microseconds": iuMicro, "microsecon": iuMicro, "ms": iuMilli, "msec": iuMilli, "msecs": iuMilli, "mseconds": iuMilli,
	"millisecond": iuMilli, "milliseconds": iuMilli, "millisecon": iuMilli, "s": iuSecond, "sec": iuSecond, "secs": iuSecond,
	"second": iuSecond, "seconds": iuSecond, "m": iuMinute, "min": iuMinute, "mins": iuMinute, "minute": iuMinute,
	"minutes": iuMinute, "h": iuHour, "hr": iuHour, "hrs": iuHour, "hour": iuHour, "hours": iuHour, "d": iuDay, "day": iuDay,
	"days": iuDay, "w": iuWeek, "week": iuWeek, "weeks": iuWeek, "mon": iuMonth, "mons": iuMonth, "month": iuMonth,
	"months": iuMonth, "y": iuYear, "yr": iuYear, "yrs": iuYear, "year": iuYear,
	"years": iuYear, "dec": iuDecade, "decs": iuDecade, "decade": iuDecade, "decades": iuDecade, "c": iuCentury,
	"cent": iuCentury, "century": iuCentury, "centuries": iuCentury, "mil": iuMillennium, "mils": iuMillennium,
	"millennia": iuMillennium, "millennium": iuMillennium, "ago": iuAgo,
}

// years and micros are how much of its kind a unit is, 0 of another kind.
func (u intervalUnit) years() int64 {
	switch u {
	case iuYear:
		return 1
	case iuDecade:
		return 10
	case iuCentury:
		return 100
	case iuMillennium:
		return 1000
	}
	return 0
}

func (u intervalUnit) micros() int64 {
	switch u {
	case iuMicro:
		return 1
	case iuMilli:
		return 1000
	case iuSecond:
		return usPerSec
	case iuMinute:
		return usPerMin
	case iuHour:
		return usPerHour
	}
	return 0
}

// Units that a field has set, so that a second one of the same is noticed.
const (
	iuAllSeconds = 1<<iuSecond | 1<<iuMilli | 1<<iuMicro
	iuClock      = 1<<iuHour | 1<<iuMinute | iuAllSeconds
)

// parseInterval reads the Postgres, SQL standard and ISO 8601 forms. mod is the
// typmod, whose field range gives bare numbers their unit.
func parseInterval(s string, f *Format, mod int32) (Interval, error) {
	fields, _ := intervalMod(mod)
	var acc intervalAcc
	err := acc.parse(s, f, fields)
	if errors.Is(err, errDateFormat) {
		acc = intervalAcc{}
		err = acc.parseISO(s)
	}
	switch {
	case err == nil:
		return acc.result()
	case errors.Is(err, errDateFormat):
		return Interval{}, pgerr.Newf(pgerrcode.InvalidDatetimeFormat, "invalid input syntax for type interval: \"%s\"", s)
	case errors.Is(err, errIntervalRange), errors.Is(err, errDateRange):
		return Interval{}, pgerr.Newf(pgerrcode.IntervalFieldOverflow, "interval field value out of range: \"%s\"", s)
	}
	return Interval{}, err
}

// intervalAcc sums up the parts of an interval, each within its range at every step.
type intervalAcc struct {
	years, months, days int32
	us                  int64
}

func (a *intervalAcc) result() (Interval, error) {
	months := int64(a.years)*12 + int64(a.months)
	if months != int64(int32(months)) {
		return Interval{}, intervalRange()
	}
	return Interval{a.us, a.days, int32(months)}, nil
}

func (a *intervalAcc) negate() error {
	if a.us == math.MinInt64 || min(a.days, a.months, a.years) == math.MinInt32 {
		return errIntervalRange
	}
	a.years, a.months, a.days, a.us = -a.years, -a.months, -a.days, -a.us
	return nil
}

// add puts v + frac of a unit in; fractions flow down: of years to months, of months
// and weeks to days, of days to the time.
func (a *intervalAcc) add(u intervalUnit, v int64, frac float64) error {
	ok := false
	switch n := u.years(); {
	case n != 0:
		ok = sum32(&a.years, v, n) && sum32(&a.months, int64(math.RoundToEven(frac*float64(12*n))), 1)
	case u == iuMonth:
		ok = sum32(&a.months, v, 1) && a.addPartDays(frac*30)
	case u == iuWeek:
		ok = sum32(&a.days, v, 7) && a.addPartDays(frac*7)
	case u == iuDay:
		ok = sum32(&a.days, v, 1) && a.addPart(frac, usPerDay)
	default:
		ok = a.addMicros(v, u.micros()) && a.addPart(frac, u.micros())
	}
	if !ok {
		return errIntervalRange
	}
	return nil
}

// sum32 adds v times n, unless v, the product or the sum is out of range.
func sum32(to *int32, v, n int64) bool {
	product := v * n // cannot wrap around where v is in range
	sum := int64(*to) + product
	if v != int64(int32(v)) || product != int64(int32(product)) || sum != int64(int32(sum)) {
		return false
	}
	*to = int32(sum)
	return true
}

func (a *intervalAcc) addMicros(v, unit int64) bool {
	product := v * unit
	if v != 0 && product/v != unit {
		return false
	}
	sum, ok := add64(a.us, product)
	if ok {
		a.us = sum
	}
	return ok
}

// addPart adds a part of a unit, rounded half away from an even whole.
func (a *intervalAcc) addPart(frac float64, unit int64) bool {
	if frac == 0 {
		return true
	}
	us := math.Trunc(frac * float64(unit))
	switch rest := frac*float64(unit) - us; {
	case rest > 0.5:
		us++
	case rest < -0.5:
		us--
	}
	return a.addMicros(int64(us), 1)
}

func (a *intervalAcc) addPartDays(days float64) bool {
	whole := math.Trunc(days)
	return sum32(&a.days, int64(whole), 1) && a.addPart(days-whole, usPerDay)
}

// parse reads the verbose and the SQL form: numbers, each followed by a unit,
// clock times, year-month pairs, "ago" at the end.
func (a *intervalAcc) parse(s string, f *Format, fields int) error {
	var buf [maxDateFields]dateField
	toks, ok := lexDateTime(s, buf[:])
	if !ok || len(toks) == 0 {
		return errDateFormat
	}
	neg := f != nil && f.IntervalStyle == IntervalSQLStandard && allNegative(toks)
	seen := 0
	unit := iuNone
	ago := false
	for i := len(toks) - 1; i >= 0; i-- { // from the end: the unit comes after its number
		tk := toks[i]
		switch tk.kind {
		case fString, fSpecial:
			u, ok := intervalUnits[clip(tk.text, 10)]
			if !ok {
				if u, ok = intervalUnits[tk.text]; !ok {
					return errDateFormat
				}
			}
			ago = ago || u == iuAgo
			unit = u
			continue
		}
		mask, err := a.token(tk, neg, &unit, fields)
		if err != nil {
			return err
		}
		if mask&seen != 0 {
			return errDateFormat
		}
		seen |= mask
	}
	if seen == 0 {
		return errDateFormat
	}
	if ago {
		return a.negate()
	}
	return nil
}

func clip(s string, n int) string {
	if len(s) > n {
		return s[:n]
	}
	return s
}

// allNegative reports the sql_standard reading of one leading minus as that of
// every field, when no other field has a sign.
func allNegative(toks []dateField) bool {
	if toks[0].text[0] != '-' {
		return false
	}
	for _, tk := range toks[1:] {
		if tk.text[0] == '-' || tk.text[0] == '+' {
			return false
		}
	}
	return true
}

// token reads one numeric field with the unit that followed it, if any.
func (a *intervalAcc) token(tk dateField, neg bool, unit *intervalUnit, fields int) (mask int, err error) {
	text := tk.text
	if tk.kind == fTime || tk.kind == fZone && strings.IndexByte(text, ':') >= 0 {
		switch err := a.clockToken(tk, neg, fields); {
		case err == nil:
			*unit = iuDay // what is before a clock time are days
			return iuClock, nil
		case tk.kind == fTime:
			return 0, err
		}
	}
	u := *unit
	if u == iuNone {
		u = bareUnit(fields)
	}
	v, end, ok := intPrefix(text)
	if !ok {
		return 0, errIntervalRange
	}
	frac := 0.0
	switch rest := text[end:]; {
	case rest != "" && rest[0] == '-':
		if v, err = yearMonth(v, text[0] == '-', rest[1:]); err != nil {
			return 0, err
		}
		u = iuMonth
	case rest != "" && rest[0] == '.':
		if frac, err = decimals(rest); err != nil {
			return 0, err
		}
		if text[0] == '-' {
			frac = -frac
		}
	case rest != "":
		return 0, errDateFormat
	}
	if neg {
		v, frac = min(v, -v), min(frac, -frac)
	}
	if u == iuAgo { // a number needs its unit there
		return 0, errDateFormat
	}
	if *unit = u; u == iuHour {
		*unit = iuDay
	}
	if u == iuSecond && frac != 0 {
		return iuAllSeconds, a.add(u, v, frac)
	}
	return 1 << u, a.add(u, v, frac)
}

// clockToken reads a time of day, which takes the place of what is right of it.
func (a *intervalAcc) clockToken(tk dateField, neg bool, fields int) error {
	us, err := intervalClock(strings.TrimLeft(tk.text, "+-"), fields)
	if err != nil {
		return err
	}
	if tk.text[0] == '-' || neg {
		us = -us
	}
	a.us = us
	return nil
}

// yearMonth is the SQL standard's years-months in months.
func yearMonth(years int64, negative bool, text string) (int64, error) {
	m, end, ok := intPrefix(text)
	switch {
	case !ok || m < 0 || m >= 12:
		return 0, errIntervalRange
	case end != len(text):
		return 0, errDateFormat
	case years > math.MaxInt64/12-1 || years < math.MinInt64/12+1:
		return 0, errIntervalRange
	case negative:
		m = -m
	}
	return years*12 + m, nil
}

// decimals reads a point and digits.
func decimals(s string) (float64, error) {
	if len(s) == 1 {
		return 0, nil
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0, errDateFormat
	}
	return v, nil
}

// intPrefix reads the integer that s begins with, 0 if there is none, and says where it
// ends; ok is false out of range.
func intPrefix(s string) (v int64, end int, ok bool) {
	if s != "" && (s[0] == '-' || s[0] == '+') {
		end = 1
	}
	start := end
	if end = spanDigits(s, end); end == start {
		return 0, 0, true
	}
	v, err := strconv.ParseInt(s[:end], 10, 64)
	return v, end, err == nil
}

// bareUnit is the unit of a number without one.
func bareUnit(fields int) intervalUnit {
	switch {
	case fields == ivFullRange, fields&ivSecond != 0:
		return iuSecond
	case fields&ivMinute != 0:
		return iuMinute
	case fields&ivHour != 0:
		return iuHour
	case fields&ivDay != 0:
		return iuDay
	case fields&ivMonth != 0:
		return iuMonth
	case fields&ivYear != 0:
		return iuYear
	}
	return iuSecond
}

// intervalClock reads hh:mm[:ss[.fff]] or mm:ss.fff into µs; hours are unlimited.
func intervalClock(s string, fields int) (int64, error) {
	v, frac, err := clockParts(s, fields == ivMinute|ivSecond)
	if err != nil {
		return 0, err
	}
	if min(v[0], v[1], v[2]) < 0 || v[1] > 59 || v[2] > 60 {
		return 0, errDateRange
	}
	a := intervalAcc{us: int64(fracMicros(frac))}
	if !a.addMicros(v[0], usPerHour) || !a.addMicros(v[1], usPerMin) || !a.addMicros(v[2], usPerSec) {
		return 0, errIntervalRange
	}
	return a.us, nil
}
