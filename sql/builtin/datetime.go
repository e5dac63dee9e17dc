package builtin

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

const (
	usPerSecond = int64(1_000_000)
	usPerMinute = 60 * usPerSecond
	usPerHour   = 60 * usPerMinute

	unixEpoch = 946_684_800 // seconds from 1970-01-01 to 2000-01-01

	minTimestamp = -211_813_488_000_000_000 // 4714-11-24 BC
	endTimestamp = 9_223_371_331_200_000_000
	minDate      = -2_451_545
	endDate      = 2_147_483_494 - 2_451_545
)

// datetimeFuncs registers date/time arithmetic (chapter 9.9) without intervals
// of its own, current times, and conversions of zones.
func datetimeFuncs(r *registrar) {
	clock := func(pick func(c *Ctx) time.Time) Eval {
		return func(c *Ctx, _ []types.Datum) (types.Datum, error) {
			return types.Int(Micros(pick(c))), nil
		}
	}
	r.eval("now", clock(func(c *Ctx) time.Time { return c.TxnTime }))
	r.eval("statement_timestamp", clock(func(c *Ctx) time.Time { return c.StmtTime }))
	r.eval("clock_timestamp", clock(func(*Ctx) time.Time { return time.Now() }))
	r.eval("timeofday", func(c *Ctx, _ []types.Datum) (types.Datum, error) {
		return types.String(time.Now().In(c.Format.TimeZone).Format("Mon Jan 02 15:04:05.000000 2006 MST")), nil
	})
	r.eval("date_pli", func(_ *Ctx, a []types.Datum) (types.Datum, error) { return addDays(a[0].Int(), a[1].Int()) })
	r.eval("date_mii", func(_ *Ctx, a []types.Datum) (types.Datum, error) { return addDays(a[0].Int(), -a[1].Int()) })
	r.eval("integer_pl_date(int4,date)", func(_ *Ctx, a []types.Datum) (types.Datum, error) { return addDays(a[1].Int(), a[0].Int()) })
	r.eval("date_mi", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		if types.IsInfinite(types.DateOID, a[0].Int()) || types.IsInfinite(types.DateOID, a[1].Int()) {
			return types.Datum{}, pgerr.New(pgerrcode.DatetimeFieldOverflow, "cannot subtract infinite dates")
		}
		return types.Int(a[0].Int() - a[1].Int()), nil
	})
	r.eval("timestamp_mi", timestampDifference)
	r.eval("time_mi_time", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.MakeInterval(types.Interval{Micros: a[0].Int() - a[1].Int()}), nil
	})
	finite := func(t types.OID) Eval {
		return func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			return types.Bool(!types.IsInfinite(t, a[0].Int())), nil
		}
	}
	r.eval("date_finite", finite(types.DateOID))
	r.eval("timestamp_finite", finite(types.TimestampOID))
	r.eval("interval_finite", func(*Ctx, []types.Datum) (types.Datum, error) { return types.Bool(true), nil })
	combineFuncs(r)
	makeFuncs(r)
	zoneFuncs(r)
	overlapFuncs(r)
	dateConversions(r)
	fieldFuncs(r)
	truncFuncs(r)
}

// Micros is a time as a timestamptz value.
func Micros(t time.Time) int64 { return (t.Unix()-unixEpoch)*usPerSecond + int64(t.Nanosecond()/1000) }

// TimeOf is a timestamptz value as a time.
func TimeOf(v int64) time.Time {
	s, us := floorDiv(v, usPerSecond)
	return time.Unix(s+unixEpoch, us*1000)
}

func floorDiv(a, b int64) (q, r int64) {
	q, r = a/b, a%b
	if r < 0 {
		q, r = q-1, r+b
	}
	return q, r
}

// zoneOffset is the zone's offset east of UTC in seconds at an instant.
func zoneOffset(loc *time.Location, v int64) int64 {
	if loc == time.UTC || loc == nil {
		return 0
	}
	s, _ := floorDiv(v, usPerSecond)
	_, off := time.Unix(s+unixEpoch, 0).In(loc).Zone()
	return int64(off)
}

