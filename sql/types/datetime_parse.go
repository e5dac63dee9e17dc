package types

import (
	"errors"
	"strings"
	"time"
)

// Outcomes of reading a date/time text, turned into PostgreSQL's messages by dateTimeError.
var (
	errDateFormat = errors.New("bad format")
	errDateRange  = errors.New("field out of range")
	errDateMonth  = errors.New("month or day out of range")
	errZoneRange  = errors.New("zone displacement out of range")
)

// mask bits of the fields seen so far.
const (
	mYear = 1 << iota
	mMonth
	mDay
	mYearDay
	mHour
	mMinute
	mSecond
	mUsec
	mZone
	mWeekday
	mAMPM
	mADBC
	mDSTMod
	mReserved // epoch or infinity: times and zones beside it do not count

	mDate = mYear | mMonth | mDay
	mTime = mHour | mMinute | mSecond
)

// dateParser is the state of reading one text into its fields.
type dateParser struct {
	f      *Format
	c      civil
	mask   int
	timeTy bool // reading time or timetz: no date is needed

	dateAllowed bool // the field at hand may be a date

	twoDigits bool // year given with one or two digits
	textMonth bool
	julian    bool
	yearDay   int
	bc        bool
	ampm      int // −1 none
	pending   int // a unit label that the next number belongs to
	special   int // resEpoch, resLate, resEarly, or −1

	zone   int            // offset east of UTC, if mZone and loc is nil
	loc    *time.Location // named zone
	abbrev string         // zone abbreviation, resolved at the end
	dst    bool
}

// parse reads all fields of s. Afterwards special or c hold the value.
func (p *dateParser) parse(s string) error {
	p.ampm, p.special = -1, -1
	var buf [maxDateFields]dateField
	fields, ok := lexDateTime(s, buf[:])
	if !ok || len(fields) == 0 {
		return errDateFormat
	}
	for i, fl := range fields {
		var next *dateField
		if i+1 < len(fields) {
			next = &fields[i+1]
		}
		p.dateAllowed = !p.timeTy || i == 0 && len(fields) >= 2 && (fields[len(fields)-1].kind == fDate || fields[1].kind == fTime)
		set, err := p.field(fl, next)
		if err != nil {
			return err
		}
		if set&p.mask != 0 {
			return errDateFormat
		}
		p.mask |= set
	}
	return p.finish()
}

func (p *dateParser) field(fl dateField, next *dateField) (set int, err error) {
	switch fl.kind {
	case fDate:
		return p.dateOrZone(fl.text)
	case fTime:
		if p.pending != 0 {
			if p.pending != unitTime {
				return 0, errDateFormat
			}
			p.pending = 0
		}
		return p.clock(fl.text)
	case fZone:
		off, err := parseOffset(fl.text)
		p.zone = off
		return mZone, err
	case fNumber:
		return p.numberField(fl.text)
	}
	return p.word(fl.text, next)
}

// dateOrZone reads a field with separators: a date, or after one a zone name or
// hhmmss-zz.
func (p *dateParser) dateOrZone(s string) (set int, err error) {
	if p.pending == unitJulian {
		return p.julianInZone(s)
	}
	if p.pending == 0 && p.mask&(mMonth|mDay) != mMonth|mDay && p.dateAllowed {
		return p.date(s)
	}
	if !isDigit(s[0]) && p.pending == 0 {
		loc, err := LoadTimeZone(s)
		if err != nil {
			return 0, err
		}
		p.loc = loc
		return mZone, nil
	}
	if p.pending != 0 && p.pending != unitTime || p.mask&mTime == mTime {
		return 0, errDateFormat
	}
	p.pending = 0
	cut := strings.IndexByte(s, '-')
	if cut < 0 {
		return 0, errDateFormat
	}
	if p.zone, err = parseOffset(s[cut:]); err != nil {
		return 0, err
	}
	set, err = p.concatenated(s[:cut], p.mask|mDate)
	return set | mZone, err
}

// julianInZone reads the number of a day and the offset of a zone: 2452271-08.
func (p *dateParser) julianInZone(s string) (set int, err error) {
	n := spanDigits(s, 0)
	day, ok := smallInt(s[:n])
	if n == 0 || n == len(s) || p.timeTy {
		return 0, errDateFormat
	}
	if !ok {
		return 0, errDateRange
	}
	if p.zone, err = parseOffset(s[n:]); err != nil {
		return 0, err
	}
	p.pending, p.julian = 0, true
	p.c.year, p.c.month, p.c.day = CivilFromDays(day - julianEpoch)
	return mDate | mTime | mZone, nil
}

// date reads a date of up to three parts with separators.
func (p *dateParser) date(s string) (set int, err error) {
	var parts [3]string
	n := 0
	for i := 0; i < len(s); {
		if !isAlnum(s[i]) {
			i++
			continue
		}
		start := i
		digits := isDigit(s[i])
		for i < len(s) && isAlnum(s[i]) && isDigit(s[i]) == digits {
			i++
		}
		if n == 3 {
			return 0, errDateFormat
		}
		parts[n] = s[start:i]
		n++
	}
	mask := p.mask
	for i, part := range parts[:n] {
		if isDigit(part[0]) {
			continue
		}
		tok, ok := dateToken(part)
		if !ok || tok.kind != tkMonth {
			return 0, errDateFormat
		}
		if (mask|set)&mMonth != 0 {
			return 0, errDateFormat
		}
		p.c.month, p.textMonth = tok.val, true
		set |= mMonth
		parts[i] = ""
	}
	for _, part := range parts[:n] {
		if part == "" {
			continue
		}
		got, err := p.number(part, mask|set)
		if err != nil {
			return 0, err
		}
		if got&(mask|set) != 0 {
			return 0, errDateFormat
		}
		set |= got
	}
	if (mask|set)&^(mYearDay|mZone) != mDate { // nothing else may come before
		return 0, errDateFormat
	}
	return set, nil
}

