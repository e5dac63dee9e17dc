package types

import (
	"encoding/binary"
	"strings"
	"time"
)

// seasonZone reads a POSIX specification with daylight saving time, such as
// CST7CDT,M4.1.0,M10.5.0; std is its first part, which is east seconds from UTC. Go
// knows these rules from the end of a zone's file, so such a file is made; nil if the
// rules say nothing to it.
func seasonZone(name, std string, east int) *time.Location {
	name = strings.ToUpper(name)
	loc, err := time.LoadLocationFromTZData(name, zoneFile(strings.ToUpper(std), east, name))
	if err != nil {
		return nil
	}
	seasons := false
	for month := time.January; month <= time.December; month++ {
		_, off := time.Date(2001, month, 15, 0, 0, 0, 0, time.UTC).In(loc).Zone()
		seasons = seasons || off != east
	}
	if !seasons {
		return nil
	}
	return loc
}

// zoneFile is a file of the format TZif (RFC 8536) with one kind of local time and a
// rule for what comes after its last change, of which there are none.
func zoneFile(abbrev string, east int, rule string) []byte {
	header := func(b []byte) []byte {
		b = append(b, "TZif2"...)
		b = append(b, make([]byte, 15)...)
		for _, n := range [6]int{0, 0, 0, 0, 1, len(abbrev) + 1} { // kinds, characters
			b = binary.BigEndian.AppendUint32(b, uint32(n))
		}
		b = binary.BigEndian.AppendUint32(b, uint32(int32(east)))
		b = append(b, 0, 0)
		return append(append(b, abbrev...), 0)
	}
	b := header(header(nil)) // once for old readers
	return append(append(append(b, '\n'), rule...), '\n')
}
