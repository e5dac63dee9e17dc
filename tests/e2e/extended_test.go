package e2e

import (
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"

	wt "github.com/loxodb/loxodb/server/pgwire/wiretest"
)

// Frames in, frames out; D is a DataRow in Go syntax (count, length, value).
func TestFrames(t *testing.T) {
	addr := start(t)
	c := wt.Login(t, addr)
	step := func(want string, parts ...[]byte) {
		t.Helper()
		c.Send(parts...)
		c.Want("Z", want)
	}
	q := func(sql string) []byte { return wt.Msg('Q', wt.Z(sql)) }
	run := func(sql string) []byte { return wt.Join(wt.Parse("", sql), wt.Bind("", ""), wt.Execute("", 0)) }

	makeTable(t, connect(t, addr, ""), "frames", "(id int primary key, v text)")
	step("1 2 n C(INSERT 0 2) Z(I)", wt.Parse("", "insert into frames values (1,'a'),(2,'b')"), wt.Bind("", ""), wt.Msg('D', wt.Z("P")), wt.Execute("", 0), wt.Sync)
	step(`1 2 T D("\x00\x02\x00\x00\x00\x011\x00\x00\x00\x01a") C(SELECT 1) Z(I)`,
		wt.Parse("", "select * from frames where id = 1"), wt.Bind("", ""), wt.Msg('D', wt.Z("P")), wt.Execute("", 0), wt.Sync)

	// The implicit transaction of a pipeline spans to Sync: the error undoes the insert.
	step("1 2 C(INSERT 0 1) 1 2 E(ERROR 22012 division by zero) Z(I)", run("insert into frames values (3,'c')"), run("select 1/(id-id) from frames"), run("select 1"), wt.Sync)
	step(`T D("\x00\x01\x00\x00\x00\x012") C(SELECT 1) Z(I)`, q("select count(*) from frames"))
	// So does that of a multi-statement query.
	step("C(INSERT 0 1) T E(ERROR 22012 division by zero) Z(I)", q("insert into frames values (4,'d'); select 1/(count(*)-count(*)) from frames; select 1"))
	step(`T D("\x00\x01\x00\x00\x00\x012") C(SELECT 1) Z(I)`, q("select count(*) from frames"))

	// Row limits: in a transaction the portal survives Sync.
	step("C(BEGIN) Z(T)", q("begin"))
	step(`1 2 D("\x00\x01\x00\x00\x00\x011") s Z(T)`, wt.Parse("", "select id from frames order by id"), wt.Bind("p", ""), wt.Execute("p", 1), wt.Sync)
	step(`D("\x00\x01\x00\x00\x00\x012") s Z(T)`, wt.Execute("p", 1), wt.Sync)
	step("C(SELECT 0) Z(T)", wt.Execute("p", 1), wt.Sync)
	step(`1 E(ERROR 42P03 cursor "p" already exists) Z(E)`, wt.Parse("", "select 1"), wt.Bind("p", ""), wt.Sync)
	step("E(ERROR 25P02 current transaction is aborted, commands ignored until end of transaction block) Z(E)", q("select 1"))
	step("C(ROLLBACK) Z(I)", q("commit"))
	step(`E(ERROR 34000 portal "p" does not exist) Z(I)`, wt.Execute("p", 1), wt.Sync)

	// Statements: named ones stay, the unnamed one until the next Parse or simple query.
	step("1 Z(I)", wt.Parse("s", "select $1::int + 1"), wt.Sync)
	step(`E(ERROR 42P05 prepared statement "s" already exists) Z(I)`, wt.Parse("s", "select 1"), wt.Sync)
	step("t T Z(I)", wt.Msg('D', wt.Z("Ss")), wt.Sync)
	step("E(ERROR 08P01 bind message supplies 0 parameters, but prepared statement \"s\" requires 1) Z(I)", wt.Bind("", "s"), wt.Sync)
	step("3 3 Z(I)", wt.Msg('C', wt.Z("Ss")), wt.Msg('C', wt.Z("Ss")), wt.Sync)
	step(`E(ERROR 26000 prepared statement "s" does not exist) Z(I)`, wt.Bind("", "s"), wt.Sync)
	step("1 Z(I)", wt.Parse("", "select 1"), wt.Sync)
	step("2 Z(I)", wt.Bind("", ""), wt.Sync)
	step("I Z(I)", q(""))
	step("E(ERROR 26000 unnamed prepared statement does not exist) Z(I)", wt.Bind("", ""), wt.Sync)
	step("I Z(I)", q(" ; -- nothing"))
	step("1 2 n I Z(I)", wt.Parse("", "-- ping"), wt.Bind("", ""), wt.Msg('D', wt.Z("P")), wt.Execute("", 0), wt.Sync)
	step("E(ERROR 42601 cannot insert multiple commands into a prepared statement) Z(I)", wt.Parse("", "select 1; select 2"), wt.Sync)

	// Transaction status in the middle of a multi-statement string.
	step("C(BEGIN) C(INSERT 0 1) C(COMMIT) Z(I)", q("begin; insert into frames values (5,'e'); commit"))
	step("C(INSERT 0 1) C(BEGIN) Z(T)", q("insert into frames values (6,'f'); begin"))
	step("C(ROLLBACK) Z(I)", q("rollback"))
	step("C(DROP TABLE) Z(I)", q("drop table frames"))
}