// numberField reads a field of digits, perhaps labelled by the word before it.
func (p *dateParser) numberField(s string) (set int, err error) {
	if p.pending != 0 {
		return p.labelled(s)
	}
	dot := strings.IndexByte(s, '.')
	if p.timeTy {
		switch {
		case dot >= 0 && p.dateAllowed:
			return p.date(s)
		case dot >= 0 && dot <= 2:
			return 0, errDateFormat
		case dot > 2 || len(s) > 4:
			return p.concatenated(s, p.mask|mDate)
		}
		return p.number(s, p.mask|mDate)
	}
	switch {
	case dot >= 0 && p.mask&mDate == 0:
		return p.date(s)
	case dot > 2:
		return p.concatenated(s, p.mask)
	case len(s) >= 6 && (p.mask&mDate == 0 || p.mask&mTime == 0):
		return p.concatenated(s, p.mask)
	}
	return p.number(s, p.mask)
}

// labelled reads a number after a unit letter: j2451187, y2001m02d04, t040506.
func (p *dateParser) labelled(s string) (set int, err error) {
	unit := p.pending
	p.pending = 0
	if unit == unitTime {
		return p.concatenated(s, p.mask|mDate)
	}
	whole, frac, _ := strings.Cut(s, ".")
	v, ok := smallInt(whole)
	if !ok && whole != "" { // a point alone is 0
		return 0, errDateRange
	}
	if frac != "" && unit != unitJulian && unit != unitSecond {
		return 0, errDateFormat
	}
	switch unit {
	case unitYear:
		p.c.year = v
		return mYear, nil
	case unitMonth:
		if p.mask&mMonth != 0 && p.mask&mHour != 0 { // after a time, m is minutes
			p.c.min = v
			return mMinute, nil
		}
		p.c.month = v
		return mMonth, nil
	case unitDay:
		p.c.day = v
		return mDay, nil
	case unitHour:
		p.c.hour = v
		return mHour, nil
	case unitMinute:
		p.c.min = v
		return mMinute, nil
	case unitSecond:
		p.c.sec = v
		p.c.usec = fracMicros(frac)
		return mSecond, nil
	}
	p.c.year, p.c.month, p.c.day = CivilFromDays(v - julianEpoch)
	p.julian = true
	if frac != "" {
		us := int64(fracMicros(frac)) * (usPerDay / usPerSec)
		p.c.setTime(us)
		return mDate | mTime, nil
	}
	return mDate, nil
}

// number decides which part of the date a number is, by what was seen and the
// DateStyle order; mask is what was seen.
func (p *dateParser) number(s string, mask int) (set int, err error) {
	whole, frac, dotted := strings.Cut(s, ".")
	v, ok := smallInt(whole)
	switch {
	case whole == "":
		return 0, errDateFormat
	case !ok:
		return 0, errDateRange
	}
	if dotted {
		if len(whole) > 2 {
			return p.concatenated(s, mask|mDate)
		}
		p.c.usec = fracMicros(frac)
	}
	n := len(s)
	if n == 3 && mask&mDate == mYear && v >= 1 && v <= 366 {
		p.yearDay = v
		return mYearDay | mMonth | mDay, nil
	}
	ymd := p.f.DateOrder == OrderYMD
	switch mask & mDate {
	case 0:
		switch {
		case n >= 3 || ymd:
			set = mYear
		case p.f.DateOrder == OrderDMY:
			set = mDay
		default:
			set = mMonth
		}
	case mYear, mDay:
		set = mMonth
	case mMonth:
		set = mDay
		if p.textMonth && (n >= 3 || ymd) {
			set = mYear
		}
	case mYear | mMonth:
		set = mDay
		if p.textMonth && n >= 3 && p.twoDigits { // the first number was the day after all
			p.c.day, p.c.year, p.twoDigits = p.c.year, v, false
			return mDay, nil
		}
	case mMonth | mDay:
		set = mYear
	case mDate:
		return p.concatenated(s, mask)
	default:
		return 0, errDateFormat
	}
	switch set {
	case mYear:
		p.c.year = v
		p.twoDigits = n <= 2
	case mMonth:
		p.c.month = v
	default:
		p.c.day = v
	}
	return set, nil
}

// concatenated reads yyyymmdd, yymmdd, hhmmss[.fff] or hhmm.
func (p *dateParser) concatenated(s string, mask int) (set int, err error) {
	whole, frac, dotted := strings.Cut(s, ".")
	if dotted {
		p.c.usec = fracMicros(frac)
	}
	n := len(whole)
	if !dotted && mask&mDate != mDate && n >= 6 {
		y, ok1 := smallInt(whole[:n-4])
		m, ok2 := smallInt(whole[n-4 : n-2])
		d, ok3 := smallInt(whole[n-2:])
		if !ok2 || !ok3 {
			return 0, errDateRange
		}
		if !ok1 { // as atoi has it
			if y = int(int32(y)); len(whole) > 22 {
				y = -1
			}
		}
		p.c.year, p.c.month, p.c.day = y, m, d
		p.twoDigits = n == 6
		return mDate, nil
	}
	if mask&mTime != mTime && (n == 6 || n == 4) {
		h, ok1 := smallInt(whole[:2])
		m, ok2 := smallInt(whole[2:4])
		sec, ok3 := 0, true
		if n == 6 {
			sec, ok3 = smallInt(whole[4:])
		}
		if !ok1 || !ok2 || !ok3 {
			return 0, errDateFormat
		}
		p.c.hour, p.c.min, p.c.sec = h, m, sec
		return mTime, nil
	}
	return 0, errDateFormat
}
