package pg

import (
	"testing"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/parser"
)

// Literals that are written anew take as many bytes as before, whatever the text is.
func FuzzRewriting(f *testing.F) {
	for _, s := range []string{`select 'a\n' 'b'`, "E'\\\\' -- x\n '\\''", `u&'\0041' n'\'' $a$'\$a$ "\" '\U0001F600\u00e9'`, "'a'--\n'\\", `'\377\` + "'", `e'\`, "n'x'\n'\\t'"} {
		f.Add(s, false)
		f.Add(s, true)
	}
	f.Fuzz(func(t *testing.T, s string, standard bool) {
		r := rewriting{query: s, escapes: parser.Escapes{Standard: standard, Warn: true}}
		if err := r.run(); err == nil && len(r.out) != len(s) || len(r.out) > len(s) {
			t.Errorf("%q became %q", s, r.out)
		}
	})
}

func TestLiteralGoesOnBehindComment(t *testing.T) {
	list, err := New().Parse("SELECT 'x' -- 'no'\n  -- nor\n 'y', 'z' -- end")
	if err != nil {
		t.Fatal(err)
	}
	if l, ok := list[0].Stmt.(*ast.Select).Targets[0].Expr.(*ast.Lit); !ok || l.Text != "xy" {
		t.Errorf("got %v", list[0].Stmt)
	}
	if _, err := New().Parse("SELECT 'x' /* no */ 'y' -- end\n"); err == nil {
		t.Error("two literals on a line were taken")
	}
}
