package pg

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/pgerr"
)

func TestErrors(t *testing.T) {
	for _, c := range []struct {
		sql, code, msg string
		pos            int // 1-based byte position
	}{
		{"SELEC 1", "42601", `syntax error at or near "SELEC"`, 1},
		{"SELECT 1 +", "42601", "syntax error at end of input", 11},
		{"SELECT 'é', FROM", "42601", `syntax error at or near "FROM"`, 14},
		{"SELECT 'abc", "42601", `unterminated quoted string at or near "'abc"`, 8},
		{"SELECT 1; SELECT (;", "42601", `syntax error at or near ";"`, 19},
		{`SELECT ""`, "42601", `zero-length delimited identifier at or near """"`, 8},
		{`SELECT E'\xff'`, "22021", `invalid byte sequence for encoding "UTF8": 0xff`, 0},
		{"SELECT sum(a) OVER (ROWS UNBOUNDED FOLLOWING)", "42P20", "frame start cannot be UNBOUNDED FOLLOWING", 26},
		{"SELECT 1::float(0)", "22023", "precision for type float must be at least 1 bit", 17},
		{"CREATE ROLE public", "42939", `role name "public" is reserved`, 13},
		{"SELECT a IS JSON", "42601", `syntax error at or near "JSON"`, 13},
		{"SELECT (SELECT 1 INTO x)", "42601", "SELECT ... INTO is not allowed here", 23},
		{"MERGE INTO t USING u ON true WHEN MATCHED THEN DELETE RETURNING 1", "42601", `syntax error at or near "RETURNING"`, 55},
		{"MERGE INTO t USING u ON true WHEN NOT MATCHED BY SOURCE THEN DELETE", "0A000", "WHEN NOT MATCHED BY SOURCE is not supported", 12},
		{"SELECT (SELECT , a FROM t)", "42601", `syntax error at or near ","`, 16},
		{"SELECT a, (SELECT a FROM", "42601", "syntax error at end of input", 25},
		{"SELECT * FROM (VALUES (1), (NULL);", "42601", `syntax error at or near ";"`, 34},
		{"SELECT (SELECT ARRAY(SELECT 1 FROM f(1, 4 4) i)), 1", "42601", `syntax error at or near "4"`, 43},
		{"SELECT * FROM t (SELECT a a.b) x", "42601", `syntax error at or near "SELECT"`, 18},
		{"SELECT a FROM (SELECT 1) 1", "42601", "subquery in FROM must have an alias", 15},
		{"SELECT a FROM b, (VALUES (interval '1 day'), (2))", "42601", "VALUES in FROM must have an alias", 18},
		{"CREATE TABLE x (a)", "42601", "syntax error at end of input", 19},
		{"CREATE TABLE x (a, b int)", "42601", `syntax error at or near "int"`, 22},
		{"CREATE TABLE x (a, b) SELECT 1", "42601", `syntax error at or near "SELECT"`, 23},
		{"SELECT substring('abc' from 0 for -1 <)", "42601", `syntax error at or near ")"`, 39},
		{"SELECT substring('abc' similar 'a' VALUES escape 'b')", "42601", `syntax error at or near "VALUES"`, 36},
		{"SELECT * FROM VALUES (1)", "42601", `syntax error at or near "("`, 22},
		{"SELECT t.1 FROM t", "42601", `syntax error at or near ".1"`, 9},
		{"SELECT 1, f(zz.0.125)", "42601", `syntax error at or near ".0"`, 15},
		{"SELECT 1 FROM ((SELECT t.1 FROM t) INTERSECT (SELECT 1)) x", "42601", `syntax error at or near ".1"`, 25},
		{"SELECT 1 FROM ((SELECT 1) UNION (SELECT 1, FROM t)) x", "42601", `syntax error at or near "FROM"`, 44},
		{"SELECT $\"a", "42601", `syntax error at or near "$"`, 8},
		{"SELECT int('5')", "42601", `syntax error at or near "("`, 11},
		{"SELECT ::1int8", "42601", `syntax error at or near "::"`, 8},
		{"SELECT 4i", "42601", `trailing junk after numeric literal at or near "4i"`, 8},
		{`SELECT U&'\zz'`, "42601", "invalid Unicode escape", 11},
		{`SELECT E'\u12'`, "22025", "invalid Unicode escape", 10},
		{"SELECT a FETCH FIRST 2 ROWS WITH TIES", "42601", "WITH TIES cannot be specified without ORDER BY clause", 0},
		{"SELECT a FROM t WHERE a = 'x' IS", "42601", "syntax error at end of input", 33},
		{"SELECT * FROM a JOIN JOIN t", "42601", `syntax error at or near "t"`, 27},
		{"SELECT 1; SELECT * FROM FULL JOIN b", "42601", `syntax error at or near "JOIN"`, 30},
		{"SELECT 1; CREATE TABLE x (a, b int)", "42601", `syntax error at or near "int"`, 32},
		{"CREATE TABLE x (a, FOREIGN KEY (a))", "42601", `syntax error at or near "FOREIGN"`, 20},
		{"CREATE UNIQUE UNIQUE INDEX ON t (a)", "42601", `syntax error at or near "UNIQUE"`, 15},
		{"CREATE VIEW v AS SELECT 1 WITH foo CHECK OPTION", "42601", `syntax error at or near "foo"`, 32},
		{"DROP TEXT SEARCH SEARCH a", "42601", `syntax error at or near "SEARCH"`, 18},
		{"BEGIN READ", "42601", "syntax error at end of input", 11},
		{"SELECT a FROM t ORDER BY a NULLS LIMIT 1", "42601", `syntax error at or near "NULLS"`, 28},
		{"SELECT * FROM f() WITH x", "42601", `syntax error at or near "WITH"`, 19},
		{"SELECT a $1 2 FROM t", "42601", `syntax error at or near "$1"`, 10},
		{"SELECT f(a $1 2", "42601", `syntax error at or near "$1"`, 12},
		{"SELECT setof '1'", "42601", `syntax error at or near "'1'"`, 14},
		{"SELECT overlay 'x' (, 1)", "42601", `syntax error at or near "'x'"`, 16},
		{"SELECT a => 1 FROM t", "42601", `syntax error at or near "=>"`, 10},
		{"SELECT * FROM VALUES (1), (2)) v", "42601", `syntax error at or near "("`, 22},
		{"SELECT * FROM a, (SELECT 1) ORDER x BY 1", "42601", "subquery in FROM must have an alias", 18},
		{"SELECT * FROM ((SELECT 1)) 1", "42601", "subquery in FROM must have an alias", 15},
		{"SELECT * FROM ((SELECT 1 AS x)), ((SELECT * FROM ((SELECT 2 AS y))))", "42601", "subquery in FROM must have an alias", 15},
		{"MERGE INTO t USING (VALUES (1)), (2)) v ON true", "42601", "VALUES in FROM must have an alias", 20},
		{"SELECT * FROM (t) WHERE a = ", "42601", `syntax error at or near ")"`, 17},
		{"SELECT a FROM t JOIN u USING (a) ORDER BY , 1", "42601", `syntax error at or near ","`, 43},
		{"CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a)) STORED", "42601", `syntax error at or near ")"`, 53},
		{"CREATE TABLE t (a int) PARTITION BY BY RANGE (a)", "42601", `syntax error at or near "RANGE"`, 40},
		{"SELECT (1, 2) OVERLAPS a IN (1) IN (2)", "42601", `syntax error at or near "a"`, 24},
		{"ALTER TABLE x ADD EXCLUDE USING gist ((SELECT 1) WITH =)", "42601", `syntax error at or near "SELECT"`, 40},
		{"SELECT 1; DROP FUNCTION IF EXISTS bigint(int)", "42601", `syntax error at or near "("`, 41},
		{"SELECT 1; DROP FUNCTION bigint()", "42601", `syntax error at or near "("`, 31},
		{"CREATE FUNCTION int(int) RETURNS int LANGUAGE sql AS ''", "42601", `syntax error at or near "("`, 20},
		{"REINDEX DATABASE", "42601", "syntax error at end of input", 17},
		{"CLUSTER (VERBOSE); SELECT 1", "42601", `syntax error at or near ";"`, 18},
		{"SELECT 1 LIMIT 1, 2", "42601", "LIMIT #,# syntax is not supported", 0},
	} {
		_, err := New().Parse(c.sql)
		e, ok := pgerr.As(err)
		if !ok {
			t.Errorf("%s: no error: %v", c.sql, err)
			continue
		}
		if e.Code != c.code || e.Message != c.msg || c.pos != 0 && e.Position != c.pos {
			t.Errorf("%s\n  got  %s %q at %d\n  want %s %q at %d", c.sql, e.Code, e.Message, e.Position, c.code, c.msg, c.pos)
		}
	}
}

