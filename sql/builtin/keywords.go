package builtin

import (
	_ "embed"
	"sync"

	"github.com/loxodb/loxodb/sql/types"
)

// keywordTable lists PostgreSQL 15's keywords: word, category (U unreserved, C
// unreserved but no function or type, T reserved but function or type, R
// reserved), and whether it may be a bare label.
//
//go:embed keywords.tsv
var keywordTable string

// mustQuote are the keywords that are not unreserved: as names they need quotes.
var mustQuote = sync.OnceValue(func() map[string]bool {
	m := map[string]bool{}
	eachRow(keywordTable, 3, func(c []string) {
		if c[1] != "U" {
			m[c[0]] = true
		}
	})
	return m
})

var keywordCategories = map[string]string{
	"U": "unreserved", "C": "unreserved (cannot be function or type name)",
	"T": "reserved (can be function or type name)", "R": "reserved",
}

// keywords is pg_get_keywords.
func keywords(*Ctx, []types.Datum) (RowIter, error) {
	t := &tableRows{}
	eachRow(keywordTable, 3, func(c []string) {
		label := "can be bare label"
		if c[2] != "t" {
			label = "requires AS"
		}
		t.rows = append(t.rows, []types.Datum{
			types.String(c[0]), types.Int(int64(c[1][0])), types.Bool(c[2] == "t"),
			types.String(keywordCategories[c[1]]), types.String(label),
		})
	})
	return t, nil
}
