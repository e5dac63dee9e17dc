package typehash

import (
	"encoding/binary"
	"math/bits"
)

const start = 0x9e3779b9 + 3923095

// Bytes is PostgreSQL's hash_bytes_extended: Bob Jenkins's lookup3 (2006) with a seed. Its low
// half with seed 0 is hash_bytes.
func Bytes(k []byte, seed uint64) uint64 {
	s := uint32(start + len(k))
	a, b, c := s, s, s
	if seed != 0 {
		a += uint32(seed >> 32)
		b += uint32(seed)
		a, b, c = mix(a, b, c)
	}
	for len(k) >= 12 {
		a += binary.LittleEndian.Uint32(k)
		b += binary.LittleEndian.Uint32(k[4:])
		c += binary.LittleEndian.Uint32(k[8:])
		a, b, c = mix(a, b, c)
		k = k[12:]
	}
	var rest [12]byte
	n := copy(rest[:], k)
	a += binary.LittleEndian.Uint32(rest[:])
	b += binary.LittleEndian.Uint32(rest[4:])
	if n > 8 { // the lowest byte of c is reserved for the length
		c += binary.LittleEndian.Uint32(rest[8:]) << 8
	}
	b, c = final(a, b, c)
	return uint64(b)<<32 | uint64(c)
}

func mix(a, b, c uint32) (uint32, uint32, uint32) {
	a, c = a-c^bits.RotateLeft32(c, 4), c+b
	b, a = b-a^bits.RotateLeft32(a, 6), a+c
	c, b = c-b^bits.RotateLeft32(b, 8), b+a
	a, c = a-c^bits.RotateLeft32(c, 16), c+b
	b, a = b-a^bits.RotateLeft32(a, 19), a+c
	c, b = c-b^bits.RotateLeft32(b, 4), b+a
	return a, b, c
}

func final(a, b, c uint32) (uint32, uint32) {
	c = c ^ b - bits.RotateLeft32(b, 14)
	a = a ^ c - bits.RotateLeft32(c, 11)
	b = b ^ a - bits.RotateLeft32(a, 25)
	c = c ^ b - bits.RotateLeft32(b, 16)
	a = a ^ c - bits.RotateLeft32(c, 4)
	b = b ^ a - bits.RotateLeft32(a, 14)
	c = c ^ b - bits.RotateLeft32(b, 24)
	return b, c
}

// Word is hash_bytes_uint32_extended: the same of the four bytes of a number.
func Word(k uint32, seed uint64) uint64 {
	s := uint32(start + 4)
	a, b, c := s, s, s
	if seed != 0 {
		a += uint32(seed >> 32)
		b += uint32(seed)
		a, b, c = mix(a, b, c)
	}
	b, c = final(a+k, b, c)
	return uint64(b)<<32 | uint64(c)
}

// Int64 folds the halves so that equal integers of all widths collide.
func Int64(v int64, seed uint64) uint64 {
	hi := uint32(v >> 32)
	if v < 0 {
		hi = ^hi
	}
	return Word(uint32(v)^hi, seed)
}
