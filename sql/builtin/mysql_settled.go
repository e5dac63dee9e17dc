package builtin

import (
	"strings"

	"github.com/loxodb/loxodb/sql/types"
)

// MySQL's functions of dates take what is none, and so are not immutable: a TIMESTAMP is a date of the
// session's time zone, a TIME one of today. Of other values they may be stored.

// settledFamily are those functions.
var settledFamily = names(`time strict_time strict_day_time timediff time_to_sec addtime subtime date timestamp clock_sign
to_span week yearweek dayname monthname last_day to_days to_seconds datediff timestampdiff date_add date_sub datetime_add
datetime_sub date_format time_format strict_stamp stamp_beside year month day dayofmonth dayofweek dayofyear weekday weekofyear
quarter hour minute second microsecond`)

func names(list string) map[string]bool {
	m := map[string]bool{}
	for name := range strings.FieldsSeq(list) {
		m[name] = true
	}
	return m
}

// Settled reports that a call with arguments of such types has always the same result for the same values.
func (f *Func) Settled(args []types.T) bool {
	if f.Volatility == Immutable {
		return true
	}
	if !f.settled {
		return false
	}
	for i, t := range args {
		kind := f.Takes[min(i, len(f.Takes)-1)]
		switch t.OID {
		case types.TimestamptzOID, types.TimetzOID:
			return false
		case types.IntervalOID, types.TimeOID:
			if kind == 'd' {
				return false
			}
		}
	}
	return true
}
