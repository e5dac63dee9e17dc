package e2e

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	wt "github.com/loxodb/loxodb/server/pgwire/wiretest"
)

func TestCopyFrom(t *testing.T) {
	c := connect(t, start(t), "")
	makeTable(t, c, "cp", "(id int, v text, n numeric, b bool default true)")
	for _, tc := range []struct{ sql, data, tag, want string }{
		{"copy cp from stdin", "1\ta\\tb\\n\\\\\t1.50\tt\n2\t\\N\t\\N\tf\n", "COPY 2", "1|a\tb\n\\|1.50|t;2|<null>|<null>|f"},
		{"copy cp from stdin", "3\tx\t0\tt\n\\.\n", "COPY 1", "3|x|0|t"},
		{"copy cp (v, id) from stdin (delimiter '|', null '')", "a|1\n|2\n", "COPY 2", "1|a|<null>|t;2|<null>|<null>|t"},
		{"copy cp (id, v) from stdin csv header", "id,v\r\n1,\"a \"\"q\"\",\nb\"\r\n2,\r\n3,\"\"\r\n", "COPY 3", "1|a \"q\",\nb|<null>|t;2|<null>|<null>|t;3||<null>|t"},
		{"copy cp (id, v) from stdin (format csv, quote '''', null 'NULL')", "1,'NULL'\n2,NULL\n", "COPY 2", "1|NULL|<null>|t;2|<null>|<null>|t"},
		{"copy cp from stdin", "", "COPY 0", ""},
	} {
		mustExec(t, c, "truncate cp")
		tag, err := c.PgConn().CopyFrom(t.Context(), strings.NewReader(tc.data), tc.sql)
		if err != nil || tag.String() != tc.tag {
			t.Errorf("%s: %s, %v", tc.sql, tag, err)
			continue
		}
		if got := contents(t, c, "select * from cp order by id"); got != tc.want {
			t.Errorf("%s\n got %q\nwant %q", tc.sql, got, tc.want)
		}
	}
}

// contents is a result with | between fields and ; between rows.
func contents(t *testing.T, c *pgx.Conn, sql string) string {
	t.Helper()
	res, err := c.PgConn().Exec(t.Context(), sql).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	var rows []string
	for _, r := range res[0].Rows {
		var fields []string
		for _, f := range r {
			if f == nil {
				f = []byte("<null>")
			}
			fields = append(fields, string(f))
		}
		rows = append(rows, strings.Join(fields, "|"))
	}
	return strings.Join(rows, ";")
}

func TestCopyErrors(t *testing.T) {
	c := connect(t, start(t), "")
	makeTable(t, c, "cpe", "(id int primary key, v text not null)")
	for _, tc := range []struct{ sql, data, code, message, where string }{
		{"copy cpe from stdin", "1\ta\nx\tb\n", "22P02", `invalid input syntax for type integer: "x"`, `COPY cpe, line 2, column id: "x"`},
		{"copy cpe from stdin", "1\n", "22P04", `missing data for column "v"`, `COPY cpe, line 1: "1"`},
		{"copy cpe from stdin", "1\ta\tb\n", "22P04", "extra data after last expected column", `COPY cpe, line 1: "1	a	b"`},
		{"copy cpe from stdin", "1\t\\N\n", "23502", `null value in column "v" of relation "cpe" violates not-null constraint`, `COPY cpe, line 1: "1	\N"`},
		{"copy cpe from stdin", "1\ta\n1\tb\n", "23505", `duplicate key value violates unique constraint "cpe_pkey"`, `COPY cpe, line 2`},
		{"copy cpe from stdin csv", "1,\"a\n", "22P04", "unterminated CSV quoted field", "COPY cpe, line 1: \"1,\"a\n\""},
		{"copy nowhere from stdin", "", "42P01", `relation "nowhere" does not exist`, ""},
		{"copy cpe (id, nope) from stdin", "", "42703", `column "nope" of relation "cpe" does not exist`, ""},
		{"copy cpe from stdin (format nope)", "", "22023", `COPY format "nope" not recognized`, ""},
		{"copy cpe from stdin (delimiter 'ab')", "", "0A000", "COPY delimiter must be a single one-byte character", ""},
	} {
		_, err := c.PgConn().CopyFrom(t.Context(), strings.NewReader(tc.data), tc.sql)
		if e := wantError(t, tc.sql, err, tc.code, tc.message); e.Where != tc.where {
			t.Errorf("%s: context %q, want %q", tc.sql, e.Where, tc.where)
		}
		if n := one(t, c, "select count(*) from cpe"); n != "0" {
			t.Fatalf("%s: %s rows stayed", tc.sql, n)
		}
	}
}

