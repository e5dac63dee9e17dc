package e2e

import (
	"testing"

	wt "github.com/loxodb/loxodb/server/pgwire/wiretest"
)

// Portals and cursors have one set of names: the protocol and SQL walk the same one.
func TestPortalsAndCursors(t *testing.T) {
	c := wt.Login(t, start(t))
	step := func(want string, parts ...[]byte) {
		t.Helper()
		c.Send(parts...)
		c.Want("Z", want)
	}
	q := func(sql string) []byte { return wt.Msg('Q', wt.Z(sql)) }
	row := func(v string) string { return `D("\x00\x01\x00\x00\x00\x01` + v + `")` }
	const series = "select i from generate_series(1, 4) i"

	step("C(BEGIN) Z(T)", q("begin"))
	step("1 2 "+row("1")+" s Z(T)", wt.Parse("s", series), wt.Bind("p", "s"), wt.Execute("p", 1), wt.Sync)
	step("T "+row("2")+" C(FETCH 1) Z(T)", q("fetch 1 from p"))
	step(row("3")+" s Z(T)", wt.Execute("p", 1), wt.Sync)
	step("T "+row("4")+" C(FETCH 1) Z(T)", q("fetch all from p"))
	step("C(SELECT 0) Z(T)", wt.Execute("p", 1), wt.Sync)
	step("C(CLOSE CURSOR) Z(T)", q("close p"))

	step("C(DECLARE CURSOR) Z(T)", q("declare c cursor for "+series))
	step(row("1")+" s Z(T)", wt.Execute("c", 1), wt.Sync)
	step("T "+row("2")+" C(FETCH 1) Z(T)", q("fetch 1 from c"))
	step(row("3")+" "+row("4")+" C(SELECT 2) Z(T)", wt.Execute("c", 0), wt.Sync)
	step("T "+row("4")+" C(FETCH 1) Z(T)", q("fetch backward 1 from c"))

	// Of a binary cursor FETCH returns binary values, Execute what Bind would say.
	step("C(DECLARE CURSOR) Z(T)", q("declare b binary cursor for "+series))
	step(row("1")+" s Z(T)", wt.Execute("b", 1), wt.Sync)
	step(`T D("\x00\x01\x00\x00\x00\x04\x00\x00\x00\x02") C(FETCH 1) Z(T)`, q("fetch 1 from b"))

	// pg_cursors shows what Bind made, with or without a name, and not itself in a query string.
	const own = "select name from pg_cursors where name in ('', 'o') order by 1"
	step("T C(SELECT 0) Z(T)", q(own))
	const unnamed = `1 2 D("\x00\x01\x00\x00\x00\x00") `
	step(unnamed+"C(SELECT 1) Z(T)", wt.Parse("", own), wt.Bind("", ""), wt.Execute("", 0), wt.Sync)
	step(unnamed+row("o")+" C(SELECT 2) 3 Z(T)", wt.Parse("", own), wt.Bind("o", ""), wt.Execute("o", 0), wt.Msg('C', []byte("Po\x00")), wt.Sync)

	// A portal outlives the savepoint that was made after it.
	step("2 "+row("1")+" s Z(T)", wt.Bind("old", "s"), wt.Execute("old", 1), wt.Sync)
	step("C(SAVEPOINT) Z(T)", q("savepoint a"))
	step("2 "+row("1")+" s Z(T)", wt.Bind("young", "s"), wt.Execute("young", 1), wt.Sync)
	step("C(ROLLBACK) Z(T)", q("rollback to a"))
	step(row("2")+" s Z(T)", wt.Execute("old", 1), wt.Sync)
	step(`E(ERROR 34000 portal "young" does not exist) Z(E)`, wt.Execute("young", 1), wt.Sync)
	step("E(ERROR 25P02 current transaction is aborted, commands ignored until end of transaction block) Z(E)", wt.Execute("old", 1), wt.Sync)
	step("C(ROLLBACK) Z(I)", q("rollback"))
}

// What a portal says that is executed again after its end.
func TestPortalAtItsEnd(t *testing.T) {
	addr := start(t)
	makeTable(t, connect(t, addr, ""), "ended", "(id int)")
	c := wt.Login(t, addr)
	c.Send(wt.Parse("", "select 1"), wt.Bind("", ""), wt.Execute("", 0), wt.Execute("", 0), wt.Sync)
	c.Want("Z", `1 2 D("\x00\x01\x00\x00\x00\x011") C(SELECT 1) C(SELECT 0) Z(I)`)
	c.Send(wt.Parse("", "insert into ended values (1), (2) returning id"), wt.Bind("", ""), wt.Execute("", 2), wt.Execute("", 2), wt.Sync)
	c.Want("Z", `1 2 D("\x00\x01\x00\x00\x00\x011") D("\x00\x01\x00\x00\x00\x012") s C(INSERT 0 0) Z(I)`)
	c.Send(wt.Parse("", "delete from ended"), wt.Bind("", ""), wt.Execute("", 0), wt.Execute("", 0), wt.Sync)
	c.Want("Z", `1 2 C(DELETE 2) E(ERROR 55000 portal "" cannot be run) Z(I)`)
}

