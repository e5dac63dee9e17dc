package builtin

import (
	"strconv"
	"strings"
	"time"

	"github.com/loxodb/loxodb/sql/types"
)

// mysqlStamp is a value as a local time stamp; false when it is none.
func mysqlStamp(c *Ctx, v typed) (us int64, ok bool) {
	switch v.t.OID {
	case types.TimestampOID:
		us = v.d.Int()
	case types.TimestamptzOID:
		us = utcToLocal(c, v.d.Int())
	case types.DateOID:
		if types.IsInfinite(types.DateOID, v.d.Int()) {
			return 0, false
		}
		us = v.d.Int() * usPerDay
	case types.TimeOID, types.IntervalOID:
		clock, _ := mysqlClock(c, v)
		us = dayOf(utcToLocal(c, Micros(c.StmtTime)))*usPerDay + clock
	case types.Int2OID, types.Int4OID, types.Int8OID, types.NumericOID:
		s := mysqlString(c, v).Text()
		if whole, _, _ := strings.Cut(s, "."); len(whole) > 2 && len(whole) < 6 && whole[0] != '-' { // of a year of two digits
			s = "000"[:6-len(whole)] + s
		}
		return parseStamp(s)
	default:
		return parseStamp(mysqlString(c, v).Text())
	}
	return us, us > minTimestamp && us < endTimestamp
}

// mysqlClock is a value's time of day in microseconds; a text may also be a time
// alone, of more than a day or negative.
func mysqlClock(c *Ctx, v typed) (us int64, ok bool) {
	switch v.t.OID {
	case types.TimeOID:
		return v.d.Int(), true
	case types.IntervalOID:
		iv := types.IntervalOf(v.d)
		return (int64(iv.Months)*30+int64(iv.Days))*usPerDay + iv.Micros, true
	case types.TextOID, types.VarcharOID, types.UnknownOID, types.BpcharOID:
		s := strings.TrimSpace(v.d.Text())
		if !strings.ContainsAny(s[min(1, len(s)):], "-/") && !strings.Contains(s, "T") {
			return parseClock(clockPrefix(s))
		}
		if at, ok := parseStamp(s); ok && !dateAlone(s) {
			_, us = floorDiv(at, usPerDay)
			return us, true
		}
		if end := strings.IndexAny(s[1:], "-/"); end >= 0 { // as far as it can be a time, a date is read as one
			if day, _, more := strings.Cut(s, " "); more {
				if _, ok := parseStamp(day); !ok {
					return 0, false
				}
			}
			return parseClock(s[:1+end])
		}
	case types.Int2OID, types.Int4OID, types.Int8OID, types.NumericOID, types.Float4OID, types.Float8OID:
		s := mysqlString(c, v).Text()
		if whole, _, _ := strings.Cut(strings.TrimPrefix(s, "-"), "."); len(whole) <= 10 {
			return parseClock(s)
		}
	}
	at, ok := mysqlStamp(c, v)
	if !ok {
		return 0, false
	}
	_, us = floorDiv(at, usPerDay)
	return us, true
}

// clockPrefix is what of a text is a time; MySQL passes over the rest.
func clockPrefix(s string) string {
	i := len(s) - len(strings.TrimLeft(s, "+-"))
	digits := func() bool {
		from := i
		for i < len(s) && s[i] >= '0' && s[i] <= '9' {
			i++
		}
		return i > from
	}
	if !digits() {
		return s
	}
	end := i
	if i < len(s) && s[i] == ' ' { // days
		i += len(s[i:]) - len(strings.TrimLeft(s[i:], " "))
		if !digits() {
			return s[:end]
		}
		end = i
	}
	for range 2 {
		if i < len(s) && s[i] == ':' {
			i++
			if !digits() {
				return s[:end]
			}
			end = i
		}
	}
	if i < len(s) && s[i] == '.' {
		i++
		digits()
		end = i
	}
	return s[:end]
}

// readWhole reports a text that is a time without a rest behind it, or a moment.
func readWhole(s string) bool {
	s = strings.TrimSpace(s)
	return clockPrefix(s) == s || strings.ContainsAny(s[min(1, len(s)):], "-/T")
}

// dateAlone reports a text that has the signs of a date, and no time behind it.
func dateAlone(s string) bool {
	s = strings.TrimSpace(s)
	return strings.ContainsAny(s[min(1, len(s)):], "-/") && !strings.ContainsAny(s, " T")
}

