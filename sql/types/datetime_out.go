package types

const (
	dayNames   = "SunMonTueWedThuFriSat"
	monthNames = "JanFebMarAprMayJunJulAugSepOctNovDec"
)

// appendYear prints the year of the era with at least four digits.
func appendYear(dst []byte, year int) []byte {
	if year <= 0 {
		year = 1 - year
	}
	if year < 1000 {
		dst = append(dst, '0')
		if year < 100 {
			dst = append(dst, '0')
		}
		return append2(dst, year)
	}
	return appendInt(dst, int64(year))
}

func appendEra(dst []byte, year int) []byte {
	if year <= 0 {
		return append(dst, " BC"...)
	}
	return dst
}

// appendTimeOfDay prints hh:mm:ss and the decimals without trailing zeros.
func appendTimeOfDay(dst []byte, c *civil) []byte {
	dst = append2(dst, c.hour)
	dst = append2(append(dst, ':'), c.min)
	dst = append2(append(dst, ':'), c.sec)
	return appendMicros(dst, c.usec)
}

func appendMicros(dst []byte, us int) []byte {
	if us == 0 {
		return dst
	}
	dst = append(dst, '.')
	for div := 100_000; us > 0; div /= 10 {
		dst = append(dst, byte('0'+us/div))
		us %= div
	}
	return dst
}

// appendDay prints the date part in the four styles; the Postgres style's is
// the one of a lone date.
func appendDay(dst []byte, c *civil, f *Format) []byte {
	sep := byte('-')
	switch f.DateStyle {
	case DateISO:
		dst = append(appendYear(dst, c.year), '-')
		dst = append(append2(dst, c.month), '-')
		return append2(dst, c.day)
	case DateSQL:
		sep = '/'
	case DateGerman:
		sep = '.'
	}
	first, second := c.month, c.day
	if f.DateOrder == OrderDMY || f.DateStyle == DateGerman {
		first, second = second, first
	}
	dst = append(append2(dst, first), sep)
	dst = append(append2(dst, second), sep)
	return appendYear(dst, c.year)
}

func appendDate(dst []byte, v int64, f *Format) []byte {
	switch v {
	case DateInfinity:
		return append(dst, "infinity"...)
	case DateNegInfinity:
		return append(dst, "-infinity"...)
	}
	var c civil
	c.year, c.month, c.day = CivilFromDays(int(v))
	return appendEra(appendDay(dst, &c, f), c.year)
}

func appendTime(dst []byte, us int64) []byte {
	var c civil
	c.setTime(us)
	return appendTimeOfDay(dst, &c)
}

func appendTimestamp(dst []byte, v int64, f *Format) []byte {
	return appendStamp(dst, v, f, "", 0, false)
}

func appendTimestamptz(dst []byte, v int64, f *Format) []byte {
	if f.TimeZone == nil || IsInfinite(TimestamptzOID, v) {
		return appendStamp(dst, v, f, "UTC", 0, true)
	}
	abbrev, off := zoneAt(f.TimeZone, v)
	return appendStamp(dst, v+int64(off)*usPerSec, f, abbrev, off, true)
}

// appendStamp prints the local time v, with the zone if there is one.
func appendStamp(dst []byte, v int64, f *Format, abbrev string, off int, zoned bool) []byte {
	switch v {
	case TimestampInfinity:
		return append(dst, "infinity"...)
	case TimestampNegInfinity:
		return append(dst, "-infinity"...)
	}
	c := civilOf(v)
	if f.DateStyle == DatePostgres {
		w := weekday(DaysFromCivil(c.year, c.month, c.day)) * 3
		dst = append(append(dst, dayNames[w:w+3]...), ' ')
		m := monthNames[c.month*3-3 : c.month*3]
		if f.DateOrder == OrderDMY {
			dst = append(append2(dst, c.day), ' ')
			dst = append(append(dst, m...), ' ')
		} else {
			dst = append(append(dst, m...), ' ')
			dst = append(append2(dst, c.day), ' ')
		}
		dst = append(appendTimeOfDay(dst, &c), ' ')
		dst = appendYear(dst, c.year)
	} else {
		dst = append(appendDay(dst, &c, f), ' ')
		dst = appendTimeOfDay(dst, &c)
	}
	if zoned {
		if f.DateStyle == DateISO {
			dst = appendOffset(dst, off)
		} else {
			dst = append(append(dst, ' '), abbrev...)
		}
	}
	return appendEra(dst, c.year)
}
