package e2e

import (
	"slices"
	"strings"
	"testing"
)

// TestCopyFiresInFamilies: COPY into a table with partitions fires the row triggers of the
// partition that a row goes to, and the statement triggers of the table that is named.
func TestCopyFiresInFamilies(t *testing.T) {
	c := connect(t, start(t), "")
	for _, sql := range []string{
		`drop table if exists cft, cft_log cascade`,
		`create table cft (a int, b text) partition by list (a)`,
		`create table cft1 partition of cft for values in (1)`,
		`create table cft2 (b text, a int)`,
		`alter table cft attach partition cft2 for values in (2)`,
		`create table cft_log (n serial, line text)`,
		`create or replace function cft_note() returns trigger language plpgsql as $$ begin
		   insert into cft_log (line) values (concat_ws(' ', tg_when, tg_level, tg_table_name, new));
		   if new.b = 'skip' then return null; end if;
		   return new; end $$`,
		`create or replace function cft_all() returns trigger language plpgsql as $$ begin
		   insert into cft_log (line) select concat_ws(' ', 'new rows', string_agg(n::text, ' ' order by b)) from new_rows n;
		   return null; end $$`,
		`create trigger b before insert on cft for each row execute function cft_note()`,
		`create trigger a after insert on cft for each row execute function cft_note()`,
		`create trigger s after insert on cft referencing new table as new_rows execute function cft_all()`,
		`create trigger s after insert on cft1 referencing new table as new_rows execute function cft_all()`,
	} {
		mustExec(t, c, sql)
	}
	tag, err := c.PgConn().CopyFrom(t.Context(), strings.NewReader("1\tx\n2\ty\n1\tskip\n2\tz\n"), "copy cft from stdin")
	if err != nil || tag.String() != "COPY 3" {
		t.Fatalf("%s, %v", tag, err)
	}
	got := strings.Split(contents(t, c, `select line from cft_log order by n`), ";")
	want := []string{
		"BEFORE ROW cft1 (1,x)", "BEFORE ROW cft2 (y,2)", "BEFORE ROW cft1 (1,skip)", "BEFORE ROW cft2 (z,2)",
		"AFTER ROW cft1 (1,x)", "AFTER ROW cft2 (y,2)", "AFTER ROW cft2 (z,2)", "new rows (1,x) (2,y) (2,z)",
	}
	if !slices.Equal(got, want) {
		t.Errorf("fired\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if _, err := c.PgConn().CopyFrom(t.Context(), strings.NewReader("1\tx\n3\ty\n"), "copy cft from stdin"); err == nil {
		t.Error("a row for no partition was copied")
	}
}
