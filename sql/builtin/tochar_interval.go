package builtin

import (
	"fmt"
	"strconv"
)

// looseDate gives an interval's fields the numbers that fields of dates have: months
// and days that are none, years of twelve months of thirty days.
func (t *charTime) looseDate() {
	t.date = looseDays(t.year, t.month, t.day)
	t.yearDay = int((int32(t.year)*12+int32(t.month))*30 + int32(t.day))
	t.isoWeek, t.isoYear = looseWeek(t.year, t.date)
}

// looseDays counts days as types.DaysFromCivil does, from any month and day, dividing
// towards zero also before the year −4800, in 32 bits.
func looseDays(y, m, d int) int {
	year, month, day := int32(y), int32(m), int32(d)
	if month > 2 {
		month, year = month+1, year+4800
	} else {
		month, year = month+13, year+4799
	}
	leap := year/4 - year/100 + year/400
	return int(year*365+leap+7834*month/256+day-32167) - julianEpoch
}

// looseWeek is isoWeek of a day that need not lie in the year it was counted from.
func looseWeek(of, date int) (week, year int) {
	year = of
	monday := firstMonday(year)
	if date < monday {
		year--
		monday = firstMonday(year)
	}
	if week = (date-monday)/7 + 1; week >= 52 {
		if next := firstMonday(year + 1); date >= next {
			year, week = year+1, (date-next)/7+1
		}
	}
	return week, year
}

// firstMonday is where the year's first ISO week begins.
func firstMonday(year int) int {
	fourth := looseDays(year, 1, 4)
	return fourth - (weekday(fourth)+6)%7
}

// romanMonth counts from 0. Months that are negative count back from the year's end;
// an interval of whole years is in December, or going back in January.
func (t *charTime) romanMonth() int {
	switch {
	case t.month > 0:
		return t.month - 1
	case t.month < 0:
		return t.month + 12
	case t.year < 0:
		return 0
	}
	return 11
}

// hour12 counts hours as clocks do; those of an interval may be negative, and make
// room for a sign whether there is one or not.
func (t *charTime) hour12(n *tplNode) string {
	h := t.hour % 12
	if h == 0 {
		h = 12
	}
	if n.fm {
		return strconv.FormatInt(h, 10)
	}
	width := 2
	if t.hour < 0 {
		width++
	}
	return fmt.Sprintf("%0*d", width, h)
}
