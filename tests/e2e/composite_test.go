package e2e

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/loxodb/loxodb/tests/process"
)

type wirePart struct {
	X     int32
	Label *string
}

// Drivers learn composite types from the catalog, and send and get their values in binary.
func TestCompositeOverTheWire(t *testing.T) {
	c := connect(t, start(t), "")
	mustExec(t, c, "drop type if exists wire_part cascade")
	mustExec(t, c, "create type wire_part as (x int, gone text, label text)")
	mustExec(t, c, "alter type wire_part drop attribute gone")
	for _, name := range []string{"wire_part", "_wire_part"} {
		typ, err := c.LoadType(t.Context(), name)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		c.TypeMap().RegisterType(typ)
	}
	label := "a \"b\","
	var got wirePart
	var list []wirePart
	err := c.QueryRow(t.Context(), "select $1::wire_part, $2::wire_part[]", wirePart{7, &label},
		[]wirePart{{1, nil}, {2, &label}}).Scan(&got, &list)
	if err != nil {
		t.Fatal(err)
	}
	if got.X != 7 || *got.Label != label || len(list) != 2 || list[0].Label != nil || *list[1].Label != label {
		t.Errorf("got %v and %v", got, list)
	}
	send := func(bin string) (string, error) {
		b, _ := hex.DecodeString(strings.ReplaceAll(bin, " ", ""))
		r := c.PgConn().ExecParams(t.Context(), "select $1::wire_part", [][]byte{b}, nil, []int16{1}, []int16{pgtype.TextFormatCode}).Read()
		if r.Err != nil {
			return "", r.Err
		}
		return string(r.Rows[0][0]), nil
	}
	for _, k := range []struct{ bin, want string }{
		{"00000002 00000017 00000004 00000005 00000019 ffffffff", "(5,)"},
		{"00000001 00000017 00000004 00000005", "wrong number of columns: 1, expected 2 (SQLSTATE 42804)"},
		{"00000002 00000017 00000004 00000005 00000017 ffffffff",
			"binary data has type 23 (integer) instead of expected 25 (text) in record column 3 (SQLSTATE 42804)"},
		{"00000002 00000017 00000004 00000005", "insufficient data left in message (SQLSTATE 08P01)"},
		{"00000002 00000017 00000003 000005 00000019 ffffffff", "insufficient data left in message (SQLSTATE 08P01)"},
		{"00000002 00000017 00000005 0000000005 00000019 ffffffff", "improper binary format in record column 1 (SQLSTATE 22P03)"},
	} {
		out, err := send(k.bin)
		if err != nil {
			out = strings.TrimPrefix(err.Error(), "ERROR: ")
		}
		if out != k.want {
			t.Errorf("%s\ngot  %s\nwant %s", k.bin, out, k.want)
		}
	}
}

// COPY carries composite values, as text and in binary.
func TestCopyComposite(t *testing.T) {
	c := connect(t, start(t), "")
	mustExec(t, c, "drop table if exists copy_part; drop type if exists cpart cascade")
	mustExec(t, c, "create type cpart as (x int, tags text[])")
	mustExec(t, c, "create table copy_part (id int primary key, p cpart, ps cpart[])")
	in := "1\t(1,\"{a,\"\"b c\"\"}\")\t{\"(2,)\",NULL}\n2\t\\N\t{}\n"
	if _, err := c.PgConn().CopyFrom(t.Context(), strings.NewReader(in), "copy copy_part from stdin"); err != nil {
		t.Fatal(err)
	}
	var text, binary bytes.Buffer
	for _, k := range []struct {
		to  *bytes.Buffer
		sql string
	}{{&text, "copy copy_part to stdout"}, {&binary, "copy copy_part to stdout (format binary)"}} {
		if _, err := c.PgConn().CopyTo(t.Context(), k.to, k.sql); err != nil {
			t.Fatal(err)
		}
	}
	if text.String() != in {
		t.Errorf("copied out %q", text.String())
	}
	before := one(t, c, "select string_agg(copy_part::text, ' ' order by id) from copy_part")
	mustExec(t, c, "truncate copy_part")
	if _, err := c.PgConn().CopyFrom(t.Context(), &binary, "copy copy_part from stdin (format binary)"); err != nil {
		t.Fatal(err)
	}
	if got := one(t, c, "select string_agg(copy_part::text, ' ' order by id) from copy_part"); got != before {
		t.Errorf("from binary %s, before %s", got, before)
	}
}

