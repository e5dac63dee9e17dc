package pebblekv

import (
	"bytes"
	"encoding/binary"

	"github.com/cockroachdb/pebble/v2"

	"github.com/loxodb/loxodb/storage/kv"
)

// Every key in the store is
//
//	tag | user key | 0x00                          (a bare prefix: bounds, metadata)
//	tag | user key | 0x00 | ^timestamp (8, BE) | 9  (a version)
//
// The last byte is the length of the suffix, so Split needs no parsing. The
// 0x00 keeps the user keys' order: prefixes are compared whole, and a key that
// is a prefix of another one ends first. The inverted timestamp puts the newest
// version first. FORMAT.md draws this.
const (
	tagMeta   = 0x01
	tagData   = 0x02
	suffixLen = 9
)

// appendPrefix appends the bare prefix of a user key.
func appendPrefix(dst []byte, tag byte, key []byte) []byte {
	dst = append(dst, tag)
	dst = append(dst, key...)
	return append(dst, 0)
}

// appendVersion appends the key of the version at ts of a user key.
func appendVersion(dst []byte, key []byte, ts kv.TS) []byte {
	return appendSuffix(appendPrefix(dst, tagData, key), ts)
}

func appendSuffix(dst []byte, ts kv.TS) []byte {
	dst = binary.BigEndian.AppendUint64(dst, ^uint64(ts))
	return append(dst, suffixLen)
}

// userKey and keyTS take apart a version key that iterators return from the
// data range.
func userKey(k []byte) []byte { return k[1 : len(k)-suffixLen-1] }

func keyTS(k []byte) kv.TS {
	return kv.TS(^binary.BigEndian.Uint64(k[len(k)-suffixLen:]))
}

// wellFormed guards the two above against a damaged store.
func wellFormed(k []byte) bool {
	return len(k) >= suffixLen+2 && k[0] == tagData && k[len(k)-1] == suffixLen && k[len(k)-suffixLen-1] == 0
}

// split returns the length of the prefix: the key without its version.
func split(k []byte) int {
	if len(k) == 0 {
		return 0
	}
	return max(0, len(k)-int(k[len(k)-1]))
}

func compareKeys(a, b []byte) int {
	i, j := split(a), split(b)
	if c := bytes.Compare(a[:i], b[:j]); c != 0 {
		return c
	}
	return bytes.Compare(a[i:], b[j:])
}

// bare is the prefix of k without its terminator.
func bare(k []byte) []byte { return k[:max(0, split(k)-1)] }

// comparer orders the store. Its name is part of the format: a store written
// with another comparer is refused.
var comparer = &pebble.Comparer{
	Name:                 "loxodb.mvcc.v1",
	Compare:              compareKeys,
	Equal:                bytes.Equal,
	Split:                split,
	ComparePointSuffixes: bytes.Compare,
	CompareRangeSuffixes: bytes.Compare,
	FormatKey:            pebble.DefaultComparer.FormatKey,
	AbbreviatedKey: func(k []byte) uint64 {
		return pebble.DefaultComparer.AbbreviatedKey(bare(k))
	},
	// Separator and Successor shorten the keys of index blocks: to a bare prefix
	// when one fits in between, else not at all.
	Separator: func(dst, a, b []byte) []byte {
		x, y := bare(a), bare(b)
		if len(x) == 0 || len(y) == 0 || bytes.Equal(x, y) {
			return append(dst, a...)
		}
		n := len(dst)
		dst = pebble.DefaultComparer.Separator(dst, x, y)
		if bytes.Equal(dst[n:], x) {
			return append(dst[:n], a...)
		}
		return append(dst, 0)
	},
	Successor: func(dst, a []byte) []byte {
		x, n := bare(a), len(dst)
		if len(a) == 0 {
			return append(dst, 0)
		}
		dst = pebble.DefaultComparer.Successor(dst, x)
		if bytes.Equal(dst[n:], x) {
			return append(dst[:n], a...)
		}
		return append(dst, 0)
	},
	ImmediateSuccessor: func(dst, a []byte) []byte {
		return append(append(dst, a...), 0)
	},
}
