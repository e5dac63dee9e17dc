package builtin

import (
	"strconv"
	"strings"
	"time"

	"github.com/loxodb/loxodb/sql/types"
)

// dateReader reads a date by a format.
type dateReader struct {
	s    string
	n    [7]int64
	pm   bool
	half bool // 12-hour clock
	yday int64
	week weekReader
}

// strToDate is STR_TO_DATE: NULL when the text does not fit.
func strToDate(_ *Ctx, a []types.Datum) (types.Datum, error) {
	n, ok := readDate(a)
	if !ok {
		return null()
	}
	us, ok := stampOf(n)
	if !ok {
		return null()
	}
	return types.Int(us), nil
}

// strToTime is STR_TO_DATE by a format of a time alone.
func strToTime(_ *Ctx, a []types.Datum) (types.Datum, error) {
	n, ok := readDate(a)
	if !ok || n[3] > 23 || n[4] > 59 || n[5] > 59 {
		return null()
	}
	return types.Int((n[3]*3600+n[4]*60+n[5])*usPerSecond + n[6]), nil
}

// readDate reads a text by a format: year, month, day, hour, minute, second and microsecond.
func readDate(a []types.Datum) (n [7]int64, ok bool) {
	r := &dateReader{s: strings.TrimLeft(a[0].Text(), " "), week: weekReader{number: -1, year: -1}}
	format := a[1].Text()
	for i := 0; i < len(format); i++ {
		ch := format[i]
		ok := true
		switch {
		case ch == '%' && i+1 < len(format):
			i++
			ok = r.field(format[i])
		case ch == ' ':
			r.s = strings.TrimLeft(r.s, " ")
		default:
			r.s, ok = strings.CutPrefix(r.s, string(ch))
		}
		if !ok {
			return n, false
		}
	}
	if r.half {
		if r.n[3] < 1 || r.n[3] > 12 {
			return n, false
		}
		r.n[3] %= 12
		if r.pm {
			r.n[3] += 12
		}
	}
	if r.yday > 0 {
		r.on(time.Date(int(r.n[0]), 1, int(r.yday), 0, 0, 0, 0, time.UTC))
	}
	if r.week.number >= 0 && r.week.day > 0 {
		t, ok := r.week.date(int(r.n[0]))
		if !ok {
			return n, false
		}
		r.on(t)
	}
	return r.n, true
}

// on sets the day.
func (r *dateReader) on(t time.Time) {
	r.n[0], r.n[1], r.n[2] = int64(t.Year()), int64(t.Month()), int64(t.Day())
}

// weekReader is a day told by its week and day of the week.
type weekReader struct {
	number int64 // -1 = none
	sunday bool  // weeks begin with one (%U, %V); else the first one has four days of the year
	own    bool  // the number goes with year (%V, %v), else with the calendar's
	year   int64 // %X or %x, -1 = none
	yearly bool  // the year is of weeks that begin with a Sunday (%X)
	day    int   // 1 = Monday … 7 = Sunday, 0 = none
}

// date is that day, by the rules of MySQL's STR_TO_DATE: %V needs %X and %v %x, while %U and
// %u go with %Y alone.
func (w *weekReader) date(year int) (time.Time, bool) {
	if w.own && (w.year < 0 || w.yearly != w.sunday) || !w.own && w.year >= 0 {
		return time.Time{}, false
	}
	if w.own {
		year = int(w.year)
	}
	first := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)
	days := (int(w.number) - 1) * 7
	if w.sunday {
		if b := int(first.Weekday()); b > 0 {
			days += 7 - b
		}
		days += w.day % 7
	} else {
		b := (int(first.Weekday()) + 6) % 7
		if b > 3 {
			days += 7
		}
		days += w.day - 1 - b
	}
	t := first.AddDate(0, 0, days)
	return t, t.Year() >= 1 && t.Year() <= 9999
}

func (r *dateReader) number(width int) (int64, bool) {
	n := 0
	for n < len(r.s) && n < width && r.s[n] >= '0' && r.s[n] <= '9' {
		n++
	}
	v, err := strconv.ParseInt(r.s[:n], 10, 64)
	r.s = r.s[n:]
	return v, err == nil
}

func (r *dateReader) into(i, width int) bool {
	v, ok := r.number(width)
	r.n[i] = v
	return ok
}