// What ParameterDescription says when the client declares nothing.
func TestParameterInference(t *testing.T) {
	c := connect(t, start(t), "")
	makeTable(t, c, "inf", "(i int, b bigint, t text, ts timestamptz, n numeric(8,2), a int[])")
	for sql, want := range map[string]string{
		"select $1":           "[25]",
		"select $1::int + $2": "[23 23]",
		"insert into inf values ($1,$2,$3,$4,$5,$6)": "[23 20 25 1184 1700 1007]",
		"select 1 from inf where i = $1 and b > $2":  "[23 20]",
		"select 1 from inf where i = any($1)":        "[1007]",
		"select 1 from inf where t like $1 limit $2": "[25 20]",
		"select i from inf offset $1":                "[20]",
		"update inf set t = $1 where ts < $2":        "[25 1184]",
		"select coalesce($1, 1)":                     "[23]",
		"select case when $1 then $2 else 'x' end":   "[16 25]",
		"select 1 where $1 in (1, 2)":                "[23]",
		"values ($1, 1), (2.5, $2)":                  "[1700 23]",
		"select $1 || 'x'":                           "[25]",
		"select now() - $1":                          "[1184]",
	} {
		d, err := c.Prepare(t.Context(), "", sql)
		if err != nil {
			t.Errorf("%s: %v", sql, err)
			continue
		}
		if got := fmt.Sprint(d.ParamOIDs); got != want {
			t.Errorf("%s: parameters %s, want %s", sql, got, want)
		}
	}
	_, err := c.Prepare(t.Context(), "", "select $1 + $2")
	wantError(t, "$1 + $2", err, "42725", "operator is not unique: unknown + unknown")
	_, err = c.Prepare(t.Context(), "", "select $2::int")
	wantError(t, "a gap", err, "42P18", "could not determine data type of parameter $1")
}

func TestPipelineOfBatches(t *testing.T) {
	c := connect(t, start(t), "")
	makeTable(t, c, "batch", "(id int primary key, v text)")
	b := &pgx.Batch{}
	for i := range 200 {
		b.Queue("insert into batch values ($1, $2)", i, fmt.Sprint("v", i))
	}
	b.Queue("select count(*) from batch").QueryRow(func(r pgx.Row) error {
		var n int
		if err := r.Scan(&n); err != nil || n != 200 {
			t.Errorf("count %d, %v", n, err)
		}
		return nil
	})
	if err := c.SendBatch(t.Context(), b).Close(); err != nil {
		t.Fatal(err)
	}
	b = &pgx.Batch{}
	b.Queue("delete from batch where id < 100")
	b.Queue("insert into batch values (150, 'twice')")
	err := c.SendBatch(t.Context(), b).Close()
	wantError(t, "duplicate key", err, "23505", `duplicate key value violates unique constraint "batch_pkey"`)
	if got := one(t, c, "select count(*) from batch"); got != "200" {
		t.Errorf("after the failed batch: %s rows", got)
	}
}

// The parameter types that a statement was declared with are its own: those of a
// later statement do not change it when it is planned anew.
func TestDeclaredTypesStay(t *testing.T) {
	c := connect(t, start(t), "")
	makeTable(t, c, "decl", "(a text, b int)")
	pg := c.PgConn()
	if _, err := pg.Prepare(t.Context(), "ins", "insert into decl values ($1, $2)", []uint32{25, 23}); err != nil {
		t.Fatal(err)
	}
	if _, err := pg.Prepare(t.Context(), "other", "select $1, $2", []uint32{16, 1082}); err != nil {
		t.Fatal(err)
	}
	mustExec(t, c, "truncate decl") // the plan of ins does not fit any more
	res := pg.ExecPrepared(t.Context(), "ins", [][]byte{[]byte("x"), []byte("7")}, nil, nil).Read()
	if res.Err != nil || one(t, c, "select a || b from decl") != "x7" {
		t.Error(res.Err)
	}
}

// A prepared statement keeps the columns that the client knows: it fails while the
// table has others, and works when it has them again.
func TestChangedResultType(t *testing.T) {
	addr := start(t)
	sql := connect(t, addr, "")
	makeTable(t, sql, "changing", "(a int)")
	c := wt.Login(t, addr)
	step := func(want string, parts ...[]byte) {
		t.Helper()
		c.Send(append(parts, wt.Sync)...)
		c.Want("Z", want)
	}
	const changed = "E(ERROR 0A000 cached plan must not change result type) Z(I)"
	step("1 t T Z(I)", wt.Parse("s", "select * from changing"), wt.Msg('D', wt.Z("Ss")))
	mustExec(t, sql, "alter table changing add b int")
	step(changed, wt.Bind("", "s"))
	step(changed, wt.Msg('D', wt.Z("Ss")))
	mustExec(t, sql, "alter table changing drop column b")
	step("2 C(SELECT 0) Z(I)", wt.Bind("", "s"), wt.Execute("", 0))
}
