package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

// wireStep is something that a client does.
type wireStep struct {
	kind string // simple, text, binary (the formats of parameters and results), in, out, show
	sql  string
	args []string
}

// encodingSteps are what a client does that has another encoding than UTF-8, in bytes as they
// go over the wire. The answers under testdata/encodings were given by PostgreSQL 15.20.
var encodingSteps = []wireStep{
	{kind: "simple", sql: "drop table if exists enc; create table enc (id int, t text, v varchar(4))"},
	{kind: "simple", sql: "set client_encoding = 'latin1'"},
	{kind: "show", sql: "client_encoding"},
	{kind: "simple", sql: "show client_encoding"},
	{kind: "simple", sql: "select pg_client_encoding(), length('\xe9\xfc'), '\xe9' as \"\xe4\", e'\\u20ac' = '\xa4', octet_length('\xe9')"},
	{kind: "simple", sql: "select '\xe9' as a; set client_encoding = utf8; select '\xc3\xa9'; set client_encoding = latin1"},
	{kind: "simple", sql: "select '\xe9', e'\\u20ac'"},
	{kind: "simple", sql: "select 1 as \"x\", U&'\\20ac' from generate_series(1,3)"},
	{kind: "simple", sql: "select U&'\\00e9\\00ff', U&\"\\00e9\" from (values (1)) v(\"\xe9\")"},
	{kind: "simple", sql: "select \"n\xe9\" from enc"},
	{kind: "simple", sql: "select '\xe9\xe9\xe9', nosuch('x')"},
	{kind: "simple", sql: "do $$ begin raise notice '\xe9 ok'; raise exception 'b\xe4d' using detail = '\xfc', hint = '\xf6'; end $$"},
	{kind: "simple", sql: "do $$ begin raise exception '% here', chr(8364); end $$"},
	{kind: "simple", sql: "select '\xe9'::int"},
	{kind: "text", sql: "select $1::text, length($1), $2::int + 1, $1::varchar(1)", args: []string{"\xe9a", "41"}},
	{kind: "binary", sql: "select $1::text, length($1::text), array[$1::text, 'b'], row($1::text, 1), $2::json", args: []string{"\xe9a", "[\"\xe4\"]"}},
	{kind: "binary", sql: "select $1::jsonb, '{\"\xe4\": 1}'::jsonb, 'caf\xe9:3 b'::tsvector, 'caf\xe9 & !b'::tsquery, '\xff'::bytea", args: []string{"\x01[\"\xe4\"]"}},
	{kind: "binary", sql: "select $1::text[]", args: []string{"\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x19\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x02\xe9\xea"}},
	{kind: "binary", sql: "select '\xe9'::\"char\", '\xe9'::name, '{\xe9}'::name[]"},
	{kind: "in", sql: "copy enc from stdin", args: []string{"1\t\xe9\tab", "cd\n2\t\xfc\t\xe9\n"}},
	{kind: "out", sql: "copy enc to stdout"},
	{kind: "out", sql: "copy enc to stdout (encoding 'utf8')"},
	{kind: "out", sql: "copy (select t as \"\xe9\" from enc) to stdout (format csv, header, force_quote *, encoding 'win1250')"},
	{kind: "out", sql: "copy (select U&'\\20ac' union all select 'a') to stdout"},
	{kind: "out", sql: "copy (select t, id from enc) to stdout (format binary)"},
	{kind: "in", sql: "copy enc (id, t) from stdin (encoding 'sjis')", args: []string{"3\t\x93", "\xfa\x96\x7b\n"}},
	{kind: "in", sql: "copy enc (id, t) from stdin (encoding 'sjis')", args: []string{"4\tok\n5\t\x93"}},
	{kind: "in", sql: "copy enc (id, t) from stdin (encoding 'sjis')", args: []string{"4\tok\n5\tx\x85\x40y\n"}},
	{kind: "in", sql: "copy enc (id, t) from stdin (encoding 'win1252')", args: []string{"nan\t\x81\n"}},
	{kind: "in", sql: "copy enc (id, t) from stdin (encoding 'nix')", args: []string{"1\ta\n"}},
	{kind: "in", sql: "copy enc (v) from stdin", args: []string{"\xe9\xe9\xe9\xe9\n\xe9\xe9\xe9\xe9\xe9\n"}},
	{kind: "simple", sql: "select * from enc order by id"},
	{kind: "simple", sql: "set client_encoding to sjis"},
	{kind: "simple", sql: "select *, '\x95\x5c' as \"\x95\x5c\" from enc order by id desc limit 1"},
	{kind: "simple", sql: "select '\x95"},
	{kind: "simple", sql: "select '\x85\x40'"},
	{kind: "simple", sql: "set names 'euc_jp'; select '\xc6\xfc\xcb\xdc'"},
	{kind: "simple", sql: "set names 'euc_jp'"},
	{kind: "simple", sql: "select '\xc6\xfc\xcb\xdc'"},
	{kind: "show", sql: "client_encoding"},
	{kind: "text", sql: "select $1::text", args: []string{"\xc6"}},
	{kind: "text", sql: "select $1::int", args: []string{"\xc6\xfc"}},
	{kind: "simple", sql: "begin; set local client_encoding to gb18030"},
	{kind: "simple", sql: "select '\x94\x39\xfc\x36'"},
	{kind: "simple", sql: "rollback; show client_encoding"},
	{kind: "simple", sql: "begin; set client_encoding to koi8r"},
	{kind: "simple", sql: "select '\xc1'"},
	{kind: "simple", sql: "select nix"},
	{kind: "simple", sql: "select '\xc1'"},
	{kind: "simple", sql: "rollback"},
	{kind: "show", sql: "client_encoding"},
	{kind: "simple", sql: "set client_encoding to mule_internal"},
	{kind: "simple", sql: "set client_encoding to 'x y'"},
	{kind: "simple", sql: "set client_encoding to sql_ascii"},
	{kind: "simple", sql: "select '\xc3\xa9', '\xe9'"},
	{kind: "simple", sql: "select '\xc3\xa9'"},
	{kind: "simple", sql: "select set_config('client_encoding', 'ISO-8859-15', false), '\xc3\xa9\xe2\x82\xac'"},
	{kind: "simple", sql: "select '\xa4'; reset client_encoding; show client_encoding"},
	{kind: "simple", sql: "create function enc_f() returns text language sql set client_encoding to latin1 as $$ select 'a' $$; select enc_f(); drop function enc_f()"},
	{kind: "simple", sql: "set client_encoding to unicode; set client_encoding to 'UNICODE'; show client_encoding; drop table enc"},
}

