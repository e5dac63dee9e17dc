package tidb

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/parser/pg"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// TestConversions shows what statements become, printed in PostgreSQL's words, and
// the errors with the place that they point at. (-rewrite writes the answers anew:
// read them.)
func TestConversions(t *testing.T) {
	datadriven.Walk(t, "testdata/convert", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			return shown(d.Input)
		})
	})
}

func shown(query string) string {
	stmts, err := New().Parse(query)
	if err != nil {
		e, ok := pgerr.As(err)
		if !ok {
			return err.Error()
		}
		at := ""
		if e.Position > 0 {
			at = fmt.Sprintf(" at %q", clipped(query[e.Position-1:]))
		}
		return fmt.Sprintf("ERROR %s: %s%s", e.Code, e.Message, at)
	}
	var b strings.Builder
	for _, s := range stmts {
		if blk, ok := s.Stmt.(*ast.Block); ok {
			fmt.Fprintf(&b, "%s:\n", blk.Tag)
			for _, x := range blk.Stmts {
				fmt.Fprintf(&b, "  %s\n", ast.Print(x))
			}
			continue
		}
		fmt.Fprintf(&b, "%s\n", ast.Print(s.Stmt))
	}
	return b.String()
}

func clipped(s string) string { return s[:min(len(s), 12)] }

// What the built-in queries say is read by PostgreSQL's grammar only when they are
// asked for: all of them must be readable.
func TestBuiltInQueriesAreReadable(t *testing.T) {
	for name, query := range infoRelations {
		if _, err := pg.New().Parse(query); err != nil {
			t.Errorf("information_schema.%s: %v", name, err)
		}
	}
	for _, show := range []string{"databases", "tables", "full tables from x", "columns from t", "full columns from t", "index from t",
		"create table t", "create view v", "create database d", "variables", "variables like 'a%'", "status", "warnings", "errors", "engines",
		"character set", "collation", "processlist", "table status", "triggers", "triggers like 'a'", "events", "procedure status where db = 'x'", "function status"} {
		if _, err := New().Parse("SHOW " + show); err != nil {
			t.Errorf("SHOW %s: %v", show, err)
		}
	}
}

func TestStatementExtents(t *testing.T) {
	query := " SELECT 1 ;\n-- x\nSELECT 'é', 2; select 3"
	stmts, err := New().Parse(query)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range stmts {
		got = append(got, query[s.Start:s.End])
	}
	if fmt.Sprintf("%q", got) != `["SELECT 1" "SELECT 'é', 2" "select 3"]` && fmt.Sprintf("%q", got) != `["SELECT 1" "-- x\nSELECT 'é', 2" "select 3"]` {
		t.Errorf("%q", got)
	}
}

// Nesting that would exhaust the stack is refused, whatever makes it.
func TestNestingIsBounded(t *testing.T) {
	const deep = 100_000
	for name, query := range map[string]string{
		"parentheses": "SELECT " + strings.Repeat("(", deep) + "1" + strings.Repeat(")", deep),
		"sums":        "SELECT 1" + strings.Repeat("+1", deep),
		"not":         "SELECT " + strings.Repeat("NOT ", deep) + "1",
		"minus":       "SELECT " + strings.Repeat("- ", deep) + "1",
		"case":        "SELECT " + strings.Repeat("CASE WHEN ", deep) + "1" + strings.Repeat(" THEN 1 END", deep),
		"union":       "SELECT 1" + strings.Repeat(" UNION SELECT 1", deep),
		"join":        "SELECT 1 FROM t" + strings.Repeat(" JOIN t", deep),
	} {
		if _, err := New().Parse(query); pgerr.Code(err) != "54001" {
			t.Errorf("%s: %v", name, err)
		}
	}
	list := "SELECT 1 FROM t WHERE a IN (" + strings.Repeat("1,", deep) + "1)" // long, but not deep
	if _, err := New().Parse(list); err != nil {
		t.Errorf("a long list: %v", err)
	}
}

func TestParsersAreShared(t *testing.T) {
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range 50 {
				if _, err := New().Parse(fmt.Sprintf("SELECT %d FROM t WHERE a = 'x'", i)); err != nil {
					t.Error(err)
				}
				if _, err := New().Parse("SELEC"); pgerr.Code(err) != "42601" {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

// FuzzParse holds the frontend to an answer for every text.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"SELECT a, `b` FROM t WHERE c <=> NULL AND d = ? LIMIT 1, 2", "INSERT INTO t SET a = 1 ON DUPLICATE KEY UPDATE a = VALUES(a) + 1",
		"CREATE TABLE t (a INT UNSIGNED AUTO_INCREMENT PRIMARY KEY, v VECTOR(3), VECTOR INDEX i ((VEC_L2_DISTANCE(v))))",
		"ALTER TABLE t ADD COLUMN a INT, DROP INDEX i, RENAME TO u", "SHOW FULL COLUMNS FROM t LIKE 'a%'", "SET @a = 1, NAMES utf8mb4",
		"SELECT GROUP_CONCAT(DISTINCT a ORDER BY 1 SEPARATOR 'x') OVER (PARTITION BY b) FROM t", "SELECT 'a\\'b', \"c\", x'4D', b'1', 1e3",
		"UPDATE a JOIN b ON a.i = b.i SET a.x = 1", "WITH RECURSIVE c AS (SELECT 1) SELECT * FROM c FOR UPDATE", "/*!40101 SET NAMES utf8 */;",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, query string) {
		stmts, err := New().Parse(query)
		if err != nil {
			if pgerr.Code(err) == "XX000" {
				t.Fatalf("%q: %v", query, err)
			}
			return
		}
		for _, s := range stmts {
			if s.Start < 0 || s.End < s.Start || s.End > len(query) {
				t.Fatalf("%q: extent %d–%d", query, s.Start, s.End)
			}
			_ = ast.Print(s.Stmt)
		}
	})
}
