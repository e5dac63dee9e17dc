package importer

import (
	"bytes"
	"encoding/hex"
	"strings"
	"unicode/utf8"
)

// textual gives a statement whose strings are not all UTF-8, or hold zero bytes, as mysqldump
// writes binary columns and those of BIT, as text: such strings become hexadecimal literals.
func textual(s string) string {
	if utf8.ValidString(s) && !(strings.Contains(s, `\0`) && intoTable(s) != "") {
		return s
	}
	b := make([]byte, 0, len(s)+len(s)/2)
	for i := 0; i < len(s); {
		if s[i] == '`' { // a name, with quotes in it perhaps
			end := quotedEnd(s, i)
			b = append(b, s[i:end]...)
			i = end
			continue
		}
		if s[i] != '\'' && s[i] != '"' {
			b = append(b, s[i])
			i++
			continue
		}
		raw, value, end := literal(s, i)
		if utf8.ValidString(raw) && bytes.IndexByte(value, 0) < 0 {
			b = append(b, raw...)
		} else {
			b = bytes.TrimSuffix(bytes.TrimRight(b, " "), []byte("_binary"))
			b = append(b, " x'"...)
			b = hex.AppendEncode(b, value)
			b = append(b, '\'')
		}
		i = end
	}
	return string(b)
}

// escapes are MySQL's escape sequences that are not the character itself.
var escapes = map[byte]byte{'0': 0, 'b': '\b', 'n': '\n', 'r': '\r', 't': '\t', 'Z': 26}

// literal is the string at i: as written, its bytes, and where it ends.
func literal(s string, i int) (raw string, value []byte, end int) {
	quote := s[i]
	for k := i + 1; k < len(s); k++ {
		switch {
		case s[k] == '\\' && k+1 < len(s):
			k++
			if c, ok := escapes[s[k]]; ok {
				value = append(value, c)
			} else {
				value = append(value, s[k])
			}
		case s[k] == quote && k+1 < len(s) && s[k+1] == quote:
			k++
			value = append(value, quote)
		case s[k] == quote:
			return s[i : k+1], value, k + 1
		default:
			value = append(value, s[k])
		}
	}
	return s[i:], value, len(s)
}
