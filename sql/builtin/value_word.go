package builtin

import "strings"

// ValueWord writes the value of a domain in its check, as whose only column it is kept, as the
// keyword that it is.
func ValueWord(s string) string {
	var b strings.Builder
	isWord := func(c byte) bool {
		return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
	}
	for i := 0; i < len(s); {
		end := i + 1
		switch c := s[i]; {
		case c == '\'' || c == '"':
			for end < len(s) && s[end] != c {
				end++
			}
			end = min(end+1, len(s))
		case isWord(c):
			for end < len(s) && isWord(s[end]) {
				end++
			}
		}
		if word := s[i:end]; word == "value" {
			b.WriteString("VALUE")
		} else {
			b.WriteString(word)
		}
		i = end
	}
	return b.String()
}
