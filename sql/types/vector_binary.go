package types

import (
	"encoding/binary"
	"math"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// The wire format of dense vectors is int16 dimensions, int16 zero, then the
// components, big-endian. Values are checked in the order in which pgvector's
// receive functions read them.

// decode reads the wire format; the result owns its bytes.
func (k *vectorType) decode(b []byte, mod int32) (Datum, error) {
	if k == sparseKind {
		return decodeSparse(b, mod)
	}
	if len(b) < 4 {
		return Datum{}, shortMessage()
	}
	dims, unused := int(binary.BigEndian.Uint16(b)), binary.BigEndian.Uint16(b[2:])
	if err := k.checkDims(dims, mod); err != nil {
		return Datum{}, err
	}
	if unused != 0 {
		return Datum{}, unusedNotZero(int64(unused))
	}
	b = b[4:]
	n := min(dims, len(b)/k.size)
	out := append(make([]byte, 0, n*k.size), b[:n*k.size]...)
	swapBytes(out, k.size)
	if err := k.checkElements(out); err != nil {
		return Datum{}, err
	}
	if len(b) != dims*k.size {
		return Datum{}, wrongLength(len(b), dims*k.size)
	}
	return Bytes(out), nil
}

// checkElements finds the first component of a dense vector that is not finite.
func (k *vectorType) checkElements(b []byte) error {
	switch k {
	case vectorKind:
		for _, x := range Float32s(b) {
			if x-x != 0 {
				return k.checkElement(x)
			}
		}
	case halfvecKind:
		for i := 0; i+2 <= len(b); i += 2 {
			if h := binary.LittleEndian.Uint16(b[i:]); h&halfInf == halfInf {
				return k.checkElement(HalfToFloat32(h))
			}
		}
	}
	return nil
}

func unusedNotZero(v int64) error {
	return pgerr.Newf(pgerrcode.DataException, "expected unused to be 0, not %d", v)
}

// swapBytes turns the byte order of numbers of 1, 2 or 4 bytes.
func swapBytes(b []byte, size int) {
	switch size {
	case 2:
		for i := 0; i+2 <= len(b); i += 2 {
			b[i], b[i+1] = b[i+1], b[i]
		}
	case 4:
		for i := 0; i+4 <= len(b); i += 4 {
			binary.LittleEndian.PutUint32(b[i:], binary.BigEndian.Uint32(b[i:]))
		}
	}
}

// appendBinary prints the wire format.
func (k *vectorType) appendBinary(dst, b []byte) []byte {
	if k == sparseKind {
		return appendSparseBinary(dst, b)
	}
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(b)/k.size))
	dst = append(dst, 0, 0)
	at := len(dst)
	dst = append(dst, b...)
	swapBytes(dst[at:], k.size)
	return dst
}

func float32At(b []byte, at int) float32 {
	return math.Float32frombits(binary.LittleEndian.Uint32(b[at:]))
}
