package pg

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// TestGolden runs testdata/golden: "parse" converts each line and prints it
// back, so that a golden shows what the tree says.
func TestGolden(t *testing.T) {
	datadriven.Walk(t, "testdata/golden", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			var b strings.Builder
			for _, line := range strings.Split(d.Input, "\n") {
				stmts, err := New().Parse(line)
				if e, ok := pgerr.As(err); ok {
					fmt.Fprintf(&b, "ERROR %s at %d: %s\n", e.Code, e.Position, e.Message)
					continue
				}
				for _, s := range stmts {
					fmt.Fprintf(&b, "%s\n", ast.Print(s.Stmt))
				}
			}
			return b.String()
		})
	})
}
