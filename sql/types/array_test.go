package types

import (
	"testing"
	"time"

	"github.com/loxodb/loxodb/sql/pgerr"
)

func mustParse(t *testing.T, typ T, s string) Datum {
	t.Helper()
	d, err := ParseText(typ, s, testFormat())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestArrayGet(t *testing.T) {
	d := mustParse(t, Of(Int4ArrayOID), "[0:1][2:3]={{1,2},{3,NULL}}")
	for _, c := range []struct {
		sub  []int
		want int64
		null bool
	}{
		{[]int{0, 2}, 1, false}, {[]int{1, 2}, 3, false}, {[]int{1, 3}, 0, true}, {[]int{2, 2}, 0, true}, {[]int{0}, 0, true}, {nil, 0, true},
	} {
		got := ArrayGet(d, c.sub...)
		if got.IsNull() != c.null || !c.null && got.Int() != c.want {
			t.Errorf("%v: got %v null %v", c.sub, got.Int(), got.IsNull())
		}
	}
	if ArrayLen(d) != 4 || ArrayNDims(d) != 2 || !ArrayHasNull(d) || string(AppendArrayDims(nil, d)) != "[0:1][2:3]" {
		t.Error("dimensions")
	}
	fixed := mustParse(t, Of(Int8ArrayOID), "{10,20,30}")
	if got := ArrayGet(fixed, 3); got.Int() != 30 {
		t.Errorf("got %d", got.Int())
	}
	texts := mustParse(t, Of(TextArrayOID), "{a,bb,NULL,ccc}")
	if got := ArrayGet(texts, 4); got.Text() != "ccc" {
		t.Errorf("got %q", got.Text())
	}
}

func TestArrayBuilder(t *testing.T) {
	var b ArrayBuilder
	b.Reset(TextOID)
	b.Append(String("x"))
	b.Append(Null)
	d := b.Array()
	if got := string(AppendText(nil, Of(TextArrayOID), d, nil)); got != "{x,NULL}" {
		t.Errorf("got %s", got)
	}
	if _, err := b.Shaped([]ArrayDim{{3, 1}}); err == nil {
		t.Error("three elements out of two")
	}
	b.Reset(Int4OID)
	if got := string(AppendText(nil, Of(Int4ArrayOID), b.Array(), nil)); got != "{}" {
		t.Errorf("got %s", got)
	}
}

func TestVectorCasts(t *testing.T) {
	vec := func(from OID, s string, mod int32) (string, error) {
		d, err := Cast(Of(from), T{VectorOID, mod}, mustParse(t, Of(from), s), nil, true)
		if err != nil {
			return "", err
		}
		return string(AppendText(nil, Of(VectorOID), d, nil)), nil
	}
	for _, c := range []struct {
		from      OID
		s         string
		mod       int32
		want      string
		code, msg string
	}{
		{Int4ArrayOID, "{1,2,3}", -1, "[1,2,3]", "", ""},
		{Float8ArrayOID, "{1.5,2}", 2, "[1.5,2]", "", ""},
		{Float4ArrayOID, "{0.1}", -1, "[0.1]", "", ""},
		{NumericArrayOID, "{1.25,2}", -1, "[1.25,2]", "", ""},
		{Int4ArrayOID, "{}", -1, "", "22000", "vector must have at least 1 dimension"},
		{Int4ArrayOID, "{NULL}", -1, "", "22004", "array must not contain nulls"},
		{Int4ArrayOID, "{{1}}", -1, "", "22000", "array must be 1-D"},
		{Float8ArrayOID, "{1e300}", -1, "", "22000", "infinite value not allowed in vector"},
		{Float8ArrayOID, "{NaN}", -1, "", "22000", "NaN not allowed in vector"},
		{Int4ArrayOID, "{1,2}", 3, "", "22000", "expected 3 dimensions, not 2"},
		{TextOID, "[1,2]", 2, "[1,2]", "", ""},
	} {
		got, err := vec(c.from, c.s, c.mod)
		if c.code == "" {
			if err != nil || got != c.want {
				t.Errorf("%s: got %s, %v", c.s, got, err)
			}
			continue
		}
		if e, _ := pgerr.As(err); e == nil || e.Code != c.code || e.Message != c.msg {
			t.Errorf("%s: got %v", c.s, err)
		}
	}
	d, err := Cast(Of(VectorOID), Of(Float4ArrayOID), mustParse(t, Of(VectorOID), "[1,2.5]"), nil, true)
	if err != nil || string(AppendText(nil, Of(Float4ArrayOID), d, nil)) != "{1,2.5}" {
		t.Errorf("got %v, %v", d, err)
	}
}

// The errors are those of PostgreSQL 15 (and pgvector) for the same declarations.
func TestTypmodIn(t *testing.T) {
	for _, c := range []struct {
		oid       OID
		args      []int32
		mod       int32
		code, msg string
	}{
		{VarcharOID, []int32{10}, 14, "", ""}, {BpcharOID, []int32{1}, 5, "", ""}, {NumericOID, []int32{8, 2}, 524294, "", ""},
		{NumericOID, []int32{5}, 327684, "", ""}, {NumericOID, []int32{3, -2}, 198658, "", ""}, {TimestampOID, []int32{3}, 3, "", ""}, {TimeOID, []int32{9}, 6, "", ""},
		{VectorOID, []int32{3}, 3, "", ""}, {BitOID, []int32{3}, 3, "", ""}, {IntervalOID, []int32{0x7fff, 3}, 2147418115, "", ""},
		{Int4ArrayOID, nil, 0, "42601", `type modifier is not allowed for type "int4"`},
		{VarcharOID, []int32{0}, 0, "22023", "length for type varchar must be at least 1"},
		{BpcharOID, []int32{10485761}, 0, "22023", "length for type char cannot exceed 10485760"},
		{VarcharOID, []int32{1, 2}, 0, "22023", "invalid type modifier"},
		{NumericOID, []int32{1001}, 0, "22023", "NUMERIC precision 1001 must be between 1 and 1000"},
		{NumericOID, []int32{5, 1001}, 0, "22023", "NUMERIC scale 1001 must be between -1000 and 1000"},
		{NumericOID, []int32{1, 2, 3}, 0, "22023", "invalid NUMERIC type modifier"},
		{TimestamptzOID, []int32{-1}, 0, "22023", "TIMESTAMP(-1) WITH TIME ZONE precision must not be negative"},
		{VectorOID, []int32{0}, 0, "22023", "dimensions for type vector must be at least 1"},
		{VectorOID, []int32{16001}, 0, "22023", "dimensions for type vector cannot exceed 16000"},
	} {
		mod, err := TypmodIn(c.oid, c.args)
		if c.code == "" {
			if err != nil || mod != c.mod {
				t.Errorf("%s%v: got %d, %v, want %d", TypeName(c.oid), c.args, mod, err, c.mod)
			}
			continue
		}
		if e, _ := pgerr.As(err); e == nil || e.Code != c.code || e.Message != c.msg {
			t.Errorf("%s%v: got %v", TypeName(c.oid), c.args, err)
		}
	}
}

func TestAssignmentRefusesLongValues(t *testing.T) {
	for _, c := range []struct{ typ, s, code, msg string }{
		{"varchar(3)", "abcd", "22001", "value too long for type character varying(3)"},
		{"char(3)", "abcd", "22001", "value too long for type character(3)"},
		{"bit(3)", "1011", "22026", "bit string length 4 does not match type bit(3)"},
		{"varbit(3)", "1011", "22001", "bit string too long for type bit varying(3)"},
	} {
		_, err := ParseText(parseTypeName(t, c.typ), c.s, nil)
		if e, _ := pgerr.As(err); e == nil || e.Code != c.code || e.Message != c.msg {
			t.Errorf("%s: got %v", c.typ, err)
		}
	}
	for typ, c := range map[string][2]string{"varchar(3)": {"abc  ", "abc"}, "char(3)": {"a", "a  "}, "char(2)": {"ab  ", "ab"}} {
		if got := mustParse(t, parseTypeName(t, typ), c[0]); got.Text() != c[1] {
			t.Errorf("%s %q: got %q", typ, c[0], got.Text())
		}
	}
}

func TestLoadTimeZone(t *testing.T) {
	at := time.Date(2024, 7, 1, 12, 0, 0, 0, time.UTC)
	for name, want := range map[string]int{
		"UTC": 0, "utc": 0, "America/New_York": -14400, "america/new_york": -14400, "EUROPE/PARIS": 7200, "UTC+3": -10800, "GMT-5": 18000,
		"<+03>-3": 10800, "EST5EDT": -14400, "Asia/Ho_Chi_Minh": 25200, "asia/kolkata": 19800, "America/Port-au-Prince": -14400, "FOO+5:30": -19800,
	} {
		loc, err := LoadTimeZone(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if _, off := at.In(loc).Zone(); off != want {
			t.Errorf("%s: offset %d, want %d", name, off, want)
		}
	}
	for _, name := range []string{"", "Nowhere", "../etc/passwd", "/etc/localtime", "Local", "UTC+", "UTC+999"} {
		if _, err := LoadTimeZone(name); pgerr.Code(err) != "22023" {
			t.Errorf("%q: got %v", name, err)
		}
	}
	if _, name := FixedZone(3 * 3600); name != "<+03>-03" {
		t.Errorf("got %s", name)
	}
}
