package types

import (
	"bytes"
	"strings"
	"testing"
)

// fuzzTypes are the types whose text form reads back as an equal value.
var fuzzTypes = []OID{
	BoolOID, ByteaOID, CharOID, NameOID, Int8OID, Int2OID, Int4OID, TextOID, OidOID, TidOID, XidOID, JSONOID,
	Float4OID, Float8OID, MoneyOID, BpcharOID, VarcharOID, DateOID, TimeOID, TimestampOID, TimestamptzOID,
	IntervalOID, TimetzOID, BitOID, VarbitOID, NumericOID, UUIDOID, JSONBOID, VectorOID, Int2VectorOID, OidVectorOID,
	Int4ArrayOID, TextArrayOID, Float8ArrayOID, NumericArrayOID, TimestamptzArrayOID, JSONBArrayOID, VectorArrayOID,
	IntervalArrayOID, ByteaArrayOID, RegtypeOID, HalfvecOID, SparsevecOID, Int8vecOID, HalfvecArrayOID, SparsevecArrayOID,
	Int8vecArrayOID, PointOID, LsegOID, PathOID, BoxOID, PolygonOID, LineOID, CircleOID, BoxArrayOID,
}

var fuzzSeeds = []string{
	"", "0", "-1", "1.5", "NaN", "infinity", "1e10", "abc", "t", "\\xdead", "2024-01-02 03:04:05.678+02", "Jan 2 2024 BC",
	"12:34:56 PST", "1 year 2 mons -3 days 04:05:06.7", "P1Y2M3DT4H5M6S", "{1,2,3}", "[0:1]={1,2}", "{{a,\"b c\"},{NULL,\"\"}}",
	"[1,2.5,-3e-5]", "{\"a\": [1, {\"b\": null}], \"c\": \"\\u00e9\"}", "101", "xff", "$1,234.56", "(1,2)", "1 2 3",
	"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "allballs", "J2451187", "2024-07-01 12:00 Europe/Paris", "1-2 3 4:05:06", "@ 1 day ago",
	"[65519,-6e-8,1e-9]", "{1:1.5,3:-2e-7}/5", " { 7 : 1 , 2:0 } / 9 ", "{}/3", "[127,-128,+0]",
	"(1,-2.5e-3)", " [ ( 1 , 2 ) , ( 3 , 4 ) ] ", "((1,2),(3,4))", "1,2,3,4", "{1,-1,0}", "<(1,2),3>", "((1,2),3)", "{(1,1),(0,0);(2,NaN),(inf,0)}", "[(1,2)]",
}

func FuzzParseText(f *testing.F) {
	for i := range fuzzTypes {
		for _, s := range fuzzSeeds {
			f.Add(uint8(i), s)
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, s string) {
		typ := Of(fuzzTypes[int(which)%len(fuzzTypes)])
		checkRoundTrip(t, typ, s)
	})
}

// checkRoundTrip reads s and, if it is a value, sends it through text and binary.
func checkRoundTrip(t *testing.T, typ T, s string) {
	t.Helper()
	f := testFormat()
	d, err := ParseText(typ, s, f)
	if err != nil {
		return
	}
	text := string(AppendText(nil, typ, d, f))
	back, err := ParseText(typ, text, f)
	switch {
	case err != nil:
		if lossyText(typ, text) {
			break
		}
		t.Fatalf("%s: %q printed as %q: %v", FormatType(typ), s, text, err)
	case !Equal(typ, d, back) && !lossyText(typ, text):
		t.Fatalf("%s: %q printed as %q reads as %q", FormatType(typ), s, text, AppendText(nil, typ, back, f))
	case Hash(typ, d, 1) != Hash(typ, back, 1) && !lossyText(typ, text):
		t.Fatalf("%s: %q and %q hash differently", FormatType(typ), s, text)
	}
	wire := AppendBinary(nil, typ, d)
	again, err := DecodeBinary(typ, wire)
	if err != nil {
		t.Fatalf("%s: %q sent as %x: %v", FormatType(typ), s, wire, err)
	}
	if got := string(AppendText(nil, typ, again, f)); got != text {
		t.Fatalf("%s: %q sent as %x reads as %q, want %q", FormatType(typ), s, wire, got, text)
	}
	for _, desc := range []bool{false, true} {
		checkKey(t, typ, d, desc)
	}
}

