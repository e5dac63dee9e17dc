package types

import (
	"encoding/hex"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// vectorTypes are the types that the vector engine reads.
var vectorTypes = []OID{VectorOID, HalfvecOID, SparsevecOID, Int8vecOID}

func TestVectorGoldens(t *testing.T) {
	for _, g := range readGoldens[golden](t, "testdata/vector_in.jsonl") {
		typ := parseTypeName(t, g.T)
		d, err := ParseText(Of(typ.OID), g.S, nil)
		if err == nil {
			d, err = ApplyTypmod(typ, d, true)
		}
		switch {
		case !g.OK:
			checkError(t, g, err)
		case err != nil:
			t.Errorf("%s %q: %v, want %q", g.T, g.S, err, g.Out)
		default:
			if out := string(AppendText(nil, typ, d, nil)); out != g.Out {
				t.Errorf("%s %q: got %q, want %q", g.T, g.S, out, g.Out)
			}
			checkRoundTrip(t, typ, g.S)
		}
	}
}

func TestVectorCastGoldens(t *testing.T) {
	for _, g := range readGoldens[castGolden](t, "testdata/vector_cast.jsonl") {
		want := g.Out
		if !g.OK {
			want = strings.TrimSpace(g.Code + " " + g.Msg + " " + g.Detail)
		}
		if got := castText(t, g); got != want {
			t.Errorf("%q::%s::%s:\n got %s\nwant %s", g.S, g.From, g.To, got, want)
		}
	}
}

// int8vec is not pgvector's: its texts and errors follow the other types'.
func TestInt8vecText(t *testing.T) {
	for _, c := range []struct{ in, want, code string }{
		{"[1,-2,127]", "[1,-2,127]", ""}, {" [ +1 , -128 ] ", "[1,-128]", ""}, {"[-0]", "[0]", ""}, {"[007]", "[7]", ""},
		{"[128]", `"128" is out of range for type int8vec`, "22003"},
		{"[0,-129]", `"-129" is out of range for type int8vec`, "22003"},
		{"[99999999999999999999]", `"99999999999999999999" is out of range for type int8vec`, "22003"},
		{"[1.5]", `invalid input syntax for type int8vec: "[1.5]"`, "22P02"},
		{"[1.0]", `invalid input syntax for type int8vec: "[1.0]"`, "22P02"},
		{"[1e1]", `invalid input syntax for type int8vec: "[1e1]"`, "22P02"},
		{"[NaN]", `invalid input syntax for type int8vec: "[NaN]"`, "22P02"},
		{"[-]", `invalid input syntax for type int8vec: "[-]"`, "22P02"},
		{"[1,]", `invalid input syntax for type int8vec: "[1,]"`, "22P02"},
		{"[1,2", `invalid input syntax for type int8vec: "[1,2"`, "22P02"},
		{"[1]x", `invalid input syntax for type int8vec: "[1]x" Junk after closing right brace.`, "22P02"},
		{"1", `invalid input syntax for type int8vec: "1" Vector contents must start with "[".`, "22P02"},
		{"[]", "int8vec must have at least 1 dimension", "22000"},
	} {
		d, err := ParseText(Of(Int8vecOID), c.in, nil)
		checkAnswer(t, c.in, Of(Int8vecOID), d, err, c.want, c.code)
	}
}

// checkAnswer compares a value's text, or an error's message and detail.
func checkAnswer(t *testing.T, what string, typ T, d Datum, err error, want, code string) {
	t.Helper()
	if code == "" {
		if err != nil {
			t.Errorf("%q: %v, want %s", what, err, want)
		} else if got := string(AppendText(nil, typ, d, nil)); got != want {
			t.Errorf("%q: got %s, want %s", what, got, want)
		}
		return
	}
	e, ok := pgerr.As(err)
	if !ok || e.Code != code || strings.TrimSpace(e.Message+" "+e.Detail) != want {
		t.Errorf("%q: got %v, want %s %s", what, err, code, want)
	}
}

func TestInt8vecCasts(t *testing.T) {
	for _, c := range []struct {
		from, to T
		in, want string
		code     string
	}{
		{Of(Int2ArrayOID), Of(Int8vecOID), "{1,-128,127}", "[1,-128,127]", ""},
		{Of(Int4ArrayOID), T{Int8vecOID, 2}, "{1,2}", "[1,2]", ""},
		{Of(Int4ArrayOID), T{Int8vecOID, 3}, "{1,2000}", "expected 3 dimensions, not 2", "22000"},
		{Of(Int4ArrayOID), Of(Int8vecOID), "{1,128}", `"128" is out of range for type int8vec`, "22003"},
		{Of(Int4ArrayOID), Of(Int8vecOID), "{1,NULL}", "array must not contain nulls", "22004"},
		{Of(Int4ArrayOID), Of(Int8vecOID), "{{1,2}}", "array must be 1-D", "22000"},
		{Of(Int4ArrayOID), Of(Int8vecOID), "{}", "int8vec must have at least 1 dimension", "22000"},
		{Of(Float4ArrayOID), Of(Int8vecOID), "{1}", "cannot cast type real[] to int8vec", "42846"},
		{Of(VectorOID), Of(Int8vecOID), "[0.5,1.5,2.5,-0.5,-1.5,127.49,-128.5]", "[0,2,2,0,-2,127,-128]", ""},
		{Of(VectorOID), Of(Int8vecOID), "[127.5]", `"127.5" is out of range for type int8vec`, "22003"},
		{Of(VectorOID), Of(Int8vecOID), "[-129]", `"-129" is out of range for type int8vec`, "22003"},
		{Of(HalfvecOID), Of(Int8vecOID), "[3.5,-7]", "[4,-7]", ""},
		{Of(SparsevecOID), Of(Int8vecOID), "{2:5.4}/3", "[0,5,0]", ""},
		{Of(Int8vecOID), Of(VectorOID), "[1,-128]", "[1,-128]", ""},
		{Of(Int8vecOID), Of(HalfvecOID), "[1,-128]", "[1,-128]", ""},
		{Of(Int8vecOID), Of(SparsevecOID), "[0,-128,0]", "{2:-128}/3", ""},
		{Of(Int8vecOID), Of(Int2ArrayOID), "[1,-128]", "{1,-128}", ""},
		{Of(Int8vecOID), Of(Float4ArrayOID), "[1]", "cannot cast type int8vec to real[]", "42846"},
	} {
		d, err := ParseText(c.from, c.in, nil)
		if err != nil {
			t.Fatal(err)
		}
		d, err = Cast(c.from, c.to, d, nil, true)
		checkAnswer(t, c.in, c.to, d, err, c.want, c.code)
	}
}

// The wire formats, and the errors of what the receive functions refuse.
func TestVectorWire(t *testing.T) {
	for _, c := range []struct {
		typ       T
		hex, want string
		code      string
	}{
		{Of(HalfvecOID), "000200003c00c000", "[1,-2]", ""},
		{Of(HalfvecOID), "00010000ffff", "NaN not allowed in halfvec", "22000"},
		{Of(HalfvecOID), "000200003c007c00", "infinite value not allowed in halfvec", "22000"},
		{Of(HalfvecOID), "000200003c00", "insufficient data left in message", "08P01"},
		{Of(HalfvecOID), "000100003c0000", "incorrect binary data format", "22P03"},
		{Of(HalfvecOID), "ffff0000", "halfvec cannot have more than 16000 dimensions", "54000"},
		{Of(HalfvecOID), "00000000", "halfvec must have at least 1 dimension", "22000"},
		{Of(HalfvecOID), "0001ffff3c00", "expected unused to be 0, not 65535", "22000"},
		{T{HalfvecOID, 3}, "0001ffff3c00", "expected 3 dimensions, not 1", "22000"},
		{Of(VectorOID), "00010000", "insufficient data left in message", "08P01"},
		{Of(VectorOID), "000200007fc00000", "NaN not allowed in vector", "22000"},
		{Of(Int8vecOID), "0003000001fe80", "[1,-2,-128]", ""},
		{Of(Int8vecOID), "0001000001fe", "incorrect binary data format", "22P03"},
		{Of(Int8vecOID), "0002000001", "insufficient data left in message", "08P01"},
		{Of(SparsevecOID), "00000005000000020000000000000000000000023fc00000c0000000", "{1:1.5,3:-2}/5", ""},
		{Of(SparsevecOID), "000000050000000000000000", "{}/5", ""},
		{Of(SparsevecOID), "000000000000000000000000", "sparsevec must have at least 1 dimension", "22000"},
		{Of(SparsevecOID), "ffffffff0000000000000000", "sparsevec must have at least 1 dimension", "22000"},
		{Of(SparsevecOID), "7fffffff0000000000000000", "sparsevec cannot have more than 1000000000 dimensions", "54000"},
		{Of(SparsevecOID), "00000005ffffffff00000000", "sparsevec cannot have negative number of elements", "22000"},
		{Of(SparsevecOID), "0000000500003e8100000000", "sparsevec cannot have more than 16000 non-zero elements", "54000"},
		{Of(SparsevecOID), "000000050000000600000000", "sparsevec cannot have more elements than dimensions", "54000"},
		{Of(SparsevecOID), "000000050000000000000001", "expected unused to be 0, not 1", "22000"},
		{T{SparsevecOID, 4}, "000000050000000000000001", "expected 4 dimensions, not 5", "22000"},
		{Of(SparsevecOID), "000000050000000100000000000000053f800000", "sparsevec index out of bounds", "22000"},
		{Of(SparsevecOID), "00000005000000010000000080000000", "sparsevec index out of bounds", "22000"},
		{Of(SparsevecOID), "000000050000000200000000000000020000000100000000", "sparsevec indices must be in ascending order", "22000"},
		{Of(SparsevecOID), "000000050000000200000000000000020000000200000000", "sparsevec indices must not contain duplicates", "22000"},
		{Of(SparsevecOID), "0000000500000001000000000000000200000000", "binary representation of sparsevec cannot contain zero values", "22000"},
		{Of(SparsevecOID), "000000050000000100000000000000027f800000", "infinite value not allowed in sparsevec", "22000"},
		{Of(SparsevecOID), "00000005000000010000000000000002", "insufficient data left in message", "08P01"},
		{Of(SparsevecOID), "00000005", "insufficient data left in message", "08P01"},
		{Of(SparsevecOID), "00000005000000000000000000", "incorrect binary data format", "22P03"},
	} {
		raw, err := hex.DecodeString(c.hex)
		if err != nil {
			t.Fatal(err)
		}
		d, err := DecodeBinary(c.typ, raw)
		checkAnswer(t, c.hex, c.typ, d, err, c.want, c.code)
		if err == nil {
			if got := hex.EncodeToString(AppendBinary(nil, c.typ, d)); got != c.hex {
				t.Errorf("%s: sent as %s", c.hex, got)
			}
		}
	}
}

// The stored forms are read by the vector engine: they must not change.
func TestVectorStoredForm(t *testing.T) {
	for _, c := range []struct {
		oid     OID
		in, hex string
	}{
		{VectorOID, "[1,-2]", "0000803f000000c0"}, {HalfvecOID, "[1,-2]", "003c00c0"}, {Int8vecOID, "[1,-2]", "01fe"},
		{SparsevecOID, "{3:-2,1:1}/5", "050000000200000000000000020000000000803f000000c0"}, {SparsevecOID, "{}/7", "0700000000000000"},
	} {
		d, err := ParseText(Of(c.oid), c.in, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := hex.EncodeToString(d.Bytes()); got != c.hex {
			t.Errorf("%s %s: %s, want %s", TypeName(c.oid), c.in, got, c.hex)
		}
	}
}

func TestVectorLimits(t *testing.T) {
	for _, oid := range vectorTypes {
		k := vectorTypeOf(oid)
		if k == sparseKind {
			continue
		}
		if _, err := ParseText(Of(oid), "["+strings.Repeat("1,", MaxVectorDims-1)+"1]", nil); err != nil {
			t.Error(err)
		}
		_, err := ParseText(Of(oid), "["+strings.Repeat("1,", MaxVectorDims)+"x", nil)
		checkAnswer(t, k.name, Of(oid), Datum{}, err, k.name+" cannot have more than 16000 dimensions", "54000")
	}
	_, err := ParseText(Of(SparsevecOID), strings.Repeat(",", MaxSparseNNZ), nil)
	checkAnswer(t, "commas", Of(SparsevecOID), Datum{}, err, "sparsevec cannot have more than 16000 non-zero elements", "54000")
	for oid, want := range map[OID]string{
		HalfvecOID: "dimensions for type halfvec cannot exceed 16000", Int8vecOID: "dimensions for type int8vec cannot exceed 16000",
		SparsevecOID: "dimensions for type sparsevec cannot exceed 1000000000", VectorOID: "dimensions for type vector cannot exceed 16000",
	} {
		_, err := TypmodIn(oid, []int32{1_000_000_001})
		checkAnswer(t, "typmod", Of(oid), Datum{}, err, want, "22023")
		_, err = TypmodIn(oid, []int32{0})
		checkAnswer(t, "typmod", Of(oid), Datum{}, err, "dimensions for type "+TypeName(oid)+" must be at least 1", "22023")
	}
}

// halfValue is the value of a half by its definition.
func halfValue(h uint16) float64 {
	exp, frac := int(h>>10&31), float64(h&0x3ff)
	v := math.Ldexp(1+frac/1024, exp-15)
	if exp == 0 {
		v = math.Ldexp(frac/1024, -14)
	}
	if h >= 0x8000 {
		return -v
	}
	return v
}

func TestHalfToFloat32(t *testing.T) {
	for h := range 1 << 16 {
		v := HalfToFloat32(uint16(h))
		switch {
		case h&0x7c00 == 0x7c00 && h&0x3ff != 0:
			if v == v {
				t.Fatalf("%#x: %v, want NaN", h, v)
			}
		case h&0x7fff == 0x7c00:
			if !math.IsInf(float64(v), 1-2*(h>>15)) {
				t.Fatalf("%#x: %v", h, v)
			}
		case float64(v) != halfValue(uint16(h)) || math.Signbit(float64(v)) != (h >= 0x8000):
			t.Fatalf("%#x: %v, want %v", h, v, halfValue(uint16(h)))
		}
		if v == v && Float32ToHalf(v) != uint16(h) {
			t.Fatalf("%#x: %v rounds to %#x", h, v, Float32ToHalf(v))
		}
	}
}

// Between two neighbouring halves the nearer wins, in the middle the even one.
func TestFloat32ToHalfRounds(t *testing.T) {
	for h := uint16(0); h < 0x7c00; h++ {
		lo, hi := halfValue(h), halfValue(h+1) // 0x7c00 counts as 65536 here
		mid := float32((lo + hi) / 2)          // exact: 12 bits
		even := h + h&1
		for _, c := range []struct {
			v    float32
			want uint16
		}{
			{math.Nextafter32(mid, 0), h}, {mid, even}, {math.Nextafter32(mid, 1e6), h + 1},
			{math.Nextafter32(float32(lo), 1e6), h}, {math.Nextafter32(float32(hi), 0), h + 1},
		} {
			if got := Float32ToHalf(c.v); got != c.want {
				t.Fatalf("%v: %#x, want %#x", c.v, got, c.want)
			}
			if got := Float32ToHalf(-c.v); got != c.want|0x8000 {
				t.Fatalf("%v: %#x, want %#x", -c.v, got, c.want|0x8000)
			}
		}
	}
	for _, v := range []float32{65536, 1e38, float32(math.Inf(1))} {
		if got := Float32ToHalf(v); got != halfInf {
			t.Errorf("%v: %#x", v, got)
		}
	}
	if got := Float32ToHalf(float32(math.NaN())); got&halfInf != halfInf || got&0x3ff == 0 {
		t.Errorf("NaN: %#x", got)
	}
}

// A sparse vector is ordered as the dense vector that it stands for.
func TestSparseOrder(t *testing.T) {
	const seed = 11
	r := rand.New(rand.NewPCG(seed, seed))
	one := func() (sparse, dense Datum) {
		v := make([]float32, 1+r.IntN(6))
		for i := range v {
			v[i] = float32(r.IntN(3) - 1)
		}
		dense = Bytes(Float32Bytes(v))
		sparse, err := Cast(Of(VectorOID), Of(SparsevecOID), dense, nil, false)
		if err != nil {
			t.Fatal(err)
		}
		return sparse, dense
	}
	for range 20_000 {
		s1, d1 := one()
		s2, d2 := one()
		if got, want := Compare(Of(SparsevecOID), s1, s2), Compare(Of(VectorOID), d1, d2); got != want {
			t.Fatalf("seed %d: %s and %s compare %d, want %d", seed, AppendText(nil, Of(VectorOID), d1, nil), AppendText(nil, Of(VectorOID), d2, nil), got, want)
		}
		checkOrder(t, Of(SparsevecOID), s1, s2)
	}
}

// Damaged bytes are read without harm.
func TestDamagedSparse(t *testing.T) {
	for _, h := range []string{"", "05", "0500000001000000", "05000000ffffffff00000000", "050000000100000000000000"} {
		raw, err := hex.DecodeString(h)
		if err != nil {
			t.Fatal(err)
		}
		AppendText(nil, Of(SparsevecOID), Bytes(raw), nil)
		AppendBinary(nil, Of(SparsevecOID), Bytes(raw))
		Compare(Of(SparsevecOID), Bytes(raw), Bytes(raw))
	}
}

func BenchmarkHalfToFloat32(b *testing.B) {
	raw := make([]byte, 2*1024)
	for i := range 1024 {
		h := Float32ToHalf(float32(i) / 300)
		raw[2*i], raw[2*i+1] = byte(h), byte(h>>8)
	}
	buf := make([]float32, 0, 1024)
	for b.Loop() {
		buf = Components(HalfvecOID, raw, buf)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1024, "ns/component")
}
