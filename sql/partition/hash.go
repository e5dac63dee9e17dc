package partition

import (
	"encoding/binary"
	"math"
	"math/bits"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

// Rows are hashed as PostgreSQL hashes them, so that what pg_dump wrote of a partition
// fits into the partition of the same modulus and remainder: Bob Jenkins' lookup3 over
// the value's bytes, with a seed, to 64 bits. Types whose PostgreSQL hash is made
// otherwise are hashed by the bytes of their keys.

const hashSeed = 0x7A5B22367996DCFD

// Hash is the hash of a row's key; NULLs do not count.
func Hash(keys []catalog.PartitionKey, key []types.Datum) uint64 {
	h := uint64(0)
	for i, d := range key {
		if !d.IsNull() {
			h = combine(h, hashValue(keys[i].Type, d))
		}
	}
	return h
}

func combine(a, b uint64) uint64 {
	a ^= b + 0x49a0f4dd15e5a8e3 + a<<54 + a>>7
	return a
}

func hashValue(t types.T, d types.Datum) uint64 {
	switch t.OID {
	case types.Int2OID, types.Int4OID, types.DateOID, types.OidOID, types.BoolOID, types.CharOID:
		return hashWord(uint32(d.Int()))
	case types.Int8OID, types.TimestampOID, types.TimestamptzOID, types.TimeOID, types.MoneyOID:
		v := d.Int()
		lo, hi := uint32(v), uint32(uint64(v)>>32)
		if v < 0 {
			hi = ^hi
		}
		return hashWord(lo ^ hi)
	case types.Float4OID, types.Float8OID:
		f := d.Float()
		switch {
		case f == 0:
			return hashSeed
		case math.IsNaN(f):
			f = math.Float64frombits(0x7ff8000000000000)
		}
		return hashBytes(binary.LittleEndian.AppendUint64(nil, math.Float64bits(f)))
	case types.TextOID, types.VarcharOID, types.NameOID, types.ByteaOID, types.UUIDOID:
		return hashBytes(d.Bytes())
	case types.BpcharOID:
		b := d.Bytes()
		for len(b) > 0 && b[len(b)-1] == ' ' {
			b = b[:len(b)-1]
		}
		return hashBytes(b)
	}
	return hashBytes(types.AppendKey(nil, t, d, false))
}

// state is that of lookup3.
type state struct{ a, b, c uint32 }

func seeded(length int) state {
	x := 0x9e3779b9 + uint32(length) + 3923095
	s := state{x, x, x}
	s.a += uint32(hashSeed >> 32)
	s.b += uint32(hashSeed & 0xffffffff)
	s.mix()
	return s
}

func (s *state) mix() {
	a, b, c := s.a, s.b, s.c
	a = (a - c) ^ bits.RotateLeft32(c, 4)
	c += b
	b = (b - a) ^ bits.RotateLeft32(a, 6)
	a += c
	c = (c - b) ^ bits.RotateLeft32(b, 8)
	b += a
	a = (a - c) ^ bits.RotateLeft32(c, 16)
	c += b
	b = (b - a) ^ bits.RotateLeft32(a, 19)
	a += c
	c = (c - b) ^ bits.RotateLeft32(b, 4)
	b += a
	s.a, s.b, s.c = a, b, c
}

func (s *state) final() uint64 {
	a, b, c := s.a, s.b, s.c
	c = (c ^ b) - bits.RotateLeft32(b, 14)
	a = (a ^ c) - bits.RotateLeft32(c, 11)
	b = (b ^ a) - bits.RotateLeft32(a, 25)
	c = (c ^ b) - bits.RotateLeft32(b, 16)
	a = (a ^ c) - bits.RotateLeft32(c, 4)
	b = (b ^ a) - bits.RotateLeft32(a, 14)
	c = (c ^ b) - bits.RotateLeft32(b, 24)
	return uint64(b)<<32 | uint64(c)
}

func hashWord(k uint32) uint64 {
	s := seeded(4)
	s.a += k
	return s.final()
}

func hashBytes(p []byte) uint64 {
	s := seeded(len(p))
	for len(p) >= 12 {
		s.a += binary.LittleEndian.Uint32(p)
		s.b += binary.LittleEndian.Uint32(p[4:])
		s.c += binary.LittleEndian.Uint32(p[8:])
		s.mix()
		p = p[12:]
	}
	// The lowest byte of c is left for the length.
	for i, v := range p {
		switch {
		case i < 4:
			s.a += uint32(v) << (8 * i)
		case i < 8:
			s.b += uint32(v) << (8 * (i - 4))
		default:
			s.c += uint32(v) << (8 * (i - 7))
		}
	}
	return s.final()
}
