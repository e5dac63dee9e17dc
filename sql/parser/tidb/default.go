package tidb

import (
	"slices"
	"strings"

	tast "github.com/pingcap/tidb/pkg/parser/ast"
)

// DEFAULT (expression) of a column: TiDB's grammar knows literals and calls alone. Where it
// refuses a text, CHECK stands in the place of such a DEFAULT, which takes any expression
// and is shorter, and the options that come of it are made defaults again.

// openDefault is such an expression: the offsets of its parentheses.
type openDefault struct{ open, end int }

// cutDefaults puts CHECK in the place of each DEFAULT before a parenthesis that belongs to a
// column of CREATE TABLE or ALTER TABLE.
func cutDefaults(query string) (string, []openDefault) {
	out := []byte(query)
	var found []openDefault
	var opened []int // the parentheses around: the default that one holds, else −1
	deepest := -1    // of this statement: how deep columns may stand
	var head []string
	last, before, lastAt := "", "", 0 // the word that was read last, the one before it
	for i := 0; i < len(query); {
		if end := skipToken(query, i); end > i {
			if strings.IndexByte("'\"`", query[i]) >= 0 {
				last, before = "", ""
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
			last, before, lastAt = fold(query[i:end]), last, i
			if len(head) < 3 {
				head = append(head, last)
				deepest = columnDepth(head)
			}
			i = end
			continue
		case ch == '(':
			opens := -1
			if last == "default" && before != "set" && before != "constraint" && inColumns(head, len(opened), deepest) {
				opens = len(found)
				found = append(found, openDefault{open: i})
				copy(out[lastAt:], "CHECK  ")
			}
			opened = append(opened, opens)
		case ch == ')' && len(opened) > 0:
			if o := opened[len(opened)-1]; o >= 0 {
				found[o].end = i
			}
			opened = opened[:len(opened)-1]
		case ch == ';':
			opened, head, deepest = opened[:0], nil, -1
		}
		last, before = "", ""
		i++
	}
	return string(out), found
}

// columnDepth is how many parentheses may be around a column's options in a statement that
// begins so, −1 where it has none.
func columnDepth(head []string) int {
	if (head[0] == "alter" || head[0] == "create") && slices.Contains(head, "table") { // CREATE TEMPORARY TABLE
		return 1 // ADD (a …, b …)
	}
	return -1
}

func inColumns(head []string, depth, deepest int) bool {
	return depth <= deepest && (depth > 0 || head[0] == "alter")
}

func wordEnd(s string, i int) int {
	for i < len(s) && isWordByte(s[i]) {
		i++
	}
	return i
}

// makeDefaults makes the options that cutDefaults wrote as checks defaults. It reports false
// where not each of them is an option of a column, or more is written than a default has.
func makeDefaults(query string, list []tast.StmtNode, found []openDefault) bool {
	made := 0
	for _, n := range list {
		var columns []*tast.ColumnDef
		switch v := n.(type) {
		case *tast.CreateTableStmt:
			columns = v.Cols
		case *tast.AlterTableStmt:
			for _, s := range v.Specs {
				columns = append(columns, s.NewColumns...)
			}
		}
		for _, d := range columns {
			for _, o := range d.Options {
				if o.Tp != tast.ColumnOptionCheck || !within(o.Expr.OriginTextPosition(), found) {
					continue
				}
				if o.ConstraintName != "" || !o.Enforced {
					return false
				}
				made++
				at := o.Expr.OriginTextPosition()
				o.Tp, o.Expr = tast.ColumnOptionDefaultValue, &tast.ParenthesesExpr{Expr: o.Expr}
				o.Expr.SetOriginTextPosition(at)
			}
		}
	}
	return made == len(found) && !slices.ContainsFunc(found, func(d openDefault) bool {
		return strings.EqualFold(tokenAt(query, skipSpace(query, d.end+1)), "enforced")
	})
}

func within(at int, found []openDefault) bool {
	i, _ := slices.BinarySearchFunc(found, at, func(d openDefault, at int) int { return d.end - at })
	return i < len(found) && found[i].open < at
}
