package builtin

import (
	"math"

	"github.com/loxodb/loxodb/sql/types"
)

// stampBeside is what a number or text is compared as beside a date, whose digits make a number
// of so many. A text that is no date is before all of them, as MySQL's zero date is; a number
// that is none compares with the date's, so it is a moment after the last date that is less.
func stampBeside(c *Ctx, a []types.Datum) (types.Datum, error) {
	v := typed{c.argT(0), a[0]}
	if us, ok := readStamp(c, v); ok && (isTextType(v.t.OID) || mysqlFloat(c, v) != 0) {
		return checkTimestamp(us)
	}
	end := "-infinity"
	if !isTextType(v.t.OID) {
		n := mysqlFloat(c, v)
		if a[1].Int() > 8 { // with a time of day
			n = math.Floor(n / 1e6)
		}
		if n > 99991231 {
			end = "infinity"
		} else if at, ok := lastBefore(int64(n)); ok {
			return checkTimestamp(at)
		}
	}
	return types.ParseText(types.Of(types.TimestampOID), end, types.DefaultFormat)
}

// lastBefore is the end of the last day whose digits make a number below n, or n.
func lastBefore(n int64) (us int64, ok bool) {
	year, month, day := n/10000, n/100%100, n%100
	switch {
	case year < 1:
		return 0, false
	case month == 0:
		year, month, day = year-1, 12, 31
	case month > 12:
		month, day = 12, 31
	case day == 0:
		if month--; month == 0 {
			year, month = year-1, 12
		}
		day = 31
	}
	for d := min(day, 31); d > 0; d-- {
		if us, ok = stampOf([7]int64{year, month, d, 23, 59, 59, 999999}); ok {
			return us, true
		}
	}
	return 0, false
}