// name reads one of a list of names, at least of so many letters, and gives its number.
func (r *dateReader) name(names func(int) string, count, letters int) (int, bool) {
	for i := range count {
		w := names(i)
		if letters > 0 {
			w = w[:letters]
		}
		if len(r.s) >= len(w) && strings.EqualFold(r.s[:len(w)], w) {
			r.s = r.s[len(w):]
			return i, true
		}
	}
	return 0, false
}

func month(i int) string   { return time.Month(i + 1).String() }
func weekDay(i int) string { return time.Weekday(i).String() }

func (r *dateReader) field(c byte) bool {
	r.s = strings.TrimLeft(r.s, " ")
	switch c {
	case 'Y':
		before := len(r.s)
		ok := r.into(0, 4)
		if before-len(r.s) <= 2 {
			r.n[0] = twoDigitYear(r.n[0])
		}
		return ok
	case 'y':
		ok := r.into(0, 2)
		r.n[0] = twoDigitYear(r.n[0])
		return ok
	case 'm', 'c':
		return r.into(1, 2)
	case 'd', 'e':
		return r.into(2, 2)
	case 'D':
		ok := r.into(2, 2)
		r.s = r.s[min(2, len(r.s)):]
		return ok
	case 'H', 'k':
		return r.into(3, 2)
	case 'h', 'I', 'l':
		r.half = true
		return r.into(3, 2)
	case 'i':
		return r.into(4, 2)
	case 'S', 's':
		return r.into(5, 2)
	case 'f':
		before := r.s
		_, ok := r.number(6)
		r.n[6], _ = fractionOf(before[:len(before)-len(r.s)])
		return ok
	case 'p':
		i, ok := r.name(func(i int) string { return []string{"AM", "PM"}[i] }, 2, 0)
		r.pm, r.half = i == 1, true
		return ok
	case 'M':
		i, ok := r.name(month, 12, 0)
		r.n[1] = int64(i + 1)
		return ok
	case 'b':
		i, ok := r.name(month, 12, 3)
		r.n[1] = int64(i + 1)
		return ok
	case 'W':
		return r.dayName(0)
	case 'a':
		return r.dayName(3)
	case 'w':
		v, ok := r.number(1)
		r.week.day = int(v+6)%7 + 1
		return ok && v < 7
	case 'U', 'u', 'V', 'v':
		v, ok := r.number(2)
		r.week.number, r.week.sunday, r.week.own = v, c == 'U' || c == 'V', c == 'V' || c == 'v'
		return ok && v <= 53 && (v > 0 || !r.week.own)
	case 'X', 'x':
		v, ok := r.number(4)
		r.week.year, r.week.yearly = v, c == 'X'
		return ok
	case '.':
		return r.skip(func(ch byte) bool { return ch > ' ' && ch < 0x7f && !isAlnum(ch) })
	case '@':
		return r.skip(func(ch byte) bool { return isAlnum(ch) && (ch < '0' || ch > '9') })
	case '#':
		return r.skip(func(ch byte) bool { return ch >= '0' && ch <= '9' })
	case 'j':
		v, ok := r.number(3)
		r.yday = v
		return ok
	case 'T':
		return r.list("H:i:s")
	case 'r':
		return r.list("h:i:s p")
	case '%':
		var ok bool
		r.s, ok = strings.CutPrefix(r.s, "%")
		return ok
	}
	return false
}

func (r *dateReader) list(format string) bool {
	for _, ch := range []byte(format) {
		ok := true
		if ch == ':' || ch == ' ' {
			r.s, ok = strings.CutPrefix(r.s, string(ch))
		} else {
			ok = r.field(ch)
		}
		if !ok {
			return false
		}
	}
	return true
}

// dayName reads a day of the week, or its first letters.
func (r *dateReader) dayName(letters int) bool {
	i, ok := r.name(weekDay, 7, letters)
	r.week.day = (i+6)%7 + 1
	return ok
}

// skip passes over all the next characters of a kind.
func (r *dateReader) skip(kind func(byte) bool) bool {
	for r.s != "" && kind(r.s[0]) {
		r.s = r.s[1:]
	}
	return true
}

func isAlnum(c byte) bool { return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' }
