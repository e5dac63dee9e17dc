package tidb

import (
	"slices"
	"strings"

	tast "github.com/pingcap/tidb/pkg/parser/ast"

	"github.com/loxodb/loxodb/sql/ast"
)

// INSERT … VALUES (…) AS new (x, y) ON DUPLICATE KEY UPDATE, MySQL's since 8.0.19: TiDB's grammar
// has no name for the row that is proposed. The clause is blanked out, behind VALUES or SET and
// outside of all parentheses, and given to its statement.

// rowAlias is such a clause.
type rowAlias struct {
	insert, at int // where INSERT stands, and AS
	alias      ast.Alias
}

// aliasReader reads a text's statements for what may have the clause.
type aliasReader struct {
	insert  int  // where the statement's INSERT stands, −1 = not read
	rows    bool // its VALUES or SET was
	head    bool // INSERT may come next
	explain bool // the statement is an EXPLAIN
	over    bool // nothing of interest can follow
	depth   int
}

// cutRowAliases blanks the clauses out.
func cutRowAliases(query string) (string, []rowAlias) {
	var found []rowAlias
	out := []byte(query)
	r := aliasReader{insert: -1, head: true}
	for i := 0; i < len(query); {
		if end := skipToken(query, i); end > i {
			i = end
			continue
		}
		switch ch := query[i]; {
		case isWordByte(ch):
			end := wordEnd(query, i)
			if r.word(fold(query[i:end]), i) && (i == 0 || query[i-1] != '.' && query[i-1] != '@') {
				if alias, after, ok := readRowAlias(query, end); ok {
					found = append(found, rowAlias{r.insert, i, alias})
					copy(out[i:], blank(query[i:after]))
					r.over, end = true, after
				}
			}
			i = end
			continue
		case ch == '(':
			r.depth++
		case ch == ')':
			r.depth--
		case ch == ';':
			r = aliasReader{insert: -1, head: true}
		}
		i++
	}
	return string(out), found
}

// word takes a word that no quotes are around; true for an AS that may begin the clause.
func (r *aliasReader) word(w string, at int) bool {
	if r.over || r.depth > 0 {
		return false
	}
	switch w {
	case "explain", "describe", "desc":
		r.explain = r.explain || r.head
	case "insert":
		if r.head && r.insert < 0 {
			r.insert = at
		}
	case "values", "value", "set":
		r.rows = r.insert >= 0
	case "select", "with", "table", "on": // a query has aliases of its own
		r.over = true
	case "as":
		return r.rows
	}
	r.head = r.explain
	return false
}

// readRowAlias reads what stands behind AS, up to ON or the statement's end.
func readRowAlias(s string, i int) (a ast.Alias, end int, ok bool) {
	i = skipComments(s, i)
	if i >= len(s) || s[i] != '`' && !isWordByte(s[i]) || s[i] != '`' && strings.Trim(tokenAt(s, i), "0123456789") == "" {
		return a, 0, false
	}
	end = nameEnd(s, i)
	a.Name = unquoted(s[i:end])
	if i = skipComments(s, end); i < len(s) && s[i] == '(' {
		list := placeReader{s: s, i: i + 1, end: len(s)}
		list.columns()
		if list.found.columns == nil {
			return a, 0, false
		}
		for _, c := range list.found.columns {
			if after := skipSpace(s, nameEnd(s, c.at)); s[after] == '.' {
				return a, 0, false
			}
			a.Columns = append(a.Columns, c.name)
		}
		end = list.i + 1
		i = skipComments(s, end)
	}
	return a, end, i >= len(s) || s[i] == ';' || strings.EqualFold(tokenAt(s, i), "on")
}

// unquoted is a name as it stands in a text.
func unquoted(s string) string {
	if strings.HasPrefix(s, "`") {
		s = strings.ReplaceAll(strings.TrimSuffix(s[1:], "`"), "``", "`")
	}
	return fold(s)
}

// skipComments skips spaces and comments.
func skipComments(s string, i int) int {
	for i = skipSpace(s, i); i < len(s) && strings.IndexByte("#-/", s[i]) >= 0; i = skipSpace(s, i) {
		end := skipToken(s, i)
		if end == i {
			break
		}
		i = end
	}
	return i
}

// proposed gives an INSERT the name of the row that it proposes, where it has one.
func (c *conv) proposed(s *tast.InsertStmt, out *ast.Insert) {
	i := slices.IndexFunc(c.rowAliases, func(r rowAlias) bool { return r.insert >= int(c.stmtPos) && r.insert < c.stmtEnd })
	if i < 0 {
		return
	}
	r := &c.rowAliases[i]
	out.Proposed, out.ProposedAt = &r.alias, ast.Pos(r.at)
	if s.Select != nil { // VALUES ROW (…) is a query
		panic(bail{syntaxErrorAt(c.text, r.at)})
	}
	c.proposes = r.alias.Columns
	if c.proposes == nil {
		for _, n := range s.Columns {
			c.proposes = append(c.proposes, n.Name.L)
		}
	}
	c.proposesAny = c.proposes == nil
}

// proposable reports that a name without a table may be a column of the row that is proposed
// and has a name: what it means, the binder knows.
func (c *conv) proposable(name string) bool {
	return c.target != "" && (c.proposesAny || slices.Contains(c.proposes, name))
}
