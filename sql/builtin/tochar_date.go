package builtin

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

var monthNames = []string{"January", "February", "March", "April", "May", "June", "July", "August", "September",
	"October", "November", "December"}
var dayNames = []string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}
var romanMonths = []string{"I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"}

// toCharFuncs registers chapter 9.8.
func toCharFuncs(r *registrar) {
	r.eval("timestamp_to_char", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return stampToChar(a[0].Int(), a[1], "", 0, false)
	})
	r.eval("timestamptz_to_char", func(c *Ctx, a []types.Datum) (types.Datum, error) {
		v := a[0].Int()
		if types.IsInfinite(types.TimestamptzOID, v) {
			return null()
		}
		off := zoneOffset(c.Format.TimeZone, v)
		name, _ := TimeOf(v).In(c.Format.TimeZone).Zone()
		return stampToChar(v+off*usPerSecond, a[1], name, off, true)
	})
	r.eval("interval_to_char", intervalToChar)
	r.eval("to_timestamp", toTimestamp)
	r.eval("to_date", toDate)
	numberToChar(r)
}

// moment of to_char: a broken-down time.
type charTime struct {
	year, month, day int // astronomical year
	date             int // day number; of intervals by looseDays
	yearDay          int // from 1
	isoYear, isoWeek int
	us               int64
	hour             int64 // may pass 24 in intervals
	zone             string
	offset           int64
	zoned, interval  bool
}

func stampToChar(v int64, tpl types.Datum, zone string, offset int64, zoned bool) (types.Datum, error) {
	if types.IsInfinite(types.TimestampOID, v) || len(tpl.Bytes()) == 0 {
		return null()
	}
	day, us := floorDiv(v, usPerDay)
	t := charTime{date: int(day), us: us, hour: us / usPerHour, zone: zone, offset: offset, zoned: zoned}
	t.year, t.month, t.day = types.CivilFromDays(t.date)
	t.yearDay = t.date - types.DaysFromCivil(t.year, 1, 1) + 1
	t.isoWeek, t.isoYear = isoWeek(t.date)
	return t.format(tpl.Text())
}

func intervalToChar(_ *Ctx, a []types.Datum) (types.Datum, error) {
	if len(a[1].Bytes()) == 0 {
		return null()
	}
	iv := types.IntervalOf(a[0])
	t := charTime{
		year: int(iv.Months / 12), month: int(iv.Months % 12), day: int(iv.Days),
		us: iv.Micros, hour: iv.Micros / usPerHour, interval: true,
	}
	t.looseDate()
	return t.format(a[1].Text())
}

func (t *charTime) format(tpl string) (types.Datum, error) {
	out := []byte{}
	for _, n := range parseDateTemplate(tpl) {
		if n.field == "" {
			out = append(out, n.text...)
			continue
		}
		s, err := t.field(&n)
		if err != nil {
			return types.Datum{}, err
		}
		out = append(out, s...)
		if n.th != 0 && !n.zone() && s != "" && s[len(s)-1] >= '0' && s[len(s)-1] <= '9' {
			out = append(out, ordinal(s, n.th == 'T')...)
		}
	}
	return types.Bytes(out), nil
}

// zone reports a field of the time zone, which has no ordinal form.
func (n *tplNode) zone() bool { return slices.Contains(zoneFields, n.field) }

// num prints with at least width digits, unless FM.
func num(n *tplNode, v int64, width int) string {
	if n.fm {
		return strconv.FormatInt(v, 10)
	}
	if v < 0 {
		width++
	}
	return fmt.Sprintf("%0*d", width, v)
}

// digits is num that has no place of its own for a sign.
func digits(n *tplNode, v int64, width int) string {
	if n.fm {
		return strconv.FormatInt(v, 10)
	}
	return fmt.Sprintf("%0*d", width, v)
}

// inCase spells a name as the keyword is written: MONTH, Month or month.
func inCase(n *tplNode, name string) string {
	switch {
	case n.text == strings.ToLower(n.text):
		return strings.ToLower(name)
	case n.text == strings.ToUpper(n.text):
		return strings.ToUpper(name)
	}
	return name
}

func padded(n *tplNode, s string, width int) string {
	if n.fm || len(s) >= width {
		return s
	}
	return s + strings.Repeat(" ", width-len(s))
}

func (t *charTime) field(n *tplNode) (string, error) {
	if s, ok := t.clockText(n); ok {
		return s, nil
	}
	if t.interval {
		switch n.field {
		case "MONTH", "MON", "DAY", "DY", "D", "ID", "AD", "BC", "A.D.", "B.C.", "TZ", "TZH", "TZM", "OF":
			return "", dateOnly()
		}
	}
	if s, ok := t.yearText(n); ok {
		return s, nil
	}
	return t.dayText(n), nil
}

func dateOnly() error {
	return pgerr.New(pgerrcode.InvalidDatetimeFormat, "invalid format specification for an interval value").
		WithHint("Intervals are not tied to specific calendar dates.")
}