// Bytes that are not UTF-8 are refused as such in every column, vectors' too.
func TestCopyRefusesBadUTF8(t *testing.T) {
	c := connect(t, start(t), "")
	makeTable(t, c, "cpu", "(v vector, h halfvec, s sparsevec, b int8vec, t text)")
	for _, col := range []string{"v", "h", "s", "b", "t"} {
		_, err := c.PgConn().CopyFrom(t.Context(), strings.NewReader("[1,\xff]\n"), "copy cpu ("+col+") from stdin")
		wantError(t, col, err, "22021", `invalid byte sequence for encoding "UTF8": 0xff`)
	}
}

func TestCopyTo(t *testing.T) {
	c := connect(t, start(t), "")
	makeTable(t, c, "ct", "(id int, v text, f float8)")
	mustExec(t, c, `insert into ct values (1, E'a\tb\n\\', 0.5), (2, null, 'NaN'), (3, 'q"', null)`)
	for sql, want := range map[string]string{
		"copy ct to stdout":                    "1\ta\\tb\\n\\\\\t0.5\n2\t\\N\tNaN\n3\tq\"\t\\N\n",
		"copy ct (v, id) to stdout csv header": "v,id\n\"a\tb\n\\\",1\n,2\n\"q\"\"\",3\n",
		"copy (select id*2 from ct order by 1 desc) to stdout (delimiter ';')": "6\n4\n2\n",
		"copy (select 1 where false) to stdout":                                "",
	} {
		var out bytes.Buffer
		if _, err := c.PgConn().CopyTo(t.Context(), &out, sql); err != nil || out.String() != want {
			t.Errorf("%s\n got %q, %v\nwant %q", sql, out.String(), err, want)
		}
	}
	var out bytes.Buffer
	if _, err := c.PgConn().CopyTo(t.Context(), &out, "copy (select 1::int, 'x'::text, null::int8) to stdout (format binary)"); err != nil ||
		hex.EncodeToString(out.Bytes()) != hex.EncodeToString([]byte("PGCOPY\n\xff\r\n\x00"))+"0000000000000000"+"0003"+"0000000400000001"+"0000000178"+"ffffffff"+"ffff" {
		t.Errorf("binary: %x, %v", out.Bytes(), err)
	}
}

// pgx's CopyFrom is always binary.
func TestCopyBinary(t *testing.T) {
	c := connect(t, start(t), "")
	makeTable(t, c, "cb", "(id int8, v text, n numeric, a int4[])")
	var rows [][]any
	for i := range 5000 {
		rows = append(rows, []any{int64(i), fmt.Sprint("v", i), nil, []int32{int32(i), 1}})
	}
	n, err := c.CopyFrom(t.Context(), pgx.Identifier{"cb"}, []string{"id", "v", "n", "a"}, pgx.CopyFromRows(rows))
	if err != nil || n != 5000 {
		t.Fatalf("%d, %v", n, err)
	}
	if got := contents(t, c, "select count(*), sum(id), min(v), count(n), max(a[1]) from cb"); got != "5000|12497500|v0|0|4999" {
		t.Error(got)
	}
}

// COPY within the extended protocol and within a multi-statement string.
func TestCopyFrames(t *testing.T) {
	addr := start(t)
	makeTable(t, connect(t, addr, ""), "cf", "(id int)")
	c := wt.Login(t, addr)
	data, done := wt.Msg('d', []byte("1\n2\n")), wt.Msg('c')
	c.Send(wt.Parse("", "copy cf from stdin"), wt.Bind("", ""), wt.Msg('D', wt.Z("P")), wt.Execute("", 0), wt.Sync, data, done, wt.Sync)
	c.Want("Z", "1 2 n G C(COPY 2) Z(I)")
	c.Send(wt.Msg('Q', wt.Z("copy cf from stdin; select count(*) from cf")), data, data, done)
	c.Want("Z", `G C(COPY 4) T D("\x00\x01\x00\x00\x00\x016") C(SELECT 1) Z(I)`)
	c.Send(wt.Msg('Q', wt.Z("copy cf from stdin")), data, wt.Msg('f', wt.Z("stop")), done, wt.Msg('f', wt.Z("stop")))
	c.Want("Z", "G E(ERROR 57014 COPY from stdin failed: stop) Z(I)")
	c.Send(wt.Msg('Q', wt.Z("copy (select 1) to stdout; select 1 where false")))
	c.Want("Z", `H d("1\n") c C(COPY 1) T C(SELECT 0) Z(I)`)
}
