package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

// COPY FROM … WHERE takes the rows for which the condition holds, defaults included, and
// errors name the line.
func TestCopyWhere(t *testing.T) {
	c := connect(t, start(t), "")
	makeTable(t, c, "cw", "(a int check (a < 100), b text default 'd', s serial, c int generated always as (a * 2) stored)")
	from := func(sql, data string) (string, error) {
		tag, err := c.PgConn().CopyFrom(t.Context(), strings.NewReader(data), sql)
		return tag.String(), err
	}
	for _, k := range []struct{ sql, data, tag string }{
		{"copy cw(a, b) from stdin where a > 1 and b <> 'z'", "1\tx\n2\ty\n3\tz\n\\N\tq\n4\t\\N\n", "COPY 1"},
		{"copy cw(a) from stdin where b = 'd' and cw.a in (5, 6)", "5\n6\n7\n", "COPY 2"},
		{"copy cw(a, b) from stdin (format csv) where false", "1,x\n", "COPY 0"},
	} {
		if tag, err := from(k.sql, k.data); err != nil || tag != k.tag {
			t.Errorf("%s: %s %v, not %s", k.sql, tag, err, k.tag)
		}
	}
	if got := contents(t, c, "select a, b, c from cw order by a"); got != "2|y|4;5|d|10;6|d|12" {
		t.Error(got)
	}
	for _, k := range []struct{ sql, data, code, message string }{
		{"copy cw(a) from stdin where a / 0 = 1", "1\n", "22012", "division by zero"},
		{"copy cw(a) from stdin where a > 50", "1\n60\n100\n", "23514", "new row for relation"},
		{"copy cw from stdin where c > 1", "", "42P10", "generated columns are not supported in COPY FROM WHERE conditions"},
		{"copy cw from stdin where nope > 1", "", "42703", `column "nope" does not exist`},
		{"copy cw from stdin where a", "", "42804", "argument of WHERE must be type boolean, not type integer"},
		{"copy cw from stdin where a = (select 1)", "", "0A000", "cannot use subquery in COPY FROM WHERE condition"},
		{"copy cw from stdin where count(*) > 1", "", "42803", "aggregate functions are not allowed in COPY FROM WHERE conditions"},
		{"copy cw from stdin where generate_series(1, 2) > 1", "", "0A000", "set-returning functions are not allowed in COPY FROM WHERE conditions"},
		{"copy cw from stdin where row_number() over () > 1", "", "42P20", "window functions are not allowed in COPY FROM WHERE conditions"},
	} {
		_, err := from(k.sql, k.data)
		e, ok := err.(*pgconn.PgError)
		if !ok || e.Code != k.code || !strings.HasPrefix(e.Message, k.message) {
			t.Errorf("%s: %v", k.sql, err)
		}
		if k.code == "23514" && !strings.Contains(e.Where, `COPY cw, line 3: "100"`) {
			t.Errorf("%s: %s", k.sql, e.Where)
		}
	}
}

// Files of the server, for superusers.
func TestCopyServerFiles(t *testing.T) {
	c := connect(t, start(t), "")
	makeTable(t, c, "cf", "(a int, b text)")
	mustExec(t, c, "insert into cf select i, repeat('x', i % 7) from generate_series(1, 20000) i")
	dir := t.TempDir()
	for _, format := range []string{"text", "csv", "binary"} {
		name := filepath.Join(dir, format)
		if tag, err := c.Exec(t.Context(), fmt.Sprintf("copy cf to '%s' (format %s)", name, format)); err != nil || tag.String() != "COPY 20000" {
			t.Fatalf("%s: %s %v", format, tag, err)
		}
		mustExec(t, c, "create table back (like cf)")
		if tag, err := c.Exec(t.Context(), fmt.Sprintf("copy back from '%s' with (format %s) where a > 10", name, format)); err != nil || tag.String() != "COPY 19990" {
			t.Fatalf("%s: %s %v", format, tag, err)
		}
		if got := contents(t, c, "select count(*) from (select * from cf where a > 10 except select * from back) q"); got != "0" {
			t.Errorf("%s: %s rows are missing", format, got)
		}
		mustExec(t, c, "drop table back")
	}
	if b, err := os.ReadFile(filepath.Join(dir, "csv")); err != nil || !strings.HasPrefix(string(b), "1,x\n2,xx\n") {
		t.Errorf("%.20q %v", b, err)
	}
	bad := filepath.Join(dir, "bad")
	if err := os.WriteFile(bad, []byte("1\tx\nz\ty\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	mustExec(t, c, "create role nobody")
	for _, k := range []struct{ sql, code, message string }{
		{"copy cf from '/nope/nope'", "58P01", `could not open file "/nope/nope" for reading: No such file or directory`},
		{"copy cf to '/nope/nope'", "58P01", `could not open file "/nope/nope" for writing: No such file or directory`},
		{"copy cf to 'nope'", "42602", "relative path not allowed for COPY to file"},
		{"copy cf to '" + dir + "'", "42809", `could not open file "` + dir + `" for writing: Is a directory`},
		{"copy cf from '" + dir + "'", "42809", `"` + dir + `" is a directory`},
		{"copy cf from '" + bad + "'", "22P02", `invalid input syntax for type integer: "z"`},
		{"copy cf from program 'true'", "0A000", "COPY to or from a program is not supported"},
		{"set role nobody; copy cf from '/x'", "42501", "must be superuser or have privileges of the pg_read_server_files role to COPY from a file"},
		{"set role nobody; copy (select 1) to '/x'", "42501", "must be superuser or have privileges of the pg_write_server_files role to COPY to a file"},
		{"set role nobody; copy cf to program 'x'", "42501", "must be superuser or have privileges of the pg_execute_server_program role to COPY to or from an external program"},
	} {
		_, err := c.PgConn().Exec(t.Context(), k.sql).ReadAll()
		e, ok := err.(*pgconn.PgError)
		if !ok || e.Code != k.code || e.Message != k.message {
			t.Errorf("%s: %v", k.sql, err)
		}
		if ok && k.code == "22P02" && e.Where != `COPY cf, line 2, column a: "z"` {
			t.Errorf("%s: %s", k.sql, e.Where)
		}
		mustExec(t, c, "reset role")
	}
	if got := contents(t, c, "select count(*) from cf"); got != "20000" {
		t.Error(got)
	}
}
