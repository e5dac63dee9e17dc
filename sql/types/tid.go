package types

import "encoding/binary"

// CtidDatum makes the tid of a row: its number in the low 48 bits as block and offset. It
// is 6 bytes, block (4) and offset (2), big-endian as on the wire.
func CtidDatum(row uint64) Datum {
	b := make([]byte, 6)
	binary.BigEndian.PutUint32(b, uint32(row>>16))
	binary.BigEndian.PutUint16(b[4:], uint16(row))
	return Bytes(b)
}