// toUTC is the instant of a local time: times in a gap take the offset before
// it, ambiguous ones the offset after the change (as PostgreSQL decides).
func toUTC(loc *time.Location, v int64) int64 {
	before, after := zoneOffset(loc, v-usPerDay), zoneOffset(loc, v+usPerDay)
	if before != after && zoneOffset(loc, v-after*usPerSecond) == after {
		return v - after*usPerSecond
	}
	return v - before*usPerSecond
}

func localToUTC(c *Ctx, v int64) int64 { return toUTC(c.Format.TimeZone, v) }

// utcToLocal is the local time of an instant in the session's zone.
func utcToLocal(c *Ctx, v int64) int64 {
	if types.IsInfinite(types.TimestamptzOID, v) {
		return v
	}
	return v + zoneOffset(c.Format.TimeZone, v)*usPerSecond
}

func timestampRange() error {
	return pgerr.New(pgerrcode.DatetimeFieldOverflow, "timestamp out of range")
}

func dateRange() error { return pgerr.New(pgerrcode.DatetimeFieldOverflow, "date out of range") }

func checkTimestamp(v int64) (types.Datum, error) {
	if v < minTimestamp || v >= endTimestamp {
		return types.Datum{}, timestampRange()
	}
	return types.Int(v), nil
}

func addDays(d, n int64) (types.Datum, error) {
	if types.IsInfinite(types.DateOID, d) {
		return types.Int(d), nil
	}
	if d+n < minDate || d+n >= endDate {
		return types.Datum{}, dateRange()
	}
	return types.Int(d + n), nil
}

// timestampDifference is a − b in days and time.
func timestampDifference(_ *Ctx, a []types.Datum) (types.Datum, error) {
	x, y := a[0].Int(), a[1].Int()
	if types.IsInfinite(types.TimestampOID, x) || types.IsInfinite(types.TimestampOID, y) {
		return types.Datum{}, pgerr.New(pgerrcode.DatetimeFieldOverflow, "cannot subtract infinite timestamps")
	}
	iv, err := types.JustifyHours(types.Interval{Micros: x - y}) // which may wrap around, and does
	return types.MakeInterval(iv), err
}

// combineFuncs registers date + time and the like.
func combineFuncs(r *registrar) {
	join := func(day, tod int64) (types.Datum, error) {
		if types.IsInfinite(types.DateOID, day) {
			return types.Int(infiniteTimestamp(day)), nil
		}
		if day < minDate || day > math.MaxInt64/usPerDay-1 {
			return types.Datum{}, pgerr.New(pgerrcode.DatetimeFieldOverflow, "date out of range for timestamp")
		}
		return checkTimestamp(day*usPerDay + tod)
	}
	r.eval("datetime_timestamp", func(_ *Ctx, a []types.Datum) (types.Datum, error) { return join(a[0].Int(), a[1].Int()) })
	r.eval("timedate_pl(time,date)", func(_ *Ctx, a []types.Datum) (types.Datum, error) { return join(a[1].Int(), a[0].Int()) })
	zoned := func(day, tz types.Datum) (types.Datum, error) {
		us, east := types.TimetzOf(tz)
		return join(day.Int(), us-int64(east)*usPerSecond)
	}
	r.eval("datetimetz_timestamptz", func(_ *Ctx, a []types.Datum) (types.Datum, error) { return zoned(a[0], a[1]) })
	r.eval("timetzdate_pl(timetz,date)", func(_ *Ctx, a []types.Datum) (types.Datum, error) { return zoned(a[1], a[0]) })
	r.eval("timestamptz(date,time)", func(c *Ctx, a []types.Datum) (types.Datum, error) {
		d, err := join(a[0].Int(), a[1].Int())
		if err != nil || types.IsInfinite(types.TimestampOID, d.Int()) {
			return d, err
		}
		return checkTimestamp(localToUTC(c, d.Int()))
	})
}

