package builtin

import (
	"strings"
	"testing"

	"github.com/loxodb/loxodb/sql/types"
)

// What takes long texts apart ends with the statement.
func TestTextSearchEnds(t *testing.T) {
	text := types.String(strings.Repeat("cats and dogs ", 1000))
	r := &registrar{code: map[string]*code{}}
	textConfigFuncs(r)
	english := types.Int(13164)
	wantEnds(t, r, 3, map[string][]types.Datum{
		"to_tsvector_byid": {english, text}, "plainto_tsquery_byid": {english, text}, "phraseto_tsquery_byid": {english, text},
		"jsonb_string_to_tsvector_byid": {english, types.String(`"` + text.Text() + `"`)},
	})
}
