package builtin

import (
	"time"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// truncFuncs registers date_trunc and date_bin.
func truncFuncs(r *registrar) {
	r.eval("timestamp_trunc", func(c *Ctx, a []types.Datum) (types.Datum, error) {
		v := a[1].Int()
		if types.IsInfinite(types.TimestampOID, v) { // whatever the unit
			return a[1], nil
		}
		f, err := truncField(c, a[0], 1)
		if err != nil {
			return types.Datum{}, err
		}
		return checkTimestamp(truncLocal(f, v))
	})
	r.eval("timestamptz_trunc", func(c *Ctx, a []types.Datum) (types.Datum, error) {
		return truncZoned(c, a, c.Format.TimeZone)
	})
	r.eval("timestamptz_trunc_zone", func(c *Ctx, a []types.Datum) (types.Datum, error) {
		if types.IsInfinite(types.TimestamptzOID, a[1].Int()) { // whatever unit and zone
			return a[1], nil
		}
		loc, err := types.LoadTimeZone(a[2].Text())
		if err != nil {
			off, err2 := types.ZoneOffset(a[2].Text(), a[1].Int(), false)
			if err2 != nil {
				return types.Datum{}, err
			}
			loc = time.FixedZone(a[2].Text(), off)
		}
		return truncZoned(c, a, loc)
	})
	r.eval("interval_trunc", truncInterval)
	bin := func(_ *Ctx, a []types.Datum) (types.Datum, error) { return dateBin(a) }
	r.evals(bin, "timestamp_bin", "timestamptz_bin")
}

// truncField reads the unit of date_trunc.
func truncField(c *Ctx, word types.Datum, arg int) (dateField, error) {
	w := types.LowerASCII(word.Text())
	f := dateFields[w]
	name := TypeName(c.argT(arg).OID)
	switch {
	case f == badField, f > fMillennium && f < fTimezone:
		return f, badParam("unit \"%s\" not recognized for type %s", w, name)
	case f > fMillennium || f == fWeek && c.argT(arg).OID == types.IntervalOID:
		e := pgerr.Newf(pgerrcode.FeatureNotSupported, "unit \"%s\" not supported for type %s", w, name)
		if f == fWeek {
			e = e.WithDetail("Months usually have fractional weeks.")
		}
		return f, e
	}
	return f, nil
}

// truncLocal cuts a local time down to the field.
func truncLocal(f dateField, v int64) int64 {
	day, us := floorDiv(v, usPerDay)
	switch f {
	case fMicroseconds:
		return v
	case fMilliseconds:
		return day*usPerDay + us/1000*1000
	case fSecond:
		return day*usPerDay + us/usPerSecond*usPerSecond
	case fMinute:
		return day*usPerDay + us/usPerMinute*usPerMinute
	case fHour:
		return day*usPerDay + us/usPerHour*usPerHour
	case fDay:
		return day * usPerDay
	case fWeek:
		return (day - int64((weekday(int(day))+6)%7)) * usPerDay
	}
	y, m, _ := types.CivilFromDays(int(day))
	switch f {
	case fMonth:
	case fQuarter:
		m = (m-1)/3*3 + 1
	case fYear:
		m = 1
	case fDecade:
		m = 1
		if y > 0 {
			y = y / 10 * 10
		} else {
			y = -((8 - (y - 1)) / 10 * 10)
		}
	case fCentury:
		y, m = spanStart(y, 100), 1
	case fMillennium:
		y, m = spanStart(y, 1000), 1
	}
	return int64(types.DaysFromCivil(y, m, 1)) * usPerDay
}

// spanStart is the first year of y's century or millennium.
func spanStart(y, span int) int {
	if y > 0 {
		return (y+span-1)/span*span - (span - 1)
	}
	return -((span - 1 - (y - 1)) / span * span) + 1
}

func truncZoned(c *Ctx, a []types.Datum, loc *time.Location) (types.Datum, error) {
	v := a[1].Int()
	if types.IsInfinite(types.TimestamptzOID, v) {
		return a[1], nil
	}
	f, err := truncField(c, a[0], 1)
	if err != nil {
		return types.Datum{}, err
	}
	off := zoneOffset(loc, v)
	local := truncLocal(f, v+off*usPerSecond)
	if f < fDay { // the same side of a change of offset
		return checkTimestamp(local - off*usPerSecond)
	}
	return checkTimestamp(toUTC(loc, local))
}

func truncInterval(c *Ctx, a []types.Datum) (types.Datum, error) {
	f, err := truncField(c, a[0], 1)
	if err != nil {
		return types.Datum{}, err
	}
	iv := types.IntervalOf(a[1])
	cutMonths := func(n int32) { iv.Months = iv.Months / n * n }
	cut := func(unit int64) { iv.Micros = iv.Micros / unit * unit }
	switch f {
	case fMillennium:
		cutMonths(12000)
	case fCentury:
		cutMonths(1200)
	case fDecade:
		cutMonths(120)
	case fYear:
		cutMonths(12)
	case fQuarter:
		cutMonths(3)
	case fHour:
		cut(usPerHour)
	case fMinute:
		cut(usPerMinute)
	case fSecond:
		cut(usPerSecond)
	case fMilliseconds:
		cut(1000)
	}
	if f >= fDay {
		iv.Micros = 0
	}
	if f >= fMonth {
		iv.Days = 0
	}
	return types.MakeInterval(iv), nil
}

// dateBin is date_bin(stride, source, origin).
func dateBin(a []types.Datum) (types.Datum, error) {
	iv, v, origin := types.IntervalOf(a[0]), a[1].Int(), a[2].Int()
	if types.IsInfinite(types.TimestampOID, v) {
		return a[1], nil
	}
	if types.IsInfinite(types.TimestampOID, origin) {
		return types.Datum{}, pgerr.New(pgerrcode.DatetimeFieldOverflow, "origin out of range")
	}
	if iv.Months != 0 {
		return types.Datum{}, pgerr.New(pgerrcode.FeatureNotSupported,
			"timestamps cannot be binned into intervals containing months or years")
	}
	days := int64(iv.Days) * usPerDay
	stride := days + iv.Micros
	if days/usPerDay != int64(iv.Days) || (stride^iv.Micros)&(stride^days) < 0 {
		return types.Datum{}, pgerr.New(pgerrcode.DatetimeFieldOverflow, "interval out of range")
	}
	if stride <= 0 {
		return types.Datum{}, pgerr.New(pgerrcode.DatetimeFieldOverflow, "stride must be greater than zero")
	}
	diff := v - origin
	if (v^origin)&(v^diff) < 0 {
		return types.Datum{}, pgerr.New(pgerrcode.DatetimeFieldOverflow, "interval out of range")
	}
	q, _ := floorDiv(diff, stride)
	return checkTimestamp(origin + q*stride)
}