func TestClientEncodings(t *testing.T) { compareWire(t, "testdata/encodings", encodingSteps) }

// compareWire compares the answers to the steps with those of the file. With LOXODB_RECORD
// set, PostgreSQL at LOXODB_TEST_ADDR writes the file.
func compareWire(t *testing.T, file string, steps []wireStep) {
	got := wireAnswers(t, "postgres://postgres@"+start(t)+"/postgres?sslmode=disable", steps)
	if os.Getenv("LOXODB_RECORD") != "" {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	g, w := strings.Split(got, "\n\n"), strings.Split(string(want), "\n\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			t.Errorf("got  %s\nwant %s", g[i], w[i])
		}
	}
	if len(g) != len(w) {
		t.Errorf("%d answers, want %d", len(g), len(w))
	}
}

// wireAnswers are the steps, each with what came back.
func wireAnswers(t *testing.T, dsn string, steps []wireStep) string {
	out := &strings.Builder{}
	cfg, err := pgconn.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	cfg.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) {
		fmt.Fprintf(out, "%s %s %q %q %d\n", n.Severity, n.Code, n.Message, n.Hint, n.Position)
	}
	c, err := pgconn.ConnectConfig(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(t.Context()) }()
	for _, s := range steps {
		fmt.Fprintf(out, "%s %q %q\n", s.kind, s.sql, s.args)
		var err error
		switch s.kind {
		case "show":
			fmt.Fprintf(out, "%q\n", c.ParameterStatus(s.sql))
		case "simple":
			var results []*pgconn.Result
			results, err = c.Exec(t.Context(), s.sql).ReadAll()
			for _, r := range results {
				writeResult(out, r)
			}
		case "text", "binary":
			format := int16(0)
			if s.kind == "binary" {
				format = 1
			}
			var args [][]byte
			var formats []int16
			for _, a := range s.args {
				args, formats = append(args, []byte(a)), append(formats, format)
			}
			r := c.ExecParams(t.Context(), s.sql, args, nil, formats, []int16{format}).Read()
			writeResult(out, r)
			err = r.Err
		case "in":
			_, err = c.CopyFrom(t.Context(), &pieces{s.args}, s.sql)
		case "out":
			var b bytes.Buffer
			_, err = c.CopyTo(t.Context(), &b, s.sql)
			fmt.Fprintf(out, "%q\n", b.Bytes())
		}
		if e := (*pgconn.PgError)(nil); errors.As(err, &e) {
			fmt.Fprintf(out, "%s %s %q %q %q %q %d\n", e.Severity, e.Code, e.Message, e.Detail, e.Hint, e.Where, e.Position)
		} else if err != nil {
			fmt.Fprintf(out, "%v\n", err)
		}
		fmt.Fprintln(out)
	}
	return out.String()
}

func writeResult(out io.Writer, r *pgconn.Result) {
	for _, f := range r.FieldDescriptions {
		fmt.Fprintf(out, "%q ", f.Name)
	}
	for _, row := range r.Rows {
		fmt.Fprintf(out, "%q", row)
	}
	fmt.Fprintf(out, " %s\n", r.CommandTag)
}

// pieces is a reader that gives each piece by itself.
type pieces struct{ left []string }

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.left) == 0 {
		return 0, io.EOF
	}
	n := copy(b, p.left[0])
	p.left = p.left[1:]
	return n, nil
}
