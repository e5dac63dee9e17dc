package builtin

import "github.com/loxodb/loxodb/sql/types"

// settled is the volatility of MySQL's functions of dates: they take what is none, and so are not
// immutable: a TIMESTAMP is a date of the session's time zone, a TIME one of today. Of other values
// they may be stored.
const settled = 'd'

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
