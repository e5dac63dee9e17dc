package types

import (
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // zone names must not depend on the host

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// zones caches loaded locations by lower-case name.
var zones sync.Map // string → *time.Location

// LoadTimeZone finds a zone by IANA name in any case, or by a POSIX
// specification such as UTC+3 or <-03>3, whose offsets count west of Greenwich
// (PostgreSQL appendix B.5). The error is 22023.
func LoadTimeZone(name string) (*time.Location, error) {
	key := LowerASCII(name)
	if key == "utc" {
		return time.UTC, nil
	}
	if z, ok := zones.Load(key); ok {
		return z.(*time.Location), nil
	}
	if loc := loadZone(name, key); loc != nil {
		zones.Store(key, loc)
		return loc, nil
	}
	if loc := posixZone(name); loc != nil { // not kept: there is no end of them
		return loc, nil
	}
	return nil, pgerr.Newf(pgerrcode.InvalidParameterValue, "time zone \"%s\" not recognized", name)
}

func loadZone(name, key string) *time.Location {
	if name == "" || key == "local" || name[0] == '/' || strings.Contains(name, "..") || len(name) > 255 {
		return nil
	}
	for _, n := range []string{name, titleZone(key), strings.ToUpper(key), zoneCase[key]} {
		if n == "" {
			continue
		}
		if loc, err := time.LoadLocation(n); err == nil {
			return loc
		}
	}
	return nil
}

// titleZone turns america/new_york into America/New_York.
func titleZone(key string) string {
	b := []byte(key)
	up := true
	for i, c := range b {
		if up && c >= 'a' && c <= 'z' {
			b[i] = c - 'a' + 'A'
		}
		up = c == '/' || c == '_' || c == '-'
	}
	return string(b)
}

// zoneCase holds the names whose capitals follow no rule.
var zoneCase = map[string]string{
	"america/port-au-prince": "America/Port-au-Prince", "america/port_of_spain": "America/Port_of_Spain",
	"africa/dar_es_salaam": "Africa/Dar_es_Salaam", "africa/porto-novo": "Africa/Porto-Novo",
	"antarctica/dumontdurville": "Antarctica/DumontDUrville", "antarctica/mcmurdo": "Antarctica/McMurdo",
	"europe/isle_of_man": "Europe/Isle_of_Man", "asia/ho_chi_minh": "Asia/Ho_Chi_Minh",
	"asia/ust-nera": "Asia/Ust-Nera", "america/argentina/comodrivadavia": "America/Argentina/ComodRivadavia",
	"america/knox_in": "America/Knox_IN", "australia/act": "Australia/ACT", "australia/lhi": "Australia/LHI",
	"australia/nsw": "Australia/NSW", "brazil/denoronha": "Brazil/DeNoronha", "gb-eire": "GB-Eire",
	"chile/easterisland": "Chile/EasterIsland", "mexico/bajanorte": "Mexico/BajaNorte",
	"mexico/bajasur": "Mexico/BajaSur", "nz-chat": "NZ-CHAT", "w-su": "W-SU", "us/east-indiana": "US/East-Indiana",
	"us/indiana-starke": "US/Indiana-Starke", "etc/uct": "Etc/UCT", "etc/utc": "Etc/UTC", "etc/gmt": "Etc/GMT",
	"etc/gmt0": "Etc/GMT0", "etc/gmt-0": "Etc/GMT-0", "etc/gmt+0": "Etc/GMT+0", "us/alaska": "US/Alaska",
	"us/aleutian": "US/Aleutian", "us/arizona": "US/Arizona", "us/central": "US/Central", "us/eastern": "US/Eastern",
	"us/hawaii": "US/Hawaii", "us/michigan": "US/Michigan", "us/mountain": "US/Mountain", "us/pacific": "US/Pacific",
	"us/samoa": "US/Samoa",
}

// posixZone reads STDoffset or <STD>offset, and what may follow of daylight saving
// time; nil if it is no such text.
func posixZone(name string) *time.Location {
	if name == "" {
		return nil
	}
	i := 0
	abbrev := ""
	if name[0] == '<' {
		end := strings.IndexByte(name, '>')
		if end < 0 {
			return nil
		}
		abbrev, i = name[1:end], end+1
	} else {
		for i < len(name) && !isDigit(name[i]) && name[i] != ',' && name[i] != '-' && name[i] != '+' {
			i++
		}
		abbrev = name[:i]
	}
	if i == len(name) {
		return nil
	}
	sign := -1 // west
	if name[i] == '+' || name[i] == '-' {
		if name[i] == '-' {
			sign = 1
		}
		i++
	}
	var part [3]int
	n := 0
	for ; n < 3; n++ {
		start := i
		for i < len(name) && isDigit(name[i]) && i-start < 3 {
			part[n] = part[n]*10 + int(name[i]-'0')
			i++
		}
		if i == start {
			return nil
		}
		if i == len(name) || name[i] != ':' {
			break
		}
		i++
	}
	if part[0] > 167 || part[1] > 59 || part[2] > 59 {
		return nil
	}
	east := sign * (part[0]*3600 + part[1]*60 + part[2])
	if i < len(name) {
		return seasonZone(name, abbrev, east)
	}
	return time.FixedZone(strings.ToUpper(abbrev), east)
}

// FixedZone is the zone of SET TIME ZONE with hours or an interval: secs east of
// UTC. name is what SHOW TimeZone prints, such as <+03>-03.
func FixedZone(secs int) (loc *time.Location, name string) {
	abbrev := string(appendOffset(nil, secs))
	return time.FixedZone(abbrev, secs), "<" + abbrev + ">" + string(appendOffset(nil, -secs))
}

// utcOffset is the zone's offset east of UTC, in seconds, at a timestamptz.
func utcOffset(loc *time.Location, v int64) int {
	if loc == time.UTC || loc == nil {
		return 0
	}
	_, off := zoneAt(loc, v)
	return off
}

func zoneAt(loc *time.Location, v int64) (abbrev string, off int) {
	return goTime(v).In(loc).Zone()
}

// goTime is an instant (µs as in timestamptz), to the second.
func goTime(v int64) time.Time {
	days, us := splitDay(v)
	return time.Unix(int64(days)*86400+us/usPerSec+unixEpochSecs, 0)
}

// localOffset is the offset that local time v (µs) has in loc. A time in the gap
// of a forward change takes the offset before it; an ambiguous one the offset
// after the change.
func localOffset(loc *time.Location, v int64) int {
	if loc == time.UTC || loc == nil {
		return 0
	}
	before := utcOffset(loc, v-usPerDay)
	after := utcOffset(loc, v+usPerDay)
	if before == after {
		return before
	}
	if utcOffset(loc, v-int64(after)*usPerSec) == after {
		return after
	}
	return before
}

// abbrevOffset finds a zone abbreviation (lower case) and its offset east of UTC
// at local time v.
func abbrevOffset(abbrev string, v int64) (off int, ok bool) {
	if off, ok := zoneAbbrevs[abbrev]; ok {
		return int(off), true
	}
	zone, ok := zoneAbbrevsByZone[abbrev]
	if !ok {
		return 0, false
	}
	loc, err := LoadTimeZone(zone)
	if err != nil {
		return 0, false
	}
	off, _ = usedAbbrev(loc, abbrev, v)
	return off, true
}

// usedAbbrev is the offset that an abbreviation (lower case) stands for in a zone at local
// time v, and an instant at which the zone had it.
func usedAbbrev(loc *time.Location, abbrev string, v int64) (off int, at int64) {
	off = localOffset(loc, v)
	return abbrevUsedAt(loc, abbrev, v-int64(off)*usPerSec)
}

// abbrevUsedAt is usedAbbrev at an instant.
func abbrevUsedAt(loc *time.Location, abbrev string, v int64) (off int, at int64) {
	// the abbreviation wins over the season: take the nearest time before that had it
	const halfYear = 183 * usPerDay
	for i := int64(0); i < 400; i++ {
		at := v - i*halfYear
		if name, o := zoneAt(loc, at); LowerASCII(name) == abbrev {
			return o, at
		}
		if at < -200*2*halfYear {
			break
		}
	}
	for at := int64(-240 * halfYear); at < 100*halfYear; at += halfYear { // else the first one ever
		if name, o := zoneAt(loc, at); LowerASCII(name) == abbrev {
			return o, at
		}
	}
	return utcOffset(loc, v), v
}

// isAbbrev reports a known zone abbreviation (lower case).
func isAbbrev(s string) bool {
	if _, ok := zoneAbbrevs[s]; ok {
		return true
	}
	_, ok := zoneAbbrevsByZone[s]
	return ok
}

// ZoneOffset resolves what AT TIME ZONE accepts, an abbreviation or a zone name,
// to the offset east of UTC, in seconds. local says that v is a local time of the
// zone (timestamp) rather than an instant (timestamptz).
func ZoneOffset(name string, v int64, local bool) (int, error) {
	key := LowerASCII(name)
	if zone, ok := zoneAbbrevsByZone[key]; ok && !local {
		if loc, err := LoadTimeZone(zone); err == nil {
			off, _ := abbrevUsedAt(loc, key, v)
			return off, nil
		}
	}
	if off, ok := abbrevOffset(key, v); ok {
		return off, nil
	}
	loc, err := LoadTimeZone(name)
	if err != nil {
		return 0, err
	}
	if local {
		return localOffset(loc, v), nil
	}
	return utcOffset(loc, v), nil
}

// appendOffset prints +03, +05:30 or −00:00:30.
func appendOffset(dst []byte, secs int) []byte {
	sign := byte('+')
	if secs < 0 {
		sign = '-'
		secs = -secs
	}
	dst = append2(append(dst, sign), secs/3600)
	if secs%3600 != 0 {
		dst = append2(append(dst, ':'), secs/60%60)
		if secs%60 != 0 {
			dst = append2(append(dst, ':'), secs%60)
		}
	}
	return dst
}

// append2 prints at least two digits.
func append2(dst []byte, v int) []byte {
	if v >= 100 {
		return appendInt(dst, int64(v))
	}
	return append(dst, byte('0'+v/10), byte('0'+v%10))
}