// lossyText reports texts that do not read back the same in PostgreSQL either:
// the least number of some types.
func lossyText(typ T, text string) bool {
	return typ.OID == IntervalOID && strings.Contains(text, "-2147483648") ||
		typ.OID == IntervalArrayOID && strings.Contains(text, "-2147483648") ||
		typ.OID == MoneyOID && strings.Contains(text, "-$92,233,720,368,547,758.08")
}

func checkKey(t *testing.T, typ T, d Datum, desc bool) {
	t.Helper()
	key := AppendKey([]byte{7}, typ, d, desc)[1:]
	if v, ok := KeyValue(typ, AppendKey(nil, typ, d, false)); ok && Compare(typ, v, d) != 0 {
		t.Fatalf("%s: key of %x is one of %x", FormatType(typ), AppendBinary(nil, typ, d), AppendBinary(nil, typ, v))
	}
	if !KeyReversible(typ) {
		return
	}
	back, rest, err := DecodeKey(typ, append(append([]byte{}, key...), 1, 2, 3), desc)
	if err != nil || !bytes.Equal(rest, []byte{1, 2, 3}) {
		t.Fatalf("%s: key %x: %v, rest %x", FormatType(typ), key, err, rest)
	}
	a, b := AppendBinary(nil, typ, d), AppendBinary(nil, typ, back)
	if !bytes.Equal(a, b) {
		t.Fatalf("%s: key of %x reads as %x", FormatType(typ), a, b)
	}
}

func TestRoundTripSeeds(t *testing.T) {
	for _, oid := range fuzzTypes {
		for _, s := range fuzzSeeds {
			checkRoundTrip(t, Of(oid), s)
		}
	}
}

func FuzzDecodeBinary(f *testing.F) {
	for i, oid := range fuzzTypes {
		for _, s := range fuzzSeeds {
			if d, err := ParseText(Of(oid), s, testFormat()); err == nil {
				f.Add(uint8(i), AppendBinary(nil, Of(oid), d))
			}
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, b []byte) {
		typ := Of(fuzzTypes[int(which)%len(fuzzTypes)])
		d, err := DecodeBinary(typ, b)
		if err != nil {
			return
		}
		text := AppendText(nil, typ, d, testFormat())
		again, err := DecodeBinary(typ, AppendBinary(nil, typ, d))
		if err != nil {
			t.Fatalf("%s: %q does not decode again: %v", FormatType(typ), text, err)
		}
		if got := AppendText(nil, typ, again, testFormat()); !bytes.Equal(got, text) {
			t.Fatalf("%s: %q decodes as %q", FormatType(typ), text, got)
		}
		checkKey(t, typ, d, false)
		Hash(typ, d, 0)
	})
}

// checkOrder compares two values and their keys.
func checkOrder(t *testing.T, typ T, a, b Datum) {
	t.Helper()
	want := Compare(typ, a, b)
	if back := Compare(typ, b, a); back != -want {
		t.Fatalf("%s: compare is %d one way and %d the other", FormatType(typ), want, back)
	}
	for _, desc := range []bool{false, true} {
		ka, kb := AppendKey(nil, typ, a, desc), AppendKey(nil, typ, b, desc)
		got := bytes.Compare(ka, kb)
		if desc {
			got = -got
		}
		if got != want {
			f := testFormat()
			t.Fatalf("%s: %q and %q compare %d, keys %x and %x %d", FormatType(typ),
				AppendText(nil, typ, a, f), AppendText(nil, typ, b, f), want, ka, kb, got)
		}
		if want != 0 && (bytes.HasPrefix(ka, kb) || bytes.HasPrefix(kb, ka)) {
			t.Fatalf("%s: one key begins the other: %x, %x", FormatType(typ), ka, kb)
		}
	}
	if want == 0 && Hash(typ, a, 3) != Hash(typ, b, 3) {
		t.Fatalf("%s: equal values hash differently", FormatType(typ))
	}
}

func FuzzKeyOrder(f *testing.F) {
	for i := range fuzzTypes {
		for j, s := range fuzzSeeds {
			f.Add(uint8(i), s, fuzzSeeds[(j+3)%len(fuzzSeeds)])
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, s1, s2 string) {
		typ := Of(fuzzTypes[int(which)%len(fuzzTypes)])
		a, err1 := ParseText(typ, s1, testFormat())
		b, err2 := ParseText(typ, s2, testFormat())
		if err1 == nil && err2 == nil {
			checkOrder(t, typ, a, b)
		}
	})
}

