package builtin

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// dateTime is a date and a time of day that a template's fields make.
type dateTime struct {
	year, month, day int // astronomical year
	us               int64
}

func (p *templateParser) outOfRange() error {
	return pgerr.Newf(pgerrcode.DatetimeFieldOverflow, "date/time field value out of range: \"%s\"", p.whole)
}

// moment puts the fields together. Of two that say the same the smaller wins, as a
// month and day do over a day of the year.
func (p *templateParser) moment() (m dateTime, err error) {
	hour, minute, sec := p.secondOfDay/3600, p.secondOfDay/60%60, p.secondOfDay%60
	for _, f := range []struct {
		read int
		to   *int
	}{{p.hour, &hour}, {p.min, &minute}, {p.sec, &sec}} {
		if f.read != 0 {
			*f.to = f.read
		}
	}
	if p.clock12 {
		if hour, err = p.halfHour(hour); err != nil {
			return m, err
		}
	}
	if err = p.date(&m); err != nil {
		return m, err
	}
	fraction := p.ms*1000 + p.us
	if hour < 0 || hour > 23 || minute < 0 || minute > 59 || sec < 0 || sec > 59 || fraction < 0 || fraction > 999_999 {
		return m, p.outOfRange()
	}
	if p.zoneSign != 0 && (p.zoneHour < 0 || p.zoneHour > 15 || p.zoneMin < 0 || p.zoneMin > 59) {
		return m, pgerr.Newf(pgerrcode.InvalidTimeZoneDisplacementValue, "time zone displacement out of range: \"%s\"", p.whole)
	}
	m.us = int64(hour)*usPerHour + int64(minute)*usPerMinute + int64(sec)*usPerSecond + int64(fraction)
	return m, nil
}

// halfHour is an hour of the 12-hour clock on the other one.
func (p *templateParser) halfHour(hour int) (int, error) {
	switch {
	case hour < 1 || hour > 12:
		return 0, badDateText("hour \"%d\" is invalid for the 12-hour clock", hour).
			WithHint("Use the 24-hour clock, or give an hour between 1 and 12.")
	case p.pm != 0 && hour < 12:
		return hour + 12, nil
	case p.pm == 0 && hour == 12:
		return 0, nil
	}
	return hour, nil
}

// fullYear is the astronomical year: the century and the last two digits, or the
// century's first year, or the year alone.
func (p *templateParser) fullYear() (year int, given bool) {
	c := p.century
	if p.bc != 0 {
		c = -c
	}
	switch {
	case p.year != 0 && c != 0 && p.yearDigits <= 2:
		year = p.year % 100
		switch {
		case year == 0 && c > 0:
			return c * 100, true
		case year == 0:
			return c*100 + 1, true
		case c > 0:
			return (c-1)*100 + year, true
		}
		return (c+1)*100 - year + 1, true
	case p.year != 0:
		year = p.year
		if p.bc != 0 {
			year = -year
		}
		if year < 0 {
			year++ // there is no year 0
		}
		return year, true
	case c > 0:
		return (c-1)*100 + 1, true
	case c < 0:
		return c*100 + 1, true
	}
	return 0, false
}

func (p *templateParser) date(m *dateTime) error {
	year, hasYear := p.fullYear()
	*m = dateTime{year: year, month: 1, day: 1}
	hasMonth, hasDay := false, false
	to := func(day int) {
		m.year, m.month, m.day = types.CivilFromDays(day)
		hasYear, hasMonth, hasDay = true, true, true
	}
	if p.julian != 0 {
		to(p.julian - julianEpoch)
	}
	if p.week != 0 && p.convention == 'i' {
		day := isoMonday(m.year) + (p.week-1)*7
		switch {
		case p.weekday > 1:
			day += p.weekday - 2
		case p.weekday != 0:
			day += 6 // Sunday is the last
		}
		to(day)
	} else if p.week != 0 {
		p.doy = (p.week-1)*7 + 1
	}
	if p.weekM != 0 {
		p.day = (p.weekM-1)*7 + 1
	}
	if p.day != 0 {
		m.day, hasDay = p.day, true
	}
	if p.month != 0 {
		m.month, hasMonth = p.month, true
	}
	if p.doy != 0 && (m.month <= 1 || m.day <= 1) {
		if m.year == 0 && p.bc == 0 {
			return badDateText("cannot calculate day of year without year information")
		}
		if p.convention == 'i' {
			to(isoMonday(m.year) - 1 + p.doy)
		} else {
			p.dayOfYear(m)
			hasMonth, hasDay = true, true
		}
	}
	if hasMonth && (m.month < 1 || m.month > 12) || hasDay && (m.day < 1 || m.day > 31) ||
		hasYear && hasMonth && hasDay && m.day > monthLength(m.year, m.month) {
		return p.outOfRange()
	}
	return nil
}

// isoMonday is where the ISO year's first week begins.
func isoMonday(year int) int {
	jan4 := types.DaysFromCivil(year, 1, 4)
	return jan4 - (weekday(jan4)+6)%7
}

// dayOfYear fills in what is not set of month and day.
func (p *templateParser) dayOfYear(m *dateTime) {
	month, before := 1, 0
	for month <= 12 && p.doy > before+monthLength(m.year, month) {
		before += monthLength(m.year, month)
		month++
	}
	if m.month <= 1 {
		m.month = month
	}
	if m.day <= 1 {
		m.day = p.doy - before
	}
}

// validYear reports a date whose day number can be told.
func (m *dateTime) validYear() bool {
	return (m.year > -4713 || m.year == -4713 && m.month >= 11) && (m.year < 5874898 || m.year == 5874898 && m.month < 6)
}

func (m *dateTime) days() int64 { return int64(types.DaysFromCivil(m.year, m.month, m.day)) }

// local is the moment in µs; ok is false beyond what timestamps hold.
func (m *dateTime) local() (v int64, ok bool) {
	if !m.validYear() || m.days() > endTimestamp/usPerDay+1 {
		return 0, false
	}
	v = m.days()*usPerDay + m.us
	return v, v >= minTimestamp-usPerDay
}

// zone is the offset east of UTC that was read, in seconds.
func (p *templateParser) zone() int64 {
	return int64(p.zoneSign * (p.zoneHour*3600 + p.zoneMin*60))
}

func toTimestamp(c *Ctx, a []types.Datum) (types.Datum, error) {
	p, err := parseByTemplate(a[0].Text(), a[1].Text())
	if err != nil {
		return types.Datum{}, err
	}
	m, err := p.moment()
	if err != nil {
		return types.Datum{}, err
	}
	v, ok := m.local()
	if !ok {
		return types.Datum{}, timestampRange()
	}
	if p.zoneSign != 0 {
		v -= p.zone() * usPerSecond
	} else {
		v = localToUTC(c, v)
	}
	d, err := checkTimestamp(v)
	if err != nil || p.precision == 0 {
		return d, err
	}
	return types.ApplyTypmod(types.T{OID: types.TimestamptzOID, Mod: int32(p.precision)}, d, false)
}

func toDate(_ *Ctx, a []types.Datum) (types.Datum, error) {
	p, err := parseByTemplate(a[0].Text(), a[1].Text())
	if err != nil {
		return types.Datum{}, err
	}
	m, err := p.moment()
	if err != nil {
		return types.Datum{}, err
	}
	if !m.validYear() || m.days() < minDate || m.days() >= endDate {
		return types.Datum{}, pgerr.Newf(pgerrcode.DatetimeFieldOverflow, "date out of range: \"%s\"", p.whole)
	}
	return types.Int(m.days()), nil
}
