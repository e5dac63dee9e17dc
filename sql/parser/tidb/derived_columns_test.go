package tidb

import (
	"strings"
	"testing"

	"github.com/loxodb/loxodb/sql/ast"
)

// What is named behind a derived table is found again, and nothing else is taken for it.
func TestDerivedColumns(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"SELECT * FROM (SELECT 1) AS d (a)", "d (a)"},
		{"SELECT * FROM (SELECT 1)d(a)", "d (a)"},
		{"SELECT * FROM ((SELECT 1) UNION (SELECT 2)) `D d` (`a)`, B)", "d d (a), b)"},
		{"SELECT * FROM (VALUES ROW(1, 2)) AS v -- x\n (x, y) JOIN (SELECT 2) w (z)", "v (x, y); w (z)"},
		{"SELECT (SELECT 1) IN (a) FROM (SELECT 1) AND (a)", ""},
		{"INSERT INTO t (a) VALUES (1)", ""},
		{"SELECT * FROM (SELECT 1) d (a.b)", ""},
		{"SELECT * FROM (SELECT 1) d (SELECT 1)", ""},
		{"SELECT * FROM (SELECT 1) d (", ""},
		{"SELECT * FROM (SELECT 1", ""},
		{"SELECT 'FROM (SELECT 1) AS d (a)'", ""},
	} {
		out, found := cutDerivedColumns(c.text)
		var list []string
		for _, a := range found {
			list = append(list, a.Name+" ("+strings.Join(a.Columns, ", ")+")")
		}
		if got := strings.Join(list, "; "); got != c.want || len(out) != len(c.text) {
			t.Errorf("%s: %q, want %q; %q", c.text, got, c.want, out)
		}
	}
	many := "SELECT * FROM (SELECT 1) a (b)" + strings.Repeat(", (SELECT 1) a (b)", maxDerived)
	if _, found := cutDerivedColumns(many); len(found) != maxDerived {
		t.Errorf("%d of many", len(found))
	}
	if _, err := New().Parse(many); err == nil {
		t.Error("more than there is room for")
	}
	list, err := New().Parse("SELECT * FROM (SELECT 1) a (b)" + strings.Repeat(", (SELECT 1) a (b)", maxDerived-1))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	ast.Walk(list[0].Stmt, func(x ast.Node) bool {
		if r, ok := x.(*ast.SubqueryRef); ok && r.Alias.Name == "a" && r.Alias.Columns[0] == "b" {
			n++
		}
		return true
	})
	if n != maxDerived {
		t.Errorf("%d derived tables", n)
	}
}
