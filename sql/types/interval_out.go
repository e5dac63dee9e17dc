package types

// intervalFields is an interval split for printing; each part has the sign of
// the part of the interval it comes from.
type intervalFields struct {
	year, mon, day int64
	neg            bool // of the time part
	hour, min, sec uint64
	usec           int
}

func splitInterval(iv Interval) (p intervalFields) {
	p.year, p.mon, p.day = int64(iv.Months/12), int64(iv.Months%12), int64(iv.Days)
	us := uint64(iv.Micros)
	if iv.Micros < 0 {
		p.neg = true
		us = -us
	}
	p.hour = us / uint64(usPerHour)
	us %= uint64(usPerHour)
	p.min = us / uint64(usPerMin)
	us %= uint64(usPerMin)
	p.sec, p.usec = us/uint64(usPerSec), int(us%uint64(usPerSec))
	return p
}

func (p *intervalFields) hasTime() bool {
	return p.hour != 0 || p.min != 0 || p.sec != 0 || p.usec != 0
}

func appendIntervalText(dst []byte, iv Interval, style IntervalStyle) []byte {
	p := splitInterval(iv)
	switch style {
	case IntervalSQLStandard:
		return p.appendSQL(dst)
	case IntervalISO8601:
		return p.appendISO(dst)
	case IntervalPostgresVerbose:
		return p.appendVerbose(dst)
	}
	return p.appendPostgres(dst)
}

func (p *intervalFields) clock(dst []byte) []byte {
	dst = append2(dst, int(p.hour))
	dst = append2(append(dst, ':'), int(p.min))
	dst = append2(append(dst, ':'), int(p.sec))
	return appendMicros(dst, p.usec)
}

// appendPostgres prints 1 year 2 mons -3 days +04:05:06.
func (p *intervalFields) appendPostgres(dst []byte) []byte {
	start := len(dst)
	before := false // the previous part was negative: this one shows a plus
	part := func(v int64, unit string) {
		if v == 0 {
			return
		}
		if len(dst) > start {
			dst = append(dst, ' ')
		}
		if before && v > 0 {
			dst = append(dst, '+')
		}
		dst = append(append(appendInt(dst, v), ' '), unit...)
		if v != 1 {
			dst = append(dst, 's')
		}
		before = v < 0
	}
	part(p.year, "year")
	part(p.mon, "mon")
	part(p.day, "day")
	if len(dst) > start && !p.hasTime() {
		return dst
	}
	if len(dst) > start {
		dst = append(dst, ' ')
	}
	if p.neg {
		dst = append(dst, '-')
	} else if before {
		dst = append(dst, '+')
	}
	return p.clock(dst)
}

// appendVerbose prints @ 1 year 2 mons 3 days 4 hours 5 mins 6 secs ago.
func (p *intervalFields) appendVerbose(dst []byte) []byte {
	dst = append(dst, '@')
	isZero, ago := true, false
	part := func(v int64, unit string) {
		if v == 0 {
			return
		}
		// the first part decides whether all are turned around by "ago"
		if isZero {
			ago = v < 0
			isZero = false
		}
		if ago {
			v = -v
		}
		dst = append(append(appendInt(append(dst, ' '), v), ' '), unit...)
		if v != 1 {
			dst = append(dst, 's')
		}
	}
	part(p.year, "year")
	part(p.mon, "mon")
	part(p.day, "day")
	sign := int64(1)
	if p.neg {
		sign = -1
	}
	part(sign*int64(p.hour), "hour")
	part(sign*int64(p.min), "min")
	if p.sec != 0 || p.usec != 0 {
		neg := p.neg
		if isZero {
			ago = neg
			isZero = false
			neg = false
		} else if ago {
			neg = !neg
		}
		dst = append(dst, ' ')
		if neg {
			dst = append(dst, '-')
		}
		dst = appendMicros(appendInt(dst, int64(p.sec)), p.usec)
		dst = append(dst, " sec"...)
		if p.sec != 1 || p.usec != 0 {
			dst = append(dst, 's')
		}
	}
	if isZero {
		dst = append(dst, " 0"...)
	}
	if ago {
		dst = append(dst, " ago"...)
	}
	return dst
}

// appendISO prints P1Y2M3DT4H5M6S.
func (p *intervalFields) appendISO(dst []byte) []byte {
	if p.year == 0 && p.mon == 0 && p.day == 0 && !p.hasTime() {
		return append(dst, "PT0S"...)
	}
	dst = append(dst, 'P')
	part := func(v int64, unit byte) {
		if v != 0 {
			dst = append(appendInt(dst, v), unit)
		}
	}
	part(p.year, 'Y')
	part(p.mon, 'M')
	part(p.day, 'D')
	if !p.hasTime() {
		return dst
	}
	dst = append(dst, 'T')
	sign := int64(1)
	if p.neg {
		sign = -1
	}
	part(sign*int64(p.hour), 'H')
	part(sign*int64(p.min), 'M')
	if p.sec != 0 || p.usec != 0 {
		if p.neg {
			dst = append(dst, '-')
		}
		dst = append(appendMicros(appendInt(dst, int64(p.sec)), p.usec), 'S')
	}
	return dst
}

// appendSQL prints 1-2, 3 4:05:06 or, for mixed parts, +1-2 -3 +4:05:06.
func (p *intervalFields) appendSQL(dst []byte) []byte {
	time := p.hasTime()
	neg := p.year < 0 || p.mon < 0 || p.day < 0 || p.neg && time
	pos := p.year > 0 || p.mon > 0 || p.day > 0 || !p.neg && time
	yearMonth, day := p.year != 0 || p.mon != 0, p.day != 0
	if !neg && !pos {
		return append(dst, '0')
	}
	sign := func(neg bool) byte {
		if neg {
			return '-'
		}
		return '+'
	}
	clock := func() {
		dst = append(appendInt(dst, int64(p.hour)), ':')
		dst = append(append2(dst, int(p.min)), ':')
		dst = appendMicros(append2(dst, int(p.sec)), p.usec)
	}
	if neg && pos || yearMonth && (day || time) { // not a standard form: sign everything
		dst = append(dst, sign(p.year < 0 || p.mon < 0))
		dst = append(appendInt(dst, abs64(p.year)), '-')
		dst = append(appendInt(dst, abs64(p.mon)), ' ')
		dst = append(dst, sign(p.day < 0))
		dst = append(appendInt(dst, abs64(p.day)), ' ')
		dst = append(dst, sign(p.neg))
		clock()
		return dst
	}
	if neg {
		dst = append(dst, '-')
	}
	switch {
	case yearMonth:
		dst = append(appendInt(dst, abs64(p.year)), '-')
		dst = appendInt(dst, abs64(p.mon))
	case day:
		dst = append(appendInt(dst, abs64(p.day)), ' ')
		clock()
	default:
		clock()
	}
	return dst
}

func abs64(v int64) int64 {
	if v < 0 {
		return -v
	}
	return v
}
