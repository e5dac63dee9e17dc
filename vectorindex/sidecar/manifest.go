package sidecar

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

// ErrCorrupt marks manifests and files whose bytes are not what was written.
var ErrCorrupt = errors.New("sidecar: corrupt")

func corruptf(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrCorrupt}, args...)...)
}

// Manifest is the durable list of an index's sealed segments: a few hundred
// bytes, stored as one row by Source.Seal.
type Manifest struct {
	// Generation grows by one with every change; 0 = never stored.
	Generation uint64
	// Next is greater than every file number in use.
	Next uint64
	// ValidFrom is the oldest snapshot that the segments answer completely.
	ValidFrom uint64
	// Filled says how far Fill has come, and FilledTo the row before which nothing is
	// left to read.
	Filled   FillState
	FilledTo uint64
	Segments []SegmentMeta
}

// FillState is how much of an index Fill has built.
type FillState uint8

// An index that is filled in one transaction, or that was never filled, stays Unfilled.
const (
	Unfilled FillState = iota
	Filling            // up to Manifest.FilledTo
	Filled
)

// SegmentMeta describes one sealed segment file and its delete file.
type SegmentMeta struct {
	Number  uint64 // names the file, see segmentName
	Entries uint64
	AsOf    uint64 // every change up to this timestamp is in the file
	Bytes   int64
	Sum     uint32 // content checksum of the file
	// Deletes is the number of the newest delete file, 0 = none. It holds every
	// entry that died after the segment was written, as known when it was stored.
	Deletes    uint64
	DeletesSum uint32
	Dead       uint64 // entries in the delete file
}

// clone returns an independent copy.
func (m Manifest) clone() Manifest {
	m.Segments = append([]SegmentMeta(nil), m.Segments...)
	return m
}

// manifestVersion 2 added how far the index is filled.
const (
	manifestVersion = 2
	manifestHead    = 1 + 3*8 + 4
	manifestFill    = 1 + 8
	segmentMetaLen  = 5*8 + 2*4 + 8
	maxSegments     = 1 << 16
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Marshal appends the manifest's bytes to dst: a version byte, the fields as
// fixed-size little-endian numbers in the order of the struct, a CRC-32C.
func (m *Manifest) Marshal(dst []byte) []byte {
	from := len(dst)
	dst = append(dst, manifestVersion)
	dst = binary.LittleEndian.AppendUint64(dst, m.Generation)
	dst = binary.LittleEndian.AppendUint64(dst, m.Next)
	dst = binary.LittleEndian.AppendUint64(dst, m.ValidFrom)
	dst = append(dst, byte(m.Filled))
	dst = binary.LittleEndian.AppendUint64(dst, m.FilledTo)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(m.Segments)))
	for i := range m.Segments {
		s := &m.Segments[i]
		dst = binary.LittleEndian.AppendUint64(dst, s.Number)
		dst = binary.LittleEndian.AppendUint64(dst, s.Entries)
		dst = binary.LittleEndian.AppendUint64(dst, s.AsOf)
		dst = binary.LittleEndian.AppendUint64(dst, uint64(s.Bytes))
		dst = binary.LittleEndian.AppendUint32(dst, s.Sum)
		dst = binary.LittleEndian.AppendUint64(dst, s.Deletes)
		dst = binary.LittleEndian.AppendUint32(dst, s.DeletesSum)
		dst = binary.LittleEndian.AppendUint64(dst, s.Dead)
	}
	return binary.LittleEndian.AppendUint32(dst, crc32.Checksum(dst[from:], castagnoli))
}

// Unmarshal reads what Marshal wrote. Bytes that are not a manifest are ErrCorrupt.
func (m *Manifest) Unmarshal(b []byte) error {
	if len(b) < manifestHead+4 {
		return corruptf("manifest of %d bytes", len(b))
	}
	body, sum := b[:len(b)-4], binary.LittleEndian.Uint32(b[len(b)-4:])
	if crc32.Checksum(body, castagnoli) != sum {
		return corruptf("manifest checksum")
	}
	v := body[0]
	if v < 1 || v > manifestVersion || v > 1 && len(body) < manifestHead+manifestFill {
		return corruptf("manifest version %d of %d bytes; this program reads up to version %d", v, len(b), manifestVersion)
	}
	body = body[1:]
	u64 := func() uint64 { v := binary.LittleEndian.Uint64(body); body = body[8:]; return v }
	u32 := func() uint32 { v := binary.LittleEndian.Uint32(body); body = body[4:]; return v }
	out := Manifest{Generation: u64(), Next: u64(), ValidFrom: u64()}
	if v > 1 {
		out.Filled, body = FillState(body[0]), body[1:]
		out.FilledTo = u64()
		if out.Filled > Filled {
			return corruptf("manifest of fill state %d", out.Filled)
		}
	}
	n := u32()
	if n > maxSegments || len(body) != int(n)*segmentMetaLen {
		return corruptf("manifest of %d segments has %d bytes of them", n, len(body))
	}
	for range n {
		s := SegmentMeta{Number: u64(), Entries: u64(), AsOf: u64(), Bytes: int64(u64()), Sum: u32(),
			Deletes: u64(), DeletesSum: u32(), Dead: u64()}
		if s.Number >= out.Next || s.Deletes >= out.Next {
			return corruptf("segment %d with deletes %d, but the next number is %d", s.Number, s.Deletes, out.Next)
		}
		out.Segments = append(out.Segments, s)
	}
	*m = out
	return nil
}

func segmentName(number uint64) string { return fmt.Sprintf("%012d.seg", number) }
func deletesName(number uint64) string { return fmt.Sprintf("%012d.del", number) }

// Files are the names of the files that the manifest needs in the index's directory.
func (m *Manifest) Files() []string {
	var names []string
	for i := range m.Segments {
		s := &m.Segments[i]
		names = append(names, segmentName(s.Number))
		if s.Deletes != 0 {
			names = append(names, deletesName(s.Deletes))
		}
	}
	return names
}
