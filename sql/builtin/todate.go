package builtin

import (
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// templateParser reads a text by a template (to_timestamp, to_date).
type templateParser struct {
	s     string
	i     int
	nodes []tplNode

	year, yearDigits        int
	month, day, doy, julian int
	isoYear, isoWeek, isoD  int
	hour, min, sec, us      int
	century, week, weekM    int
	ssss                    int
	pm, clock12, haveAmPm   bool
	bc, haveYear, haveISO   bool
	zoned                   bool
	offset                  int64
}

func badDateText(format string, args ...any) *pgerr.Error {
	return pgerr.Newf(pgerrcode.InvalidDatetimeFormat, format, args...)
}

func parseByTemplate(s, tpl string) (*templateParser, error) {
	p := &templateParser{s: s, nodes: parseDateTemplate(tpl), month: 1, day: 1, ssss: -1}
	for k := range p.nodes {
		n := &p.nodes[k]
		if n.field == "" {
			p.literal(n)
			continue
		}
		p.skipBlanks()
		if p.i >= len(p.s) {
			break
		}
		if err := p.read(n, k); err != nil {
			return nil, err
		}
		if n.th != 0 && p.i+2 <= len(p.s) {
			p.i += 2
		}
	}
	return p, nil
}

// literal passes over a separator, which matches any separators or none, or over
// as many characters as a literal text has.
func (p *templateParser) literal(n *tplNode) {
	if !n.sep {
		p.i = min(len(p.s), p.i+len(n.text))
		return
	}
	from := p.i
	p.skipBlanks()
	if n.text == " " && p.i > from {
		return // what follows may be the sign of a time zone
	}
	if p.i < len(p.s) && isSeparator(p.s[p.i]) {
		p.i++
		p.skipBlanks()
	}
}

func isSeparator(c byte) bool {
	return c < 0x80 && !isLetter(c) && (c < '0' || c > '9')
}

func (p *templateParser) skipBlanks() {
	for p.i < len(p.s) && (p.s[p.i] == ' ' || p.s[p.i] == '\t' || p.s[p.i] == '\n') {
		p.i++
	}
}

// digitsFollow reports that the node after k reads digits at once, so that this
// one must not take more than its own.
func (p *templateParser) digitsFollow(k int) bool {
	if k+1 >= len(p.nodes) {
		return false
	}
	n := &p.nodes[k+1]
	if n.field == "" {
		return n.text != "" && n.text[0] >= '0' && n.text[0] <= '9'
	}
	switch n.field {
	case "AM", "PM", "A.M.", "P.M.", "AD", "BC", "A.D.", "B.C.", "MONTH", "MON", "DAY", "DY", "RM", "TZ", "OF", "TZH":
		return false
	}
	return true
}

// number reads an integer of at most width digits, or of any length when no
// digits can follow.
func (p *templateParser) number(n *tplNode, k, width int) (v, digits int, err error) {
	from := p.i
	if p.i < len(p.s) && (p.s[p.i] == '-' || p.s[p.i] == '+') {
		p.i++
	}
	start := p.i
	limit := len(p.s)
	if p.digitsFollow(k) && !n.fm {
		limit = min(limit, p.i+width)
	}
	for p.i < limit && p.s[p.i] >= '0' && p.s[p.i] <= '9' {
		if v = v*10 + int(p.s[p.i]-'0'); v > 1<<31-1 {
			return 0, 0, pgerr.Newf(pgerrcode.DatetimeFieldOverflow, "value for \"%s\" in source string is out of range", n.text).
				WithDetail("Value must be in the range %d to %d.", -1<<31, 1<<31-1)
		}
		p.i++
	}
	if p.i == start {
		end := min(len(p.s), from+width)
		return 0, 0, badDateText("invalid value \"%s\" for \"%s\"", p.s[from:end], n.text).
			WithDetail("Value must be an integer.")
	}
	if p.s[from] == '-' {
		v = -v
	}
	return v, p.i - start, nil
}

func (p *templateParser) read(n *tplNode, k int) error {
	var target *int
	width := 2
	switch n.field {
	case "HH", "HH12":
		p.clock12, target = true, &p.hour
	case "HH24":
		target = &p.hour
	case "MI":
		target = &p.min
	case "SS":
		target = &p.sec
	case "SSSS", "SSSSS":
		target, width = &p.ssss, 5
	case "MM":
		target = &p.month
	case "DD":
		target = &p.day
	case "DDD":
		target, width = &p.doy, 3
	case "J":
		target, width = &p.julian, 7
	case "IW":
		p.haveISO, target = true, &p.isoWeek
	case "ID":
		target, width = &p.isoD, 1
	case "WW":
		target = &p.week
	case "W":
		target, width = &p.weekM, 1
	case "CC":
		target = &p.century
	case "Q", "D", "IDDD":
		target, width = new(int), 1 // read and ignored, as PostgreSQL does
	default:
		return p.readRest(n, k)
	}
	v, _, err := p.number(n, k, width)
	if err == nil {
		*target = v
	}
	return err
}

func (p *templateParser) readRest(n *tplNode, k int) error {
	switch n.field {
	case "MS", "US", "FF1", "FF2", "FF3", "FF4", "FF5", "FF6":
		return p.fraction(n, k)
	case "YYYY", "YYY", "YY", "Y", "IYYY", "IYY", "IY", "I":
		return p.yearOf(n, k)
	case "Y,YYY":
		a, _, err := p.number(n, k, 3)
		if err != nil {
			return err
		}
		if p.i < len(p.s) && p.s[p.i] == ',' {
			p.i++
			b, _, err := p.number(n, k, 3)
			if err != nil {
				return err
			}
			a = a*1000 + b
		}
		p.year, p.haveYear = a, true
		return nil
	case "AM", "PM", "A.M.", "P.M.":
		i, err := p.word(n, []string{"am", "pm", "a.m.", "p.m."})
		p.haveAmPm, p.pm, p.clock12 = true, i%2 == 1, true
		return err
	case "AD", "BC", "A.D.", "B.C.":
		i, err := p.word(n, []string{"ad", "bc", "a.d.", "b.c."})
		p.bc = i%2 == 1
		return err
	case "MONTH", "MON":
		names := monthNames
		if n.field == "MON" {
			names = shortNames(monthNames)
		}
		i, err := p.word(n, names)
		p.month = i + 1
		return err
	case "DAY":
		_, err := p.word(n, dayNames)
		return err
	case "DY":
		_, err := p.word(n, shortNames(dayNames))
		return err
	case "RM":
		order := []int{7, 6, 5, 3, 4, 2, 1, 8, 11, 10, 9, 0} // longer numerals first
		var names []string
		for _, m := range order {
			names = append(names, romanMonths[m])
		}
		i, err := p.word(n, names)
		if err == nil {
			p.month = order[i] + 1
		}
		return err
	case "TZH":
		v, _, err := p.number(n, k, 3)
		p.zoned = true
		p.offset += int64(v) * 3600
		return err
	case "TZM":
		v, _, err := p.number(n, k, 2)
		if p.offset < 0 {
			v = -v
		}
		p.offset += int64(v) * 60
		return err
	}
	return pgerr.NotSupported(-1, "formatting field \"%s\" is only supported in to_char", n.text)
}

func shortNames(names []string) []string {
	var l []string
	for _, n := range names {
		l = append(l, n[:3])
	}
	return l
}

// word reads one of the words, in any case, and gives its position.
func (p *templateParser) word(n *tplNode, words []string) (int, error) {
	for i, w := range words {
		if len(p.s)-p.i >= len(w) && strings.EqualFold(p.s[p.i:p.i+len(w)], w) {
			p.i += len(w)
			return i, nil
		}
	}
	end := p.i
	for end < len(p.s) && p.s[end] != ' ' {
		end++
	}
	return 0, badDateText("invalid value \"%s\" for \"%s\"", p.s[p.i:end], n.text).
		WithDetail("The given value did not match any of the allowed values for this field.")
}

// fraction reads the digits after a decimal point: MS 5 is 5 hundreds of ms.
func (p *templateParser) fraction(n *tplNode, k int) error {
	width := 6
	switch n.field {
	case "MS":
		width = 3
	case "FF1", "FF2", "FF3", "FF4", "FF5":
		width = int(n.field[2] - '0')
	}
	v, digits, err := p.number(n, k, width)
	if err != nil {
		return err
	}
	for ; digits < 6; digits++ {
		v *= 10
	}
	for ; digits > 6; digits-- {
		v /= 10
	}
	p.us = v
	return nil
}

// yearOf completes years of fewer than four digits towards 2020, as PostgreSQL does.
func (p *templateParser) yearOf(n *tplNode, k int) error {
	width := len(strings.TrimPrefix(n.field, "I"))
	if n.field[0] == 'I' {
		width = len(n.field)
	}
	v, digits, err := p.number(n, k, width)
	if err != nil {
		return err
	}
	if width < 4 && digits < 4 && v >= 0 {
		switch {
		case v < 70 && digits <= 2:
			v += 2000
		case v < 100 && digits <= 2:
			v += 1900
		case v < 520:
			v += 2000
		case v < 1000:
			v += 1000
		}
	}
	p.year, p.haveYear, p.yearDigits = v, true, digits
	if n.field[0] == 'I' {
		p.haveISO, p.isoYear = true, v
	}
	return nil
}

func (p *templateParser) outOfRange() error {
	return pgerr.Newf(pgerrcode.DatetimeFieldOverflow, "date/time field value out of range: \"%s\"", p.s)
}

// stamp puts the fields together as a local time in µs.
func (p *templateParser) stamp() (int64, error) {
	day, err := p.date()
	if err != nil {
		return 0, err
	}
	if p.ssss >= 0 {
		p.hour, p.min, p.sec = p.ssss/3600, p.ssss/60%60, p.ssss%60
	}
	if p.clock12 {
		if p.hour < 1 || p.hour > 12 {
			return 0, badDateText("hour \"%d\" is invalid for the 12-hour clock", p.hour).
				WithHint("Use the 24-hour clock, or give an hour between 1 and 12.")
		}
		if p.pm && p.hour < 12 {
			p.hour += 12
		} else if !p.pm && p.hour == 12 {
			p.hour = 0
		}
	}
	if p.hour < 0 || p.hour > 24 || p.min < 0 || p.min > 59 || p.sec < 0 || p.sec > 59 ||
		p.hour == 24 && (p.min > 0 || p.sec > 0) {
		return 0, p.outOfRange()
	}
	return day*usPerDay + int64(p.hour)*usPerHour + int64(p.min)*usPerMinute + int64(p.sec)*usPerSecond + int64(p.us), nil
}

func (p *templateParser) date() (int64, error) {
	if p.julian > 0 {
		return int64(p.julian - julianEpoch), nil
	}
	y := p.year
	if !p.haveYear {
		y = 0
		if p.century > 0 {
			y = (p.century-1)*100 + 1
		}
	}
	switch {
	case p.bc && y > 0:
		y = 1 - y
	case p.haveYear && y < 0:
		y++
	case p.haveYear && y == 0:
		y = 0
	}
	if p.haveISO && p.isoWeek > 0 {
		jan4 := types.DaysFromCivil(y, 1, 4)
		monday := jan4 - (weekday(jan4)+6)%7
		return int64(monday + (p.isoWeek-1)*7 + max(p.isoD, 1) - 1), nil
	}
	if p.doy > 0 {
		first := types.DaysFromCivil(y, 1, 1)
		if p.doy > types.DaysFromCivil(y+1, 1, 1)-first {
			return 0, p.outOfRange()
		}
		return int64(first + p.doy - 1), nil
	}
	if p.week > 0 {
		return int64(types.DaysFromCivil(y, 1, 1) + (p.week-1)*7), nil
	}
	if p.weekM > 0 && p.day == 1 {
		p.day = (p.weekM-1)*7 + 1
	}
	if p.month < 1 || p.month > 12 || p.day < 1 || p.day > monthLength(y, p.month) {
		return 0, p.outOfRange()
	}
	return int64(types.DaysFromCivil(y, p.month, p.day)), nil
}
