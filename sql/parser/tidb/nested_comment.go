package tidb

import "strings"

// unnested takes the signs away of the conditional comments within conditional comments, as in
// /*!50100 PARTITION BY KEY /*!50611 ALGORITHM = 1 */ () */, which MySQL reads one level deep;
// what they hold stays. The text keeps its length.
func unnested(s string) string {
	if strings.Count(s, "/*!") < 2 {
		return s
	}
	b := []byte(s)
	depth := 0
	for i := 0; i < len(s); {
		switch rest := s[i:]; {
		case strings.HasPrefix(rest, "/*!"):
			end := i + 3
			for end < len(s) && s[end] >= '0' && s[end] <= '9' {
				end++
			}
			if depth++; depth == 2 {
				copy(b[i:end], blank(s[i:end]))
			}
			i = end
		case depth > 0 && strings.HasPrefix(rest, "*/"):
			if depth == 2 {
				copy(b[i:i+2], "  ")
			}
			depth--
			i += 2
		default:
			i = max(i+1, skipToken(s, i))
		}
	}
	return string(b)
}
