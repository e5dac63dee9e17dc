package auth

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Prepare normalizes a password as clients do before hashing (SASLprep, RFC
// 4013). As in PostgreSQL, a password that it prohibits is used as it is.
func Prepare(password string) string {
	ascii := true
	for i := 0; i < len(password); i++ {
		if c := password[i]; c >= utf8.RuneSelf {
			ascii = false
		} else if c < ' ' || c == 0x7f {
			return password
		}
	}
	if ascii || !utf8.ValidString(password) {
		return password
	}
	mapped := norm.NFKC.String(strings.Map(mapRune, password))
	if mapped == "" || strings.ContainsFunc(mapped, prohibited) {
		return password
	}
	return mapped
}

// mapRune maps other spaces to a space and drops what SASLprep maps to nothing (RFC 3454 B.1).
func mapRune(r rune) rune {
	switch {
	case r == 0xad, r == 0x34f, r == 0x1806, r >= 0x180b && r <= 0x180d,
		r >= 0x200b && r <= 0x200d, r == 0x2060, r >= 0xfe00 && r <= 0xfe0f, r == 0xfeff:
		return -1
	case r != ' ' && unicode.Is(unicode.Zs, r):
		return ' '
	}
	return r
}

// prohibited is the output that SASLprep forbids: controls, private use,
// non-characters, replacement and tagging characters (RFC 3454 C.1.2–C.9).
func prohibited(r rune) bool {
	switch {
	case unicode.IsControl(r), unicode.Is(unicode.Co, r), unicode.Is(unicode.Zl, r), unicode.Is(unicode.Zp, r),
		r&0xfffe == 0xfffe, r >= 0xfdd0 && r <= 0xfdef, r >= 0xfff9 && r <= 0xfffd,
		r >= 0x2ff0 && r <= 0x2ffb, r == 0x340, r == 0x341, r == 0x200e, r == 0x200f,
		r >= 0x202a && r <= 0x202e, r >= 0x206a && r <= 0x206f, r == 0xe0001, r >= 0xe0020 && r <= 0xe007f:
		return true
	}
	return false
}
