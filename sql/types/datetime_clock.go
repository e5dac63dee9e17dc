package types

import (
	"errors"
	"math"
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
	if int64((c.hour*60+c.min)*60+c.sec)*usPerSec+int64(c.usec) > usPerDay {
		return 0, errDateRange
	}
	return mTime, nil
}

func parseClock(s string) (c civil, err error) {
	v, frac, err := clockParts(s, false)
	if errors.Is(err, errIntervalRange) {
		err = errDateRange
	}
	if err != nil {
		return c, err
	}
	if max(v[0], v[1], v[2]) > math.MaxInt32 || v[1] > 59 || v[2] > 60 {
		return c, errDateRange
	}
	c.hour, c.min, c.sec, c.usec = int(v[0]), int(v[1]), int(v[2]), fracMicros(frac)
	return c, nil
}

// clockParts reads hh:mm, hh:mm:ss[.fff] or mm:ss.fff into hours, minutes, seconds and
// the decimals; two numbers are minutes and seconds if short says so. Any number but the
// first may be left out and is 0 then. Minutes and seconds are below 2^31, not yet
// checked further.
func clockParts(s string, short bool) (v [3]int64, frac string, err error) {
	n := 0
	for rest := s; ; n++ {
		var end int
		var ok bool
		v[n], end, ok = intPrefix(rest)
		if !ok || n > 0 && v[n] != int64(int32(v[n])) {
			return v, "", errIntervalRange
		}
		rest = rest[end:]
		if n > 0 && rest == "" {
			break
		}
		if n > 0 && rest[0] == '.' {
			if _, err := decimals(rest); err != nil {
				return v, "", err
			}
			frac = rest[1:]
			short = true
			break
		}
		if n == 2 || rest == "" || rest[0] != ':' {
			return v, "", errDateFormat
		}
		rest = rest[1:]
	}
	if n == 1 && short {
		if v[0] != int64(int32(v[0])) {
			return v, "", errIntervalRange
		}
		v = [3]int64{0, v[0], v[1]}
	}
	return v, frac, nil
}

// parseOffset reads +hh[:mm[:ss]] or +hhmm, at most 15:59:59; the result is
// seconds east of UTC.
func parseOffset(s string) (int, error) {
	if len(s) < 2 || s[0] != '+' && s[0] != '-' {
		return 0, errDateFormat
	}
	var v [3]int
	rest, n := s[1:], 0
	for ; ; n++ {
		digits := 0
		for digits < len(rest) && isDigit(rest[digits]) {
			digits++
		}
		if digits > 0 {
			var ok bool
			if v[n], ok = smallInt(rest[:digits]); !ok {
				return 0, errZoneRange
			}
		}
		if rest = rest[digits:]; n == 2 || rest == "" || rest[0] != ':' {
			break
		}
		rest = rest[1:]
	}
	if n == 0 && rest == "" && len(s) > 3 {
		v[0], v[1] = v[0]/100, v[0]%100
	}
	switch {
	case v[0] > 15 || v[1] > 59 || v[2] > 59:
		return 0, errZoneRange
	case rest != "":
		return 0, errDateFormat
	}
	off := v[0]*3600 + v[1]*60 + v[2]
	if s[0] == '-' {
		off = -off
	}
	return off, nil
}
