package types

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// citext is text that is compared in lower case, as lower() of the database's default
// collation makes it.
var citext = extensionType{
	compare: CompareFolded,
	hash:    func(b []byte, seed uint64) uint64 { return hashBytes(lowered(b), seed) },
	key:     func(dst, b []byte) []byte { return append(dst, lowered(b)...) },
}

// CompareFolded orders two texts by the bytes of their lower case.
func CompareFolded(a, b []byte) int {
	i := 0
	for ; i < len(a) && i < len(b); i++ {
		x, y := a[i], b[i]
		if x >= utf8.RuneSelf || y >= utf8.RuneSelf {
			break
		}
		if x != y {
			if x, y = lowerASCII(x), lowerASCII(y); x != y {
				return compareInt(int64(x), int64(y))
			}
		}
	}
	if a, b = a[i:], b[i:]; len(a) == 0 || len(b) == 0 {
		return compareInt(int64(len(a)), int64(len(b)))
	}
	return bytes.Compare(lowered(a), lowered(b))
}

func lowerASCII(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// lowered is b in lower case: b itself where that is all it has.
func lowered(b []byte) []byte {
	for i, c := range b {
		if c >= utf8.RuneSelf || 'A' <= c && c <= 'Z' {
			return append(bytes.Clone(b[:i]), bytes.Map(unicode.ToLower, b[i:])...)
		}
	}
	return b
}
