package types

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// The expected texts and errors are those of pgvector's regression tests.
func TestVectorText(t *testing.T) {
	for _, c := range []struct {
		in, want, code, msg, detail string
	}{
		{in: "[1,2,3]", want: "[1,2,3]"},
		{in: "[-1,-2,-3]", want: "[-1,-2,-3]"},
		{in: "[1.,2.,3.]", want: "[1,2,3]"},
		{in: " [ 1,  2 ,    3  ] ", want: "[1,2,3]"},
		{in: "[1.23456]", want: "[1.23456]"},
		{in: "[1.5e38,-1.5e38]", want: "[1.5e+38,-1.5e+38]"},
		{in: "[1.5e+38,-1.5e+38]", want: "[1.5e+38,-1.5e+38]"},
		{in: "[1.5e-38,-1.5e-38]", want: "[1.5e-38,-1.5e-38]"},
		{in: "[1e-46,1]", want: "[0,1]"},
		{in: "[-1e-46,1]", want: "[-0,1]"},
		{in: "[0.1,1e-5,123456789]", want: "[0.1,1e-05,1.2345679e+08]"},
		{in: "[+1,0x10]", want: "[1,16]"},
		{in: "[hello,1]", code: "22P02", msg: `invalid input syntax for type vector: "[hello,1]"`},
		{in: "[NaN,1]", code: "22000", msg: "NaN not allowed in vector"},
		{in: "[Infinity,1]", code: "22000", msg: "infinite value not allowed in vector"},
		{in: "[-Infinity,1]", code: "22000", msg: "infinite value not allowed in vector"},
		{in: "[4e38,1]", code: "22003", msg: `"4e38" is out of range for type vector`},
		{in: "[-4e38,1]", code: "22003", msg: `"-4e38" is out of range for type vector`},
		{in: "[1,2,3", code: "22P02", msg: `invalid input syntax for type vector: "[1,2,3"`},
		{in: "[1,2,3]9", code: "22P02", msg: `invalid input syntax for type vector: "[1,2,3]9"`, detail: "Junk after closing right brace."},
		{in: "1,2,3", code: "22P02", msg: `invalid input syntax for type vector: "1,2,3"`, detail: `Vector contents must start with "[".`},
		{in: "", code: "22P02", msg: `invalid input syntax for type vector: ""`, detail: `Vector contents must start with "[".`},
		{in: "[", code: "22P02", msg: `invalid input syntax for type vector: "["`},
		{in: "[ ", code: "22P02", msg: `invalid input syntax for type vector: "[ "`},
		{in: "[,", code: "22P02", msg: `invalid input syntax for type vector: "[,"`},
		{in: "[]", code: "22000", msg: "vector must have at least 1 dimension"},
		{in: "[ ]", code: "22000", msg: "vector must have at least 1 dimension"},
		{in: "[,1]", code: "22P02", msg: `invalid input syntax for type vector: "[,1]"`},
		{in: "[1a]", code: "22P02", msg: `invalid input syntax for type vector: "[1a]"`},
		{in: "[1,,3]", code: "22P02", msg: `invalid input syntax for type vector: "[1,,3]"`},
		{in: "[1, ,3]", code: "22P02", msg: `invalid input syntax for type vector: "[1, ,3]"`},
		{in: "[1.2.3]", code: "22P02", msg: `invalid input syntax for type vector: "[1.2.3]"`},
	} {
		d, err := ParseText(Of(VectorOID), c.in, nil)
		if c.code != "" {
			e, _ := pgerr.As(err)
			if e == nil || e.Code != c.code || e.Message != c.msg || e.Detail != c.detail {
				t.Errorf("%q: got %+v", c.in, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", c.in, err)
			continue
		}
		if got := string(AppendText(nil, Of(VectorOID), d, nil)); got != c.want {
			t.Errorf("%q: got %s, want %s", c.in, got, c.want)
		}
	}
}

func TestVectorDims(t *testing.T) {
	_, err := ParseText(T{VectorOID, 3}, "[1,2]", nil)
	if e, _ := pgerr.As(err); e == nil || e.Code != "22000" || e.Message != "expected 3 dimensions, not 2" {
		t.Errorf("got %v", err)
	}
	long := "[" + strings.Repeat("1,", MaxVectorDims) + "1]"
	_, err = ParseText(Of(VectorOID), long, nil)
	if e, _ := pgerr.As(err); e == nil || e.Code != "54000" || e.Message != "vector cannot have more than 16000 dimensions" {
		t.Errorf("got %v", err)
	}
	if _, err := ParseText(Of(VectorOID), "["+strings.Repeat("1,", MaxVectorDims-1)+"1]", nil); err != nil {
		t.Error(err)
	}
}

// checkFloat32 compares the parser with strconv on one number.
func checkFloat32(t *testing.T, s string) {
	t.Helper()
	want, err := strconv.ParseFloat(s, 32)
	b, perr := vectorKind.parseDense(nil, "["+s+"]")
	if err != nil {
		if perr == nil {
			t.Fatalf("%q: read as %x, want an error", s, b)
		}
		return
	}
	if perr != nil {
		t.Fatalf("%q: %v", s, perr)
	}
	if got := math.Float32frombits(binary.LittleEndian.Uint32(b)); math.Float32bits(got) != math.Float32bits(float32(want)) {
		t.Fatalf("%q: read as %v, want %v", s, got, float32(want))
	}
}

func TestVectorFloatsExact(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for i := 0; i < 300_000; i++ {
		v := math.Float32frombits(r.Uint32())
		if v-v != 0 {
			continue
		}
		checkFloat32(t, strconv.FormatFloat(float64(v), 'g', -1, 32))
		f := r.NormFloat64()
		checkFloat32(t, strconv.FormatFloat(f, 'f', 1+i%18, 64))
		if i%10 == 0 { // the middle between two neighbours, and just beside it
			next := math.Nextafter32(v, math.MaxFloat32)
			mid := strconv.FormatFloat((float64(v)+float64(next))/2, 'f', -1, 64)
			checkFloat32(t, mid)
			if strings.Contains(mid, ".") {
				checkFloat32(t, mid+"0000001")
			}
		}
	}
	for _, s := range []string{"0", "-0", "0.0", "16777217", "16777219", "1.00000005960464477539", "3.4028235e38", "3.4028236e38",
		"1.17549435e-38", "1e-45", "7e-46", "9999999999999999999", "0.3333333333333333333", "1e22", "1e-22", "123e20"} {
		checkFloat32(t, s)
	}
}

func FuzzVectorFloat(f *testing.F) {
	f.Add("1.5")
	f.Add("-3e-7")
	f.Fuzz(func(t *testing.T, s string) {
		if strings.Trim(s, "0123456789.e-") != "" || strings.HasPrefix(s, ".e") {
			return
		}
		if _, err := strconv.ParseFloat(s, 32); err == nil {
			checkFloat32(t, s)
		}
	})
}

func vectorText(dims int) string {
	r := rand.New(rand.NewPCG(3, 4))
	b := []byte{'['}
	for i := 0; i < dims; i++ {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendFloat(b, r.NormFloat64()*0.3, 'f', 6, 64)
	}
	return string(append(b, ']'))
}

func TestVectorTextDoesNotAllocate(t *testing.T) {
	d, err := ParseText(Of(VectorOID), vectorText(100), nil)
	if err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 0, 4096)
	if n := testing.AllocsPerRun(100, func() { AppendText(buf, Of(VectorOID), d, nil) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkParseVector(b *testing.B) {
	s := vectorText(100)
	buf := make([]byte, 0, 400)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := vectorKind.parseDense(buf, s); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100, "ns/float")
}

func BenchmarkAppendVector(b *testing.B) {
	d, err := ParseText(Of(VectorOID), vectorText(100), nil)
	if err != nil {
		b.Fatal(err)
	}
	buf := make([]byte, 0, 4096)
	b.ReportAllocs()
	for b.Loop() {
		vectorKind.appendText(buf, d.Bytes())
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100, "ns/float")
}
