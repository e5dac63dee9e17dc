package tidb

import (
	"regexp"
	"strings"
	"sync"

	tast "github.com/pingcap/tidb/pkg/parser/ast"

	"github.com/loxodb/loxodb/sql/ast"
)

// LOCK TABLES t AS a READ: TiDB's grammar has no aliases there and no LOW_PRIORITY. They are
// blanked out before it reads the text: a transaction locks the table, whatever it is called.

var lockTables = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)(?:^|;)\s*lock\s+tables?\s`) })

// cutLockAliases blanks out what the grammar does not know in the text's LOCK TABLES.
func cutLockAliases(query string) string {
	out := []byte(query)
	blank := func(from, to int) {
		for i := from; i < to; i++ {
			if !isSpace(out[i]) {
				out[i] = ' '
			}
		}
	}
	for _, at := range lockTables().FindAllStringIndex(query, -1) {
		for i, more := at[1], true; more; {
			i = nameEnd(query, skipSpace(query, i))
			for i < len(query) && query[i] == '.' {
				i = nameEnd(query, i+1)
			}
			from := skipSpace(query, i)
			word := fold(tokenAt(query, from))
			if i = from; word == "as" {
				i = skipSpace(query, from+len(word))
			}
			if !lockWords[word] {
				i = nameEnd(query, i)
				blank(from, i)
				i = skipSpace(query, i)
			}
			if word = fold(tokenAt(query, i)); word == "low_priority" {
				blank(i, i+len(word))
				i = skipSpace(query, i+len(word))
			}
			for word = fold(tokenAt(query, i)); lockWords[word]; word = fold(tokenAt(query, i)) {
				i = skipSpace(query, i+len(word))
			}
			if more = word == ","; more {
				i++
			}
		}
	}
	return string(out)
}

// lockWords are the words behind a table's name and alias.
var lockWords = map[string]bool{"read": true, "write": true, "local": true, "low_priority": true}

// nameEnd is where a name that begins at i ends.
func nameEnd(s string, i int) int {
	if i < len(s) && s[i] == '`' {
		return min(skipToken(s, i), len(s))
	}
	return wordEnd(s, i)
}

// lockTables begins a transaction that holds the locks: UNLOCK TABLES ends it.
func (c *conv) lockTables(s *tast.LockTablesStmt) ast.Stmt {
	out := &ast.Block{At: c.here(), Tag: "LOCK TABLES", Stmts: []ast.Stmt{&ast.TxnStmt{At: c.here(), Kind: ast.TxnBegin}}}
	for _, l := range s.TableLocks {
		mode := "EXCLUSIVE"
		if strings.HasPrefix(l.Type.String(), "READ") { // nobody writes meanwhile
			mode = "SHARE"
		}
		out.Stmts = append(out.Stmts, &ast.LockTable{At: c.here(), Tables: []ast.QName{c.table(l.Table)}, Mode: mode})
	}
	return out
}
