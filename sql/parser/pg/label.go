package pg

import (
	"strings"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// labels are operators that name a column of the result where nothing follows them that
// they could be applied to: SELECT a AND FROM t.
var labels = map[string]bool{"and": true, "or": true, "in": true, "like": true, "ilike": true, "between": true, "is": true, "similar": true}

// labelled is the text with the operator before an error as a name in quotation marks,
// of the same length up to there; "" where that is not what is wrong.
func labelled(query string, e *pgerr.Error) string {
	if e.Position == 0 || len(query) > longestBlamed || !strings.HasPrefix(e.Message, "syntax error") {
		return ""
	}
	list := lexemes(query)
	for i, t := range list {
		if t.start < e.Position-1 && i+1 < len(list) && list[i+1].start < e.Position-1 {
			continue
		}
		word := strings.ToLower(t.of(query))
		if i == 0 || !labels[word] || t.start >= e.Position-1 {
			return ""
		}
		rest := query[t.end:]
		if i+1 < len(list) {
			switch strings.ToLower(list[i+1].of(query)) {
			case "from", ",", ";":
			default:
				return ""
			}
		}
		before := query[:t.start]
		if !isSpace(before[len(before)-1]) || rest != "" && !isSpace(rest[0]) {
			return ""
		}
		if rest != "" {
			rest = rest[1:]
		}
		return before[:len(before)-1] + `"` + word + `"` + rest
	}
	return ""
}