// parseClock reads [-][D ]HH[:MM[:SS]][.ffffff], or HHMMSS without colons; only after days a
// number alone is of hours.
func parseClock(s string) (us int64, ok bool) {
	neg := strings.HasPrefix(s, "-")
	s = strings.TrimPrefix(s, "-")
	d, rest, dayed := strings.Cut(s, " ")
	days := int64(0)
	if dayed {
		n, err := strconv.ParseInt(d, 10, 16)
		if err != nil || n < 0 {
			return 0, false
		}
		days, s = n, strings.TrimLeft(rest, " ")
	}
	whole, frac, _ := strings.Cut(s, ".")
	parts := strings.Split(whole, ":")
	var n [3]int64
	if len(parts) > 3 {
		return 0, false
	}
	for i, p := range parts {
		v, err := strconv.ParseUint(p, 10, 31)
		if err != nil {
			return 0, false
		}
		n[i] = int64(v)
	}
	if len(parts) == 1 && !dayed {
		n[0], n[1], n[2] = n[0]/10000, n[0]/100%100, n[0]%100
	}
	micros, ok := fractionOf(frac)
	if !ok || n[1] > 59 || n[2] > 59 {
		return 0, false
	}
	us = (days*86400+n[0]*3600+n[1]*60+n[2])*usPerSecond + micros
	if neg {
		us = -us
	}
	return us, true
}

// fractionOf is the digits after the point as microseconds.
func fractionOf(frac string) (int64, bool) {
	if frac == "" {
		return 0, true
	}
	n, err := strconv.ParseInt((frac + "000000")[:6], 10, 32)
	return n, err == nil
}

// parseStamp reads a date with or without a time as MySQL does: any punctuation
// between the parts, or none at all.
func parseStamp(s string) (us int64, ok bool) {
	s = strings.TrimSpace(s)
	var parts []string
	var seps []byte
	for i := 0; i < len(s); {
		j := i
		for j < len(s) && s[j] >= '0' && s[j] <= '9' {
			j++
		}
		if j == i {
			return 0, false
		}
		parts = append(parts, s[i:j])
		if j < len(s) {
			seps = append(seps, s[j])
			j++
		}
		i = j
	}
	if len(parts) == 0 {
		return 0, false
	}
	if len(seps) == 0 || len(parts) == 2 && seps[0] == '.' && len(parts[0]) >= 12 {
		parts, ok = splitDigits(parts)
		if !ok {
			return 0, false
		}
	}
	if len(parts) < 3 || len(parts) > 7 {
		return 0, false
	}
	var n [7]int64
	for i, p := range parts {
		if i == 6 {
			if n[6], ok = fractionOf(p); !ok {
				return 0, false
			}
			continue
		}
		v, err := strconv.ParseInt(p, 10, 32)
		if err != nil {
			return 0, false
		}
		n[i] = v
	}
	if len(parts[0]) <= 2 {
		n[0] = twoDigitYear(n[0])
	}
	return stampOf(n)
}

// splitDigits takes YYYYMMDD, YYMMDD and YYYYMMDDHHMMSS apart.
func splitDigits(parts []string) ([]string, bool) {
	d := parts[0]
	year := 4
	switch len(d) {
	case 8, 14:
	case 6, 12:
		year = 2
	default:
		return nil, false
	}
	out := []string{d[:year]}
	for d = d[year:]; d != ""; d = d[2:] {
		out = append(out, d[:2])
	}
	return append(out, parts[1:]...), true
}

func twoDigitYear(y int64) int64 {
	if y < 70 {
		return y + 2000
	}
	return y + 1900
}

// stampOf puts year, month, day, hour, minute, second and microsecond together.
func stampOf(n [7]int64) (int64, bool) {
	if n[0] < 1 || n[0] > 9999 || n[1] < 1 || n[1] > 12 || n[2] < 1 || n[2] > 31 || n[3] > 23 || n[4] > 59 || n[5] > 59 {
		return 0, false
	}
	t := time.Date(int(n[0]), time.Month(n[1]), int(n[2]), int(n[3]), int(n[4]), int(n[5]), 0, time.UTC)
	if t.Day() != int(n[2]) {
		return 0, false
	}
	return Micros(t) + n[6], true
}
