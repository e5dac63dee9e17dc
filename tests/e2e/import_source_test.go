package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The files that a dump names come in its place, in the same session: beside it, with their own
// lines in what is reported, and once, however often the import is begun.
func TestImportSource(t *testing.T) {
	onlyHere(t)
	addr := start(t)
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "data"), 0o700); err != nil {
		t.Fatal(err)
	}
	main, rows, again := filepath.Join(dir, "main.sql"), filepath.Join(dir, "data", "rows.sql"), filepath.Join(dir, "data", "again.sql")
	writeDump(t, main, "CREATE DATABASE staff;\nUSE staff;\nSET NAMES latin1;\nCREATE TABLE child (id int PRIMARY KEY, p int, FOREIGN KEY (p) REFERENCES parent (id));\n"+
		"flush logs;\nsource data/rows.sql ;\nsource nowhere.sql;\nINSERT INTO child VALUES (9,1);\n")
	writeDump(t, rows, "CREATE TABLE parent (id int PRIMARY KEY, name varchar(9));\nINSERT INTO parent VALUES (1,'\xe9');\nINSERT INTO parent VALUES (2,3,4);\n\\. again.sql\nUSE other;\n")
	writeDump(t, again, "INSERT INTO child VALUES (1,1);\nCREATE DATABASE other;\nsource ../main.sql\n")
	want := []string{main + ":7: file nowhere.sql is not there: source nowhere.sql;", again + ":3: file ../main.sql names itself: "}
	status, out, errs := runImport(t, addr, "--dry-run", main)
	if status != 1 || !strings.HasSuffix(out, " statements read, 4 problems\n") {
		t.Errorf("dry run: status %d\n%s%s", status, out, errs)
	}
	status, out, errs = runImport(t, addr, main)
	if status != 1 || !strings.HasSuffix(out, ", 4 problems\n") || !strings.Contains(errs, rows+":3: ") || !strings.Contains(errs, main+":8: relation \"child\" does not exist") {
		t.Errorf("status %d\n%s%s", status, out, errs)
	}
	for _, w := range want {
		if !strings.Contains(errs, w) {
			t.Errorf("no %q in\n%s", w, errs)
		}
	}
	c := connect(t, addr, "")
	for sql, want := range map[string]string{
		"select string_agg(id || name, ' ') from staff.parent":                                                    "1é",
		"select string_agg(id::text, ' ' order by id) from staff.child":                                           "1",
		"select count(*) from pg_constraint where conname = 'child_ibfk_1'":                                       "1",
		"select string_agg(regexp_replace(file, '.*/', '') || done, ' ' order by file) from public.loxodb_import": "again.sql1 rows.sql1 main.sql1",
	} {
		if got := one(t, c, sql); got != want {
			t.Errorf("%s: %s, want %s", sql, got, want)
		}
	}
	if status, out, errs = runImport(t, addr, main); status != 0 {
		t.Errorf("again: status %d\n%s%s", status, out, errs)
	}
	if got := one(t, c, "select count(*) from staff.child"); got != "1" {
		t.Errorf("again: %s rows", got)
	}
	// What was loaded of a file that is named counts when the load goes on.
	mustExec(t, c, fmt.Sprintf("update public.loxodb_import set position = 0, done = 0 where file = '%s'", main))
	mustExec(t, c, "drop schema staff cascade; drop schema other")
	if status, out, errs = runImport(t, addr, main); status != 1 || strings.Contains(errs, "rows.sql") {
		t.Errorf("on its way: status %d\n%s%s", status, out, errs)
	}
	if got := one(t, c, "select to_regclass('staff.parent') is null"); got != "t" {
		t.Errorf("rows.sql was loaded once more")
	}
}
