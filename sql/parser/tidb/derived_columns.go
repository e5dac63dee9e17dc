package tidb

import (
	"slices"
	"strings"

	"github.com/jackc/pgerrcode"
	tast "github.com/pingcap/tidb/pkg/parser/ast"

	"github.com/loxodb/loxodb/sql/ast"
)

// (SELECT …) AS d (a, b): TiDB's grammar has no list of columns behind a derived table. It is
// taken out of the text, and the table called by a name of its own there, by which its alias
// and columns are found again.

const derivedMark = "\x02"

// maxDerived is how many of them a text may have: a character tells which one it is.
const maxDerived = 60

// cutDerivedColumns takes the lists out of a text.
func cutDerivedColumns(query string) (string, []ast.Alias) {
	if strings.Contains(query, derivedMark) {
		return query, nil
	}
	out := []byte(query)
	var found []ast.Alias
	var opened []bool // of the parentheses around: whether a query is in them that FROM may hold
	last := ""        // the word or sign before
	for i := 0; i < len(query); {
		if end := skipToken(query, i); end > i {
			if strings.IndexByte("'\"`", query[i]) >= 0 {
				last = ""
			}
			i = end
			continue
		}
		switch ch := query[i]; {
		case isSpace(ch):
			i++
			continue
		case isWordByte(ch):
			end := wordEnd(query, i)
			last, i = fold(query[i:end]), end
			continue
		case ch == '(':
			opened = append(opened, beforeDerived[last] && holdsQuery(query, i+1))
		case ch == ')' && len(opened) > 0:
			derived := opened[len(opened)-1]
			opened = opened[:len(opened)-1]
			if !derived || len(found) == maxDerived {
				break
			}
			if at, alias, end := readDerivedColumns(query, i+1); end > 0 {
				name := "`" + derivedMark + string(rune(' '+1+len(found))) + "`"
				copy(out[at:end], name+blank(query[at+len(name):end]))
				found = append(found, alias)
				i, last = end, ""
				continue
			}
		}
		last = query[i : i+1]
		i++
	}
	return string(out), found
}

// beforeDerived is what stands before a derived table.
var beforeDerived = setOf("from join straight_join lateral , (")

// afterQuery are words that go on behind a query in parentheses, and may have others behind them.
var afterQuery = setOf("and or xor div mod in on using union except intersect over as like is between not where set values partition window")

// holdsQuery reports a query within parentheses.
func holdsQuery(s string, i int) bool {
	for i = skipComments(s, i); i < len(s) && s[i] == '('; i = skipComments(s, i+1) {
	}
	switch fold(tokenAt(s, i)) {
	case "select", "with", "values", "table":
		return true
	}
	return false
}

// readDerivedColumns reads an alias with columns; end is 0 where none stands, or too short a one.
func readDerivedColumns(s string, i int) (at int, a ast.Alias, end int) {
	if i = skipComments(s, i); i < len(s) && strings.EqualFold(tokenAt(s, i), "as") {
		i = skipComments(s, i+len("as"))
	} else if i < len(s) && afterQuery[fold(tokenAt(s, i))] {
		return 0, a, 0
	}
	if i >= len(s) || s[i] != '`' && !isWordByte(s[i]) {
		return 0, a, 0
	}
	at = i
	i = nameEnd(s, i)
	a.Name = unquoted(s[at:i])
	if i = skipComments(s, i); i >= len(s) || s[i] != '(' {
		return 0, a, 0
	}
	list := placeReader{s: s, i: i + 1, end: len(s)}
	list.columns()
	for _, c := range list.found.columns {
		if after := skipSpace(s, nameEnd(s, c.at)); s[after] == '.' {
			return 0, a, 0
		}
		a.Columns = append(a.Columns, c.name)
	}
	if len(a.Columns) == 0 {
		return 0, a, 0
	}
	a.All = true
	return at, a, list.i + 1
}

// derivedAlias is a derived table's alias, as the text had it.
func (c *conv) derivedAlias(t *tast.TableSource) *ast.Alias {
	if rest, ok := strings.CutPrefix(t.AsName.O, derivedMark); ok {
		if n := int(rest[0]) - ' ' - 1; n < len(c.derived) {
			distinctColumns(c.derived[n].Columns)
			return &c.derived[n]
		}
	}
	if t.AsName.L == "" {
		return nil
	}
	alias := &ast.Alias{Name: t.AsName.L}
	for _, n := range t.ColumnNames {
		alias.Columns, alias.All = append(alias.Columns, n.L), true
	}
	distinctColumns(alias.Columns)
	return alias
}

// distinctColumns refuses a list that has a name twice.
func distinctColumns(names []string) {
	for i, n := range names {
		if slices.Contains(names[:i], n) {
			refuse(pgerrcode.DuplicateColumn, "Duplicate column name '%s'", n)
		}
	}
}
