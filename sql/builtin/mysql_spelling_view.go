package builtin

import (
	"regexp"
	"strings"
	"sync"

	"github.com/loxodb/loxodb/sql/catalog"
)

// A view's query is kept in PostgreSQL's words, too. It is spelled token by token as expressions
// are; what only queries have is written otherwise before and after. A query with anything
// that MySQL has no word for stays as it is.

// queryRewrite is a form of PostgreSQL's and MySQL's.
type queryRewrite struct {
	from *regexp.Regexp
	to   string
}

// queryRewrites are made once the tokens are MySQL's, in this order.
var queryRewrites = sync.OnceValue(func() (list []queryRewrite) {
	for _, r := range [][2]string{
		{` NULLS FIRST\b`, ""}, {` DESC NULLS LAST\b`, " DESC"},
		{`(?s)\bjoin_values\(array_agg\(((?:DISTINCT )?)([^()]+?)((?: ORDER BY [^()]+)?)\) FILTER \(WHERE \([^()]+ IS NOT NULL\)\), ('(?:[^'\\]|''|\\.)*')\)`,
			"group_concat($1$2$3 separator $4)"},
		{`\bto_(signed|unsigned)\(([^(),]+)\)`, "cast($2 as $1)"},
		{`\bint_div\(([^(),]+), ([^(),]+)\)`, "($1 div $2)"},
		{`\(NOT \(([^()]+) IS DISTINCT FROM ([^()]+)\)\)`, "($1 <=> $2)"},
		{`\(([^()]+) IS DISTINCT FROM ([^()]+)\)`, "(not ($1 <=> $2))"},
		{`\(NOT \(not \(([^()]+)\)\)\)`, "($1)"},
		{`(?m)^ OFFSET (\d+)\n LIMIT (\d+)`, " LIMIT $2 OFFSET $1"},
	} {
		list = append(list, queryRewrite{regexp.MustCompile(r[0]), r[1]})
	}
	return list
})

// averageCall finds the sum of something divided by how many there are of something.
var averageCall = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\bdiv\(\(?sum\(((?:DISTINCT )?[^()]+)\)\)?, count\(((?:DISTINCT )?[^()]+)\)\)`)
})

// castItem finds a column as text that is an item of a select list, whose type it tells; an
// operand's is plain without.
var castItem = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\(([\w."]+)\)::text( AS |,?\n)`)
})

// foreignToMySQL finds what no query of MySQL has.
var foreignToMySQL = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)\b(FILTER \(|array_agg|join_(values|distinct)|DISTINCT ON|FULL JOIN|ROWS FROM|TABLESAMPLE|ILIKE|SIMILAR|int_div|OVERLAPS|NULLS (FIRST|LAST)|DISTINCT FROM|FETCH FIRST|OFFSET \d+\s*$)` +
		"|ARRAY\\[|\\|\\||<->|<#>|<\\+>|@|&&|#>|::")
})

// mysqlQuery is the text of a view's query in MySQL's spelling.
func mysqlQuery(text string, home string) string {
	items := castItem().ReplaceAllString(text, "CAST($1 AS CHAR)$2")
	s := speller{s: spellCalls(items, strings.Contains(text, "vector"), home), t: &catalog.Table{}}
	for s.i < len(s.s) {
		if !s.token() {
			return text
		}
	}
	out := averageCall().ReplaceAllStringFunc(inList(s.out.String()), func(call string) string {
		m := averageCall().FindStringSubmatch(call)
		if m[1] != m[2] {
			return call
		}
		return "avg(" + m[1] + ")"
	})
	for _, r := range queryRewrites() {
		out = r.from.ReplaceAllString(out, r.to)
	}
	out = mysqlCalls(out)
	if inner().MatchString(out) || foreignToMySQL().MatchString(unquotedText(out)) {
		return text
	}
	return out
}

// unquotedText is a text without what it has in quotes.
func unquotedText(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		if strings.IndexByte("'`", s[i]) >= 0 {
			i = closing(s, i)
			continue
		}
		b.WriteByte(s[i])
		i++
	}
	return b.String()
}

// createView is the statement that makes a view.
func createView(s Session, t *catalog.Table) string {
	security, owner := "DEFINER", ""
	if x, ok := t.Options.Get("security_invoker"); ok && x == "true" {
		security = "INVOKER"
	}
	if r, ok := s.Catalog().RoleByID(t.Owner); ok {
		owner = r.Name
	}
	check := map[byte]string{'l': " WITH LOCAL CHECK OPTION", 'c': " WITH CASCADED CHECK OPTION"}[t.CheckOption]
	return "CREATE ALGORITHM=UNDEFINED DEFINER=" + backquote(owner) + "@`%` SQL SECURITY " + security +
		" VIEW " + backquote(t.Name) + " AS " + viewQuery(s, t) + check
}
