package builtin

import (
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// similarPattern is similar_to_escape: an SQL pattern as an ARE.
func similarPattern(p string, esc []byte) (string, error) {
	if utf8.RuneCount(esc) > 1 {
		return "", pgerr.New(pgerrcode.InvalidEscapeSequence, "invalid escape string").
			WithHint("Escape string must be empty or one character.")
	}
	e, _ := utf8.DecodeRune(esc)
	if len(esc) == 0 {
		e = -1
	}
	var b strings.Builder
	b.WriteString("^(?:")
	after, inSet, quotes := false, false, 0
	for _, r := range p {
		switch {
		case after:
			if r == '"' && !inSet {
				switch quotes {
				case 0:
					b.WriteString("){1,1}?(")
				case 1:
					b.WriteString("){1,1}(?:")
				default:
					return "", pgerr.New(pgerrcode.InvalidUseOfEscapeCharacter,
						"SQL regular expression may not contain more than two escape-double-quote separators")
				}
				quotes++
			} else {
				b.WriteByte('\\')
				b.WriteRune(r)
			}
			after = false
		case r == e:
			after = true
		case inSet:
			if r == '\\' {
				b.WriteByte('\\')
			}
			b.WriteRune(r)
			inSet = r != ']'
		case r == '[':
			b.WriteRune(r)
			inSet = true
		case r == '%':
			b.WriteString(".*")
		case r == '_':
			b.WriteByte('.')
		case r == '(':
			b.WriteString("(?:")
		case strings.ContainsRune(`\.^$`, r):
			b.WriteByte('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteString(")$")
	return b.String(), nil
}
