package e2e

import (
	"encoding/hex"
	"fmt"
	"math"
	"strings"
	"testing"
)

// Each value in PostgreSQL's text and binary (hex) forms.
var values = []struct{ typ, text, binary string }{
	{"int2", "-32768", "8000"},
	{"int4", "2147483647", "7fffffff"},
	{"int8", "-9223372036854775808", "8000000000000000"},
	{"bool", "t", "01"},
	{"bool", "f", "00"},
	{"float4", "1.1", "3f8ccccd"},
	{"float4", "-3.4028235e+38", "ff7fffff"},
	{"float8", "0.1", "3fb999999999999a"},
	{"float8", "1e+300", "7e37e43c8800759c"},
	{"float8", "-Infinity", "fff0000000000000"},
	{"float8", "NaN", "7ff8000000000000"},
	{"numeric", "0", "0000000000000000"},
	{"numeric", "-12345.6780", "0003000140000004000109291a7c"},
	{"numeric", "0.00000000000000000001", "0001fffb000000140001"},
	{"numeric", "NaN", "00000000c0000000"},
	{"numeric", "123456789012345678901234567890", "0008000700000000000c0d801ed204d2162e23340d801ed2"},
	{"text", "héllo 'wörld'", "68c3a96c6c6f202777c3b6726c6427"},
	{"text", "", ""},
	{"varchar", "v", "76"},
	{"bpchar", "padded  ", "7061646465642020"},
	{"name", "pg_class", "70675f636c617373"},
	{"bytea", `\x00ff10`, "00ff10"},
	{"bytea", `\x`, ""},
	{"uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "a0eebc999c0b4ef8bb6d6bb9bd380a11"},
	{"date", "2024-02-29", "00002279"},
	{"date", "infinity", "7fffffff"},
	{"date", "0044-03-15 BC", "fff49d7b"},
	{"time", "23:59:59.999999", "000000141dd75fff"},
	{"timestamp", "2024-02-29 12:34:56.789", "0002b58341728608"},
	{"timestamp", "-infinity", "8000000000000000"},
	{"timestamptz", "2024-02-29 12:34:56+00", "0002b58341667c00"},
	{"interval", "1 year 2 mons 3 days 04:05:06.7", "000000036c966ee0000000030000000e"},
	{"interval", "-00:00:01", "fffffffffff0bdc00000000000000000"},
	{"json", `{"a":  1}`, "7b2261223a2020317d"},
	{"jsonb", `{"a": [1, null, "x"]}`, "017b2261223a205b312c206e756c6c2c202278225d7d"},
	{"oid", "4294967295", "ffffffff"},
	{"int4[]", "{1,NULL,3}", "00000001000000010000001700000003000000010000000400000001ffffffff0000000400000003"},
	{"int4[]", "{}", "000000000000000000000017"},
	{"int8[]", "{{1,2},{3,4}}", "00000002000000000000001400000002000000010000000200000001000000080000000000000001000000080000000000000002000000080000000000000003000000080000000000000004"},
	{"text[]", `{a,"b c",NULL,"\"q\"",""}`, "0000000100000001000000190000000500000001000000016100000003622063ffffffff0000000322712200000000"},
	{"float8[]", "{1.5,-2}", "0000000100000000000002bd0000000200000001000000083ff800000000000000000008c000000000000000"},
	{"bool[]", "{t,f}", "000000010000000000000010000000020000000100000001010000000100"},
	{"uuid[]", "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}", "000000010000000000000b86000000010000000100000010a0eebc999c0b4ef8bb6d6bb9bd380a11"},
	{"timestamptz[]", `{"2024-02-29 12:34:56+00"}`, "0000000100000000000004a00000000100000001000000080002b58341667c00"},
}

func TestTypesTextAndBinary(t *testing.T) {
	c := connect(t, start(t), "&TimeZone=UTC")
	for _, v := range values {
		d, err := c.Prepare(t.Context(), "", fmt.Sprintf("select $1::%s as v", v.typ))
		if err != nil {
			t.Errorf("%s: %v", v.typ, err)
			continue
		}
		wire := func(in []byte, inFormat, outFormat int16) []byte {
			r := c.PgConn().ExecParams(t.Context(), d.SQL, [][]byte{in}, d.ParamOIDs, []int16{inFormat}, []int16{outFormat}).Read()
			if r.Err != nil || len(r.Rows) != 1 {
				t.Errorf("%s %q in %d out %d: %v", v.typ, v.text, inFormat, outFormat, r.Err)
				return nil
			}
			return r.Rows[0][0]
		}
		if got := wire([]byte(v.text), 0, 0); string(got) != v.text {
			t.Errorf("%s: text %q came back as %q", v.typ, v.text, got)
		}
		binary := wire([]byte(v.text), 0, 1)
		if binary == nil {
			continue
		}
		if got := wire(binary, 1, 0); string(got) != v.text {
			t.Errorf("%s: %q as binary %x came back as %q", v.typ, v.text, binary, got)
		}
		if got := hex.EncodeToString(binary); got != v.binary {
			t.Errorf("%s %q: binary %s, want %s", v.typ, v.text, got, v.binary)
		}
	}
}

func TestPgxScans(t *testing.T) {
	c := connect(t, start(t), "")
	var (
		i   int
		s   *string
		f   float64
		arr []string
		m   map[string]any
	)
	err := c.QueryRow(t.Context(), `select $1::int8 + 1, null::text, 'Infinity'::float8, array['a', $2], '{"k": [1]}'::jsonb`, 41, "b").
		Scan(&i, &s, &f, &arr, &m)
	if err != nil || i != 42 || s != nil || !math.IsInf(f, 1) || strings.Join(arr, "") != "ab" || len(m) != 1 {
		t.Errorf("%v: %v %v %v %v %v", err, i, s, f, arr, m)
	}
}

func TestRowDescription(t *testing.T) {
	c := connect(t, start(t), "")
	makeTable(t, c, "rd", "(id int primary key, v varchar(10), n numeric(8,2), ts timestamptz(3))")
	d, err := c.Prepare(t.Context(), "", "select v, id, n, ts, id + 1, 'x' as lit, abs(-1::int8) from rd")
	if err != nil {
		t.Fatal(err)
	}
	table := one(t, c, "select 'rd'::regclass::oid")
	for i, want := range []string{
		"v " + table + " 2 1043 -1 14", "id " + table + " 1 23 4 -1", "n " + table + " 3 1700 -1 524294", "ts " + table + " 4 1184 8 3",
		"?column? 0 0 23 4 -1", "lit 0 0 25 -1 -1", "abs 0 0 20 8 -1",
	} {
		f := d.Fields[i]
		if got := fmt.Sprint(f.Name, " ", f.TableOID, " ", f.TableAttributeNumber, " ", f.DataTypeOID, " ", f.DataTypeSize, " ", f.TypeModifier); got != want {
			t.Errorf("column %d: %s, want %s", i+1, got, want)
		}
	}
}

func TestVectors(t *testing.T) {
	onlyHere(t)
	c := connect(t, start(t), "")
	mustExec(t, c, "create extension if not exists vector")
	mustExec(t, c, "create table v (id int primary key, e vector(3))")
	mustExec(t, c, "insert into v values (1, '[1,2,3]'), (2, '[ 4, 5.5, -6e-1 ]'), (3, null)")
	if got := one(t, c, "select e from v where id = 2"); got != "[4,5.5,-0.6]" {
		t.Errorf("text: %s", got)
	}
	r := c.PgConn().ExecParams(t.Context(), "select e from v where id = 1", nil, nil, nil, []int16{1}).Read()
	if r.Err != nil || fmt.Sprintf("%x", r.Rows[0][0]) != "000300003f8000004000000040400000" {
		t.Fatalf("binary: %x, %v", r.Rows, r.Err)
	}
	binary := r.Rows[0][0]
	r = c.PgConn().ExecParams(t.Context(), "select id, e <-> $1 from v where e is not null order by e <-> $1, id limit $2",
		[][]byte{binary, []byte("2")}, nil, []int16{1, 0}, nil).Read()
	if r.Err != nil || len(r.Rows) != 2 || string(r.Rows[0][0]) != "1" || string(r.Rows[0][1]) != "0" || !strings.HasPrefix(string(r.Rows[1][1]), "5.8") {
		t.Errorf("nearest: %q, %v", r.Rows, r.Err)
	}
	d, err := c.Prepare(t.Context(), "", "select id from v order by e <=> $1 limit $2")
	if err != nil || len(d.ParamOIDs) != 2 || d.ParamOIDs[1] != 20 || d.Fields[0].DataTypeOID != 23 {
		t.Fatalf("%+v, %v", d, err)
	}
	if name := one(t, c, fmt.Sprintf("select typname from pg_type where oid = %d", d.ParamOIDs[0])); name != "vector" {
		t.Errorf("the type of $1 is %s", name)
	}
	_, err = c.Exec(t.Context(), "insert into v values (9, '[1,2]')")
	wantError(t, "dimensions", err, "22000", "expected 3 dimensions, not 2")
	_, err = c.Exec(t.Context(), "insert into v values (9, '[1,2,x]')")
	wantError(t, "syntax", err, "22P02", `invalid input syntax for type vector: "[1,2,x]"`)
	_, err = c.Exec(t.Context(), "select '[1,2]'::vector <-> '[1,2,3]'::vector")
	wantError(t, "operator", err, "22000", "different vector dimensions 2 and 3")
}
