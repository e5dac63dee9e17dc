package builtin

import (
	"math"

	"github.com/loxodb/loxodb/sql/types"
)

// intervalFuncs registers arithmetic of and with intervals.
func intervalFuncs(r *registrar) {
	two := func(f func(a, b types.Interval) (types.Interval, error)) Eval {
		return func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			iv, err := f(types.IntervalOf(a[0]), types.IntervalOf(a[1]))
			return types.MakeInterval(iv), err
		}
	}
	one := func(f func(a types.Interval) (types.Interval, error)) Eval {
		return func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			iv, err := f(types.IntervalOf(a[0]))
			return types.MakeInterval(iv), err
		}
	}
	r.eval("interval_pl", two(types.IntervalAdd))
	r.eval("interval_mi", two(types.IntervalSub))
	r.eval("interval_um", one(types.IntervalNeg))
	r.eval("interval_justify_hours", one(types.JustifyHours))
	r.eval("interval_justify_days", one(types.JustifyDays))
	r.eval("interval_justify_interval", one(types.JustifyInterval))
	r.eval("interval_mul", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		iv, err := types.IntervalMul(types.IntervalOf(a[0]), a[1].Float())
		return types.MakeInterval(iv), err
	})
	r.eval("mul_d_interval", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		iv, err := types.IntervalMul(types.IntervalOf(a[1]), a[0].Float())
		return types.MakeInterval(iv), err
	})
	r.eval("interval_div", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		iv, err := types.IntervalDiv(types.IntervalOf(a[0]), a[1].Float())
		return types.MakeInterval(iv), err
	})
	shiftFuncs(r)
	ageFuncs(r)
}

// shiftFuncs registers x + interval, x − interval and interval + x.
func shiftFuncs(r *registrar) {
	shift := func(xi, ii int, neg bool) Eval {
		return func(c *Ctx, a []types.Datum) (types.Datum, error) {
			iv := types.IntervalOf(a[ii])
			if neg {
				var err error
				if iv, err = types.IntervalNeg(iv); err != nil {
					return types.Datum{}, err
				}
			}
			t := c.argT(xi).OID
			if t == types.TimetzOID {
				us, east := types.TimetzOf(a[xi])
				_, us = floorDiv(us+iv.Micros, usPerDay) // wraps around, as in PostgreSQL
				return types.MakeTimetz(us, east), nil
			}
			return addInterval(c, t, a[xi].Int(), iv)
		}
	}
	for _, t := range []string{"timestamp", "timestamptz", "date", "time", "timetz"} {
		r.eval(t+"_pl_interval", shift(0, 1, false))
		r.eval(t+"_mi_interval", shift(0, 1, true))
		r.eval("interval_pl_"+t+"(interval,"+t+")", shift(1, 0, false))
	}
}

// addInterval adds to a timestamp, timestamptz, date (giving timestamp) or time:
// months first, then days, both in local time, then the rest.
func addInterval(c *Ctx, t types.OID, v int64, iv types.Interval) (types.Datum, error) {
	switch t {
	case types.TimeOID:
		_, us := floorDiv(v+iv.Micros, usPerDay)
		return types.Int(us), nil
	case types.DateOID:
		d, err := types.DateToTimestamp(v)
		if err != nil {
			return d, err
		}
		v = d.Int()
	}
	if types.IsInfinite(types.TimestampOID, v) {
		return types.Int(v), nil
	}
	zoned := t == types.TimestamptzOID
	if iv.Months != 0 || iv.Days != 0 {
		local := v
		if zoned {
			local = utcToLocal(c, v)
		}
		day, us := floorDiv(local, usPerDay)
		if iv.Months != 0 {
			day = addMonths(day, int64(iv.Months))
		}
		day += int64(iv.Days)
		if day < minDate || day > endTimestamp/usPerDay {
			return types.Datum{}, timestampRange()
		}
		if v = day*usPerDay + us; zoned {
			v = localToUTC(c, v)
		}
	}
	sum := v + iv.Micros
	if (v^sum)&(iv.Micros^sum) < 0 {
		return types.Datum{}, timestampRange()
	}
	return checkTimestamp(sum)
}

// addMonths moves a day by months; a day beyond the end of the month becomes its last.
func addMonths(day, months int64) int64 {
	y, m, d := types.CivilFromDays(int(day))
	total := int64(y)*12 + int64(m-1) + months
	ny, nm := floorDiv(total, 12)
	if ny > 300000 || ny < -300000 {
		return math.MaxInt32
	}
	last := types.DaysFromCivil(int(ny), int(nm)+1, 28) + 3
	for {
		if _, mm, _ := types.CivilFromDays(last); mm == int(nm)+1 {
			break
		}
		last--
	}
	return int64(min(types.DaysFromCivil(int(ny), int(nm)+1, d), last))
}

// ageFuncs registers age(): a difference in years, months and days.
func ageFuncs(r *registrar) {
	r.eval("timestamp_age", func(_ *Ctx, a []types.Datum) (types.Datum, error) { return age(a[0].Int(), a[1].Int()) })
	r.eval("timestamptz_age", func(c *Ctx, a []types.Datum) (types.Datum, error) {
		return age(utcToLocal(c, a[0].Int()), utcToLocal(c, a[1].Int()))
	})
	today := func(c *Ctx) int64 {
		day, _ := floorDiv(utcToLocal(c, Micros(c.TxnTime)), usPerDay)
		return day * usPerDay
	}
	r.eval("age(timestamp)", func(c *Ctx, a []types.Datum) (types.Datum, error) { return age(today(c), a[0].Int()) })
	r.eval("age(timestamptz)", func(c *Ctx, a []types.Datum) (types.Datum, error) {
		return age(today(c), utcToLocal(c, a[0].Int()))
	})
	r.eval("mxid_age", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		if a[0].Int() == 0 {
			return types.Int(math.MaxInt32), nil
		}
		return types.Int(int64(int32(1 - uint32(a[0].Int())))), nil // none was ever made here: the next is the first
	})
	r.eval("xid_age", func(c *Ctx, a []types.Datum) (types.Datum, error) {
		if a[0].Int() < 3 {
			return types.Int(math.MaxInt32), nil
		}
		now := uint64(0)
		if c.Session != nil {
			var err error
			if now, err = c.Session.NextTxnID(c.Context); err != nil {
				return types.Datum{}, err
			}
		}
		return types.Int(int64(int32(uint32(now) - uint32(a[0].Int())))), nil
	})
}

// age is timestamp_age: field by field, borrowing days from the month of the
// earlier time.
func age(x, y int64) (types.Datum, error) {
	if min(x, y) == math.MinInt64 { // infinity is taken for the time that its number would be
		return types.Datum{}, timestampRange()
	}
	sign := int64(1)
	if x < y {
		x, y, sign = y, x, -1
	}
	dx, tx := floorDiv(x, usPerDay)
	dy, ty := floorDiv(y, usPerDay)
	y1, m1, d1 := types.CivilFromDays(int(dx))
	y2, m2, d2 := types.CivilFromDays(int(dy))
	us, days, months := tx-ty, d1-d2, (y1-y2)*12+m1-m2
	if us < 0 {
		us += usPerDay
		days--
	}
	for days < 0 {
		days += monthLength(y2, m2)
		months--
	}
	return types.MakeInterval(types.Interval{
		Micros: sign * us, Days: int32(sign) * int32(days), Months: int32(sign) * int32(months),
	}), nil
}

func monthLength(y, m int) int {
	if m == 12 {
		return 31
	}
	return types.DaysFromCivil(y, m+1, 1) - types.DaysFromCivil(y, m, 1)
}
