package builtin

import (
	"fmt"
	"strconv"
	"strings"
	"time"
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
