package builtin

import (
	"math"
	"math/big"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// dateField is a unit of EXTRACT, date_part and date_trunc.
type dateField uint8

const (
	badField dateField = iota
	fMicroseconds
	fMilliseconds
	fSecond
	fMinute
	fHour
	fDay
	fWeek
	fMonth
	fQuarter
	fYear
	fDecade
	fCentury
	fMillennium
	fDow
	fIsodow
	fDoy
	fIsoyear
	fJulian
	fEpoch
	fTimezone
	fTimezoneHour
	fTimezoneMinute
)

var dateFields = map[string]dateField{
	"microsecond": fMicroseconds, "microseconds": fMicroseconds, "us": fMicroseconds, "usec": fMicroseconds,
	"usecs": fMicroseconds, "useconds": fMicroseconds, "usecond": fMicroseconds,
	"millisecond": fMilliseconds, "milliseconds": fMilliseconds, "ms": fMilliseconds, "msec": fMilliseconds,
	"msecs": fMilliseconds, "mseconds": fMilliseconds, "msecond": fMilliseconds,
	"s": fSecond, "sec": fSecond, "secs": fSecond, "second": fSecond, "seconds": fSecond,
	"m": fMinute, "min": fMinute, "mins": fMinute, "minute": fMinute, "minutes": fMinute,
	"h": fHour, "hr": fHour, "hrs": fHour, "hour": fHour, "hours": fHour,
	"d": fDay, "day": fDay, "days": fDay, "w": fWeek, "week": fWeek, "weeks": fWeek,
	"mon": fMonth, "mons": fMonth, "month": fMonth, "months": fMonth, "qtr": fQuarter, "quarter": fQuarter,
	"y": fYear, "yr": fYear, "yrs": fYear, "year": fYear, "years": fYear,
	"dec": fDecade, "decs": fDecade, "decade": fDecade, "decades": fDecade,
	"c": fCentury, "cent": fCentury, "century": fCentury, "centuries": fCentury,
	"mil": fMillennium, "mils": fMillennium, "millennium": fMillennium, "millennia": fMillennium,
	"dow": fDow, "isodow": fIsodow, "doy": fDoy, "isoyear": fIsoyear, "j": fJulian, "jd": fJulian, "julian": fJulian,
	"epoch": fEpoch, "timezone": fTimezone, "timezone_h": fTimezoneHour, "timezone_hour": fTimezoneHour,
	"timezone_m": fTimezoneMinute, "timezone_minute": fTimezoneMinute,
}

// fieldFuncs registers extract (numeric) and date_part (double precision).
func fieldFuncs(r *registrar) {
	for _, x := range []struct {
		name string
		f    func(c *Ctx, f dateField, d types.Datum) (fieldValue, bool, error)
	}{
		{"timestamp", stampField}, {"timestamptz", stampTzField}, {"date", dayField},
		{"time", clockField}, {"timetz", timetzField}, {"interval", intervalField},
	} {
		read := func(c *Ctx, a []types.Datum) (fieldValue, bool, error) {
			word := types.LowerASCII(a[0].Text())
			f := dateFields[word]
			name := TypeName(c.argT(1).OID)
			if f == badField {
				return fieldValue{}, false, badParam("unit \"%s\" not recognized for type %s", word, name)
			}
			v, ok, err := x.f(c, f, a[1])
			if err == errNoField {
				if f >= fTimezone && x.name == "timestamp" && types.IsInfinite(types.TimestampOID, a[1].Int()) {
					return v, false, nil // all that is asked of infinity is unknown
				}
				return v, ok, pgerr.Newf(pgerrcode.FeatureNotSupported, "unit \"%s\" not supported for type %s", word, name)
			}
			return v, ok, err
		}
		r.eval("extract_"+x.name, func(c *Ctx, a []types.Datum) (types.Datum, error) {
			v, ok, err := read(c, a)
			if err != nil || !ok {
				return types.Null, err
			}
			return v.numeric()
		})
		if x.name == "date" {
			continue // date_part of a date is that of its midnight
		}
		r.eval(x.name+"_part", func(c *Ctx, a []types.Datum) (types.Datum, error) {
			v, ok, err := read(c, a)
			if err != nil || !ok {
				return types.Null, err
			}
			if x.name == "interval" && dateFields[types.LowerASCII(a[0].Text())] == fEpoch {
				return types.Float(intervalSeconds(types.IntervalOf(a[1]))), nil
			}
			if v.inf == 0 && v.exact.Bytes() == nil {
				switch f := dateFields[types.LowerASCII(a[0].Text())]; { // as sums of floats, where PostgreSQL adds them
				case f == fSecond && v.scale == 6:
					return types.Float(float64(v.n/usPerSecond) + float64(v.n%usPerSecond)/1e6), nil
				case f == fMilliseconds && v.scale == 3:
					return types.Float(float64(v.n/usPerSecond)*1e3 + float64(v.n%usPerSecond)/1e3), nil
				}
			}
			return types.Float(v.float()), nil
		})
	}
	r.eval("date_part(text,date)", datePartOfDate)
}

// intervalSeconds adds up floats from the smallest part to the days, as PostgreSQL does.
func intervalSeconds(iv types.Interval) float64 {
	s := float64(iv.Micros) / 1e6
	s += 365.25 * 86400 * float64(iv.Months/12)
	s += 30 * 86400 * float64(iv.Months%12)
	return s + 86400*float64(iv.Days)
}

func datePartOfDate(c *Ctx, a []types.Datum) (types.Datum, error) {
	at, err := Convert(c, types.Of(types.DateOID), types.Of(types.TimestampOID), a[1], true)
	if err != nil {
		return at, err
	}
	word := types.LowerASCII(a[0].Text())
	f := dateFields[word]
	if f == badField {
		return types.Datum{}, badParam("unit \"%s\" not recognized for type timestamp without time zone", word)
	}
	v, ok, err := stampField(c, f, at)
	if err == errNoField {
		err = pgerr.Newf(pgerrcode.FeatureNotSupported, "unit \"%s\" not supported for type timestamp without time zone", word)
	}
	if err != nil || !ok {
		return types.Null, err
	}
	return types.Float(v.float()), nil
}

// errNoField says that the type has no such field.
var errNoField = pgerr.New(pgerrcode.FeatureNotSupported, "unit not supported")

// fieldValue is n·10^−scale, or an infinity, or a numeric.
type fieldValue struct {
	n     int64
	scale int32
	inf   int
	exact types.Datum
}

func whole(n int) (fieldValue, bool, error)             { return fieldValue{n: int64(n)}, true, nil }
func scaled(n int64, s int32) (fieldValue, bool, error) { return fieldValue{n: n, scale: s}, true, nil }

// secondsField is secs and us together, which may be more µs than there are numbers.
func secondsField(secs, us int64) (fieldValue, bool, error) {
	micros := new(big.Int).Mul(big.NewInt(secs), big.NewInt(usPerSecond))
	micros.Add(micros, big.NewInt(us))
	if micros.IsInt64() {
		return scaled(micros.Int64(), 6)
	}
	exact, err := types.NumericFromBig(micros, 6)
	return fieldValue{exact: exact}, true, err
}

func (v fieldValue) numeric() (types.Datum, error) {
	if v.inf != 0 {
		return types.NumericInf(v.inf < 0), nil
	}
	if v.exact.Bytes() != nil {
		return v.exact, nil
	}
	return types.NumericFromBig(big.NewInt(v.n), int(v.scale))
}

func (v fieldValue) float() float64 {
	if v.inf != 0 {
		return math.Inf(v.inf)
	}
	if v.exact.Bytes() != nil {
		return types.NumericToFloat(v.exact)
	}
	return float64(v.n) / math.Pow10(int(v.scale))
}

// infiniteField answers for ±infinity: infinite for fields that grow without
// bound, NULL for cyclic ones.
func infiniteField(f dateField, v int64) (fieldValue, bool, error) {
	switch f {
	case fYear, fDecade, fCentury, fMillennium, fJulian, fIsoyear, fEpoch:
		if v > 0 {
			return fieldValue{inf: 1}, true, nil
		}
		return fieldValue{inf: -1}, true, nil
	case fTimezone, fTimezoneHour, fTimezoneMinute:
		return fieldValue{}, false, nil
	}
	return fieldValue{}, false, nil
}

// timeOfDayField reads a field of a time in µs since midnight.
func timeOfDayField(f dateField, us int64) (fieldValue, bool, error) {
	switch f {
	case fMicroseconds:
		return scaled(us%usPerMinute, 0)
	case fMilliseconds:
		return scaled(us%usPerMinute, 3)
	case fSecond:
		return scaled(us%usPerMinute, 6)
	case fMinute:
		return scaled(us/usPerMinute%60, 0)
	case fHour:
		return scaled(us/usPerHour, 0)
	}
	return fieldValue{}, false, errNoField
}

// calendarField reads a field of a day.
func calendarField(f dateField, day int64) (fieldValue, bool, error) {
	y, m, d := types.CivilFromDays(int(day))
	switch f {
	case fDay:
		return whole(d)
	case fWeek:
		w, _ := isoWeek(int(day))
		return whole(w)
	case fMonth:
		return whole(m)
	case fQuarter:
		return whole((m-1)/3 + 1)
	case fYear:
		if y <= 0 {
			y--
		}
		return whole(y)
	case fDecade:
		if y >= 0 {
			return whole(y / 10)
		}
		return whole(-((8 - (y - 1)) / 10))
	case fCentury:
		return whole(century(y, 100))
	case fMillennium:
		return whole(century(y, 1000))
	case fDow:
		return whole(weekday(int(day)))
	case fIsodow:
		return whole((weekday(int(day))+6)%7 + 1)
	case fDoy:
		return whole(int(day) - types.DaysFromCivil(y, 1, 1) + 1)
	case fIsoyear:
		_, iy := isoWeek(int(day))
		if iy <= 0 {
			iy--
		}
		return whole(iy)
	}
	return fieldValue{}, false, errNoField
}

// century counts spans of years from year 1 on; there is no span 0.
func century(y, span int) int {
	if y > 0 {
		return (y + span - 1) / span
	}
	return -((span - 1 - (y - 1)) / span)
}

// weekday is 0 for Sunday.
func weekday(day int) int { return ((day+6)%7 + 7) % 7 }

func isoWeek(day int) (week, year int) {
	thursday := day - (weekday(day)+6)%7 + 3
	year, _, _ = types.CivilFromDays(thursday)
	return (thursday-types.DaysFromCivil(year, 1, 1))/7 + 1, year
}

func isClockField(f dateField) bool { return f >= fMicroseconds && f <= fHour }

const julianEpoch = 2_451_545

func stampField(_ *Ctx, f dateField, d types.Datum) (fieldValue, bool, error) {
	v := d.Int()
	if types.IsInfinite(types.TimestampOID, v) {
		if f >= fTimezone {
			return fieldValue{}, false, errNoField
		}
		return infiniteField(f, v)
	}
	day, us := floorDiv(v, usPerDay)
	switch {
	case isClockField(f):
		return timeOfDayField(f, us)
	case f == fEpoch:
		return secondsField(unixEpoch, v)
	case f == fJulian:
		return julianField(day, us)
	}
	return calendarField(f, day)
}

// julianField is the Julian day with the time as its fraction.
func julianField(day, us int64) (fieldValue, bool, error) {
	frac, err := types.NumericDiv(types.NumericFromInt(us), types.NumericFromInt(usPerDay))
	if err != nil {
		return fieldValue{}, false, err
	}
	v, err := types.NumericAdd(types.NumericFromInt(day+julianEpoch), frac)
	return fieldValue{exact: v}, true, err
}

func stampTzField(c *Ctx, f dateField, d types.Datum) (fieldValue, bool, error) {
	v := d.Int()
	if types.IsInfinite(types.TimestamptzOID, v) {
		return infiniteField(f, v)
	}
	off := zoneOffset(c.Format.TimeZone, v)
	switch f {
	case fEpoch:
		return secondsField(unixEpoch, v)
	case fTimezone, fTimezoneHour, fTimezoneMinute:
		return offsetField(f, off)
	}
	return stampField(c, f, types.Int(v+off*usPerSecond))
}

func offsetField(f dateField, off int64) (fieldValue, bool, error) {
	switch f {
	case fTimezoneHour:
		off /= 3600
	case fTimezoneMinute:
		off = off % 3600 / 60
	}
	return scaled(off, 0)
}

func dayField(_ *Ctx, f dateField, d types.Datum) (fieldValue, bool, error) {
	day := d.Int()
	if isClockField(f) || f >= fTimezone {
		return fieldValue{}, false, errNoField
	}
	if types.IsInfinite(types.DateOID, day) {
		return infiniteField(f, day)
	}
	switch f {
	case fEpoch:
		return scaled(day*86400+unixEpoch, 0)
	case fJulian:
		return scaled(day+julianEpoch, 0)
	}
	return calendarField(f, day)
}

func clockField(_ *Ctx, f dateField, d types.Datum) (fieldValue, bool, error) {
	if f == fEpoch {
		return scaled(d.Int(), 6)
	}
	return timeOfDayField(f, d.Int())
}

func timetzField(_ *Ctx, f dateField, d types.Datum) (fieldValue, bool, error) {
	us, east := types.TimetzOf(d)
	switch f {
	case fEpoch:
		return scaled(us-int64(east)*usPerSecond, 6)
	case fTimezone, fTimezoneHour, fTimezoneMinute:
		return offsetField(f, int64(east))
	}
	return timeOfDayField(f, us)
}

func intervalField(_ *Ctx, f dateField, d types.Datum) (fieldValue, bool, error) {
	iv := types.IntervalOf(d)
	years, months := int(iv.Months/12), int(iv.Months%12)
	switch f {
	case fDay:
		return whole(int(iv.Days))
	case fMonth:
		return whole(months)
	case fQuarter:
		return whole(months/3 + 1)
	case fYear:
		return whole(years)
	case fDecade:
		return whole(years / 10)
	case fCentury:
		return whole(years / 100)
	case fMillennium:
		return whole(years / 1000)
	case fEpoch:
		secs := int64(years)*31_557_600 + int64(months)*30*86400 + int64(iv.Days)*86400
		return secondsField(secs, iv.Micros)
	}
	if isClockField(f) {
		return timeOfDayField(f, iv.Micros)
	}
	return fieldValue{}, false, errNoField
}
