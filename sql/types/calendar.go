package types

// Days are counted from 2000-01-01 in the proleptic Gregorian calendar; year 0
// is 1 BC.

const (
	usPerSec  int64 = 1_000_000
	usPerMin        = 60 * usPerSec
	usPerHour       = 60 * usPerMin
	usPerDay        = 24 * usPerHour

	// unixEpochDays is 1970-01-01; unixEpochSecs the seconds from it to 2000-01-01.
	unixEpochDays = -10957
	unixEpochSecs = 946_684_800

	// julianEpoch is the Julian day number of 2000-01-01.
	julianEpoch = 2_451_545

	// Valid dates: Julian day 0 up to 5874897-12-31. Valid timestamps: 4714-11-24 BC up to the end of 294276.
	minDate      = -julianEpoch
	endDate      = 2_147_483_494 - julianEpoch
	minTimestamp = -211_813_488_000_000_000
	endTimestamp = 9_223_371_331_200_000_000

	// Infinite dates and timestamps.
	DateInfinity         = 1<<31 - 1
	DateNegInfinity      = -1 << 31
	TimestampInfinity    = 1<<63 - 1
	TimestampNegInfinity = -1 << 63
)

// IsInfinite reports ±infinity of a date, timestamp or timestamptz.
func IsInfinite(oid OID, v int64) bool {
	if oid == DateOID {
		return v == DateInfinity || v == DateNegInfinity
	}
	return v == TimestampInfinity || v == TimestampNegInfinity
}

// DaysFromCivil is the day number of a date; any month and day are accepted as
// long as the month is 1–12.
func DaysFromCivil(year, month, day int) int {
	// years from March, so that the leap day is the last one
	y := year
	m := month - 3
	if m < 0 {
		m += 12
		y--
	}
	era := floorDiv(y, 400)
	yoe := y - era*400
	doy := (153*m+2)/5 + day - 1
	doe := yoe*365 + yoe/4 - yoe/100 + doy
	return era*146097 + doe - 730425
}

// CivilFromDays is the inverse of DaysFromCivil.
func CivilFromDays(days int) (year, month, day int) {
	z := days + 730425
	era := floorDiv(z, 146097)
	doe := z - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	m := (5*doy + 2) / 153
	day = doy - (153*m+2)/5 + 1
	month = m + 3
	year = yoe + era*400
	if month > 12 {
		month -= 12
		year++
	}
	return year, month, day
}

func isLeap(y int) bool { return y%4 == 0 && (y%100 != 0 || y%400 == 0) }

var monthDays = [...]int{0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

func daysInMonth(y, m int) int {
	if m == 2 && isLeap(y) {
		return 29
	}
	return monthDays[m]
}

// weekday is 0 for Sunday.
func weekday(days int) int { return ((days+6)%7 + 7) % 7 }

// civil is a broken-down timestamp.
type civil struct {
	year, month, day int // year 0 is 1 BC
	hour, min, sec   int
	usec             int
}

func (c civil) timeOfDay() int64 {
	return int64(c.hour)*usPerHour + int64(c.min)*usPerMin + int64(c.sec)*usPerSec + int64(c.usec)
}

// micros is the timestamp in µs, or ok false when it is out of range.
func (c civil) micros() (v int64, ok bool) {
	days := int64(DaysFromCivil(c.year, c.month, c.day))
	if days < minTimestamp/usPerDay || days > endTimestamp/usPerDay {
		return 0, false
	}
	v = days*usPerDay + c.timeOfDay()
	return v, validTimestamp(v)
}

func validTimestamp(v int64) bool { return v >= minTimestamp && v < endTimestamp }

func validDate(d int64) bool { return d >= minDate && d < endDate }

// splitDay divides a timestamp into its day and the µs within it.
func splitDay(v int64) (days int, us int64) {
	d := v / usPerDay
	us = v - d*usPerDay
	if us < 0 {
		us += usPerDay
		d--
	}
	return int(d), us
}

func civilOf(v int64) civil {
	days, us := splitDay(v)
	var c civil
	c.year, c.month, c.day = CivilFromDays(days)
	c.setTime(us)
	return c
}

func (c *civil) setTime(us int64) {
	c.hour = int(us / usPerHour)
	us -= int64(c.hour) * usPerHour
	c.min = int(us / usPerMin)
	us -= int64(c.min) * usPerMin
	c.sec = int(us / usPerSec)
	c.usec = int(us - int64(c.sec)*usPerSec)
}