func infiniteTimestamp(day int64) int64 {
	if day > 0 {
		return math.MaxInt64
	}
	return math.MinInt64
}

// checkScale refuses modifiers that no declaration makes, as far as PostgreSQL does.
func checkScale(t types.T, d types.Datum) error {
	switch t.OID {
	case types.TimestampOID, types.TimestamptzOID:
		if t.Mod != -1 && (t.Mod < 0 || t.Mod > types.MaxPrecision) && !types.IsInfinite(t.OID, d.Int()) {
			return badParam("timestamp(%d) precision must be between 0 and %d", t.Mod, types.MaxPrecision)
		}
	case types.IntervalOID:
		const full = 0xFFFF
		precision := t.Mod & full
		switch {
		case t.Mod < 0:
		case !types.IntervalFields(t.Mod):
			return pgerr.Newf(pgerrcode.InternalError, "unrecognized interval typmod: %d", t.Mod)
		case precision != full && precision > types.MaxPrecision:
			return badParam("interval(%d) precision must be between 0 and %d", precision, types.MaxPrecision)
		}
	}
	return nil
}

// dateConversions registers the functions behind casts among date/time types.
func dateConversions(r *registrar) {
	to := func(t types.OID) Eval {
		return func(c *Ctx, a []types.Datum) (types.Datum, error) {
			return Convert(c, c.argT(0), types.Of(t), a[0], true)
		}
	}
	r.evals(to(types.TimestamptzOID), "date_timestamptz", "timestamp_timestamptz")
	r.evals(to(types.TimestampOID), "date_timestamp", "timestamptz_timestamp")
	r.evals(to(types.DateOID), "timestamp_date", "timestamptz_date")
	r.evals(to(types.TimeOID), "timestamp_time", "timestamptz_time", "interval_time", "timetz_time")
	r.evals(to(types.TimetzOID), "timestamptz_timetz", "time_timetz")
	r.evals(to(types.IntervalOID), "time_interval")
	scale := func(c *Ctx, a []types.Datum) (types.Datum, error) {
		t := types.T{OID: c.argT(0).OID, Mod: int32(a[1].Int())}
		if err := checkScale(t, a[0]); err != nil {
			return types.Datum{}, err
		}
		return types.ApplyTypmod(t, a[0], true)
	}
	r.evals(scale, "timestamp_scale", "timestamptz_scale", "time_scale", "timetz_scale", "interval_scale")
	r.eval("float8_timestamptz", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		x := a[0].Float()
		switch {
		case math.IsInf(x, 1):
			return types.Int(math.MaxInt64), nil
		case math.IsInf(x, -1):
			return types.Int(math.MinInt64), nil
		case math.IsNaN(x):
			return types.Datum{}, pgerr.New(pgerrcode.DatetimeFieldOverflow, "timestamp cannot be NaN")
		}
		v := math.RoundToEven((x - unixEpoch) * 1e6)
		if v < minTimestamp || v >= endTimestamp {
			return types.Datum{}, pgerr.Newf(pgerrcode.DatetimeFieldOverflow, "timestamp out of range: \"%s\"", shortFloat(x, 0))
		}
		return types.Int(int64(v)), nil
	})
}

// shortFloat prints six digits, as %g of C does, with zeros before it up to a width.
func shortFloat(v float64, width int) string {
	switch {
	case math.IsInf(v, 0):
		return strings.TrimPrefix(strings.Replace(fmt.Sprint(v), "Inf", "Infinity", 1), "+")
	case math.IsNaN(v):
		return "NaN"
	}
	return fmt.Sprintf("%0*.6g", width, v)
}

