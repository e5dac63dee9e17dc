package planner_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loxodb/loxodb/planner/explain"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// FuzzPlan plans arbitrary statements: whatever parses must give a plan or a
// SQLSTATE, and the plan must be printable.
func FuzzPlan(f *testing.F) {
	files, err := filepath.Glob("testdata/*")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			continue // testdata/fuzz
		}
		for _, block := range strings.Split(string(raw), "\n\n") {
			if _, rest, ok := strings.Cut(block, "\n"); ok {
				sql, _, _ := strings.Cut(rest, "\n----")
				f.Add(sql)
			}
		}
	}
	o := options(testCatalog())
	f.Fuzz(func(t *testing.T, sql string) {
		if len(sql) > 2000 {
			return
		}
		p, err := planSQL(sql, o)
		if err != nil {
			if _, ok := pgerr.As(err); !ok {
				t.Fatalf("%q: an error without SQLSTATE: %v", sql, err)
			}
			return
		}
		if p == nil || len(explain.Text(p, explain.Options{Verbose: true, Costs: true}, nil)) == 0 {
			t.Fatalf("%q: no plan", sql)
		}
		explain.JSON(p, explain.Options{Verbose: true, Costs: true}, nil)
	})
}
