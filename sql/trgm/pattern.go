package trgm

import (
	"bytes"
	"unicode/utf8"
)

// wildcard stands for what is not known in a text that a pattern describes.
const wildcard rune = -1

// OfLike are trigrams that every text has which matches a LIKE pattern.
func OfLike(pattern []byte) []Trigram {
	var text []rune
	for i := 0; i < len(pattern); {
		c, n := utf8.DecodeRune(pattern[i:])
		i += n
		switch {
		case c == '%' || c == '_':
			c = wildcard
		case c == '\\' && i < len(pattern):
			c, n = utf8.DecodeRune(pattern[i:])
			i += n
		}
		text = append(text, c)
	}
	return known(text, true)
}

// OfPart are trigrams that every text has which has a part like this, whatever stands
// before and behind it.
func OfPart(part string) []Trigram {
	return known(append(append([]rune{wildcard}, []rune(part)...), wildcard), false)
}

// known are the trigrams of the words of a text as far as it is known: a word is padded
// with blanks where what stands beside it is known to be no part of it; whole says that the
// text ends where it ends.
func known(text []rune, whole bool) []Trigram {
	var list []Trigram
	for i := 0; i < len(text); i++ {
		if text[i] == wildcard || !isWord(text[i]) {
			continue
		}
		begin := i
		for i < len(text) && text[i] != wildcard && isWord(text[i]) {
			i++
		}
		var word []rune
		if begin == 0 && whole || begin > 0 && text[begin-1] != wildcard {
			word = append(word, ' ', ' ')
		}
		word = append(word, bytes.Runes(bytes.ToLower([]byte(string(text[begin:i]))))...)
		if i == len(text) && whole || i < len(text) && text[i] != wildcard {
			word = append(word, ' ')
		}
		for k := 0; k+3 <= len(word); k++ {
			list = append(list, make3(word[k:]))
		}
	}
	return distinct(list)
}