func TestStatementExtent(t *testing.T) {
	sql := " SELECT 1 ;;\n-- note\nINSERT INTO t VALUES (';') ; "
	got, err := New().Parse(sql)
	if err != nil || len(got) != 2 {
		t.Fatalf("%d statements, %v", len(got), err)
	}
	if s := sql[got[0].Start:got[0].End]; strings.TrimSpace(s) != "SELECT 1" {
		t.Errorf("first is %q", s)
	}
	if s := sql[got[1].Start:got[1].End]; !strings.HasSuffix(strings.TrimSpace(s), "INSERT INTO t VALUES (';')") {
		t.Errorf("second is %q", s)
	}
	for _, empty := range []string{"", "  ", ";", "-- x", "/* x */ ;"} {
		if got, err := New().Parse(empty); err != nil || len(got) != 0 {
			t.Errorf("%q: %d statements, %v", empty, len(got), err)
		}
	}
}

func TestPositions(t *testing.T) {
	sql := "SELECT é, f(b) FROM s.tab WHERE x + 1 > $1"
	got, err := New().Parse(sql)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]ast.Pos{}
	ast.Walk(got[0].Stmt, func(n ast.Node) bool {
		switch v := n.(type) {
		case *ast.ColumnRef:
			seen[v.Parts[0]] = v.Pos
		case *ast.Func:
			seen["f"] = v.Pos
		case *ast.Op:
			seen[v.Name] = v.Pos
		case *ast.Param:
			seen["$"] = v.Pos
		case *ast.TableRef:
			seen["tab"] = v.Pos
		}
		return true
	})
	for what, text := range map[string]string{"é": "é", "f": "f(b)", "b": "b)", "+": "+ 1", ">": "> $", "$": "$1", "tab": "s.tab", "x": "x +"} {
		if want := strings.Index(sql, text); int(seen[what]) != want {
			t.Errorf("%s is at %d, want %d", what, seen[what], want)
		}
	}
}