func (t *charTime) clockText(n *tplNode) (string, bool) {
	fraction := t.us % usPerSecond // of a negative interval with its sign
	switch n.field {
	case "HH", "HH12":
		return t.hour12(n), true
	case "HH24":
		return num(n, t.hour, 2), true
	case "MI":
		return num(n, t.us/usPerMinute%60, 2), true
	case "SS":
		return num(n, t.us/usPerSecond%60, 2), true
	case "MS":
		return fmt.Sprintf("%03d", fraction/1000), true
	case "US":
		return fmt.Sprintf("%06d", fraction), true
	case "FF1", "FF2", "FF3", "FF4", "FF5", "FF6":
		digits := int(n.field[2] - '0')
		for range 6 - digits {
			fraction /= 10
		}
		return fmt.Sprintf("%0*d", digits, fraction), true
	case "SSSS", "SSSSS":
		return strconv.FormatInt(t.us/usPerSecond, 10), true
	case "AM", "PM", "A.M.", "P.M.":
		s := "AM"
		if t.hour%24 >= 12 {
			s = "PM"
		}
		if len(n.field) == 4 {
			s = s[:1] + "." + s[1:] + "."
		}
		return inCase(n, s), true
	}
	return "", false
}

func (t *charTime) yearText(n *tplNode) (string, bool) {
	y := int64(t.year)
	if y <= 0 && !t.interval {
		y = 1 - y
	}
	iso, minus := int64(t.isoYear), 0
	switch {
	case t.interval && t.year < 0:
		minus = 1
	case iso <= 0 && !t.interval:
		iso = 1 - iso
	}
	switch n.field {
	case "Y,YYY":
		return fmt.Sprintf("%d,%03d", y/1000, y%1000), true
	case "YYYY":
		return digits(n, y, 4+minus), true
	case "YYY":
		return digits(n, y%1000, 3+minus), true
	case "YY":
		return digits(n, y%100, 2+minus), true
	case "Y":
		return strconv.FormatInt(y%10, 10), true
	case "IYYY":
		return digits(n, iso, 4+minus), true
	case "IYY":
		return digits(n, iso%1000, 3+minus), true
	case "IY":
		return digits(n, iso%100, 2+minus), true
	case "I":
		return strconv.FormatInt(iso%10, 10), true
	case "AD", "BC", "A.D.", "B.C.":
		s := "AD"
		if t.year <= 0 {
			s = "BC"
		}
		if len(n.field) == 4 {
			s = s[:1] + "." + s[1:] + "."
		}
		return inCase(n, s), true
	case "CC":
		if t.interval {
			return digits(n, int64(t.year/100), 2), true
		}
		c := int64(century(t.year, 100))
		if c <= 99 && c >= -99 {
			return num(n, c, 2), true
		}
		return strconv.FormatInt(c, 10), true
	}
	return "", false
}

func (t *charTime) dayText(n *tplNode) string {
	month := func() int { return ((t.month-1)%12 + 12) % 12 }
	switch n.field {
	case "MONTH":
		return padded(n, inCase(n, monthNames[month()]), 9)
	case "MON":
		return inCase(n, monthNames[month()][:3])
	case "MM":
		return num(n, int64(t.month), 2)
	case "DAY":
		return padded(n, inCase(n, dayNames[weekday(t.date)]), 9)
	case "DY":
		return inCase(n, dayNames[weekday(t.date)][:3])
	case "DDD":
		return digits(n, int64(t.yearDay), 3)
	case "IDDD":
		return digits(n, int64((t.isoWeek-1)*7+(weekday(t.date)+6)%7+1), 3)
	case "DD":
		return digits(n, int64(t.day), 2)
	case "D":
		return strconv.Itoa(weekday(t.date) + 1)
	case "ID":
		return strconv.Itoa((weekday(t.date)+6)%7 + 1)
	case "WW":
		return digits(n, int64((t.yearDay-1)/7+1), 2)
	case "IW":
		return digits(n, int64(t.isoWeek), 2)
	case "W":
		return strconv.Itoa((t.day-1)/7 + 1)
	case "Q":
		if t.month == 0 {
			return ""
		}
		return strconv.Itoa((t.month-1)/3 + 1)
	case "J":
		return strconv.Itoa(t.date + julianEpoch)
	case "RM":
		if t.month == 0 && t.year == 0 {
			return ""
		}
		s := inCase(n, romanMonths[t.romanMonth()])
		if n.fm {
			return s
		}
		return fmt.Sprintf("%-4s", s)
	}
	return t.zoneText(n)
}

func (t *charTime) zoneText(n *tplNode) string {
	sign, off := "+", t.offset
	if off < 0 {
		sign, off = "-", -off
	}
	switch n.field {
	case "TZ":
		return inCase(n, t.zone)
	case "TZH":
		return fmt.Sprintf("%s%02d", sign, off/3600)
	case "TZM":
		return fmt.Sprintf("%02d", off%3600/60)
	case "OF":
		s := sign + num(n, int64(off/3600), 2)
		if off%3600 != 0 {
			s += fmt.Sprintf(":%02d", off%3600/60)
		}
		return s
	}
	return ""
}
