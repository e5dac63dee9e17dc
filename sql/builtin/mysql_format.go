package builtin

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/loxodb/loxodb/sql/types"
)

// formatDate is DATE_FORMAT.
func formatDate(us int64, format string) string {
	t := civil(us)
	var b strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			b.WriteByte(format[i])
			continue
		}
		i++
		b.WriteString(dateField1(t, format[i]))
	}
	return b.String()
}

// dateField1 is one specifier of a date's format; any other character is itself.
func dateField1(t time.Time, c byte) string {
	hour12 := (t.Hour()+11)%12 + 1
	two := func(n int) string { return fmt.Sprintf("%02d", n) }
	week := func(mode int, whole bool) (int, int) { return mysqlWeek(t, mode, whole) }
	switch c {
	case 'a':
		return t.Weekday().String()[:3]
	case 'b':
		return t.Month().String()[:3]
	case 'c':
		return strconv.Itoa(int(t.Month()))
	case 'D':
		return strconv.Itoa(t.Day()) + ordinalSuffix(t.Day())
	case 'd':
		return two(t.Day())
	case 'e':
		return strconv.Itoa(t.Day())
	case 'f':
		return fmt.Sprintf("%06d", t.Nanosecond()/1000)
	case 'H':
		return two(t.Hour())
	case 'h', 'I':
		return two(hour12)
	case 'i':
		return two(t.Minute())
	case 'j':
		return fmt.Sprintf("%03d", t.YearDay())
	case 'k':
		return strconv.Itoa(t.Hour())
	case 'l':
		return strconv.Itoa(hour12)
	case 'M':
		return t.Month().String()
	case 'm':
		return two(int(t.Month()))
	case 'p':
		return t.Format("PM")
	case 'r':
		return t.Format("03:04:05 PM")
	case 'S', 's':
		return two(t.Second())
	case 'T':
		return t.Format("15:04:05")
	case 'U':
		w, _ := week(0, false)
		return two(w)
	case 'u':
		w, _ := week(1, false)
		return two(w)
	case 'V':
		w, _ := week(2, true)
		return two(w)
	case 'v':
		w, _ := week(3, true)
		return two(w)
	case 'W':
		return t.Weekday().String()
	case 'w':
		return strconv.Itoa(int(t.Weekday()))
	case 'X':
		_, y := week(2, true)
		return fmt.Sprintf("%04d", y)
	case 'x':
		_, y := week(3, true)
		return fmt.Sprintf("%04d", y)
	case 'Y':
		return fmt.Sprintf("%04d", t.Year())
	case 'y':
		return two(t.Year() % 100)
	}
	return string(c)
}

func ordinalSuffix(n int) string {
	if n%100 >= 11 && n%100 <= 13 {
		return "th"
	}
	switch n % 10 {
	case 1:
		return "st"
	case 2:
		return "nd"
	case 3:
		return "rd"
	}
	return "th"
}

// dateReader reads a date by a format.
type dateReader struct {
	s    string
	n    [7]int64
	pm   bool
	half bool // 12-hour clock
	yday int64
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
	r := &dateReader{s: strings.TrimLeft(a[0].Text(), " ")}
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
	if r.yday > 0 && r.n[1] == 0 {
		t := time.Date(int(r.n[0]), 1, int(r.yday), 0, 0, 0, 0, time.UTC)
		r.n[1], r.n[2] = int64(t.Month()), int64(t.Day())
	}
	return r.n, true
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
		return r.into(0, 4)
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
		_, ok := r.name(weekDay, 7, 0)
		return ok
	case 'a':
		_, ok := r.name(weekDay, 7, 3)
		return ok
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
