package types

import (
	"errors"
	"time"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// dateTimeError turns the parser's outcome into PostgreSQL's message for typ.
func dateTimeError(err error, typ, s string) error {
	switch {
	case errors.Is(err, errDateRange):
		return fieldRange(s)
	case errors.Is(err, errDateMonth):
		return fieldRange(s).WithHint("Perhaps you need a different \"datestyle\" setting.")
	case errors.Is(err, errZoneRange):
		return pgerr.Newf(pgerrcode.InvalidTimeZoneDisplacementValue, "time zone displacement out of range: \"%s\"", s)
	case errors.Is(err, errDateFormat):
		return pgerr.Newf(pgerrcode.InvalidDatetimeFormat, "invalid input syntax for type %s: \"%s\"", typ, s)
	}
	return err
}

func fieldRange(s string) *pgerr.Error {
	return pgerr.Newf(pgerrcode.DatetimeFieldOverflow, "date/time field value out of range: \"%s\"", s)
}

func timestampRangeOf(s string) error {
	return pgerr.Newf(pgerrcode.DatetimeFieldOverflow, "timestamp out of range: \"%s\"", s)
}

// timestampRange is 22008 for computed timestamps.
func timestampRange() error {
	return pgerr.New(pgerrcode.DatetimeFieldOverflow, "timestamp out of range")
}

func dateRange() error {
	return pgerr.New(pgerrcode.DatetimeFieldOverflow, "date out of range")
}

func parseDate(s string, f *Format) (int64, error) {
	if y, m, d, rest := isoDate(s); rest == "" && y > 0 {
		return int64(DaysFromCivil(y, m, d)), nil
	}
	p := dateParser{f: f}
	if err := p.parse(s); err != nil {
		return 0, dateTimeError(err, "date", s)
	}
	switch p.special {
	case resLate:
		return DateInfinity, nil
	case resEarly:
		return DateNegInfinity, nil
	case resEpoch:
		return unixEpochDays, nil
	}
	d := int64(DaysFromCivil(p.c.year, p.c.month, p.c.day))
	if !validDate(d) {
		return 0, pgerr.Newf(pgerrcode.DatetimeFieldOverflow, "date out of range: \"%s\"", s)
	}
	return d, nil
}

// isoDate reads yyyy-mm-dd at the start of s. y is 0 when it is not exactly that
// or no valid date: then the full parser judges.
func isoDate(s string) (y, m, d int, rest string) {
	if len(s) < 10 || s[4] != '-' || s[7] != '-' {
		return 0, 0, 0, s
	}
	for _, i := range [...]int{0, 1, 2, 3, 5, 6, 8, 9} {
		if s[i]-'0' > 9 {
			return 0, 0, 0, s
		}
	}
	y = int(s[0]-'0')*1000 + int(s[1]-'0')*100 + int(s[2]-'0')*10 + int(s[3]-'0')
	m = int(s[5]-'0')*10 + int(s[6]-'0')
	d = int(s[8]-'0')*10 + int(s[9]-'0')
	if y < 1 || m < 1 || m > 12 || d < 1 || d > daysInMonth(y, m) {
		return 0, 0, 0, s
	}
	return y, m, d, s[10:]
}

// isoTimestamp reads yyyy-mm-dd hh:mm:ss[.ffffff] at the start of s; ok false
// leaves the text to the full parser.
func isoTimestamp(s string) (v int64, rest string, ok bool) {
	y, m, d, rest := isoDate(s)
	if y == 0 || len(rest) < 9 || rest[0] != ' ' && rest[0] != 'T' || rest[3] != ':' || rest[6] != ':' {
		return 0, s, false
	}
	for _, i := range [...]int{1, 2, 4, 5, 7, 8} {
		if rest[i]-'0' > 9 {
			return 0, s, false
		}
	}
	c := civil{year: y, month: m, day: d}
	c.hour = int(rest[1]-'0')*10 + int(rest[2]-'0')
	c.min = int(rest[4]-'0')*10 + int(rest[5]-'0')
	c.sec = int(rest[7]-'0')*10 + int(rest[8]-'0')
	if c.hour > 23 || c.min > 59 || c.sec > 59 {
		return 0, s, false
	}
	rest = rest[9:]
	if rest != "" && rest[0] == '.' {
		n := spanDigits(rest, 1)
		c.usec = fracMicros(rest[1:n])
		rest = rest[n:]
	}
	v, ok = c.micros()
	return v, rest, ok
}

func parseTimestamp(s string, f *Format) (int64, error) {
	if v, rest, ok := isoTimestamp(s); ok && rest == "" {
		return v, nil
	}
	p := dateParser{f: f}
	if err := p.parse(s); err != nil {
		return 0, dateTimeError(err, "timestamp", s)
	}
	if v, ok := p.infinite(); ok {
		return v, nil
	}
	v, ok := p.c.micros()
	if !ok {
		return 0, timestampRangeOf(s)
	}
	return v, nil
}

// infinite is the value of infinity, -infinity and epoch.
func (p *dateParser) infinite() (int64, bool) {
	switch p.special {
	case resLate:
		return TimestampInfinity, true
	case resEarly:
		return TimestampNegInfinity, true
	case resEpoch:
		return -unixEpochSecs * usPerSec, true
	}
	return 0, false
}

func parseTimestamptz(s string, f *Format) (int64, error) {
	if v, rest, ok := isoTimestamp(s); ok {
		switch {
		case rest == "":
			return shiftZone(v, localOffset(f.TimeZone, v), s)
		case len(rest) == 3 && (rest[0] == '+' || rest[0] == '-'), rest == "Z":
			off, err := 0, error(nil)
			if rest != "Z" {
				off, err = parseOffset(rest)
			}
			if err == nil {
				return shiftZone(v, off, s)
			}
		}
	}
	p := dateParser{f: f}
	if err := p.parse(s); err != nil {
		return 0, dateTimeError(err, "timestamp with time zone", s)
	}
	if v, ok := p.infinite(); ok {
		return v, nil
	}
	days := int64(DaysFromCivil(p.c.year, p.c.month, p.c.day))
	if days < minTimestamp/usPerDay-1 || days > endTimestamp/usPerDay {
		return 0, timestampRangeOf(s)
	}
	v := days*usPerDay + p.c.timeOfDay()
	return shiftZone(v, p.offset(v), s)
}

// shiftZone turns a local time into UTC.
func shiftZone(v int64, off int, s string) (int64, error) {
	v -= int64(off) * usPerSec
	if !validTimestamp(v) {
		return 0, timestampRangeOf(s)
	}
	return v, nil
}

func parseTime(s string, f *Format) (int64, error) {
	p := dateParser{f: f, timeTy: true}
	if err := p.parse(s); err != nil {
		return 0, dateTimeError(err, "time", s)
	}
	if p.special >= 0 {
		return 0, dateTimeError(errDateFormat, "time", s)
	}
	v := p.c.timeOfDay()
	if v > usPerDay { // a leap second at the end of the day, and more
		return 0, dateTimeError(errDateRange, "time", s)
	}
	return v, nil
}

// parseTimetz reads a time of day and its zone; zone is seconds west of UTC, as
// PostgreSQL stores it.
func parseTimetz(s string, f *Format) (us int64, zone int, err error) {
	p := dateParser{f: f, timeTy: true}
	if err := p.parse(s); err != nil {
		return 0, 0, dateTimeError(err, "time with time zone", s)
	}
	if p.special >= 0 {
		return 0, 0, dateTimeError(errDateFormat, "time with time zone", s)
	}
	if p.mask&mDate != mDate {
		now := civilOf(f.Now.UnixMicro() - unixEpochSecs*usPerSec)
		if !isFixedZone(f.TimeZone) {
			now = civilOf(f.now())
		}
		p.c.year, p.c.month, p.c.day = now.year, now.month, now.day
	}
	v, ok := p.c.micros()
	if !ok {
		return 0, 0, timestampRangeOf(s)
	}
	return p.c.timeOfDay(), -p.offset(v), nil
}

// isFixedZone reports a zone whose offset has not changed for long.
func isFixedZone(loc *time.Location) bool {
	const year = 365 * usPerDay
	return utcOffset(loc, 0) == utcOffset(loc, year/2) && utcOffset(loc, 20*year) == utcOffset(loc, 20*year+year/2)
}
