package tidb

import (
	"slices"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// Clauses that are not supported are named at their first word, which the library's tree does
// not tell the place of.

// failAt aborts the conversion with 0A000 at a clause of the statement that begins with words, or
// else at the statement.
func (c *conv) failAt(words, format string, args ...any) {
	panic(bail{pgerr.NotSupported(c.clause(strings.Fields(words)), format, args...)})
}

// wrongAt is failAt with 42601.
func (c *conv) wrongAt(words, format string, args ...any) {
	panic(bail{pgerr.Newf(pgerrcode.SyntaxError, format, args...).At(c.clause(strings.Fields(words)))})
}

// clause is where words stand one after the other in the statement, which itself if nowhere.
func (c *conv) clause(words []string) int {
	var last []string // the words before, as many as are looked for
	var places []int
	for i := int(c.stmtPos); i < c.stmtEnd; {
		after := skipToken(c.src, i)
		switch {
		case after > i:
			if c.src[i] == '\'' || c.src[i] == '"' || c.src[i] == '`' {
				last, places = nil, nil
			}
			i = after
			continue
		case isSpace(c.src[i]):
			i++
			continue
		case !isWordByte(c.src[i]):
			last, places = nil, nil
			i++
			continue
		}
		after = wordEnd(c.src, i)
		if i > 0 && c.src[i-1] == '@' && (i < 2 || c.src[i-2] != '@') { // a variable's name
			last, places = nil, nil
			i = after
			continue
		}
		last, places = append(last, fold(c.src[i:after])), append(places, i)
		if n := len(last) - len(words); n >= 0 && slices.Equal(last[n:], words) {
			return places[n]
		}
		i = after
	}
	return int(c.stmtPos)
}
