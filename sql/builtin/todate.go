package builtin

import (
	"slices"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// templateParser reads a text by a template (to_timestamp, to_date). Fields are 0
// until they are read, and 0 is as good as unread.
type templateParser struct {
	s, whole string // what is left, and all of it
	nodes    []tplNode
	standard bool // as the SQL standard's templates are read: strictly
	exact    bool // FX came
	extra    int  // how many blanks and separators were skipped that the template does not have

	convention                byte // g after a Gregorian field, i after one of ISO weeks
	year, yearDigits, century int
	month, day, doy, weekday  int // weekday 1 is Sunday
	week, weekM, julian       int
	hour, min, sec, ms, us    int
	secondOfDay, precision    int
	pm, bc                    int
	clock12                   bool
	zoneSign, zoneHour        int
	zoneMin                   int
}

func badDateText(format string, args ...any) *pgerr.Error {
	return pgerr.Newf(pgerrcode.InvalidDatetimeFormat, format, args...)
}

func parseByTemplate(s, tpl string) (*templateParser, error) {
	p := &templateParser{s: s, whole: s, nodes: parseDateTemplate(tpl)}
	_, err := p.readAll()
	return p, err
}

// readAll reads until text or template ends, and says how many nodes it came through.
func (p *templateParser) readAll() (int, error) {
	for k := range p.nodes {
		if p.s == "" {
			return k, nil
		}
		n := &p.nodes[k]
		if !p.exact && n.field != "FX" && (n.field != "" || k == 0) {
			p.extra += p.skipBlanks()
		}
		if n.field == "" {
			if err := p.character(n); err != nil {
				return k, err
			}
			continue
		}
		if err := p.field(n, k); err != nil {
			return k, err
		}
		if !p.exact {
			p.extra = p.skipBlanks()
		}
	}
	return len(p.nodes), nil
}

func (p *templateParser) skipBlanks() int {
	n := 0
	for n < len(p.s) && isBlank(p.s[n]) {
		n++
	}
	p.s = p.s[n:]
	return n
}

// next is the byte to be read, 0 at the end.
func (p *templateParser) next() byte {
	if p.s == "" {
		return 0
	}
	return p.s[0]
}

// character passes over what stands for a character of the template: a separator for
// a separator, or nothing; anything for another, unless as much was skipped before.
func (p *templateParser) character(n *tplNode) error {
	switch {
	case p.standard && n.sep && p.s[0] != n.text[0]:
		return badDateText("unmatched format separator \"%c\"", n.text[0])
	case p.standard && !n.sep && !strings.HasPrefix(p.s, n.text):
		return badDateText("unmatched format character \"%s\"", n.text)
	case p.exact:
		p.s = p.s[characterLen(p.s):]
	case n.sep:
		p.extra--
		if c := p.next(); isBlank(c) || isSeparator(c) {
			p.s = p.s[1:]
			p.extra++
		}
	case p.extra > 0:
		p.extra--
	default:
		p.s = p.s[characterLen(p.s):]
	}
	return nil
}

// Fields of the two ways to write a date that must not be mixed.
var (
	gregorianFields = []string{"DDD", "DD", "D", "MM", "MONTH", "MON", "RM", "WW", "W", "Y,YYY", "YYYY", "YYY", "YY", "Y"}
	isoWeekFields   = []string{"IDDD", "ID", "IW", "IYYY", "IYY", "IY", "I"}
)

func (p *templateParser) setConvention(field string) error {
	c := byte(0)
	switch {
	case slices.Contains(gregorianFields, field):
		c = 'g'
	case slices.Contains(isoWeekFields, field):
		c = 'i'
	default:
		return nil
	}
	if p.convention != 0 && p.convention != c {
		return badDateText("invalid combination of date conventions").
			WithHint("Do not mix Gregorian and ISO week date conventions in a formatting template.")
	}
	p.convention = c
	return nil
}

// field reads one field.
func (p *templateParser) field(n *tplNode, k int) error {
	if err := p.setConvention(n.field); err != nil {
		return err
	}
	switch n.field {
	case "FX":
		p.exact = true
		return nil
	case "TZ", "OF":
		return pgerr.Newf(pgerrcode.FeatureNotSupported, "formatting field \"%s\" is only supported in to_char", n.text)
	case "TZH":
		return p.zoneHours(n, k)
	case "Y,YYY":
		return p.commaYear(n)
	}
	if done, err := p.wordField(n); done {
		return err
	}
	if target, width := p.numberField(n); width > 0 {
		if _, err := p.number(target, n, k, width); err != nil {
			return err
		}
	} else if err := p.scaledField(n, k); err != nil {
		return err
	}
	if n.field == "ID" { // from Monday; the others count from Sunday
		if p.weekday++; p.weekday > 7 {
			p.weekday = 1
		}
	}
	p.skipOrdinal(n)
	return nil
}

// skipOrdinal passes over the two letters of st, nd, rd or th.
func (p *templateParser) skipOrdinal(n *tplNode) {
	if n.th == 0 || n.field == "TZM" {
		return
	}
	for range 2 {
		p.s = p.s[characterLen(p.s):]
	}
}

// zoneHours reads the sign and the hours of a zone. A minus sign may have been taken
// for a separator.
func (p *templateParser) zoneHours(n *tplNode, k int) error {
	p.zoneSign = 1
	switch c := p.next(); {
	case c == '+' || c == ' ':
		p.s = p.s[1:]
	case c == '-':
		p.zoneSign = -1
		p.s = p.s[1:]
	case p.extra > 0 && p.whole[len(p.whole)-len(p.s)-1] == '-':
		p.zoneSign = -1
	}
	_, err := p.number(&p.zoneHour, n, k, 2)
	return err
}

// wordField reads a name of a month or day, a numeral, an era or half of the day.
func (p *templateParser) wordField(n *tplNode) (done bool, err error) {
	var i int
	switch n.field {
	case "AM", "PM":
		err = p.half(n, []string{"am", "pm"})
	case "A.M.", "P.M.":
		err = p.half(n, []string{"a.m.", "p.m."})
	case "AD", "BC":
		if i, err = p.word(n, []string{"ad", "bc"}); err == nil {
			err = p.set(&p.bc, i, n)
		}
	case "A.D.", "B.C.":
		if i, err = p.word(n, []string{"a.d.", "b.c."}); err == nil {
			err = p.set(&p.bc, i, n)
		}
	case "MONTH", "MON":
		names := monthNames
		if n.field == "MON" {
			names = shortNames(monthNames)
		}
		if i, err = p.word(n, names); err == nil {
			err = p.set(&p.month, i+1, n)
		}
	case "DAY", "DY":
		names := dayNames
		if n.field == "DY" {
			names = shortNames(dayNames)
		}
		if i, err = p.word(n, names); err == nil {
			err = p.set(&p.weekday, i, n)
			p.weekday++
		}
	case "RM":
		if i, err = p.word(n, lateFirst); err == nil {
			err = p.set(&p.month, 12-i, n)
		}
	default:
		return false, nil
	}
	return true, err
}

// lateFirst are the numerals of months from the last to the first, so that none is
// the start of a later one.
var lateFirst = func() []string {
	names := slices.Clone(romanMonths)
	slices.Reverse(names)
	return names
}()

func (p *templateParser) half(n *tplNode, words []string) error {
	i, err := p.word(n, words)
	if err == nil {
		err = p.set(&p.pm, i, n)
		p.clock12 = true
	}
	return err
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
		if len(p.s) >= len(w) && strings.EqualFold(p.s[:len(w)], w) {
			p.s = p.s[len(w):]
			return i, nil
		}
	}
	end := strings.IndexAny(p.s, " \t\n\r\f")
	if end < 0 {
		end = len(p.s)
	}
	return 0, badDateText("invalid value \"%s\" for \"%s\"", p.s[:end], n.text).
		WithDetail("The given value did not match any of the allowed values for this field.")
}
