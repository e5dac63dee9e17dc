package types

import (
	"encoding/binary"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// Snapshot says of every transaction number whether a view shows what it wrote: those
// below Xmin ended before the view, those from Xmax on had not begun, and of those
// between the ones in Xip were running. It is a value of pg_snapshot and txid_snapshot,
// kept as its binary form: the count, Xmin, Xmax and Xip, ascending.
type Snapshot struct {
	Xmin, Xmax uint64
	Xip        []uint64
}

// Shows reports that a transaction had ended when the view was taken.
func (s *Snapshot) Shows(xid uint64) bool {
	switch {
	case xid < s.Xmin:
		return true
	case xid >= s.Xmax:
		return false
	}
	_, running := slices.BinarySearch(s.Xip, xid)
	return !running
}

// Datum is the snapshot as a value.
func (s *Snapshot) Datum() Datum {
	b := make([]byte, 0, 20+8*len(s.Xip))
	b = binary.BigEndian.AppendUint32(b, uint32(len(s.Xip)))
	b = binary.BigEndian.AppendUint64(b, s.Xmin)
	b = binary.BigEndian.AppendUint64(b, s.Xmax)
	for _, x := range s.Xip {
		b = binary.BigEndian.AppendUint64(b, x)
	}
	return Bytes(b)
}

// SnapshotOf is a value of pg_snapshot or txid_snapshot.
func SnapshotOf(d Datum) Snapshot {
	b := d.ref
	if len(b) < 20 {
		return Snapshot{}
	}
	s := Snapshot{Xmin: binary.BigEndian.Uint64(b[4:]), Xmax: binary.BigEndian.Uint64(b[12:])}
	for b = b[20:]; len(b) >= 8; b = b[8:] {
		s.Xip = append(s.Xip, binary.BigEndian.Uint64(b))
	}
	return s
}

// validXid reports a number that a transaction can have: of what is counted in 32 bits,
// 0 means none.
func validXid(x uint64) bool { return uint32(x) != 0 }

// maxXip is how many running transactions a snapshot can list.
const maxXip = (1<<30 - 1 - 24) / 8

func (s *Snapshot) valid() bool { return validXid(s.Xmin) && validXid(s.Xmax) && s.Xmin <= s.Xmax }

// parseSnapshot reads xmin:xmax:xip,xip…; numbers are as strtoull has them.
func parseSnapshot(text string) (Datum, error) {
	bad := func() (Datum, error) {
		return Datum{}, pgerr.Newf(pgerrcode.InvalidTextRepresentation, "invalid input syntax for type pg_snapshot: \"%s\"", text)
	}
	var s Snapshot
	rest, ok := text, false
	for _, to := range []*uint64{&s.Xmin, &s.Xmax} {
		*to, rest = leadingUint(rest)
		if rest, ok = strings.CutPrefix(rest, ":"); !ok {
			return bad()
		}
	}
	if !s.valid() {
		return bad()
	}
	for last := uint64(0); rest != ""; {
		var x uint64
		x, rest = leadingUint(rest)
		if x < s.Xmin || x >= s.Xmax || x < last {
			return bad()
		}
		if x != last {
			s.Xip = append(s.Xip, x)
		}
		last = x
		if after, ok := strings.CutPrefix(rest, ","); ok {
			rest = after
		} else if rest != "" {
			return bad()
		}
	}
	return s.Datum(), nil
}

// leadingUint reads a number in front of a text as C's strtoull does in base ten: after
// spaces and a sign, which counts modulo 2⁶⁴, and the largest number for what is larger.
// Where there is none it is 0, and nothing is read.
func leadingUint(text string) (n uint64, rest string) {
	s := strings.TrimLeft(text, " \t\n\v\f\r")
	minus := strings.HasPrefix(s, "-")
	if minus || strings.HasPrefix(s, "+") {
		s = s[1:]
	}
	end := 0
	for end < len(s) && '0' <= s[end] && s[end] <= '9' {
		end++
	}
	if end == 0 {
		return 0, text
	}
	n, err := strconv.ParseUint(s[:end], 10, 64)
	switch {
	case err != nil:
		n = math.MaxUint64
	case minus:
		n = -n
	}
	return n, s[end:]
}

func appendSnapshot(dst []byte, d Datum) []byte {
	s := SnapshotOf(d)
	dst = append(strconv.AppendUint(dst, s.Xmin, 10), ':')
	dst = append(strconv.AppendUint(dst, s.Xmax, 10), ':')
	for i, x := range s.Xip {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strconv.AppendUint(dst, x, 10)
	}
	return dst
}

func decodeSnapshot(b []byte) (Datum, error) {
	bad := func() (Datum, error) { return Datum{}, badBinary("invalid external pg_snapshot data") }
	if len(b) < 4 {
		return Datum{}, shortMessage()
	}
	n := int32(binary.BigEndian.Uint32(b))
	if n < 0 || n > maxXip {
		return bad()
	}
	if len(b) < 20 {
		return Datum{}, shortMessage()
	}
	s := Snapshot{Xmin: binary.BigEndian.Uint64(b[4:]), Xmax: binary.BigEndian.Uint64(b[12:])}
	if !s.valid() {
		return bad()
	}
	b = b[20:]
	for last := uint64(0); n > 0; n-- {
		if len(b) < 8 {
			return Datum{}, shortMessage()
		}
		x := binary.BigEndian.Uint64(b)
		b = b[8:]
		if x < last || x < s.Xmin || x >= s.Xmax {
			return bad()
		}
		if x != last {
			s.Xip = append(s.Xip, x)
		}
		last = x
	}
	if len(b) > 0 {
		return Datum{}, badBinary("incorrect binary data format")
	}
	return s.Datum(), nil
}
