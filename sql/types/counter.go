package types

import (
	"encoding/binary"
	"math"
	"strconv"
)

// xid8 and pg_lsn are unsigned 64-bit numbers. Their datums are what the wire has,
// 8 bytes big-endian, which compare, hash and index as they are: an int64 would
// order the upper half below zero.

// MakeUint64 packs an xid8 or pg_lsn.
func MakeUint64(v uint64) Datum { return Bytes(binary.BigEndian.AppendUint64(nil, v)) }

// Uint64Of unpacks an xid8 or pg_lsn.
func Uint64Of(d Datum) uint64 {
	if len(d.ref) < 8 {
		return 0
	}
	return binary.BigEndian.Uint64(d.ref)
}

// parseXid8 reads a number as C's strtoull with base 0 does, which never fails:
// blanks, a sign, 0x or 0 in front, and nothing after the digits matters.
func parseXid8(s string) uint64 {
	i := skipSpace(s, 0)
	neg := false
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		neg = s[i] == '-'
		i++
	}
	base := uint64(10)
	if i < len(s) && s[i] == '0' {
		base = 8
		if i+2 < len(s) && lower(s[i+1]) == 'x' {
			if _, ok := hexDigit(s[i+2]); ok {
				base, i = 16, i+2
			}
		}
	}
	var v uint64
	for ; i < len(s); i++ {
		digit, ok := hexDigit(s[i])
		if !ok || uint64(digit) >= base {
			break
		}
		if v > (math.MaxUint64-uint64(digit))/base {
			return math.MaxUint64
		}
		v = v*base + uint64(digit)
	}
	if neg {
		return -v
	}
	return v
}

// parseLSN reads two hexadecimal halves of up to eight digits: 16/B374D848.
func parseLSN(s string) (uint64, error) {
	half := func(from int) (v uint64, end int) {
		for end = from; end < len(s); end++ {
			digit, ok := hexDigit(s[end])
			if !ok {
				break
			}
			v = v<<4 | uint64(digit)
		}
		return v, end
	}
	hi, slash := half(0)
	if slash < 1 || slash > 8 || slash == len(s) || s[slash] != '/' {
		return 0, badInput("pg_lsn", s)
	}
	lo, end := half(slash + 1)
	if n := end - slash - 1; n < 1 || n > 8 || end < len(s) {
		return 0, badInput("pg_lsn", s)
	}
	return hi<<32 | lo, nil
}

func appendLSN(dst []byte, v uint64) []byte {
	dst = appendUpperHex(dst, v>>32)
	return appendUpperHex(append(dst, '/'), v&math.MaxUint32)
}

func appendUpperHex(dst []byte, v uint64) []byte {
	at := len(dst)
	dst = strconv.AppendUint(dst, v, 16)
	for i := at; i < len(dst); i++ {
		if dst[i] >= 'a' {
			dst[i] -= 'a' - 'A'
		}
	}
	return dst
}
