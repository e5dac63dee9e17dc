package types

import (
	"testing"
	"time"
)

var hotValues = []struct {
	oid  OID
	text string
}{
	{Int2OID, "-12"}, {Int4OID, "123456"}, {Int8OID, "-1234567890123"}, {BoolOID, "t"}, {Float4OID, "3.14159"}, {Float8OID, "-1.2345678901e-7"},
	{TextOID, "hello"}, {VarcharOID, "hello"}, {NumericOID, "-12345.6789"}, {DateOID, "2024-01-02"}, {TimeOID, "03:04:05.678"},
	{TimestampOID, "2024-01-02 03:04:05.678"}, {TimestamptzOID, "2024-07-02 03:04:05.678+02"}, {UUIDOID, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
	{ByteaOID, "\\x00ff01"}, {IntervalOID, "1 mon 2 days 03:04:05"}, {JSONBOID, `{"a": [1, 2]}`}, {Int4ArrayOID, "{1,2,NULL}"}, {OidOID, "4294967295"},
	{VectorOID, "[1,2.5,-3e-05]"},
}

// hotFormat prints in a zone with changes, the dearest case.
func hotFormat(t testing.TB) *Format {
	t.Helper()
	f := *DefaultFormat
	loc, err := LoadTimeZone("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	f.TimeZone, f.TimeZoneName, f.Now = loc, "America/New_York", time.Unix(1700000000, 0)
	return &f
}

func TestOutputDoesNotAllocate(t *testing.T) {
	f := hotFormat(t)
	buf := make([]byte, 0, 1024)
	for _, h := range hotValues {
		typ := Of(h.oid)
		d, err := ParseText(typ, h.text, f)
		if err != nil {
			t.Fatal(err)
		}
		for what, run := range map[string]func(){
			"text":    func() { AppendText(buf, typ, d, f) },
			"binary":  func() { AppendBinary(buf, typ, d) },
			"compare": func() { Compare(typ, d, d) },
		} {
			if n := testing.AllocsPerRun(50, run); n != 0 {
				t.Errorf("%s of %s: %v allocations", what, TypeName(h.oid), n)
			}
		}
		if h.oid == JSONBOID {
			continue // parses
		}
		if n := testing.AllocsPerRun(50, func() { AppendKey(buf, typ, d, true); Hash(typ, d, 1) }); n != 0 {
			t.Errorf("key and hash of %s: %v allocations", TypeName(h.oid), n)
		}
	}
}

func BenchmarkParseText(b *testing.B) {
	f := hotFormat(b)
	for _, h := range hotValues {
		b.Run(TypeName(h.oid), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := ParseText(Of(h.oid), h.text, f); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkAppendText(b *testing.B) {
	f := hotFormat(b)
	buf := make([]byte, 0, 1024)
	for _, h := range hotValues {
		d, err := ParseText(Of(h.oid), h.text, f)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(TypeName(h.oid), func(b *testing.B) {
			for b.Loop() {
				AppendText(buf, Of(h.oid), d, f)
			}
		})
	}
}

func BenchmarkNumeric(b *testing.B) {
	x, _ := ParseText(Of(NumericOID), "12345.67", nil)
	y, _ := ParseText(Of(NumericOID), "0.0825", nil)
	for name, op := range map[string]func(a, b Datum) (Datum, error){"add": NumericAdd, "mul": NumericMul, "div": NumericDiv} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := op(x, y); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
