package types

import (
	"strings"
	"testing"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// What a path is printed as must be read as the same path.
func FuzzJSONPath(f *testing.F) {
	for _, s := range []string{
		"$", "strict $.a[*] ? (@.b == 1 && !(@.c > 2)).size()", "-(1 + $x) * 2", `$."a b".**{1 to last} like_regex "^x" flag "im"`,
		`exists ($.a) || ($.b starts with "c") is unknown`, `$[last - 1, 0 to $.a].datetime("yyyy")`, "1.5e3 % -2",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseText(Of(JSONPathOID), s, nil)
		if err != nil {
			if _, ok := pgerr.As(err); !ok {
				t.Fatalf("%q: %v is no error of PostgreSQL's", s, err)
			}
			return
		}
		again, err := ParseText(Of(JSONPathOID), d.Text(), nil)
		if err != nil || again.Text() != d.Text() {
			t.Fatalf("%q is printed as %q, which is read as %q, %v", s, d.Text(), again.Text(), err)
		}
	})
}

// Neither nesting nor length of a path may exhaust the stack.
func TestJSONPathDepth(t *testing.T) {
	const n = 1_000_000
	for _, s := range []string{
		strings.Repeat("(", n), strings.Repeat("-", n) + "$", "$" + strings.Repeat(".a", n), "1" + strings.Repeat("+1", n),
		strings.Repeat("$[", n), strings.Repeat("$ ? (", n), "$" + strings.Repeat("[0]", n), strings.Repeat("!(", n),
		"$.a == 1" + strings.Repeat(" || $.a == 1", n),
	} {
		if _, err := ParseText(Of(JSONPathOID), s, nil); pgerr.Code(err) != pgerrcode.StatementTooComplex {
			t.Errorf("%.20s…: %v, want %s", s, err, pgerrcode.StatementTooComplex)
		}
	}
}
