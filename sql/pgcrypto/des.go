package pgcrypto

import (
	"strings"
	"sync"
)

// Passwords hashed by DES whose expansion of half a block is disturbed by a salt: no
// library's DES can be. Tables are those of FIPS 46-3, bits counted from 1 at the left.
var (
	desPC1 = [56]byte{
		57, 49, 41, 33, 25, 17, 9, 1, 58, 50, 42, 34, 26, 18, 10, 2, 59, 51, 43, 35, 27, 19, 11, 3, 60, 52, 44, 36,
		63, 55, 47, 39, 31, 23, 15, 7, 62, 54, 46, 38, 30, 22, 14, 6, 61, 53, 45, 37, 29, 21, 13, 5, 28, 20, 12, 4,
	}
	desPC2 = [48]byte{
		14, 17, 11, 24, 1, 5, 3, 28, 15, 6, 21, 10, 23, 19, 12, 4, 26, 8, 16, 7, 27, 20, 13, 2,
		41, 52, 31, 37, 47, 55, 30, 40, 51, 45, 33, 48, 44, 49, 39, 56, 34, 53, 46, 42, 50, 36, 29, 32,
	}
	desShifts = [16]byte{1, 1, 2, 2, 2, 2, 2, 2, 1, 2, 2, 2, 2, 2, 2, 1}
	desIP     = [64]byte{
		58, 50, 42, 34, 26, 18, 10, 2, 60, 52, 44, 36, 28, 20, 12, 4, 62, 54, 46, 38, 30, 22, 14, 6, 64, 56, 48, 40, 32, 24, 16, 8,
		57, 49, 41, 33, 25, 17, 9, 1, 59, 51, 43, 35, 27, 19, 11, 3, 61, 53, 45, 37, 29, 21, 13, 5, 63, 55, 47, 39, 31, 23, 15, 7,
	}
	desFP = [64]byte{
		40, 8, 48, 16, 56, 24, 64, 32, 39, 7, 47, 15, 55, 23, 63, 31, 38, 6, 46, 14, 54, 22, 62, 30, 37, 5, 45, 13, 53, 21, 61, 29,
		36, 4, 44, 12, 52, 20, 60, 28, 35, 3, 43, 11, 51, 19, 59, 27, 34, 2, 42, 10, 50, 18, 58, 26, 33, 1, 41, 9, 49, 17, 57, 25,
	}
	desP = [32]byte{
		16, 7, 20, 21, 29, 12, 28, 17, 1, 15, 23, 26, 5, 18, 31, 10, 2, 8, 24, 14, 32, 27, 3, 9, 19, 13, 30, 6, 22, 11, 4, 25,
	}
	desS = [8][64]byte{
		{
			14, 4, 13, 1, 2, 15, 11, 8, 3, 10, 6, 12, 5, 9, 0, 7, 0, 15, 7, 4, 14, 2, 13, 1, 10, 6, 12, 11, 9, 5, 3, 8,
			4, 1, 14, 8, 13, 6, 2, 11, 15, 12, 9, 7, 3, 10, 5, 0, 15, 12, 8, 2, 4, 9, 1, 7, 5, 11, 3, 14, 10, 0, 6, 13,
		},
		{
			15, 1, 8, 14, 6, 11, 3, 4, 9, 7, 2, 13, 12, 0, 5, 10, 3, 13, 4, 7, 15, 2, 8, 14, 12, 0, 1, 10, 6, 9, 11, 5,
			0, 14, 7, 11, 10, 4, 13, 1, 5, 8, 12, 6, 9, 3, 2, 15, 13, 8, 10, 1, 3, 15, 4, 2, 11, 6, 7, 12, 0, 5, 14, 9,
		},
		{
			10, 0, 9, 14, 6, 3, 15, 5, 1, 13, 12, 7, 11, 4, 2, 8, 13, 7, 0, 9, 3, 4, 6, 10, 2, 8, 5, 14, 12, 11, 15, 1,
			13, 6, 4, 9, 8, 15, 3, 0, 11, 1, 2, 12, 5, 10, 14, 7, 1, 10, 13, 0, 6, 9, 8, 7, 4, 15, 14, 3, 11, 5, 2, 12,
		},
		{
			7, 13, 14, 3, 0, 6, 9, 10, 1, 2, 8, 5, 11, 12, 4, 15, 13, 8, 11, 5, 6, 15, 0, 3, 4, 7, 2, 12, 1, 10, 14, 9,
			10, 6, 9, 0, 12, 11, 7, 13, 15, 1, 3, 14, 5, 2, 8, 4, 3, 15, 0, 6, 10, 1, 13, 8, 9, 4, 5, 11, 12, 7, 2, 14,
		},
		{
			2, 12, 4, 1, 7, 10, 11, 6, 8, 5, 3, 15, 13, 0, 14, 9, 14, 11, 2, 12, 4, 7, 13, 1, 5, 0, 15, 10, 3, 9, 8, 6,
			4, 2, 1, 11, 10, 13, 7, 8, 15, 9, 12, 5, 6, 3, 0, 14, 11, 8, 12, 7, 1, 14, 2, 13, 6, 15, 0, 9, 10, 4, 5, 3,
		},
		{
			12, 1, 10, 15, 9, 2, 6, 8, 0, 13, 3, 4, 14, 7, 5, 11, 10, 15, 4, 2, 7, 12, 9, 5, 6, 1, 13, 14, 0, 11, 3, 8,
			9, 14, 15, 5, 2, 8, 12, 3, 7, 0, 4, 10, 1, 13, 11, 6, 4, 3, 2, 12, 9, 5, 15, 10, 11, 14, 1, 7, 6, 0, 8, 13,
		},
		{
			4, 11, 2, 14, 15, 0, 8, 13, 3, 12, 9, 7, 5, 10, 6, 1, 13, 0, 11, 7, 4, 9, 1, 10, 14, 3, 5, 12, 2, 15, 8, 6,
			1, 4, 11, 13, 12, 3, 7, 14, 10, 15, 6, 8, 0, 5, 9, 2, 6, 11, 13, 8, 1, 4, 10, 7, 9, 5, 0, 15, 14, 2, 3, 12,
		},
		{
			13, 2, 8, 4, 6, 15, 11, 1, 10, 9, 3, 14, 5, 0, 12, 7, 1, 15, 13, 8, 10, 3, 7, 4, 12, 5, 6, 11, 0, 14, 9, 2,
			7, 11, 4, 1, 9, 12, 14, 2, 0, 6, 10, 13, 15, 3, 5, 8, 2, 1, 14, 7, 4, 10, 8, 13, 15, 12, 9, 0, 3, 5, 6, 11,
		},
	}
)

