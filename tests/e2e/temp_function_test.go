package e2e

import (
	"strings"
	"testing"
)

// What lasts cannot call functions that end with the session.
func TestTemporaryFunctionsAreNotKept(t *testing.T) {
	onlyHere(t)
	addr := start(t)
	c := connect(t, addr, "")
	mustExec(t, c, `create function pg_temp.l(int) returns int language sql immutable as 'select $1'`)
	mustExec(t, c, `create function pg_temp."L ""&"(int, int) returns int language sql immutable as 'select $1'`)
	mustExec(t, c, `create function pg_temp.tf() returns trigger language plpgsql as 'begin return new; end'`)
	mustExec(t, c, "create table lasting (a int)")
	for _, sql := range []string{
		"create table l2 (a int default pg_temp.l(1))", "create table l2 (a int check (pg_temp.l(a) > 0))",
		`create table l2 (a int check (pg_temp."L ""&"(a, a) > 0))`, "create index on lasting (pg_temp.l(a))",
		"create view l2 as select pg_temp.l(a) from lasting", "create materialized view l2 as select pg_temp.l(1)",
		"create trigger tr before insert on lasting for each row execute function pg_temp.tf()",
		"create function l2() returns int return pg_temp.l(1)", "create domain l2 as int check (pg_temp.l(value) > 0)",
		"alter table lasting alter a set default pg_temp.l(2)", "alter table lasting add b int generated always as (pg_temp.l(a)) stored",
		`create aggregate l2(int) (sfunc = pg_temp."L ""&", stype = int)`,
	} {
		if _, err := c.Exec(t.Context(), sql); err == nil || !strings.Contains(err.Error(), "0A000") {
			t.Errorf("%s: %v", sql, err)
		}
	}
	mustExec(t, c, "insert into lasting values (1)")
	other := connect(t, addr, "")
	if _, err := other.Exec(t.Context(), "select pg_temp.l(1)"); err == nil || !strings.Contains(err.Error(), "3F000") {
		t.Errorf("another session's: %v", err)
	}
}
