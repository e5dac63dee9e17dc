package tidb

import (
	"strconv"
	"strings"

	tast "github.com/pingcap/tidb/pkg/parser/ast"

	"github.com/loxodb/loxodb/sql/ast"
)

// SHOW WARNINGS LIMIT n, SHOW STORAGE ENGINES and DESCRIBE t 'pattern': TiDB's grammar has no
// rule for what stands behind the statement or STORAGE. It is blanked out before the grammar reads the text, so
// that no position changes, and given to the statement that it stood in.

// shownPart is what SHOW or DESCRIBE lists of all that there is.
type shownPart struct {
	at            int     // where it stands
	limit, offset string  // numbers, "" = none
	pattern       *string // of DESCRIBE
}

// cutShown blanks such parts out.
func cutShown(query string) (string, []shownPart) {
	out := []byte(query)
	blank := func(from, to int) {
		for i := from; i < to; i++ {
			if !isSpace(out[i]) {
				out[i] = ' '
			}
		}
	}
	var found []shownPart
	for _, start := range statementStarts(query) {
		first, i := nextWord(query, start)
		word, behind := nextWord(query, i)
		switch {
		case first == "show" && word == "storage":
			if engines, _ := nextWord(query, behind); engines == "engines" {
				blank(behind-len("storage"), behind)
			}
		case first == "show" && (word == "warnings" || word == "errors"):
			if part, end := limitOf(query, behind); end > behind {
				blank(part.at, end)
				found = append(found, part)
			}
		case first == "desc" || first == "describe" || first == "explain":
			at := skipSpace(query, i)
			for at = nameEnd(query, at); at < len(query) && query[at] == '.'; {
				at = nameEnd(query, at+1)
			}
			if at = skipSpace(query, at); at < len(query) && (query[at] == '\'' || query[at] == '"') {
				end := skipToken(query, at)
				if rest := skipSpace(query, end); rest == len(query) || query[rest] == ';' {
					pattern := quotedText(query[at:end])
					found = append(found, shownPart{at: at, pattern: &pattern})
					blank(at, end)
				}
			}
		}
	}
	return string(out), found
}

// statementStarts are the places where statements begin.
func statementStarts(query string) []int {
	starts := []int{0}
	for i := 0; i < len(query); {
		if end := skipToken(query, i); end > i {
			i = end
			continue
		}
		if i++; query[i-1] == ';' {
			starts = append(starts, i)
		}
	}
	return starts
}

// nextWord is the word behind space and comments, in lower case, and where it ends.
func nextWord(query string, i int) (word string, end int) {
	for i < len(query) {
		if skipped := skipToken(query, i); skipped > i && !strings.ContainsRune("'\"`", rune(query[i])) {
			i = skipped
		} else if isSpace(query[i]) {
			i++
		} else {
			break
		}
	}
	end = i
	for end < len(query) && isWordByte(query[end]) {
		end++
	}
	return fold(query[i:end]), end
}

// limitOf reads LIMIT n, LIMIT m, n and LIMIT n OFFSET m at the end of a statement; end is i for
// anything else.
func limitOf(query string, i int) (part shownPart, end int) {
	word, at := nextWord(query, i)
	if word != "limit" {
		return part, i
	}
	part.at = at - len(word)
	part.limit, at = nextWord(query, at)
	between := skipSpace(query, at)
	switch word, behind := nextWord(query, at); {
	case between < len(query) && query[between] == ',':
		part.offset = part.limit
		part.limit, at = nextWord(query, between+1)
	case word == "offset":
		part.offset, at = nextWord(query, behind)
	}
	if !isNumber(part.limit) || part.offset != "" && !isNumber(part.offset) {
		return part, i
	}
	if rest := skipSpace(query, at); rest < len(query) && query[rest] != ';' {
		return part, i
	}
	return part, at
}

func isNumber(s string) bool { return s != "" && len(s) < 19 && strings.Trim(s, "0123456789") == "" }

// quotedText is the text of a string literal.
func quotedText(literal string) string {
	stmts, err := grammar("SELECT " + literal)
	if err == nil && len(stmts) == 1 {
		if s, ok := stmts[0].(*tast.SelectStmt); ok && s.Fields != nil && len(s.Fields.Fields) == 1 {
			if v, ok := s.Fields.Fields[0].Expr.(tast.ValueExpr); ok {
				return v.GetString()
			}
		}
	}
	return ""
}

// shownOf is the part of the statement that ends at an offset, nil = it has none, and those
// behind it.
func shownOf(query string, end int, cut []shownPart) (of *shownPart, rest []shownPart) {
	if len(cut) > 0 && (cut[0].at < end || strings.TrimSpace(query[end:cut[0].at]) == "") {
		return &cut[0], cut[1:]
	}
	return nil, cut
}

// limitShown is a listing of which LIMIT takes some.
func (c *conv) limitShown(s ast.Stmt) ast.Stmt {
	q, ok := s.(*ast.Select)
	if !ok || c.shown == nil || c.shown.limit == "" {
		return s
	}
	number := func(s string) ast.Expr {
		n, _ := strconv.ParseInt(s, 10, 64) // cutShown looked at it
		return integer(placeless, n)
	}
	q.Limit = number(c.shown.limit)
	if c.shown.offset != "" {
		q.Offset = number(c.shown.offset)
	}
	return q
}
