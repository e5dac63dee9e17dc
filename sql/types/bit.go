package types

import (
	"encoding/binary"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// A bit or varbit datum is varbit_send's format: int32 length in bits,
// big-endian, then the bits from the highest of the first byte on, padded with 0.

// MakeBits packs n bits; data has ⌈n/8⌉ bytes, whose last bits are cleared.
func MakeBits(n int, data []byte) Datum {
	b := binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(data)), uint32(n))
	b = append(b, data...)
	if r := n % 8; r != 0 {
		b[len(b)-1] &= 0xff << (8 - r)
	}
	return Bytes(b)
}

// BitsOf unpacks a bit string; data is borrowed.
func BitsOf(d Datum) (n int, data []byte) {
	if len(d.ref) < 4 {
		return 0, nil
	}
	n = int(binary.BigEndian.Uint32(d.ref))
	data = d.ref[4:]
	return min(n, 8*len(data)), data
}

// parseBit reads 0101, b0101 or x1f.
func parseBit(t T, s string) (Datum, error) {
	p := s
	hex := false
	if p != "" {
		switch p[0] {
		case 'b', 'B':
			p = p[1:]
		case 'x', 'X':
			hex = true
			p = p[1:]
		}
	}
	n := len(p)
	if hex {
		n *= 4
	}
	data := make([]byte, (n+7)/8)
	for i := 0; i < len(p); i++ {
		if !hex {
			if p[i] != '0' && p[i] != '1' {
				return Datum{}, pgerr.Newf(pgerrcode.InvalidTextRepresentation, "\"%s\" is not a valid binary digit", firstRune(p[i:]))
			}
			data[i/8] |= (p[i] - '0') << (7 - i%8)
			continue
		}
		v, ok := hexDigit(p[i])
		if !ok {
			return Datum{}, pgerr.Newf(pgerrcode.InvalidTextRepresentation, "\"%s\" is not a valid hexadecimal digit", firstRune(p[i:]))
		}
		data[i/2] |= v << (4 * (1 - i%2))
	}
	return ApplyTypmod(t, MakeBits(n, data), false)
}

func firstRune(s string) string {
	for i := range s {
		if i > 0 {
			return s[:i]
		}
	}
	return s
}

func appendBits(dst, b []byte) []byte {
	n, data := BitsOf(Bytes(b))
	for i := 0; i < n; i++ {
		dst = append(dst, '0'+data[i/8]>>(7-i%8)&1)
	}
	return dst
}

func decodeBit(t T, b []byte) (Datum, error) {
	if len(b) < 4 {
		return Datum{}, shortMessage()
	}
	n := int(int32(binary.BigEndian.Uint32(b)))
	if n < 0 {
		return Datum{}, badBinary("invalid length in external bit string")
	}
	if size := 4 + (n+7)/8; len(b) != size {
		return Datum{}, wrongLength(len(b), size)
	}
	return ApplyTypmod(t, MakeBits(n, b[4:]), false)
}

// compareBits orders by bytes, then by length.
func compareBits(a, b []byte) int {
	na, da := BitsOf(Bytes(a))
	nb, db := BitsOf(Bytes(b))
	if c := compareBytes(da, db); c != 0 {
		return c
	}
	return compareInt(int64(na), int64(nb))
}

// maxBits is the most bits that a string of them can have (VARBITMAXLEN).
const maxBits = 1<<31 - 8

// coerceBits fits a bit string to its typmod: bit(n) must match exactly and
// varbit(n) must not be longer, unless the cast is explicit.
func coerceBits(t T, d Datum, explicit bool) (Datum, error) {
	want := int(t.Mod)
	if want <= 0 || t.OID == BitOID && want > maxBits {
		return d, nil
	}
	n, data := BitsOf(d)
	if n == want || t.OID == VarbitOID && n < want {
		return d, nil
	}
	if !explicit {
		if t.OID == VarbitOID {
			return Datum{}, pgerr.Newf(pgerrcode.StringDataRightTruncationDataException, "bit string too long for type bit varying(%d)", want)
		}
		return Datum{}, pgerr.Newf(pgerrcode.StringDataLengthMismatch, "bit string length %d does not match type bit(%d)", n, want)
	}
	out := make([]byte, (want+7)/8)
	copy(out, data)
	return MakeBits(want, out), nil
}
