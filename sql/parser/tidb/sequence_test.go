package tidb

import (
	"strings"
	"testing"

	"github.com/loxodb/loxodb/sql/ast"
)

// MariaDB's dumps say with a third argument whether a sequence's value is used up.
func TestSetvalOfMariaDB(t *testing.T) {
	for sql, want := range map[string]string{
		"DO SETVAL(`sq`, 5, 0)":                     "setval('sq'::regclass, 5, 'false'::boolean)",
		"SELECT SETVAL(d.sq, -5, 1, 0)":             "setval('d.sq'::regclass, (-5), 'true'::boolean)",
		"SELECT SETVAL(sq, 7)":                      "setval('sq'::regclass, 7)",
		"SELECT 'setval(a, 5, 0)', SETVAL(b, 1, 1)": "'setval(a, 5, 0)'",
	} {
		list, err := New().Parse(sql)
		if err != nil {
			t.Errorf("%s: %v", sql, err)
			continue
		}
		if got := strings.ReplaceAll(ast.Print(list[0].Stmt), "pg_catalog.", ""); !strings.Contains(got, want) {
			t.Errorf("%s: %s", sql, got)
		}
	}
}
