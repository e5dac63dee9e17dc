package types

import (
	"slices"
	"strings"
	"time"
)

// summerAbbrevs are those of zoneAbbrevs that stand for daylight-saving time.
var summerAbbrevs = strings.Fields(`acdt acsst adt aedt aesst akdt almst awsst azost bdst brst bst cadt cdt cest
	cetdst chadt clst edt eest eetdst egst fjst fnst idt kdt kgst mdt mest mesz metdst msd must ndt nzdt pdt
	pkst pmdt pyst sadt ulast uyst uzst wadt wdt wetdst wgst yekst`)

// ZoneAbbrev is an abbreviation of a time zone: in capitals, with the seconds east of UTC
// that it stands for.
type ZoneAbbrev struct {
	Name   string
	Offset int
	DST    bool
}

// ZoneAbbrevs are the abbreviations that inputs may have, by name, with what they stand
// for at a time: those whose offset has changed, for that which they last stood for.
func ZoneAbbrevs(now time.Time) []ZoneAbbrev {
	out := make([]ZoneAbbrev, 0, len(zoneAbbrevs)+len(zoneAbbrevsByZone))
	for name, off := range zoneAbbrevs {
		out = append(out, ZoneAbbrev{strings.ToUpper(name), int(off), slices.Contains(summerAbbrevs, name)})
	}
	for name, zone := range zoneAbbrevsByZone {
		loc, err := LoadTimeZone(zone)
		if err != nil {
			continue // this host's zone database has it not
		}
		_, seconds := now.In(loc).Zone()
		off, at := usedAbbrev(loc, name, (now.Unix()-unixEpochSecs+int64(seconds))*usPerSec)
		out = append(out, ZoneAbbrev{strings.ToUpper(name), off, goTime(at).In(loc).IsDST()})
	}
	slices.SortFunc(out, func(a, b ZoneAbbrev) int { return strings.Compare(a.Name, b.Name) })
	return out
}
