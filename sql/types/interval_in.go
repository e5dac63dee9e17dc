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

func (u intervalUnit) months() (n int64, ok bool) {
	switch u {
	case iuMonth:
		return 1, true
	case iuYear:
		return 12, true
	case iuDecade:
		return 120, true
	case iuCentury:
		return 1200, true
	case iuMillennium:
		return 12000, true
	}
	return 0, false
}

func (u intervalUnit) micros() int64 {
	switch u {
	case iuMicro:
		return 1
	case iuMilli:
		return 1000
	case iuMinute:
		return usPerMin
	case iuHour:
		return usPerHour
	}
	return usPerSec
}

// parseInterval reads the Postgres, SQL standard and ISO 8601 forms. mod is the
// typmod, whose field range gives bare numbers their unit.
func parseInterval(s string, f *Format, mod int32) (Interval, error) {
	fields, _ := intervalMod(mod)
	var acc intervalAcc
	err := acc.parse(s, f, fields)
	if errors.Is(err, errDateFormat) {
		if p := trimSpace(s); p != "" && p[0] == 'P' {
			acc = intervalAcc{}
			err = acc.parseISO(p[1:])
		}
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

// intervalAcc sums up the parts of an interval.
type intervalAcc struct {
	months, days, us int64
}

func (a *intervalAcc) result() (Interval, error) {
	if a.months != int64(int32(a.months)) || a.days != int64(int32(a.days)) {
		return Interval{}, intervalRange()
	}
	return Interval{a.us, int32(a.days), int32(a.months)}, nil
}

func (a *intervalAcc) negate() error {
	if a.us == math.MinInt64 {
		return errIntervalRange
	}
	a.months, a.days, a.us = -a.months, -a.days, -a.us
	return nil
}

// add puts v + frac of a unit in; fractions flow down to days and time.
func (a *intervalAcc) add(u intervalUnit, v int64, frac float64) error {
	if v > math.MaxInt32*1000000 || v < math.MinInt32*1000000 {
		if u != iuMicro {
			return errIntervalRange
		}
	}
	if n, ok := u.months(); ok {
		if v > math.MaxInt32 || v < math.MinInt32 {
			return errIntervalRange
		}
		a.months += v * n
		if u == iuMonth {
			a.addDays(0, frac*30)
		} else {
			a.months += int64(math.RoundToEven(frac * float64(n)))
		}
		return nil // years and months are only summed up in the end
	}
	switch u {
	case iuWeek:
		a.addDays(v*7, frac*7)
	case iuDay:
		a.addDays(v, frac)
	default:
		unit := u.micros()
		total := v * unit
		if v != 0 && total/v != unit {
			return errIntervalRange
		}
		var ok bool
		if a.us, ok = add64(a.us, total); !ok {
			return errIntervalRange
		}
		if a.us, ok = add64(a.us, int64(math.RoundToEven(frac*float64(unit)))); !ok {
			return errIntervalRange
		}
	}
	if a.days != int64(int32(a.days)) {
		return errIntervalRange
	}
	return nil
}

func (a *intervalAcc) addDays(days int64, frac float64) {
	whole := math.Trunc(frac)
	a.days += days + int64(whole)
	a.us += int64(math.RoundToEven((frac - whole) * float64(usPerDay)))
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
			if u == iuAgo {
				ago = true
			}
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
	if tk.kind == fZone {
		neg = neg || text[0] == '-'
		text = text[1:]
	}
	sign := int64(1)
	if neg {
		sign = -1
	}
	if !isDigit(text[0]) && text[0] != '.' {
		return 0, errDateFormat
	}
	if strings.IndexByte(text, ':') >= 0 {
		us, err := intervalClock(text, fields)
		if err != nil {
			return 0, err
		}
		var ok bool
		if a.us, ok = add64(a.us, sign*us); !ok {
			return 0, errIntervalRange
		}
		*unit = iuDay // what is before a clock time are days
		return mTime, nil
	}
	u := *unit
	if u == iuNone {
		u = bareUnit(fields)
	}
	if i := strings.IndexByte(text, '-'); i >= 0 { // SQL year-month
		if i == 0 {
			return 0, errDateFormat
		}
		y, err1 := strconv.ParseInt(text[:i], 10, 64)
		m, err2 := strconv.ParseInt(text[i+1:], 10, 64)
		if err1 != nil || err2 != nil {
			return 0, errDateFormat
		}
		if m >= 12 {
			return 0, errDateRange
		}
		if err := a.add(iuYear, sign*y, 0); err != nil {
			return 0, err
		}
		*unit = iuNone
		return mMonth, a.add(iuMonth, sign*m, 0)
	}
	whole, frac, dotted := strings.Cut(text, ".")
	var v int64
	if whole != "" {
		if v, err = strconv.ParseInt(whole, 10, 64); err != nil {
			return 0, errIntervalRange
		}
	}
	fv := 0.0
	if dotted && frac != "" {
		if fv, err = strconv.ParseFloat("0."+frac, 64); err != nil {
			return 0, errDateFormat
		}
	} else if dotted && whole == "" {
		return 0, errDateFormat
	}
	if u == iuAgo { // a number needs its unit there
		return 0, errDateFormat
	}
	*unit = u // "1 2 days" adds both up, as PostgreSQL's type does
	return unitMask(u, fv != 0), a.add(u, sign*v, float64(sign)*fv)
}

func unitMask(u intervalUnit, fraction bool) int {
	// one bit per unit, above those of the clock, which excludes its parts
	switch u {
	case iuHour:
		return mHour
	case iuMinute:
		return mMinute
	case iuSecond:
		if fraction {
			return mSecond | 1<<(16+int(iuMilli)) | 1<<(16+int(iuMicro))
		}
		return mSecond
	case iuMonth:
		return mMonth
	}
	return 1 << (16 + int(u))
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
	parts := strings.Split(s, ":")
	if len(parts) > 3 {
		return 0, errDateFormat
	}
	last := parts[len(parts)-1]
	sec, frac, dotted := strings.Cut(last, ".")
	var v [3]int64
	for i, p := range parts {
		if i == len(parts)-1 {
			p = sec
		}
		if p == "" && i > 0 && len(parts) == 3 && !dotted {
			return 0, errDateFormat
		}
		n, err := strconv.ParseInt(p, 10, 64)
		if err != nil {
			if errors.Is(err, strconv.ErrRange) {
				return 0, errIntervalRange
			}
			return 0, errDateFormat
		}
		v[i] = n
	}
	if len(parts) == 2 && (dotted || fields == ivMinute|ivSecond) {
		v[0], v[1], v[2] = 0, v[0], v[1]
	}
	if v[1] > 59 || v[2] > 60 {
		return 0, errDateRange
	}
	if v[0] > math.MaxInt64/usPerHour-1 {
		return 0, errIntervalRange
	}
	return v[0]*usPerHour + v[1]*usPerMin + v[2]*usPerSec + int64(fracMicros(frac)), nil
}

// parseISO reads what follows P: 1Y2M3W4DT5H6M7.8S, or the alternative
// 0001-02-03T04:05:06.
func (a *intervalAcc) parseISO(s string) error {
	if s == "" {
		return errDateFormat
	}
	if strings.IndexByte(s, '-') > 0 && !strings.ContainsAny(s, "YMWDHS") || strings.IndexByte(s, ':') > 0 {
		return a.parseISOAlt(s)
	}
	inTime := false
	for s != "" {
		if s[0] == 'T' && !inTime {
			inTime = true
			s = s[1:]
			continue
		}
		n := 0
		for n < len(s) && (isDigit(s[n]) || s[n] == '.' || s[n] == '-' || s[n] == '+' || s[n]|0x20 == 'e') {
			n++
		}
		if n == 0 || n == len(s) {
			return errDateFormat
		}
		v, err := strconv.ParseFloat(s[:n], 64)
		if err != nil {
			return errDateFormat
		}
		u := isoUnit(s[n], inTime)
		if u == iuNone {
			return errDateFormat
		}
		whole := math.Trunc(v)
		if math.Abs(whole) > math.MaxInt64/2 {
			return errIntervalRange
		}
		if err := a.add(u, int64(whole), v-whole); err != nil {
			return err
		}
		s = s[n+1:]
	}
	return nil
}

func isoUnit(c byte, inTime bool) intervalUnit {
	if inTime {
		switch c {
		case 'H':
			return iuHour
		case 'M':
			return iuMinute
		case 'S':
			return iuSecond
		}
		return iuNone
	}
	switch c {
	case 'Y':
		return iuYear
	case 'M':
		return iuMonth
	case 'W':
		return iuWeek
	case 'D':
		return iuDay
	}
	return iuNone
}

// parseISOAlt reads yyyy-mm-ddThh:mm:ss.
func (a *intervalAcc) parseISOAlt(s string) error {
	date, clock, timed := strings.Cut(s, "T")
	units := []intervalUnit{iuYear, iuMonth, iuDay}
	if date != "" {
		for i, p := range strings.Split(date, "-") {
			if i == len(units) {
				return errDateFormat
			}
			v, err := strconv.ParseInt(p, 10, 32)
			if err != nil {
				return errDateFormat
			}
			if err := a.add(units[i], v, 0); err != nil {
				return err
			}
		}
	}
	if timed {
		us, err := intervalClock(clock, ivFullRange)
		if err != nil {
			return err
		}
		a.us += us
	}
	return nil
}
