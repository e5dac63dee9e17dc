package pg

import (
	"strings"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// beforeParameters are what a parameter without a name stands behind.
var beforeParameters = wordSet(`( , in out inout variadic by`)

// routineWords are the kinds of objects that have parameters.
var routineWords = wordSet(`function procedure routine aggregate`)

// doubled is the text with the type double precision of parameters that have no names as float8,
// of the same length: the grammar takes its first word for a name. It is "" where that is not
// what is wrong; e is the grammar's error about it.
func doubled(query string, e *pgerr.Error) string {
	at := e.Position - 1
	if at < 0 || !strings.HasPrefix(e.Message, "syntax error") || !strings.EqualFold(query[at:min(at+len("precision"), len(query))], "precision") {
		return ""
	}
	list := lexemes(query)
	word := func(i int) string { return strings.ToLower(list[i].of(query)) }
	out := []byte(query)
	about, changed := false, false // a routine; anything
	for i := 0; i+1 < len(list); i++ {
		switch w := word(i); {
		case w == ";":
			about = false
		case routineWords[w]:
			about = true
		case about && w == "double" && word(i+1) == "precision" && beforeParameters[word(i-1)]:
			start, end := list[i].start, list[i+1].end
			copy(out[start:end], "float8"+strings.Repeat(" ", end-start-len("float8")))
			changed = true
		}
	}
	if !changed {
		return ""
	}
	return string(out)
}