// Statements within others have parameters too.
func TestParametersOfInnerQueries(t *testing.T) {
	c := connect(t, start(t), "")
	makeTable(t, c, "inner1", "(a int)")
	mustExec(t, c, "begin")
	mustExec(t, c, "declare c cursor for select $1::int + $2", int32(1), int32(2))
	if got := one(t, c, "fetch 1 from c"); got != "3" {
		t.Errorf("cursor: %s", got)
	}
	mustExec(t, c, "create table made as select $1::text as v, $2::int as n", "x", int32(7))
	if got := one(t, c, "select v || n from made"); got != "x7" {
		t.Errorf("create table as: %s", got)
	}
	mustExec(t, c, "rollback")
	_, err := c.PgConn().Exec(t.Context(), "select 1, $1").ReadAll()
	if e := wantError(t, "simple", err, "42P02", "there is no parameter $1"); e.Position != 0 && e.Position != 11 {
		t.Errorf("position %d", e.Position)
	}
}

// What needs a transaction block, or must not be in one.
func TestImplicitBlocks(t *testing.T) {
	addr := start(t)
	makeTable(t, connect(t, addr, ""), "implicit", "(id int)")
	c := wt.Login(t, addr)
	step := func(want string, parts ...[]byte) {
		t.Helper()
		c.Send(parts...)
		c.Want("Z", want)
	}
	q := func(sql string) []byte { return wt.Msg('Q', wt.Z(sql)) }
	run := func(sql string) []byte { return wt.Join(wt.Parse("", sql), wt.Bind("", ""), wt.Execute("", 0)) }
	show := `D("\x00\x01\x00\x00\x00\x031MB") C(SHOW)`
	step("C(SET) T "+show+" Z(I)", q("set local work_mem = '1MB'; show work_mem"))
	step("1 2 N(WARNING 25P01 SET LOCAL can only be used in transaction blocks) C(SET) 1 2 "+show+" Z(I)",
		run("set local work_mem = '1MB'"), run("show work_mem"), wt.Sync)
	step("C(LOCK TABLE) C(DECLARE CURSOR) C(CLOSE CURSOR) Z(I)", q("lock table implicit; declare c cursor for select 1; close c"))
	step("E(ERROR 25001 VACUUM cannot run inside a transaction block) Z(I)", q("vacuum; select 1"))
	step("1 2 C(INSERT 0 1) 1 2 E(ERROR 25001 VACUUM cannot be executed within a pipeline) Z(I)", run("insert into implicit values (1)"), run("vacuum"), wt.Sync)
	step("1 2 C(VACUUM) 1 2 C(VACUUM) 1 2 C(INSERT 0 1) Z(I)", run("vacuum"), run("vacuum"), run("insert into implicit values (1)"), wt.Sync)
	step(`E(ERROR 25001 CREATE INDEX CONCURRENTLY cannot run inside a transaction block) Z(I)`, q("create index concurrently on implicit (id); select 1"))
}

// Errors name the parameter, as far as PostgreSQL lets its text be seen.
func TestParameterErrors(t *testing.T) {
	addr := start(t)
	c := connect(t, addr, "").PgConn()
	for _, tc := range []struct {
		sql, arg      string
		format        int16
		code, message string
		where         string
	}{
		{"select $1::int", "x", 0, "22P02", `invalid input syntax for type integer: "x"`, "unnamed portal parameter $1 = '...'"},
		{"select $1::int", "", 0, "22P02", `invalid input syntax for type integer: ""`, "unnamed portal parameter $1 = ''"},
		{"select $1::int", "abcde", 1, "22P03", "incorrect binary data format in bind parameter 1", "unnamed portal parameter $1"},
		{"select $1::int", "abc", 1, "08P01", "insufficient data left in message", "unnamed portal parameter $1"},
		{"select $1::bool", "", 1, "08P01", "no data left in message", "unnamed portal parameter $1"},
		{"select $1::json", "{", 0, "22P02", "invalid input syntax for type json", "JSON data, line 1: {\nunnamed portal parameter $1 = '...'"},
		{"select $1::text", "a\x00", 0, "22021", `invalid byte sequence for encoding "UTF8": 0x00`, "unnamed portal parameter $1"},
		{"select $1::text", "a", 7, "22023", "unsupported format code: 7", "unnamed portal parameter $1"},
	} {
		err := c.ExecParams(t.Context(), tc.sql, [][]byte{[]byte(tc.arg)}, nil, []int16{tc.format}, nil).Read().Err
		if e := wantError(t, tc.sql, err, tc.code, tc.message); e.Where != tc.where {
			t.Errorf("%s: context %q, want %q", tc.sql, e.Where, tc.where)
		}
	}
	w := wt.Login(t, addr)
	w.Send(wt.Parse("", "select 1"), wt.Msg('B', wt.Z(""), wt.Z(""), wt.Int16(2), wt.Int16(0), wt.Int16(0), wt.Int16(1), wt.Int32(-1), wt.Int16(0)), wt.Sync)
	w.Want("Z", "1 E(ERROR 08P01 bind message has 2 parameter formats but 1 parameters) Z(I)")
	w.Send(wt.Parse("", "set work_mem = '4MB'"), wt.Msg('B', wt.Z(""), wt.Z(""), wt.Int16(0), wt.Int16(0), wt.Int16(2), wt.Int16(1), wt.Int16(0)), wt.Execute("", 0), wt.Sync)
	w.Want("Z", "1 2 C(SET) Z(I)")
}
