package tidb

import (
	"strings"

	tast "github.com/pingcap/tidb/pkg/parser/ast"

	"github.com/loxodb/loxodb/sql/ast"
)

// SELECT … INTO @a, @b: TiDB's grammar has no rule for it. The clause is blanked out before
// the grammar reads the text, so that no position changes, and its variables are given
// to the statement that it stood in.

// intoClause is such a clause.
type intoClause struct {
	at    int // where INTO stands
	names []string
}

// cutInto blanks the clauses out.
func cutInto(query string) (string, []intoClause) {
	var found []intoClause
	out := []byte(query)
	for i := 0; i < len(query); {
		if end := skipToken(query, i); end > i {
			i = end
			continue
		}
		if !isWordByte(query[i]) {
			i++
			continue
		}
		end := i + 1
		for end < len(query) && isWordByte(query[end]) {
			end++
		}
		if strings.EqualFold(query[i:end], "into") {
			if names, after := variableList(query, end); len(names) > 0 {
				for k := i; k < after; k++ {
					if !isSpace(out[k]) {
						out[k] = ' '
					}
				}
				found, end = append(found, intoClause{i, names}), after
			}
		}
		i = end
	}
	return string(out), found
}

// intoOf are the clauses of the statement that ends at an offset, and those behind it: one
// at its end has become space.
func intoOf(query string, end int, cut []intoClause) (of, rest []intoClause) {
	n := 0
	for n < len(cut) && (cut[n].at < end || strings.TrimSpace(query[end:cut[n].at]) == "") {
		n++
	}
	return cut[:n], cut[n:]
}

// variableList reads @a, @b, … and says where it ends.
func variableList(s string, i int) (names []string, end int) {
	for {
		i = skipSpace(s, i)
		if i >= len(s) || s[i] != '@' || strings.HasPrefix(s[i:], "@@") {
			return nil, i
		}
		start := i + 1
		for i = start; i < len(s) && (isWordByte(s[i]) || s[i] == '.'); i++ {
		}
		if i == start {
			return nil, i
		}
		names, end = append(names, fold(s[start:i])), i
		if i = skipSpace(s, i); i >= len(s) || s[i] != ',' {
			return names, end
		}
		i++
	}
}

func skipSpace(s string, i int) int {
	for i < len(s) && isSpace(s[i]) {
		i++
	}
	return i
}

// intoVariables makes a query one that sets variables to the values of its only row, and
// leaves them as they are where there is none. It gives no rows, as DO does.
func (c *conv) intoVariables(q tast.StmtNode, names []string) ast.Stmt {
	sel, ok := q.(tast.ResultSetNode)
	if !ok {
		c.fail(nil, "INTO @variable in this statement is not supported")
	}
	at := c.here()
	from := &ast.SubqueryRef{At: at, Query: c.inner(sel), Alias: &ast.Alias{Name: "q"}}
	if list := firstSelect(from.Query).Targets; !hasStar(list) && len(list) != len(names) {
		c.wrong(nil, "The used SELECT statements have a different number of columns")
	}
	count := syscall(at, "num_nulls")
	for i, name := range names {
		column := formatInt(int64(i + 1))
		from.Alias.Columns = append(from.Alias.Columns, column)
		count.Args = append(count.Args, assign(at, name, &ast.ColumnRef{At: at, Parts: []string{"q", column}}))
	}
	one := &ast.Select{At: at, Targets: []ast.Target{{At: at, Expr: count}}, From: []ast.TableExpr{from}}
	return c.computed(&ast.Subquery{At: at, Kind: ast.ScalarSub, Query: one})
}

func hasStar(list []ast.Target) bool {
	for i := range list {
		if r, ok := list[i].Expr.(*ast.ColumnRef); ok && r.Star {
			return true
		}
	}
	return false
}

// assign sets a variable of the user, and is its value.
func assign(at ast.At, name string, value ast.Expr) ast.Expr {
	return call(at, "assign", text(at, userVariable(name)), value)
}
