package builtin

import (
	"math"
	"strconv"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// numberField says where a plain number goes and how many digits it has.
func (p *templateParser) numberField(n *tplNode) (target *int, width int) {
	width = len(n.field)
	switch n.field {
	case "HH", "HH12", "HH24":
		p.clock12 = p.clock12 || n.field != "HH24"
		return &p.hour, 2
	case "MI":
		target = &p.min
	case "SS":
		target = &p.sec
	case "SSSS", "SSSSS":
		target = &p.secondOfDay
	case "MM":
		target = &p.month
	case "DD":
		target = &p.day
	case "DDD":
		target = &p.doy
	case "IDDD":
		return &p.doy, 3
	case "D":
		target = &p.weekday
	case "ID":
		return &p.weekday, 1
	case "WW", "IW":
		target = &p.week
	case "W":
		target = &p.weekM
	case "J":
		target = &p.julian
	case "CC":
		target = &p.century
	case "Q": // of which quarter is not said with what it would have to agree
	case "TZM":
		if p.zoneSign == 0 {
			p.zoneSign = 1
		}
		return &p.zoneMin, 2
	default:
		return nil, 0
	}
	return target, width
}

// scaledField reads fractions, where 5 and 500 are the same, and years, which may
// leave out their century.
func (p *templateParser) scaledField(n *tplNode, k int) error {
	switch n.field {
	case "MS":
		return p.fraction(&p.ms, n, k, 3, 3)
	case "US":
		return p.fraction(&p.us, n, k, 6, 6)
	case "FF1", "FF2", "FF3", "FF4", "FF5", "FF6":
		p.precision = int(n.field[2] - '0')
		return p.fraction(&p.us, n, k, p.precision, 6)
	}
	width := strings.Count(n.field, "Y")
	if n.field[0] == 'I' {
		width++
	}
	size, err := p.number(&p.year, n, k, len(n.field))
	if err != nil {
		return err
	}
	if width < 4 && size < 4 {
		p.year = nearYear(p.year)
	}
	p.yearDigits = width
	return nil
}

func (p *templateParser) fraction(target *int, n *tplNode, k, width, places int) error {
	size, err := p.number(target, n, k, width)
	for ; size < places; size++ {
		*target *= 10
	}
	return err
}

// nearYear completes a year of fewer than four digits towards 2020.
func nearYear(y int) int {
	switch {
	case y < 70:
		return y + 2000
	case y < 100:
		return y + 1900
	case y < 520:
		return y + 2000
	case y < 1000:
		return y + 1000
	}
	return y
}

func (p *templateParser) set(target *int, v int, n *tplNode) error {
	if target == nil {
		return nil
	}
	if *target != 0 && *target != v {
		return badDateText("conflicting values for \"%s\" field in formatting string", n.text).
			WithDetail("This value contradicts a previous setting for the same field type.")
	}
	*target = v
	return nil
}

// digitsFollow reports that the node after k begins with a digit, so that k's number
// must not take more than its own.
func (p *templateParser) digitsFollow(k int) bool {
	if p.nodes[k].th != 0 || k+1 >= len(p.nodes) {
		return false
	}
	n := &p.nodes[k+1]
	if n.field == "" {
		return n.text[0] >= '0' && n.text[0] <= '9'
	}
	switch n.field {
	case "AM", "PM", "A.M.", "P.M.", "AD", "BC", "A.D.", "B.C.", "MONTH", "MON", "DAY", "DY", "RM", "TZ", "OF", "TZH", "FX":
		return false
	}
	return true
}

// number reads an integer: of exactly width characters if digits follow, else as many
// as there are. It gives their number, blanks before them included.
func (p *templateParser) number(target *int, n *tplNode, k, width int) (size int, err error) {
	from := p.s
	p.skipBlanks()
	part := p.s[:min(width, len(p.s))]
	var v int64
	if n.fm || !p.digitsFollow(k) {
		var used int
		if v, used = leadingInt(p.s); used == 0 {
			p.s = from
		}
		p.s = p.s[used:]
	} else {
		short := func(format string, args ...any) (int, error) {
			return 0, badDateText(format, args...).
				WithHint("If your source string is not fixed-width, try using the \"FM\" modifier.")
		}
		if len(part) < width {
			_, err := short("source string too short for \"%s\" formatting field", n.text)
			e, _ := pgerr.As(err)
			return 0, e.WithDetail("Field requires %d characters, but only %d remain.", width, len(part))
		}
		var used int
		if v, used = leadingInt(part); used > 0 && used < width {
			_, err := short("invalid value \"%s\" for \"%s\"", part, n.text)
			e, _ := pgerr.As(err)
			return 0, e.WithDetail("Field requires %d characters, but only %d could be parsed.", width, used)
		}
		p.s = p.s[used:]
	}
	size = len(from) - len(p.s)
	if size == 0 {
		return 0, badDateText("invalid value \"%s\" for \"%s\"", part, n.text).WithDetail("Value must be an integer.")
	}
	if v < math.MinInt32 || v > math.MaxInt32 {
		return 0, pgerr.Newf(pgerrcode.DatetimeFieldOverflow, "value for \"%s\" in source string is out of range", n.text).
			WithDetail("Value must be in the range %d to %d.", math.MinInt32, math.MaxInt32)
	}
	return size, p.set(target, int(v), n)
}

// leadingInt reads a sign and digits; a number too large for int64 is the largest.
func leadingInt(s string) (v int64, used int) {
	i := 0
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		i++
	}
	start := i
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	if i == start {
		return 0, 0
	}
	v, _ = strconv.ParseInt(s[:i], 10, 64)
	return v, i
}

// commaYear reads a year as 2,020.
func (p *templateParser) commaYear(n *tplNode) error {
	s := strings.TrimLeft(p.s, " \t\n\v\f\r")
	thousands, used := leadingInt(s)
	rest, comma := strings.CutPrefix(s[used:], ",")
	ones, digits := leadingInt(rest[:min(3, len(rest))])
	if used == 0 || !comma || digits == 0 {
		return badDateText("invalid input string for \"Y,YYY\"")
	}
	if err := p.set(&p.year, int(int32(ones+1000*thousands)), n); err != nil {
		return err
	}
	p.yearDigits = 4
	p.s = rest[digits:]
	p.skipOrdinal(n)
	return nil
}
