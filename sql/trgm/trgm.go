// Package trgm takes texts apart into trigrams and measures by them how similar texts
// are, as PostgreSQL's extension pg_trgm does: words of letters and digits in lower case,
// with two blanks before and one after, and every three characters in a row of them. It
// knows no SQL types.
package trgm

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"slices"
	"unicode"
	"unicode/utf8"
)

// Trigram is three bytes: three ASCII characters, or a checksum of three others. They
// order as signed bytes do, which show_trgm shows.
type Trigram uint32

// order puts a trigram's bytes into the form that sorts.
const order = 0x808080

func (t Trigram) compare(u Trigram) int { return int(t^order) - int(u^order) }

// Append appends the trigram as show_trgm shows it.
func (t Trigram) Append(dst []byte) []byte {
	for shift := 16; shift >= 0; shift -= 8 {
		if c := byte(t >> shift); c != ' ' && (c >= utf8.RuneSelf || !isWord(rune(c))) {
			return fmt.Appendf(dst, "0x%06x", uint32(t))
		}
	}
	return append(dst, byte(t>>16), byte(t>>8), byte(t))
}

// isWord reports characters that words consist of.
func isWord(c rune) bool {
	if c < utf8.RuneSelf {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
	}
	return unicode.IsLetter(c) || unicode.IsDigit(c) || unicode.Is(unicode.Other_Alphabetic, c) || unicode.Is(unicode.Nl, c)
}

// make3 is the trigram of three characters.
func make3(c []rune) Trigram {
	if c[0] < utf8.RuneSelf && c[1] < utf8.RuneSelf && c[2] < utf8.RuneSelf {
		return Trigram(c[0])<<16 | Trigram(c[1])<<8 | Trigram(c[2])
	}
	var buf [3 * utf8.UTFMax]byte
	sum := checksum(utf8.AppendRune(utf8.AppendRune(utf8.AppendRune(buf[:0], c[0]), c[1]), c[2]))
	return Trigram(sum&0xff)<<16 | Trigram(sum>>8&0xff)<<8 | Trigram(sum>>16&0xff)
}

// checksum is a CRC that PostgreSQL keeps for old data: the table of the reflected
// polynomial with the algorithm of the other.
func checksum(b []byte) uint32 {
	crc := ^uint32(0)
	for _, c := range b {
		crc = crc32.IEEETable[byte(crc>>24)^c] ^ crc<<8
	}
	return ^crc
}

// place is where a trigram stands in its word.
type place byte

const (
	first place = 1 << iota
	last
)

// each calls f for the trigrams of a text in their order.
func each(text []byte, f func(t Trigram, at place)) {
	word := []rune{' ', ' '}
	flush := func() {
		if len(word) > 2 {
			word = append(word, ' ')
			for i := 0; i+3 <= len(word); i++ {
				at := place(0)
				if i == 0 {
					at |= first
				}
				if i+3 == len(word) {
					at |= last
				}
				f(make3(word[i:]), at)
			}
		}
		word = word[:2]
	}
	for _, c := range string(bytes.ToLower(text)) {
		if isWord(c) {
			word = append(word, c)
		} else {
			flush()
		}
	}
	flush()
}

// Of are the trigrams of a text in ascending order, each once.
func Of(text []byte) []Trigram {
	var list []Trigram
	each(text, func(t Trigram, _ place) { list = append(list, t) })
	return distinct(list)
}

func distinct(list []Trigram) []Trigram {
	slices.SortFunc(list, Trigram.compare)
	return slices.Compact(list)
}

// Similarity is the share of the trigrams of either text that both have.
func Similarity(a, b []byte) float32 {
	x, y := Of(a), Of(b)
	both := 0
	for i, j := 0, 0; i < len(x) && j < len(y); {
		switch c := x[i].compare(y[j]); {
		case c < 0:
			i++
		case c > 0:
			j++
		default:
			both, i, j = both+1, i+1, j+1
		}
	}
	return share(both, len(x), len(y))
}

// share is how many of the trigrams of two sets, of n and m, are in both.
func share(both, n, m int) float32 {
	if n == 0 || m == 0 {
		return 0
	}
	return float32(both) / float32(n+m-both)
}
