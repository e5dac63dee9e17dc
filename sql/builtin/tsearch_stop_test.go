package builtin

import (
	"context"
	"errors"
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
	for name, args := range map[string][]types.Datum{
		"to_tsvector_byid": {english, text}, "plainto_tsquery_byid": {english, text}, "phraseto_tsquery_byid": {english, text},
		"jsonb_string_to_tsvector_byid": {english, types.String(`"` + text.Text() + `"`)},
	} {
		f := r.code[name].eval
		call := func(asks int) (err error) {
			defer types.CatchStop(&err)
			_, err = f(&Ctx{Context: &countdown{context.Background(), asks}, Format: types.DefaultFormat}, args)
			return err
		}
		if err := call(1000); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := call(3); !errors.Is(err, context.Canceled) {
			t.Errorf("%s, cancelled: %v", name, err)
		}
	}
}
