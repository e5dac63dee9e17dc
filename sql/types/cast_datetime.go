package types

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// castDateTime converts among the date/time types; done is false when there is
// no such conversion.
func castDateTime(from, to T, d Datum, f *Format) (out Datum, done bool, err error) {
	v := d.Int()
	switch to.OID {
	case DateOID:
		switch from.OID {
		case TimestampOID:
			return Int(timestampToDate(v)), true, nil
		case TimestamptzOID:
			return Int(timestampToDate(toLocal(v, f))), true, nil
		}
	case TimestampOID:
		switch from.OID {
		case DateOID:
			out, err = DateToTimestamp(v)
			return out, true, err
		case TimestamptzOID:
			local := toLocal(v, f)
			if !IsInfinite(TimestampOID, local) && !validTimestamp(local) {
				return Datum{}, false, timestampRange()
			}
			return Int(local), true, nil
		}
	case TimestamptzOID:
		switch from.OID {
		case DateOID:
			if out, err = DateToTimestamp(v); err != nil {
				return out, false, err
			}
			if out, err = localToTimestamptz(out.Int(), f); err != nil {
				err = pgerr.New(pgerrcode.DatetimeFieldOverflow, "date out of range for timestamp")
			}
			return out, true, err
		case TimestampOID:
			out, err = localToTimestamptz(v, f)
			return out, true, err
		}
	case TimeOID:
		return castToTime(from, d, f)
	case TimetzOID:
		switch from.OID {
		case TimeOID:
			return makeTimetz(v, -utcOffset(f.TimeZone, f.now())), true, nil
		case TimestamptzOID:
			if IsInfinite(TimestamptzOID, v) {
				return Null, true, nil
			}
			_, us := splitDay(toLocal(v, f))
			return makeTimetz(us, -utcOffset(f.TimeZone, v)), true, nil
		}
	case IntervalOID:
		if from.OID == TimeOID {
			return MakeInterval(Interval{Micros: v}), true, nil
		}
	}
	return Datum{}, false, nil
}

func castToTime(from T, d Datum, f *Format) (Datum, bool, error) {
	v := d.Int()
	switch from.OID {
	case TimestamptzOID, TimestampOID:
		if IsInfinite(from.OID, v) {
			return Null, true, nil
		}
		if from.OID == TimestamptzOID {
			v = toLocal(v, f)
		}
		_, us := splitDay(v)
		return Int(us), true, nil
	case TimetzOID:
		us, _ := timetzOf(d)
		return Int(us), true, nil
	case IntervalOID:
		_, us := splitDay(IntervalOf(d).Micros)
		return Int(us), true, nil
	}
	return Datum{}, false, nil
}

func timestampToDate(v int64) int64 {
	switch v {
	case TimestampInfinity:
		return DateInfinity
	case TimestampNegInfinity:
		return DateNegInfinity
	}
	days, _ := splitDay(v)
	return int64(days)
}

// toLocal is a timestamptz as a timestamp in the session's zone.
func toLocal(v int64, f *Format) int64 {
	if IsInfinite(TimestamptzOID, v) {
		return v
	}
	return v + int64(utcOffset(f.TimeZone, v))*usPerSec
}

// localToTimestamptz reads a timestamp in the session's zone.
func localToTimestamptz(v int64, f *Format) (Datum, error) {
	if IsInfinite(TimestampOID, v) {
		return Int(v), nil
	}
	v -= int64(localOffset(f.TimeZone, v)) * usPerSec
	if !validTimestamp(v) {
		return Datum{}, timestampRange()
	}
	return Int(v), nil
}

// DateToTimestamp is the midnight that a date starts with; 22008 when there is
// no such timestamp.
func DateToTimestamp(days int64) (Datum, error) {
	switch days {
	case DateInfinity:
		return Int(TimestampInfinity), nil
	case DateNegInfinity:
		return Int(TimestampNegInfinity), nil
	}
	if days >= endTimestamp/usPerDay {
		return Datum{}, pgerr.New(pgerrcode.DatetimeFieldOverflow, "date out of range for timestamp")
	}
	return Int(days * usPerDay), nil
}

// AtTimeZone is timestamp AT TIME ZONE zone, giving a timestamptz (local true),
// or timestamptz AT TIME ZONE zone, giving a timestamp.
func AtTimeZone(zone string, v int64, local bool) (Datum, error) {
	if IsInfinite(TimestampOID, v) {
		return Int(v), nil
	}
	off, err := ZoneOffset(zone, v, local)
	if err != nil {
		return Datum{}, err
	}
	if local {
		off = -off
	}
	v += int64(off) * usPerSec
	if !validTimestamp(v) {
		return Datum{}, timestampRange()
	}
	return Int(v), nil
}
