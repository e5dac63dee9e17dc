package types

import "encoding/binary"

// A timetz datum is timetz_send's format: int64 µs of the day, int32 seconds
// west of UTC, big-endian.

func makeTimetz(us int64, zone int) Datum {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, 12), uint64(us))
	return Bytes(binary.BigEndian.AppendUint32(b, uint32(int32(zone))))
}

func timetzOf(d Datum) (us int64, zone int) {
	if len(d.ref) < 12 {
		return 0, 0
	}
	return int64(binary.BigEndian.Uint64(d.ref)), int(int32(binary.BigEndian.Uint32(d.ref[8:])))
}

// MakeTimetz packs a time of day in µs and its offset in seconds east of UTC.
func MakeTimetz(us int64, east int) Datum { return makeTimetz(us, -east) }

// TimetzOf unpacks a timetz datum; east is seconds east of UTC.
func TimetzOf(d Datum) (us int64, east int) {
	us, zone := timetzOf(d)
	return us, -zone
}

// compareTimetz orders by the instant, then by the zone.
func compareTimetz(a, b Datum) int {
	au, az := timetzOf(a)
	bu, bz := timetzOf(b)
	if c := compareInt(au+int64(az)*usPerSec, bu+int64(bz)*usPerSec); c != 0 {
		return c
	}
	return compareInt(int64(az), int64(bz))
}

func compareInt(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