// permute picks bits of a number of so many bits, from the left.
func permute(v uint64, width int, table []byte) (out uint64) {
	for _, at := range table {
		out = out<<1 | v>>(width-int(at))&1
	}
	return out
}

// desSP are the S boxes with the permutation behind them.
var desSP = sync.OnceValue(func() *[8][64]uint32 {
	var out [8][64]uint32
	for box := range out {
		for in := range 64 {
			row, column := in>>4&2|in&1, in>>1&15
			v := uint64(desS[box][row<<4|column]) << (28 - 4*box)
			out[box][in] = uint32(permute(v, 32, desP[:]))
		}
	}
	return &out
})

// desKeys are the sixteen keys of 48 bits.
func desKeys(key uint64) (out [16]uint64) {
	const half = 1<<28 - 1
	k := permute(key, 64, desPC1[:])
	c, d := k>>28, k&half
	for i, n := range desShifts {
		c, d = (c<<n|c>>(28-n))&half, (d<<n|d>>(28-n))&half
		out[i] = permute(c<<28|d, 56, desPC2[:])
	}
	return out
}

// desRounds encrypts a block so many times, with bits of the expansion exchanged where the salt says.
func desRounds(block uint64, keys *[16]uint64, salt uint32, count int, goOn func() error) (uint64, error) {
	sp := desSP()
	var mask uint32 // the salt's first bit is the expansion's first
	for j := range 24 {
		mask |= salt >> j & 1 << (23 - j)
	}
	v := permute(block, 64, desIP[:])
	l, r := uint32(v>>32), uint32(v)
	for n := range count {
		if n&1023 == 1023 {
			if err := goOn(); err != nil {
				return 0, err
			}
		}
		for _, k := range keys {
			e := uint64(r&1)<<33 | uint64(r)<<1 | uint64(r>>31)
			var wide uint64
			for g := range 8 {
				wide = wide<<6 | e>>(28-4*g)&63
			}
			high, low := uint32(wide>>24), uint32(wide&(1<<24-1))
			swap := (high ^ low) & mask
			wide = (uint64(high^swap)<<24 | uint64(low^swap)) ^ k
			var f uint32
			for g := range 8 {
				f |= sp[g][wide>>(42-6*g)&63]
			}
			l, r = r, l^f
		}
		l, r = r, l
	}
	return permute(uint64(l)<<32|uint64(r), 64, desFP[:]), nil
}

// desKey is eight letters of a password, each seven bits.
func desKey(s string) (key uint64) {
	for i := range 8 {
		key <<= 8
		if i < len(s) {
			key |= uint64(s[i] << 1)
		}
	}
	return key
}

// letterValue is what a letter stands for; others stand for something, too.
func letterValue(c byte) uint32 {
	switch {
	case c > 'z':
		return 0
	case c >= 'a':
		return uint32(c-'a') + 38
	case c > 'Z':
		return 0
	case c >= 'A':
		return uint32(c-'A') + 12
	case c > '9':
		return 0
	case c >= '.':
		return uint32(c - '.')
	}
	return 0
}

func appendBlock(dst []byte, v uint64) []byte {
	for shift := 58; shift > 0; shift -= 6 {
		dst = append(dst, letters[v>>shift&63])
	}
	return append(dst, letters[v<<2&63])
}

// traditionalDES hashes the first eight letters of a password under twelve bits of salt.
func traditionalDES(password, setting string) (string, error) {
	if len(setting) < 2 {
		return "", badSalt()
	}
	keys := desKeys(desKey(password))
	salt := letterValue(setting[1])<<6 | letterValue(setting[0])
	v, err := desRounds(0, &keys, salt, 25, func() error { return nil })
	return string(appendBlock([]byte(setting[:2]), v)), err
}

// extendedDES hashes all letters, with 24 bits of salt and a count of its own.
func extendedDES(password, setting string, goOn func() error) (string, error) {
	const head = 9
	if len(setting) < head {
		return "", badSalt()
	}
	number := func(s string) (v uint32) {
		for i := range len(s) {
			v |= letterValue(s[i]) << (6 * i)
		}
		return v
	}
	key := desKey(password)
	for rest := strings.TrimPrefix(password, password[:min(8, len(password))]); rest != ""; rest = rest[min(8, len(rest)):] {
		keys := desKeys(key)
		folded, err := desRounds(key, &keys, 0, 1, goOn)
		if err != nil {
			return "", err
		}
		key = folded ^ desKey(rest)
	}
	keys := desKeys(key)
	v, err := desRounds(0, &keys, number(setting[5:head]), int(number(setting[1:5])), goOn)
	return string(appendBlock([]byte(setting[:head]), v)), err
}
