package types

import (
	"strings"
)

// smallInt reads a number below 2^31.
func smallInt(s string) (int, bool) {
	if s == "" || len(s) > 18 {
		return 0, false
	}
	v := 0
	for i := 0; i < len(s); i++ {
		if !isDigit(s[i]) {
			return 0, false
		}
		v = v*10 + int(s[i]-'0')
	}
	return v, v <= 1<<31-1
}

// fracMicros is the value of decimals in µs, rounded.
func fracMicros(frac string) int {
	us, i := 0, 0
	for ; i < 6; i++ {
		us *= 10
		if i < len(frac) && isDigit(frac[i]) {
			us += int(frac[i] - '0')
		}
	}
	if len(frac) > 6 && frac[6] >= '5' && isDigit(frac[6]) && roundsUp(frac[6:], us) {
		us++
	}
	return us
}

// roundsUp breaks ties to even, as rint does.
func roundsUp(rest string, us int) bool {
	if rest[0] > '5' {
		return true
	}
	for i := 1; i < len(rest); i++ {
		if rest[i] != '0' {
			return true
		}
	}
	return us%2 == 1
}

// clock reads hh:mm[:ss[.fff]], or mm:ss.fff.
func (p *dateParser) clock(s string) (set int, err error) {
	c, err := parseClock(s)
	if err != nil {
		return 0, err
	}
	p.c.hour, p.c.min, p.c.sec, p.c.usec = c.hour, c.min, c.sec, c.usec
	if c.hour > 24 || c.hour == 24 && (c.min > 0 || c.sec > 0 || c.usec > 0) {
		return 0, errDateRange
	}
	return mTime, nil
}

func parseClock(s string) (c civil, err error) {
	hour, rest, _ := strings.Cut(s, ":")
	var ok bool
	if c.hour, ok = smallInt(hour); !ok {
		return c, errDateRange
	}
	minute := rest
	if i := strings.IndexAny(rest, ":."); i >= 0 {
		minute, rest = rest[:i], rest[i:]
	} else {
		rest = ""
	}
	if c.min, ok = smallInt(minute); !ok {
		if minute == "" && rest == "" {
			return c, errDateFormat
		}
		return c, errDateFormat
	}
	switch {
	case rest == "":
	case rest[0] == '.':
		c.usec = fracMicros(rest[1:])
		c.sec, c.min, c.hour = c.min, c.hour, 0
		if strings.ContainsAny(rest[1:], ":.") {
			return c, errDateFormat
		}
	default:
		sec, frac, _ := strings.Cut(rest[1:], ".")
		if c.sec, ok = smallInt(sec); !ok || strings.ContainsAny(frac, ":.") {
			return c, errDateFormat
		}
		c.usec = fracMicros(frac)
	}
	if c.min > 59 || c.sec > 60 {
		return c, errDateRange
	}
	return c, nil
}

// parseOffset reads +hh[:mm[:ss]] or +hhmm, at most 15:59:59; the result is
// seconds east of UTC.
func parseOffset(s string) (int, error) {
	if len(s) < 2 || s[0] != '+' && s[0] != '-' {
		return 0, errDateFormat
	}
	parts := strings.Split(s[1:], ":")
	if len(parts) > 3 {
		return 0, errDateFormat
	}
	var v [3]int
	for i, p := range parts {
		n, ok := smallInt(p)
		if !ok {
			return 0, errDateFormat
		}
		v[i] = n
	}
	if len(parts) == 1 && len(s) > 3 {
		v[0], v[1] = v[0]/100, v[0]%100
	}
	if v[0] > 15 || v[1] > 59 || v[2] > 59 {
		return 0, errZoneRange
	}
	off := v[0]*3600 + v[1]*60 + v[2]
	if s[0] == '-' {
		off = -off
	}
	return off, nil
}
