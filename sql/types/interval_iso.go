package types

import (
	"math"
	"strconv"
)

// parseISO reads P1Y2M3W4DT5H6M7.8S, and the alternative forms P0001-02-03T04:05:06
// and P00010203T040506.
func (a *intervalAcc) parseISO(s string) error {
	if len(s) < 2 || s[0] != 'P' {
		return errDateFormat
	}
	p := isoInterval{acc: a, s: s[1:]}
	for p.s != "" {
		var err error
		if p.s[0] == 'T' {
			p.timed, p.some, p.s = true, false, p.s[1:]
			continue
		}
		if p.timed {
			err = p.timePart()
		} else {
			err = p.datePart()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// isoInterval is what is left to read. some says that a field with a unit has come
// since P or T, so that no alternative form can.
type isoInterval struct {
	acc         *intervalAcc
	s           string
	timed, some bool
}

// number reads a number, with an exponent perhaps, as a whole and a fraction.
func (p *isoInterval) number() (v int64, frac float64, err error) {
	n := 0
	if n < len(p.s) && p.s[n] == '-' {
		n++
	}
	digits := spanDigits(p.s, n)
	some := digits > n
	if n = digits; n < len(p.s) && p.s[n] == '.' {
		end := spanDigits(p.s, n+1)
		some = some || end > n+1
		n = end
	}
	if !some {
		return 0, 0, errDateFormat
	}
	if n < len(p.s) && p.s[n]|0x20 == 'e' {
		at := n + 1
		if at < len(p.s) && (p.s[at] == '-' || p.s[at] == '+') {
			at++
		}
		if end := spanDigits(p.s, at); end > at {
			n = end
		}
	}
	f, err := strconv.ParseFloat(p.s[:n], 64)
	p.s = p.s[n:]
	switch {
	case err != nil:
		return 0, 0, errDateFormat
	case math.Abs(f) > 1e15: // beyond, the fraction is not to be trusted
		return 0, 0, errIntervalRange
	}
	whole := math.Trunc(f)
	return int64(whole), f - whole, nil
}

// unit takes the next byte, 0 at the end.
func (p *isoInterval) unit() byte {
	if p.s == "" {
		return 0
	}
	c := p.s[0]
	p.s = p.s[1:]
	return c
}

// width is the number of digits ahead, after a sign.
func (p *isoInterval) width() int {
	from := 0
	if p.s != "" && p.s[0] == '-' {
		from = 1
	}
	return spanDigits(p.s, from) - from
}

func (p *isoInterval) datePart() error {
	width := p.width()
	v, frac, err := p.number()
	if err != nil {
		return err
	}
	units := map[byte]intervalUnit{'Y': iuYear, 'M': iuMonth, 'W': iuWeek, 'D': iuDay}
	c := p.unit()
	switch u := units[c]; {
	case u != iuNone:
		p.some = true
		return p.acc.add(u, v, frac)
	case c != 'T' && c != 0 && c != '-':
		return errDateFormat
	case c != '-' && width == 8 && !p.some: // yyyymmdd
		err := p.acc.add(iuYear, v/10000, 0)
		if err == nil {
			err = p.acc.add(iuMonth, v/100%100, 0)
		}
		if err == nil {
			err = p.acc.add(iuDay, v%100, frac)
		}
		p.timed, p.some = true, false
		return err
	case p.some:
		return errDateFormat
	}
	return p.dashed(v, frac, c)
}

// dashed reads the months and days that may follow the year.
func (p *isoInterval) dashed(v int64, frac float64, c byte) error {
	for _, u := range []intervalUnit{iuYear, iuMonth, iuDay} {
		if u != iuYear {
			var err error
			if v, frac, err = p.number(); err != nil {
				return err
			}
			c = p.unit()
		}
		if err := p.acc.add(u, v, frac); err != nil {
			return err
		}
		if c == 'T' || c == 0 {
			p.timed, p.some = true, false
			return nil
		}
		if c != '-' {
			break
		}
	}
	return errDateFormat
}

func (p *isoInterval) timePart() error {
	width := p.width()
	v, frac, err := p.number()
	if err != nil {
		return err
	}
	units := map[byte]intervalUnit{'H': iuHour, 'M': iuMinute, 'S': iuSecond}
	c := p.unit()
	switch u := units[c]; {
	case u != iuNone:
		p.some = true
		return p.acc.add(u, v, frac)
	case c != 0 && c != ':':
		return errDateFormat
	case c == 0 && width == 6 && !p.some: // hhmmss
		err := p.acc.add(iuHour, v/10000, 0)
		if err == nil {
			err = p.acc.add(iuMinute, v/100%100, 0)
		}
		if err == nil {
			err = p.acc.add(iuSecond, v%100, 0)
		}
		if err == nil {
			err = p.acc.add(iuMicro, 0, frac) // as PostgreSQL 15 does: it takes no fractions here
		}
		return err
	case p.some:
		return errDateFormat
	}
	for _, u := range []intervalUnit{iuHour, iuMinute, iuSecond} {
		if u != iuHour {
			if v, frac, err = p.number(); err != nil {
				return err
			}
			c = p.unit()
		}
		if err := p.acc.add(u, v, frac); err != nil {
			return err
		}
		if c == 0 {
			return nil
		}
		if c != ':' {
			break
		}
	}
	return errDateFormat
}
