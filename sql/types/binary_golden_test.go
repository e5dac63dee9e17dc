package types

import (
	"encoding/hex"
	"testing"

	"github.com/loxodb/loxodb/sql/pgerr"
)

func TestBinaryGoldens(t *testing.T) {
	for _, g := range readGoldens[golden](t, "testdata/binary.jsonl") {
		typ, d := Of(RecordOID), Datum{}
		if g.T == "record" {
			d = sampleRecord(t)
		} else {
			typ = parseTypeName(t, g.T)
			var err error
			if d, err = ParseText(typ, g.S, testFormat()); err != nil {
				t.Errorf("%s %q: %v", g.T, g.S, err)
				continue
			}
		}
		got := hex.EncodeToString(AppendBinary(nil, typ, d))
		if got != g.Out {
			t.Errorf("%s %q: sent as %s, want %s", g.T, g.S, got, g.Out)
		}
		raw, err := hex.DecodeString(g.Out)
		if err != nil {
			t.Fatal(err)
		}
		back, err := DecodeBinary(typ, raw)
		if err != nil {
			t.Errorf("%s %s: %v", g.T, g.Out, err)
			continue
		}
		f := testFormat()
		if a, b := string(AppendText(nil, typ, d, f)), string(AppendText(nil, typ, back, f)); a != b {
			t.Errorf("%s: received %q, want %q", g.T, b, a)
		}
	}
}

// sampleRecord is row(1, null::text, 'a b'::text, 1.5::numeric, array[1,2], '[1]'::jsonb).
func sampleRecord(t *testing.T) Datum {
	t.Helper()
	ts := []T{Of(Int4OID), Of(TextOID), Of(TextOID), Of(NumericOID), Of(Int4ArrayOID), Of(JSONBOID)}
	texts := []string{"1", "", "a b", "1.5", "{1,2}", "[1]"}
	vals := make([]Datum, len(ts))
	for i, s := range texts {
		var err error
		if vals[i], err = ParseText(ts[i], s, testFormat()); i != 1 && err != nil {
			t.Fatal(err)
		}
	}
	vals[1] = Null
	return MakeRecord(ts, vals)
}

func TestRecordText(t *testing.T) {
	d := sampleRecord(t)
	if got, want := string(AppendText(nil, Of(RecordOID), d, nil)), `(1,,"a b",1.5,"{1,2}",[1])`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	e := MakeRecord([]T{Of(TextOID), Of(TextOID)}, []Datum{String(`a"b\c`), String("")})
	if got, want := string(AppendText(nil, Of(RecordOID), e, nil)), `("a""b\\c","")`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestBinaryErrors(t *testing.T) {
	for _, c := range []struct {
		oid  OID
		hex  string
		code string
	}{
		{Int4OID, "000001", "08P01"}, {Int4OID, "0000000001", "22P03"}, {TextOID, "ff", "22021"}, {TextOID, "00", "22021"},
		{NumericOID, "0001", "08P01"}, {NumericOID, "0001000012340000ffff", "22P03"}, {NumericOID, "000100000000000027ff27ff", "22P03"},
		{JSONBOID, "02", "XX000"}, {UUIDOID, "00", "08P01"}, {VectorOID, "00020000", "08P01"}, {VectorOID, "00000000", "22000"},
		{VectorOID, "000100013f800000", "22000"}, {VectorOID, "000100007fc00000", "22000"}, {Int4ArrayOID, "000000010000000000000014", "42804"},
		{Int4ArrayOID, "00000007", "08P01"}, {Int4ArrayOID, "000000070000000000000017", "54000"}, {TimestampOID, "7ffffffffffffffe", "22008"},
		{Int4ArrayOID, "0000000100000000000000177fffffff00000001", "54000"}, {TimeOID, "ffffffffffffffff", "22008"},
	} {
		raw, err := hex.DecodeString(c.hex)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = DecodeBinary(Of(c.oid), raw); err == nil || pgerr.Code(err) != c.code {
			t.Errorf("%s %s: got %v, want %s", TypeName(c.oid), c.hex, err, c.code)
		}
	}
}

func TestFormatTypeGoldens(t *testing.T) {
	type row struct {
		OID       OID
		Mod       int32
		Out, Name string
	}
	for _, g := range readGoldens[row](t, "testdata/format_type.jsonl") {
		if got := FormatType(T{g.OID, g.Mod}); got != g.Out {
			t.Errorf("format_type(%d, %d) = %q, want %q", g.OID, g.Mod, got, g.Out)
		}
		if got := TypeName(g.OID); got != g.Name {
			t.Errorf("format_type(%d, null) = %q, want %q", g.OID, got, g.Name)
		}
	}
	if got := FormatType(T{VectorOID, 3}); got != "vector(3)" {
		t.Errorf("got %q", got)
	}
}
