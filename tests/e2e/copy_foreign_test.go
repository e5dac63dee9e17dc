package e2e

import (
	"strings"
	"testing"
)

// COPY looks at foreign keys when all rows have been read, as PostgreSQL's triggers do: an
// error of a later line comes before, and that of a reference is of no line.
func TestCopyChecksReferencesAtTheEnd(t *testing.T) {
	c := connect(t, start(t), "")
	for _, sql := range []string{
		`drop table if exists cfk, cfk_to, cfk_parts cascade`,
		`create table cfk_to (id int primary key)`,
		`insert into cfk_to values (1), (2)`,
		`create table cfk (id int primary key, r int references cfk_to)`,
		`create table cfk_parts (id int, r int references cfk_to) partition by list (id)`,
		`create table cfk_part1 partition of cfk_parts for values in (1)`,
	} {
		mustExec(t, c, sql)
	}
	for _, k := range []struct{ table, data, code, message, where string }{
		{"cfk", "1\t1\n2\t9\n3\t1\n", "23503", `insert or update on table "cfk" violates foreign key constraint "cfk_r_fkey"`, ""},
		{"cfk", "1\t9\n1\tx\n", "22P02", `invalid input syntax for type integer: "x"`, `COPY cfk, line 2, column r: "x"`},
		{"cfk", "1\t9\n1\t1\n", "23505", `duplicate key value violates unique constraint "cfk_pkey"`, "COPY cfk, line 2"},
		{"cfk_parts", "1\t9\n", "23503", `insert or update on table "cfk_part1" violates foreign key constraint "cfk_parts_r_fkey"`, ""},
		{"cfk_parts", "1\t9\n2\t1\n", "23514", `no partition of relation "cfk_parts" found for row`, "COPY cfk_parts, line 2: \"2\t1\""},
	} {
		_, err := c.PgConn().CopyFrom(t.Context(), strings.NewReader(k.data), "copy "+k.table+" from stdin")
		if e := wantError(t, k.table+" "+k.data, err, k.code, k.message); e == nil || e.Where != k.where {
			t.Errorf("%s %q: context of %v, not %q", k.table, k.data, e, k.where)
		}
	}
	tag, err := c.PgConn().CopyFrom(t.Context(), strings.NewReader("1\t1\n2\t2\n3\t\\N\n"), "copy cfk from stdin")
	if err != nil || tag.String() != "COPY 3" {
		t.Errorf("%s, %v", tag, err)
	}
}