// Composite types, and their values in rows and keys, outlive the process; rows that were
// written before a type changed are read by what it has now.
func TestCompositeAfterRestart(t *testing.T) {
	onlyHere(t)
	dir := t.TempDir() + "/data"
	p := process.Start(t, dir)
	c := connect(t, p.Addr, "")
	mustExec(t, c, "create type part as (x int, y text)")
	mustExec(t, c, "create table k (p part primary key, ps part[], note text)")
	mustExec(t, c, "create table h (whole k, d part default '(9,d)')")
	mustExec(t, c, "insert into k values ('(1,a)', '{\"(2,b)\"}'), ('(3,)', null)")
	mustExec(t, c, "insert into h (whole) select k from k where (p).x = 1")
	p.Kill()
	p = process.Start(t, dir)
	c = connect(t, p.Addr, "")
	const all = "select string_agg(k::text, ' ' order by p) from k"
	if got := one(t, c, all); got != `("(1,a)","{""(2,b)""}",) ("(3,)",,)` {
		t.Errorf("after the restart: %s", got)
	}
	mustExec(t, c, "alter table h alter d drop default")
	mustExec(t, c, "alter type part add attribute z int")
	mustExec(t, c, "update k set p.z = 5 where p = '(3,,)'::part")
	mustExec(t, c, "alter table k drop column note")
	p.Kill()
	c = connect(t, process.Start(t, dir).Addr, "")
	if got := one(t, c, all); got != `("(1,a,)","{""(2,b,)""}") ("(3,,5)",)` {
		t.Errorf("after the second restart: %s", got)
	}
	if got := one(t, c, "select whole::text || (whole).p::text from h"); got != `("(1,a,)","{""(2,b,)""}")(1,a,)` {
		t.Errorf("the row in a row: %s", got)
	}
	if got := one(t, c, "select count(*) from k where p in (row(1, 'a', null)::part, row(3, null, 5)::part)"); got != "2" {
		t.Errorf("%s rows found by key", got)
	}
	if _, err := c.Exec(t.Context(), "insert into k values ('(1,a,)')"); err == nil {
		t.Error("a key came twice")
	}
}

// What is kept as text, or as keys, and would mean something else with other attributes,
// keeps them from being changed.
func TestAttributesThatStay(t *testing.T) {
	onlyHere(t)
	c := connect(t, start(t), "")
	mustExec(t, c, "create type fixed1 as (x int, y int); create view fv as select row(1, 2)::fixed1 as p")
	mustExec(t, c, "create type fixed2 as (x int, y int); create table ft (p fixed2 primary key)")
	for _, sql := range []string{
		"alter type fixed1 add attribute z int", "alter type fixed1 drop attribute x", "alter type fixed2 drop attribute x",
	} {
		if _, err := c.Exec(t.Context(), sql); err == nil || !strings.Contains(err.Error(), "0A000") {
			t.Errorf("%s: %v", sql, err)
		}
	}
	mustExec(t, c, "create type fixed9 as (x int, y int); create domain fd as fixed9 check ((value).x > 0); create domain fda as fixed9[] check (value[1].y > 0)")
	for _, sql := range []string{
		"alter type fixed9 drop attribute x", "alter type fixed9 alter attribute x type text", "alter type fixed9 drop attribute y",
	} {
		if _, err := c.Exec(t.Context(), sql); err == nil || !strings.Contains(err.Error(), "0A000") {
			t.Errorf("%s: %v", sql, err)
		}
	}
	mustExec(t, c, "alter type fixed2 add attribute z int")
	mustExec(t, c, "create type fixed3 as (x int, y int); create table ft3 (p fixed3); create view fv3 as select (p).x, (ft3).p from ft3")
	if _, err := c.Exec(t.Context(), "alter type fixed3 drop attribute x"); err == nil || !strings.Contains(err.Error(), "0A000") {
		t.Errorf("an attribute that a view names: %v", err)
	}
	mustExec(t, c, "insert into ft3 values ((7, 8)); alter type fixed3 rename attribute x to xx; alter table ft3 rename p to q")
	mustExec(t, c, "alter type fixed3 rename attribute y to yy; alter type fixed3 add attribute z int")
	if got := one(t, c, "select (x, p)::text from fv3"); got != `(7,"(7,8,)")` {
		t.Errorf("a view over names that have changed: %s", got)
	}
	mustExec(t, c, "create type fixed4 as (x int); create table ft4 (p fixed4); create view fv4 as select (p).* from ft4")
	mustExec(t, c, "alter type fixed4 add attribute z int; insert into ft4 values ((1, 2))")
	if got := one(t, c, "select fv4::text from fv4"); got != "(1)" {
		t.Errorf("a view of all attributes that there were: %s", got)
	}
}
