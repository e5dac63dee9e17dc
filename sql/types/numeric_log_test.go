package types

import (
	"math"
	"math/big"
	"strings"
	"testing"
)

// TestFixedLogs compares with the definition: e^(ln x) is x, and both agree with float64.
func TestFixedLogs(t *testing.T) {
	for _, text := range []string{"1", "2", "10", ".5", "1.0000001", ".99999999", "3.14159", "123456789.125", "1e300", "1e-300",
		"1." + strings.Repeat("0", 600) + "1", strings.Repeat("9", 400)} {
		a, err := numeric(text)
		if err != nil {
			t.Fatal(err)
		}
		for _, scale := range []int{16, 100, 900} {
			x := decOf(a.ref)
			ln := lnDec(a, scale+4+max(0, decimalLen(x)-x.scale))
			f := decFloat(ln)
			if v := NumericToFloat(a); !math.IsInf(v, 0) && math.Abs(f-math.Log(v)) > 1e-13*max(1, math.Abs(f)) {
				t.Errorf("ln(%.20s) = %v, want %v", text, f, math.Log(v))
			}
			if math.Abs(f) > 1000 {
				continue // e^f has more digits than a result may have
			}
			back, err := expDec(ln, f, scale)
			if err != nil {
				t.Fatal(err)
			}
			if want := x.round(scale); compareDec(decOf(back.ref), want) != 0 {
				t.Errorf("exp(ln(%.20s)) at scale %d is %s, want %s", text, scale, decOf(back.ref).big(), want.big())
			}
		}
	}
}

// TestKnownLogs compares ln 2 and ln 10 to 256 bits with those to many more.
func TestKnownLogs(t *testing.T) {
	wide := logsTo(20000)
	knownLogs.Store(nil)
	near := logsTo(200)
	for i, pair := range [][2]*big.Int{{near.ln2, wide.to(wide.ln2, near.p)}, {near.ln10, wide.to(wide.ln10, near.p)}} {
		if d := new(big.Int).Sub(pair[0], pair[1]); d.CmpAbs(big.NewInt(1)) > 0 {
			t.Errorf("%d: off by %s", i, d)
		}
	}
}

func numeric(s string) (Datum, error) {
	b, err := parseNumeric(s)
	return Bytes(b), err
}

func BenchmarkLn(b *testing.B) {
	for _, scale := range []int{16, 1000} {
		a, _ := numeric("799423." + strings.Repeat("4", scale))
		b.Run(map[int]string{16: "short", 1000: "long"}[scale], func(b *testing.B) {
			for b.Loop() {
				if _, err := NumericLn(a); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkExp(b *testing.B) {
	for _, scale := range []int{16, 1000} {
		a, _ := numeric("5." + strings.Repeat("4", scale))
		b.Run(map[int]string{16: "short", 1000: "long"}[scale], func(b *testing.B) {
			for b.Loop() {
				if _, err := NumericExp(a); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