// makeFuncs registers make_date, make_time, make_timestamp[tz] and make_interval.
func makeFuncs(r *registrar) {
	r.eval("make_date", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		y := a[0].Int()
		if y < 0 && y > math.MinInt32 { // errors tell years before the first as one has them in sums
			y++
		}
		d, err := makeDate(a[0].Int(), a[1].Int(), a[2].Int(), y)
		return types.Int(d), err
	})
	r.eval("make_time", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		us, err := makeTime(a[0].Int(), a[1].Int(), a[2].Float())
		return types.Int(us), err
	})
	stamp := func(a []types.Datum) (int64, error) {
		d, err := makeDate(a[0].Int(), a[1].Int(), a[2].Int(), a[0].Int())
		if err != nil {
			return 0, err
		}
		us, err := makeTime(a[3].Int(), a[4].Int(), a[5].Float())
		if err != nil {
			return 0, err
		}
		v, err := checkTimestamp(d*usPerDay + us)
		return v.Int(), err
	}
	r.eval("make_timestamp", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		v, err := stamp(a)
		return types.Int(v), err
	})
	r.eval("make_timestamptz", func(c *Ctx, a []types.Datum) (types.Datum, error) {
		v, err := stamp(a)
		return types.Int(localToUTC(c, v)), err
	})
	r.eval("make_timestamptz_at_timezone", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		v, err := stamp(a)
		if err != nil {
			return types.Datum{}, err
		}
		off, err := saneZone(a[6].Text(), v)
		return types.Int(v - off*usPerSecond), err
	})
	r.eval("make_interval", makeInterval)
}

// makeDate is a day by its parts; shown is the year that errors tell.
func makeDate(y, m, d, shown int64) (int64, error) {
	bad := func() (int64, error) {
		return 0, pgerr.Newf(pgerrcode.DatetimeFieldOverflow, "date field value out of range: %d-%02d-%02d", shown, m, d)
	}
	far := func() (int64, error) {
		return 0, pgerr.Newf(pgerrcode.DatetimeFieldOverflow, "date out of range: %d-%02d-%02d", shown, m, d)
	}
	year := y
	if year < 0 {
		year++
	} else if year == 0 {
		return bad()
	}
	if y <= math.MinInt32 || m < 1 || m > 12 || d < 1 || d > 31 {
		return bad()
	}
	cycle := 2000 + year%400 // of the same length in days, month by month
	if _, mm, _ := types.CivilFromDays(types.DaysFromCivil(int(cycle), int(m), int(d))); mm != int(m) {
		return bad()
	}
	if year > 5874897 || year < -4713 {
		return far()
	}
	days := types.DaysFromCivil(int(year), int(m), int(d))
	if days < minDate {
		return far()
	}
	return int64(days), nil
}

func makeTime(h, m int64, s float64) (int64, error) {
	if h < 0 || h > 24 || m < 0 || m > 59 || math.IsNaN(s) || s < 0 || s > 60 || h == 24 && (m > 0 || s > 0) {
		return 0, pgerr.Newf(pgerrcode.DatetimeFieldOverflow, "time field value out of range: %d:%02d:%s", h, m, shortFloat(s, 2))
	}
	return h*usPerHour + m*usPerMinute + int64(math.RoundToEven(s*1e6)), nil
}

func makeInterval(_ *Ctx, a []types.Datum) (types.Datum, error) {
	part := func(i int) int64 {
		if i < len(a) {
			return a[i].Int()
		}
		return 0
	}
	secs := 0.0
	if len(a) > 6 {
		secs = a[6].Float()
	}
	if math.IsNaN(secs) || math.IsInf(secs, 0) {
		return types.Datum{}, pgerr.New(pgerrcode.DatetimeFieldOverflow, "interval out of range")
	}
	// PostgreSQL 15 checks nothing else: numbers wrap, and seconds beyond 64 bits of µs
	// become the smallest of these numbers.
	months, days := part(0)*12+part(1), part(2)*7+part(3)
	us := int64(math.MinInt64)
	if s := math.RoundToEven(secs * 1e6); s >= -1<<63 && s < 1<<63 {
		us = int64(s)
	}
	micros := part(4)*usPerHour + part(5)*usPerMinute + us
	return types.MakeInterval(types.Interval{Months: int32(months), Days: int32(days), Micros: micros}), nil
}
