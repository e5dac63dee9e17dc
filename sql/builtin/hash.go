package builtin

import (
	"encoding/binary"
	"math/bits"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/types"
)

// hashFunctions registers hashtext and the like with PostgreSQL's own values:
// users take advisory locks and split tables by them. The hash is Bob Jenkins's
// lookup3 (2006), as hash_bytes has it.
func hashFunctions(r *registrar) {
	r.kernel("hashtext", lengths(func(b []byte) int { return int(int32(hashBytes(b, 0))) }))
	r.kernel("hashvarlena", lengths(func(b []byte) int { return int(int32(hashBytes(b, 0))) }))
	r.kernel("hashname", lengths(func(b []byte) int { return int(int32(hashBytes(b, 0))) }))
	for _, k := range []string{"hashtextextended", "hashvarlenaextended"} {
		r.eval(k, func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			return types.Int(int64(hashBytes(a[0].Bytes(), uint64(a[1].Int())))), nil
		})
	}
	ints := func(fold func(v int64) uint32) Kernel {
		return func(_ *Ctx, sel []uint16, out *batch.Col, args []*batch.Col) error {
			for _, i := range sel {
				out.I[i] = int64(int32(hashUint32(fold(args[0].I[i]))))
			}
			return nil
		}
	}
	for _, k := range []string{"hashint2", "hashint4", "hashoid"} {
		r.kernel(k, ints(func(v int64) uint32 { return uint32(v) }))
	}
	r.kernel("hashint8", ints(func(v int64) uint32 {
		hi := uint32(v >> 32)
		if v < 0 {
			hi = ^hi
		}
		return uint32(v) ^ hi
	}))
}

const hashStart = 0x9e3779b9 + 3923095

// hashBytes is hash_bytes_extended; its low half with seed 0 is hash_bytes.
func hashBytes(k []byte, seed uint64) uint64 {
	s := uint32(hashStart + len(k))
	a, b, c := s, s, s
	if seed != 0 {
		a += uint32(seed >> 32)
		b += uint32(seed)
		a, b, c = hashMix(a, b, c)
	}
	for len(k) >= 12 {
		a += binary.LittleEndian.Uint32(k)
		b += binary.LittleEndian.Uint32(k[4:])
		c += binary.LittleEndian.Uint32(k[8:])
		a, b, c = hashMix(a, b, c)
		k = k[12:]
	}
	var rest [12]byte
	n := copy(rest[:], k)
	a += binary.LittleEndian.Uint32(rest[:])
	b += binary.LittleEndian.Uint32(rest[4:])
	if n > 8 { // the lowest byte of c is reserved for the length
		c += binary.LittleEndian.Uint32(rest[8:]) << 8
	}
	b, c = hashFinal(a, b, c)
	return uint64(b)<<32 | uint64(c)
}

func hashUint32(k uint32) uint32 {
	s := uint32(hashStart + 4)
	_, c := hashFinal(s+k, s, s)
	return c
}

func hashMix(a, b, c uint32) (uint32, uint32, uint32) {
	a, c = a-c^bits.RotateLeft32(c, 4), c+b
	b, a = b-a^bits.RotateLeft32(a, 6), a+c
	c, b = c-b^bits.RotateLeft32(b, 8), b+a
	a, c = a-c^bits.RotateLeft32(c, 16), c+b
	b, a = b-a^bits.RotateLeft32(a, 19), a+c
	c, b = c-b^bits.RotateLeft32(b, 4), b+a
	return a, b, c
}

func hashFinal(a, b, c uint32) (uint32, uint32) {
	c = c ^ b - bits.RotateLeft32(b, 14)
	a = a ^ c - bits.RotateLeft32(c, 11)
	b = b ^ a - bits.RotateLeft32(a, 25)
	c = c ^ b - bits.RotateLeft32(b, 16)
	a = a ^ c - bits.RotateLeft32(c, 4)
	b = b ^ a - bits.RotateLeft32(a, 14)
	c = c ^ b - bits.RotateLeft32(b, 24)
	return b, c
}
