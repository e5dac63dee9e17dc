package pg

import "strings"

// escapeV is a constant's value with v for each \v of an escape string at loc: the
// grammar is that of a later PostgreSQL, which makes a vertical tab of it.
func (c *conv) escapeV(loc int, text string) string {
	if !strings.Contains(text, "\v") || loc < 0 || loc+1 >= len(c.src) || c.src[loc]|0x20 != 'e' || c.src[loc+1] != '\'' {
		return text
	}
	lit := c.src[loc+2 : skipQuoted(c.src, loc+2, '\'', true)]
	var b strings.Builder
	for len(text) > 0 {
		at := strings.IndexByte(text, '\v')
		if at < 0 {
			break
		}
		b.WriteString(text[:at])
		letter, end := tabSource(lit)
		if letter {
			b.WriteByte('v')
		} else {
			b.WriteByte('\v')
		}
		text, lit = text[at+1:], lit[end:]
	}
	return b.String() + text
}

// tabSource finds what the next vertical tab of an escape string was written as: the
// letter, or else the byte itself or its number. end is where it ends.
func tabSource(lit string) (letter bool, end int) {
	for i := 0; i < len(lit); i++ {
		if lit[i] == '\v' {
			return false, i + 1
		}
		if lit[i] != '\\' || i+1 == len(lit) {
			continue
		}
		i++
		if lit[i] == 'v' {
			return true, i + 1
		}
		for _, number := range []string{"013", "13", "x0b", "xb", "u000b", "U0000000b"} {
			if n := len(number); len(lit) >= i+n && lit[i:i+1] == number[:1] && strings.EqualFold(lit[i:i+n], number) && !longer(lit[i:], number) {
				return false, i + n
			}
		}
	}
	return false, len(lit)
}

// longer reports that a number in octal goes on after its digits.
func longer(lit, number string) bool {
	return number == "13" && len(lit) > 2 && lit[2] >= '0' && lit[2] <= '7' ||
		number == "xb" && len(lit) > 2 && hexDigit(lit[2])
}

func hexDigit(b byte) bool { return strings.IndexByte("0123456789abcdefABCDEF", b) >= 0 }
