package types

// word reads a field of letters. next is the field after it, or nil.
func (p *dateParser) word(s string, next *dateField) (set int, err error) {
	tok, ok := dateToken(s)
	if !ok {
		if isAbbrev(s) {
			p.abbrev = s
			return mZone, nil
		}
		if s == "z" || s == "zulu" {
			p.zone = 0
			return mZone, nil
		}
		loc, err := LoadTimeZone(s)
		if err != nil || s[0] == '+' || s[0] == '-' {
			return 0, errDateFormat
		}
		p.loc = loc
		return mZone, nil
	}
	switch tok.kind {
	case tkReserved:
		return p.reserved(tok.val)
	case tkMonth:
		if p.mask&mMonth != 0 && !p.textMonth && p.mask&mDay == 0 && p.c.month >= 1 && p.c.month <= 31 {
			p.c.day = p.c.month // the number before was the day
			set = mDay
		} else {
			set = mMonth
		}
		p.textMonth = true
		p.c.month = tok.val
		return set, nil
	case tkWeekday:
		return mWeekday, nil
	case tkAMPM:
		p.ampm = tok.val
		return mAMPM, nil
	case tkADBC:
		p.bc = tok.val == valBC
		return mADBC, nil
	case tkDSTMod:
		p.dst = true
		return mDSTMod, nil
	case tkUnits:
		p.pending = tok.val
		return 0, nil
	case tkISOTime:
		if p.mask&mDate != mDate && !p.timeTy || next == nil || next.kind != fNumber && next.kind != fTime && next.kind != fDate {
			return 0, errDateFormat
		}
		p.pending = unitTime
	}
	return 0, nil
}

// reserved reads now, today, epoch, infinity and their like.
func (p *dateParser) reserved(val int) (set int, err error) {
	p.special = -1
	if p.timeTy && val != resNow && val != resZulu {
		return 0, errDateFormat
	}
	now := p.f.Now.UnixMicro() - unixEpochSecs*usPerSec
	switch val {
	case resNow, resToday, resTomorrow, resYesterday:
		now = p.f.now()
	}
	now += int64(utcOffset(p.f.TimeZone, now)) * usPerSec
	switch val {
	case resNow:
		p.c = civilOf(now)
		if p.mask != 0 {
			return 0, errDateFormat
		}
		// the zone is the session's at this very instant
		p.zone = utcOffset(p.f.TimeZone, p.f.Now.UnixMicro()-unixEpochSecs*usPerSec)
		return mDate | mTime | mZone, nil
	case resToday, resTomorrow, resYesterday:
		switch val {
		case resTomorrow:
			now += usPerDay
		case resYesterday:
			now -= usPerDay
		}
		c := civilOf(now)
		p.c.year, p.c.month, p.c.day = c.year, c.month, c.day
		return mDate, nil
	case resZulu:
		p.c.hour, p.c.min, p.c.sec, p.c.usec, p.zone = 0, 0, 0, 0, 0
		return mTime | mZone, nil
	}
	p.special = val
	return mReserved, nil
}

// finish checks the fields against each other. A unit without a number means nothing.
func (p *dateParser) finish() error {
	if p.special >= 0 {
		return nil
	}
	if err := p.finishDate(); err != nil {
		return err
	}
	if p.ampm >= 0 {
		if p.c.hour > 12 {
			return errDateRange
		}
		if p.ampm == valAM && p.c.hour == 12 {
			p.c.hour = 0
		} else if p.ampm == valPM && p.c.hour != 12 {
			p.c.hour += 12
		}
	}
	if p.dst && p.mask&mZone == 0 {
		return errDateFormat // DST of no zone
	}
	if p.timeTy {
		if p.mask&mTime == 0 || p.loc != nil && p.mask&mDate != mDate && !isFixedZone(p.loc) || p.halfDate() {
			return errDateFormat // a named zone's offset needs a date
		}
	} else if p.mask&mDate != mDate {
		return errDateFormat
	}
	// clock has checked hh:mm:ss already; hhmmss is checked for times only
	c := &p.c
	if !p.timeTy {
		return nil
	}
	if c.min > 59 || c.sec > 60 || c.hour > 24 || int64((c.hour*60+c.min)*60+c.sec)*usPerSec+int64(c.usec) > usPerDay {
		return errDateRange
	}
	return nil
}

// halfDate reports a date that is not complete though the offset of a zone depends on
// it: of the session's, a named one or an abbreviation that has meant several.
func (p *dateParser) halfDate() bool {
	if p.mask&mDate == 0 || p.mask&mDate == mDate {
		return false
	}
	if p.abbrev != "" {
		_, fixed := zoneAbbrevs[p.abbrev]
		return !fixed
	}
	return p.mask&mZone == 0 || p.loc != nil
}

// finishDate is ValidateDate: two-digit years, BC, day of year, ranges.
func (p *dateParser) finishDate() error {
	c := &p.c
	fromNow := false
	if p.mask&mYear != 0 && !fromNow && !p.julian {
		switch {
		case p.bc:
			if c.year <= 0 {
				return errDateRange
			}
			c.year = 1 - c.year
		case p.twoDigits:
			if c.year < 70 {
				c.year += 2000
			} else if c.year < 100 {
				c.year += 1900
			}
		case c.year <= 0:
			return errDateRange
		}
	}
	if p.mask&mYearDay != 0 {
		c.year, c.month, c.day = CivilFromDays(DaysFromCivil(c.year, 1, 1) + p.yearDay - 1)
	}
	if p.mask&mMonth != 0 && (c.month < 1 || c.month > 12) {
		return errDateMonth
	}
	if p.mask&mDay != 0 && (c.day < 1 || c.day > 31) {
		return errDateMonth
	}
	if p.mask&mDate == mDate && c.day > daysInMonth(c.year, c.month) {
		return errDateRange
	}
	return nil
}

// offset is the zone's offset east of UTC for the local time v.
func (p *dateParser) offset(v int64) int {
	switch {
	case p.mask&mZone == 0:
		return localOffset(p.f.TimeZone, v)
	case p.loc != nil:
		return localOffset(p.loc, v)
	case p.abbrev != "":
		off, _ := abbrevOffset(p.abbrev, v) // known since word saw it
		if p.dst {
			off += 3600
		}
		return off
	}
	return p.zone
}