func TestNesting(t *testing.T) {
	const n = 100_000
	for name, sql := range map[string]string{
		"parentheses": "SELECT " + strings.Repeat("(", n) + "1" + strings.Repeat(")", n),
		"unclosed":    "SELECT " + strings.Repeat("(", n),
		"brackets":    "SELECT " + strings.Repeat("ARRAY[", n),
		"NOT":         "SELECT " + strings.Repeat("NOT ", n) + "true",
		"minus":       "SELECT " + strings.Repeat("- ", n) + "a",
		"CASE":        "SELECT " + strings.Repeat("CASE WHEN a.end THEN ", n) + "1",
		"plus":        "SELECT 1" + strings.Repeat("+1", n),
		"cast":        "SELECT 1" + strings.Repeat("::int", n),
		"subscript":   "SELECT a" + strings.Repeat("[1]", n),
		"union":       "SELECT 1" + strings.Repeat(" UNION SELECT 1", n),
		"joins":       "SELECT * FROM a" + strings.Repeat(" JOIN b", n) + strings.Repeat(" ON true", n),
		"collate":     "SELECT a" + strings.Repeat(` COLLATE "C"`, n),
		"comma join":  "SELECT * FROM a" + strings.Repeat(" CROSS JOIN b", n),
	} {
		_, err := New().Parse(sql)
		e, ok := pgerr.As(err)
		if !ok || e.Code != "54001" || e.Message != "stack depth limit exceeded" || e.Hint == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLongButFlat(t *testing.T) {
	for name, sql := range map[string]string{
		"values":  "INSERT INTO t VALUES " + strings.Repeat("('(((', 1),", 5000) + "('', 2)",
		"and":     "SELECT " + strings.Repeat("a AND ", 20000) + "b",
		"in":      "SELECT a IN (" + strings.Repeat("1, ", 20000) + "2)",
		"comment": "SELECT /*" + strings.Repeat("((( not not", 5000) + "*/ 1 --" + strings.Repeat("(", 5000),
		"dollar":  "SELECT $x$" + strings.Repeat("(", 5000) + "$x$, E'\\'" + strings.Repeat("(", 5000) + "'",
		"case":    "SELECT " + strings.Repeat("CASE WHEN a THEN 1 END, ", 5000) + "2",
	} {
		if _, err := New().Parse(sql); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestParseExpr(t *testing.T) {
	e, err := ParseExpr("(a > 1) AND lower(b) = 'x'")
	if err != nil {
		t.Fatal(err)
	}
	if got := ast.Print(e); got != "((a > 1) AND (lower(b) = 'x'))" {
		t.Errorf("got %s", got)
	}
	for _, bad := range []string{"", "a, b", "a AS b", "1; SELECT 2", "1 FROM t", "1 +", "*) FROM ("} {
		if e, err := ParseExpr(bad); err == nil {
			t.Errorf("%q gave %s", bad, ast.Print(e))
		}
	}
}

// TestParametersStand has parameters where PostgreSQL takes them.
func TestParametersStand(t *testing.T) {
	for _, sql := range []string{
		"SELECT $1 OPERATOR(ext.+) $2", "SELECT DISTINCT ON (a) $1 FROM t", "SELECT a AT TIME ZONE $1 FROM t",
		"SELECT CAST($1 AS int), $1::int, ($1)[$2], ARRAY[$1, $2]", "FETCH 1 FROM c; SELECT a FROM t LIMIT $1 OFFSET $2",
		"SELECT xmlparse(DOCUMENT $1)", "SELECT a FROM t WHERE (a, b) = ($1, $2) AND a BETWEEN $3 AND $4 OR a IN ($5)",
		"SELECT a FROM t FETCH FIRST $1 ROWS ONLY", "SELECT sum(a) OVER (ROWS $1 PRECEDING) FROM t",
	} {
		if _, err := New().Parse(sql); err != nil && pgerr.Code(err) == "42601" {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"SELECT 1", "SELECT a[1].b, $1 FROM t WHERE x IN (1, 'é')", "CREATE TABLE t (a int)",
		"INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING", "SELECT E'\\u0061' /* x */ -- y", "SELECT $a$x$a$", "((("} {
		f.Add(s)
	}
	files, err := filepath.Glob("testdata/corpus/*.sql")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, q := range strings.Split(string(b), ";\n") {
			f.Add(q)
		}
	}
	f.Fuzz(func(t *testing.T, sql string) {
		stmts, err := New().Parse(sql)
		if err != nil {
			e, ok := pgerr.As(err)
			if !ok || e.Code == "" || e.Code == "XX000" || e.Position > len(sql)+1 {
				t.Fatalf("%q: %#v", sql, err)
			}
			return
		}
		for _, p := range stmts {
			if p.Start < 0 || p.End > len(sql) || p.Start > p.End {
				t.Fatalf("%q: extent %d..%d", sql, p.Start, p.End)
			}
		}
		roundTrip(t, sql)
	})
}

const hybrid = `SELECT d.id, d.title, d.embedding <=> $1 AS dist, count(*) OVER (PARTITION BY d.tenant)
FROM documents d JOIN tenants t ON t.id = d.tenant LEFT JOIN authors a ON a.id = d.author_id
WHERE t.active AND d.lang IN ('en','de') AND d.created_at BETWEEN $2 AND $3 AND d.title ILIKE '%vector%'
AND d.price < 10.5 AND EXISTS (SELECT 1 FROM tags g WHERE g.doc = d.id AND g.name = ANY($4))
ORDER BY d.embedding <=> $1, d.id LIMIT 10 OFFSET 5`

func BenchmarkParse(b *testing.B) {
	for name, sql := range map[string]string{"hybrid": hybrid, "point": "SELECT a, b FROM t WHERE id = $1"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := New().Parse(sql); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func TestQueryInFromNeedsAlias(t *testing.T) {
	for sql, want := range map[string]string{
		"SELECT * FROM (SELECT 1)":                   "subquery in FROM must have an alias",
		"SELECT * FROM a, LATERAL (SELECT 1)":        "subquery in FROM must have an alias",
		"SELECT * FROM (VALUES (1))":                 "VALUES in FROM must have an alias",
		"SELECT * FROM (SELECT 1) JOIN b ON true":    "subquery in FROM must have an alias",
		"SELECT * FROM (SELECT 1) x, (VALUES (1)) y": "",
	} {
		_, err := Frontend{}.Parse(sql)
		if got := message(err); got != want || want != "" && pgerr.Code(err) != "42601" {
			t.Errorf("%s: %v, want %q", sql, err, want)
		}
	}
}

func message(err error) string {
	if pe, ok := pgerr.As(err); ok {
		return pe.Message
	}
	return ""
}

func TestOperatorAsLabel(t *testing.T) {
	for sql, want := range map[string]string{
		"SELECT a AND FROM t": `SELECT a AS "and" FROM t`, "SELECT a LIKE ": `SELECT a AS "like"`, "SELECT 1 IN": `SELECT 1 AS "in"`,
	} {
		got, err := New().Parse(sql)
		if err != nil {
			t.Errorf("%s: %v", sql, err)
			continue
		}
		if s := ast.Print(got[0].Stmt); s != want {
			t.Errorf("%s: %s, want %s", sql, s, want)
		}
	}
}
