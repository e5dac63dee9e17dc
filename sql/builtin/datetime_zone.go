package builtin

import (
	"strings"

	"github.com/loxodb/loxodb/sql/types"
)

// zoneFuncs registers timezone(zone, x), which AT TIME ZONE is.
func zoneFuncs(r *registrar) {
	// a local time of the zone becomes an instant
	r.eval("timestamp_zone", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		v := a[1].Int()
		if types.IsInfinite(types.TimestampOID, v) {
			return a[1], nil
		}
		off, err := types.ZoneOffset(a[0].Text(), v, true)
		if err != nil {
			return types.Datum{}, err
		}
		return checkTimestamp(v - int64(off)*usPerSecond)
	})
	// an instant becomes the zone's local time
	r.eval("timestamptz_zone", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		v := a[1].Int()
		if types.IsInfinite(types.TimestampOID, v) {
			return a[1], nil
		}
		off, err := types.ZoneOffset(a[0].Text(), v, false)
		if err != nil {
			return types.Datum{}, err
		}
		return checkTimestamp(v + int64(off)*usPerSecond)
	})
	r.eval("timestamp_izone", func(_ *Ctx, a []types.Datum) (types.Datum, error) { return byInterval(a, -1) })
	r.eval("timestamptz_izone", func(_ *Ctx, a []types.Datum) (types.Datum, error) { return byInterval(a, 1) })
	r.eval("timetz_zone", func(c *Ctx, a []types.Datum) (types.Datum, error) {
		off, err := types.ZoneOffset(a[0].Text(), Micros(c.TxnTime), false)
		if err != nil {
			return types.Datum{}, err
		}
		return shiftTimetz(a[1], off), nil
	})
	r.eval("timetz_izone", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		secs, err := intervalZone(a[0])
		if err != nil {
			return types.Datum{}, err
		}
		return shiftTimetz(a[1], int(secs)), nil
	})
}

func byInterval(a []types.Datum, sign int64) (types.Datum, error) {
	if types.IsInfinite(types.TimestampOID, a[1].Int()) {
		return a[1], nil
	}
	secs, err := intervalZone(a[0])
	if err != nil {
		return types.Datum{}, err
	}
	return checkTimestamp(a[1].Int() + sign*secs*usPerSecond)
}

// intervalZone is the offset in seconds of a zone written as an interval.
func intervalZone(d types.Datum) (int64, error) {
	iv := types.IntervalOf(d)
	if iv.Months != 0 || iv.Days != 0 {
		return 0, badParam("interval time zone \"%s\" must not include months or days",
			types.AppendText(nil, types.Of(types.IntervalOID), d, types.DefaultFormat))
	}
	return iv.Micros / usPerSecond, nil
}

// shiftTimetz shows the same instant of the day at another offset.
func shiftTimetz(d types.Datum, east int) types.Datum {
	us, old := types.TimetzOf(d)
	_, us = floorDiv(us+int64(east-old)*usPerSecond, usPerDay)
	return types.MakeTimetz(us, east)
}

// overlapFuncs registers OVERLAPS, (s1, e1) against (s2, e2).
func overlapFuncs(r *registrar) {
	plain := func(c *Ctx, a []types.Datum) (types.Datum, error) { return overlaps(c.argT(0), a), nil }
	r.evals(plain, "overlaps_timestamp", "overlaps_time", "overlaps_timetz")
	for _, t := range []string{"timestamp", "timestamptz", "time"} {
		for _, shape := range []string{"%i%i", "%%%i", "%i%%"} {
			key := "overlaps("
			var ends []int
			for k := range 4 {
				if k > 0 {
					key += ","
				}
				if shape[k] == 'i' {
					key += "interval"
					ends = append(ends, k)
				} else {
					key += t
				}
			}
			r.eval(key+")", func(c *Ctx, a []types.Datum) (types.Datum, error) { return overlapsEnds(c, a, ends) })
		}
	}
}

// overlapsEnds replaces the lengths at positions ends by end points.
func overlapsEnds(c *Ctx, a []types.Datum, ends []int) (types.Datum, error) {
	b := append([]types.Datum(nil), a...)
	for _, k := range ends {
		if b[k].IsNull() || b[k-1].IsNull() {
			b[k] = types.Null
			continue
		}
		d, err := addInterval(c, c.argT(0).OID, b[k-1].Int(), types.IntervalOf(b[k]))
		if err != nil {
			return types.Datum{}, err
		}
		b[k] = d
	}
	return overlaps(c.argT(0), b), nil
}

// overlaps follows SQL92: NULL end points make a period open but known to
// contain its other end.
func overlaps(t types.T, a []types.Datum) types.Datum {
	s1, e1, s2, e2 := a[0], a[1], a[2], a[3]
	order := func(s, e *types.Datum) bool {
		if s.IsNull() {
			*s, *e = *e, *s
			return !s.IsNull()
		}
		if !e.IsNull() && types.Compare(t, *s, *e) > 0 {
			*s, *e = *e, *s
		}
		return true
	}
	if !order(&s1, &e1) || !order(&s2, &e2) {
		return types.Null
	}
	c := types.Compare(t, s1, s2)
	if c == 0 {
		if e1.IsNull() || e2.IsNull() {
			return types.Null
		}
		return types.Bool(true)
	}
	if c < 0 {
		s1, e1, s2, e2 = s2, e2, s1, e1
	}
	// s1 is the later start
	if e2.IsNull() {
		return types.Null
	}
	if types.Compare(t, s1, e2) < 0 {
		return types.Bool(true)
	}
	if e1.IsNull() {
		return types.Null
	}
	return types.Bool(false)
}

// saneZone is the offset east of UTC, at a local time, of a zone that is named or written
// as in ISO 8601: +02 is two hours east.
func saneZone(name string, v int64) (int64, error) {
	if name != "" && name[0] >= '0' && name[0] <= '9' {
		return 0, badParam("invalid input syntax for type %s: \"%s\"", "numeric time zone", name).
			WithHint("Numeric time zones must have \"-\" or \"+\" as first character.")
	}
	if name == "" || name[0] != '+' && name[0] != '-' {
		off, err := types.ZoneOffset(name, v, true)
		return int64(off), err
	}
	hour, n := leadingInt(name[1:])
	rest := name[1+n:]
	part := func() (v int64) {
		if after, ok := strings.CutPrefix(rest, ":"); ok {
			v, n = leadingInt(after)
			rest = after[n:]
		}
		return v
	}
	minute := part()
	second := part()
	if rest == "" && len(name) > 3 && !strings.Contains(name, ":") { // hhmm
		hour, minute = hour/100, hour%100
	}
	switch {
	case hour < 0 || hour > 15 || minute < 0 || minute > 59 || second < 0 || second > 59:
		return 0, badParam("numeric time zone \"%s\" out of range", name)
	case rest != "":
		off, err := types.ZoneOffset(name, v, true)
		return int64(off), err
	}
	off := hour*3600 + minute*60 + second
	if name[0] == '-' {
		off = -off
	}
	return off, nil
}
