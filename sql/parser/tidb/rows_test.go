package tidb

import (
	"reflect"
	"strings"
	"testing"

	"github.com/loxodb/loxodb/sql/ast"
)

// TestRowsAreReadAsTheGrammarReadsThem compares long INSERTs with what the grammar makes of them.
func TestRowsAreReadAsTheGrammarReadsThem(t *testing.T) {
	fill := "(" + strings.Repeat("'xxxxxxxxxxxxxxxx', ", 300) + "1)"
	for _, c := range []struct {
		head, rows string
		apart      bool
	}{
		{"INSERT INTO t VALUES ", "(1, -2, 0, 2147483647, 2147483648, -2147483648, 9223372036854775807, 007)", true},
		{"REPLACE INTO `a`.`t` (`values`, b) VALUES", "(1.5,-1.50,0.001),(12345678901234567890.123456789, 1, NULL)", true},
		{"insert ignore into t partition (p0) value ", "('a''b', \"c\"\"d\", 'it\\'s \\\\ \\n\\0\\Z\\%\\_\\q', '', 'ä', null)", true},
		{"INSERT INTO t VALUES ", "(0x00ff, x'4142', X'4a', _binary 'a\\0b', _binary'', 0xABC)", true},
		{"INSERT INTO t VALUES ", "(1e20, 1.5E-3, -2e5, -0.0, 1e+3)", true},
		{"INSERT INTO t VALUES ", "(1 + 1, 2)", false},
		{"INSERT INTO t VALUES ", "('a' 'b')", false},
		{"INSERT INTO t VALUES ", "(.5, 1., 00.5)", false},
		{"INSERT INTO t VALUES ", "(1) /* c */", false},
		{"INSERT INTO t VALUES ", "(TRUE, DEFAULT, b'101', _latin1'x', ?)", false},
		{"INSERT INTO t VALUES ", "(1) ON DUPLICATE KEY UPDATE a = 1", false},
		{"INSERT INTO t VALUES ", "(1) AS n", false},
		{"INSERT INTO t VALUES ", "(18446744073709551616)", false},
		{"INSERT INTO t VALUES ", "(1, 2); SELECT 1", false},
		{"INSERT INTO t VALUES ", "(1, 2),", false},
		{"INSERT INTO t VALUES ", "(), (1)", false},
		{"INSERT INTO t VALUES ", "(x'123')", false},
		{"INSERT INTO t VALUES ", "(1a)", false},
		{"INSERT INTO t SELECT 1 UNION VALUES ROW", "(1)", false},
	} {
		query := c.head + fill + ", " + c.rows + " ; "
		got, ok := parseRows(query, &search{})
		if ok != c.apart {
			t.Errorf("%s%s: read apart %v, want %v", c.head, c.rows, ok, c.apart)
		}
		if !ok {
			continue
		}
		list, err := grammar(query)
		if err != nil {
			t.Errorf("%s%s: %v", c.head, c.rows, err)
			continue
		}
		want, err := convert(query, query, list, cuts{}, &search{})
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			g, w := got[0].Stmt.(*ast.Insert), want[0].Stmt.(*ast.Insert)
			if got[0].End != want[0].End || got[0].Start != want[0].Start {
				t.Errorf("%s%s: extends from %d to %d, want %d to %d", c.head, c.rows, got[0].Start, got[0].End, want[0].Start, want[0].End)
			}
			for r := range w.Query.Values {
				for i := range w.Query.Values[r] {
					if g, w := g.Query.Values[r][i], w.Query.Values[r][i]; r > 0 && !reflect.DeepEqual(g, w) {
						t.Errorf("%s%s: value %d is %+v, want %+v", c.head, c.rows, i, g, w)
					}
				}
			}
			g.Query.Values, w.Query.Values = nil, nil
			if !reflect.DeepEqual(g, w) {
				t.Errorf("%s%s: is %+v, want %+v", c.head, c.rows, g, w)
			}
		}
	}
}