func TestKeyOrderTable(t *testing.T) {
	table := map[OID][]string{
		Int2OID: {"-32768", "-1", "0", "1", "32767"}, Int4OID: {"-2147483648", "-1", "0", "1", "2147483647"},
		Int8OID: {"-9223372036854775808", "-1", "0", "9223372036854775807"}, OidOID: {"0", "1", "4294967295"},
		BoolOID: {"f", "t"}, Float8OID: {"-inf", "-1e300", "-1", "-1e-300", "0", "1e-300", "1", "inf", "nan"},
		Float4OID: {"-inf", "-1", "0", "0.1", "1", "inf", "nan"},
		TextOID:   {"", "a", "a\u0001", "aa", "b", "ä"}, ByteaOID: {"\\x", "\\x00", "\\x0000", "\\x0001", "\\x00ff", "\\x01", "\\xff"},
		BpcharOID:    {"", "\u0001", "a", "a\u0001", "a b", "b"},
		NumericOID:   {"-Infinity", "-1e100", "-12345.678", "-12345.67", "-1", "-0.00001", "0", "1e-30", "0.1", "0.10001", "1", "9999", "10000", "10001", "1e50", "Infinity", "NaN"},
		IntervalOID:  {"-1 year", "-1 day", "-1 second", "0", "1 day", "24:00:01", "1 mon 1 second", "29 days 25:00", "1 year"},
		TimestampOID: {"-infinity", "0044-03-15 BC", "1999-12-31 23:59:59", "2000-01-01", "infinity"}, DateOID: {"-infinity", "4714-11-24 BC", "2000-01-01", "infinity"},
		TimetzOID: {"10:00+02", "09:00+00", "10:00+00"}, BitOID: {"0", "00", "000000000", "1", "10"}, VectorOID: {"[-1,5]", "[0]", "[0,1]", "[0,2]", "[1]"},
		Int4ArrayOID: {"{}", "{1}", "{1,2}", "[2:3]={1,2}", "{{1,2}}", "{1,3}", "{2}", "{NULL}"}, OidVectorOID: {"", "5", "1 2"},
		TextArrayOID: {"{}", "{\"\"}", "{a}", "{a,b}", "{aa}"},
		UUIDOID:      {"00000000-0000-0000-0000-000000000000", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
		TidOID:       {"(0,1)", "(0,2)", "(1,0)"}, TimeOID: {"00:00", "12:00", "24:00"}, MoneyOID: {"-1", "0", "1"},
	}
	for oid, texts := range table {
		vals := make([]Datum, len(texts))
		for i, s := range texts {
			d, err := ParseText(Of(oid), s, testFormat())
			if err != nil {
				t.Fatalf("%s %q: %v", TypeName(oid), s, err)
			}
			vals[i] = d
		}
		for i, a := range vals {
			for j, b := range vals {
				if got, want := Compare(Of(oid), a, b), compareInt(int64(i), int64(j)); got != want {
					t.Errorf("%s: compare(%q, %q) = %d, want %d", TypeName(oid), texts[i], texts[j], got, want)
				}
				checkOrder(t, Of(oid), a, b)
			}
		}
	}
}

func TestEqualValuesHashEqual(t *testing.T) {
	for _, c := range []struct {
		oid  OID
		a, b string
	}{
		{NumericOID, "1.0", "1.00"}, {NumericOID, "100", "1e2"}, {NumericOID, "0", "0.000"}, {Float8OID, "-0", "0"},
		{Float4OID, "-0", "0"}, {IntervalOID, "1 mon", "30 days"}, {IntervalOID, "1 day", "24:00"}, {BpcharOID, "a", "a  "},
		{JSONBOID, "{\"a\":1.0}", "{\"a\":1.00}"}, {VectorOID, "[-0,1]", "[0,1]"}, {NumericArrayOID, "{1.0,NULL}", "{1.00,NULL}"},
	} {
		a, err1 := ParseText(Of(c.oid), c.a, testFormat())
		b, err2 := ParseText(Of(c.oid), c.b, testFormat())
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		if !Equal(Of(c.oid), a, b) {
			t.Errorf("%s: %q and %q differ", TypeName(c.oid), c.a, c.b)
		}
		checkOrder(t, Of(c.oid), a, b)
	}
}
