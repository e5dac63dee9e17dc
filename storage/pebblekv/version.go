package pebblekv

import (
	"encoding/binary"
	"errors"

	"github.com/loxodb/loxodb/storage/kv"
)

// errCorrupt is the root of every complaint about bytes in the store.
var errCorrupt = errors.New("pebblekv: corrupt store")

// A stored value is a header and the user's bytes:
//
//	flags (1) | user value                                      committed at the key's timestamp
//	flags (1) | chunk (8, BE) | pos (uvarint) | user value      provisional: see chunk.go
const (
	flagTombstone   = 1 << 0
	flagProvisional = 1 << 1
	flagsKnown      = flagTombstone | flagProvisional
)

// header is the decoded header of a stored value.
type header struct {
	flags byte
	chunk kv.TS  // provisional only: the chunk that decides
	pos   uint64 // provisional only: the write's position in its transaction
	size  int    // length of the header
}

func (h *header) tombstone() bool   { return h.flags&flagTombstone != 0 }
func (h *header) provisional() bool { return h.flags&flagProvisional != 0 }

func decodeHeader(v []byte) (h header, err error) {
	if len(v) == 0 || v[0]&^flagsKnown != 0 {
		return h, errCorrupt
	}
	h.flags, h.size = v[0], 1
	if !h.provisional() {
		return h, nil
	}
	if len(v) < 10 {
		return h, errCorrupt
	}
	h.chunk = kv.TS(binary.BigEndian.Uint64(v[1:]))
	pos, n := binary.Uvarint(v[9:])
	if n <= 0 {
		return h, errCorrupt
	}
	h.pos, h.size = pos, 9+n
	return h, nil
}

// appendHeader appends a provisional header.
func appendHeader(dst []byte, flags byte, chunk kv.TS, pos uint64) []byte {
	dst = append(dst, flags|flagProvisional)
	dst = binary.BigEndian.AppendUint64(dst, uint64(chunk))
	return binary.AppendUvarint(dst, pos)
}
