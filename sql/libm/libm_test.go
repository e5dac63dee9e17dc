package libm

import (
	"bufio"
	"fmt"
	"math"
	"math/big"
	"os"
	"strings"
	"testing"
)

var functions = map[string]func(x, y float64) float64{
	"exp": one(Exp), "ln": one(Log), "log": one(Log10), "cbrt": one(Cbrt), "power": Pow,
	"sin": one(Sin), "cos": one(Cos), "tan": one(Tan), "asin": one(Asin), "acos": one(Acos), "atan": one(Atan), "atan2": Atan2,
	"sinh": one(Sinh), "cosh": one(Cosh), "tanh": one(Tanh), "asinh": one(Asinh), "acosh": one(Acosh), "atanh": one(Atanh),
}

func one(f func(float64) float64) func(x, y float64) float64 {
	return func(x, _ float64) float64 { return f(x) }
}

// TestPostgres compares with what PostgreSQL 15 answered on Debian 12: function,
// arguments in hexadecimal, result.
func TestPostgres(t *testing.T) {
	f, err := os.Open("testdata/postgres.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := 0
	for in := bufio.NewScanner(f); in.Scan(); lines++ {
		var name string
		var x, y, want float64
		if _, err := fmt.Sscan(in.Text(), &name, &x, &y, &want); err != nil {
			t.Fatalf("%q: %v", in.Text(), err)
		}
		if got := functions[name](x, y); got != want {
			t.Errorf("%s(%v, %v) = %v, want %v", name, x, y, got, want)
		}
	}
	if lines < 500 {
		t.Errorf("only %d values", lines)
	}
}

// TestSpecial holds what has nothing to round to what math says.
func TestSpecial(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	values := []float64{0, math.Copysign(0, -1), 1, -1, inf, -inf, nan, math.SmallestNonzeroFloat64, -math.SmallestNonzeroFloat64, math.MaxFloat64, -math.MaxFloat64, 0.5, 2}
	for name, own := range map[string][2]func(float64) float64{
		"exp": {Exp, math.Exp}, "log": {Log, math.Log}, "sin": {Sin, math.Sin}, "asin": {Asin, math.Asin}, "acos": {Acos, math.Acos},
		"atan": {Atan, math.Atan}, "cbrt": {Cbrt, math.Cbrt}, "sinh": {Sinh, math.Sinh}, "cosh": {Cosh, math.Cosh}, "tanh": {Tanh, math.Tanh},
		"asinh": {Asinh, math.Asinh}, "acosh": {Acosh, math.Acosh}, "log10": {Log10, math.Log10}, "tan": {Tan, math.Tan}, "cos": {Cos, math.Cos},
	} {
		for _, x := range values {
			if strings.HasPrefix(name, "log") && (x < 0 || x == math.SmallestNonzeroFloat64) {
				continue // not called with; math is wrong
			}
			near(t, fmt.Sprintf("%s(%v)", name, x), own[0](x), own[1](x))
		}
	}
	for _, x := range values {
		for _, y := range values {
			near(t, fmt.Sprintf("pow(%v, %v)", x, y), Pow(x, y), math.Pow(x, y))
			near(t, fmt.Sprintf("atan2(%v, %v)", x, y), Atan2(x, y), math.Atan2(x, y))
		}
	}
}

// near compares but for the last bits.
func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	switch {
	case got != got && want != want:
	case got == want && math.Signbit(got) == math.Signbit(want):
	case math.Abs(got-want) <= 1e-14*math.Abs(want) && want != 0:
	default:
		t.Errorf("%s = %v, math says %v", what, got, want)
	}
}

// TestPi is held to the digits that everybody knows.
func TestPi(t *testing.T) {
	pi := new(big.Float).SetPrec(1400).Mul(bigPi(), big.NewFloat(2))
	if s := pi.Text('f', 60); !strings.HasPrefix(s, "3.14159265358979323846264338327950288419716939937510582097494") {
		t.Error(s)
	}
	if s, _ := sincos(1e22); s.float() != -0.8522008497671888 { // a classic of bad reduction
		t.Errorf("sin 1e22 = %v", s.float())
	}
}

func BenchmarkPow(b *testing.B) {
	for i := range b.N {
		Pow(float64(i)+0.5, 1.7)
	}
}

func BenchmarkSin(b *testing.B) {
	for i := range b.N {
		Sin(float64(i))
	}
}
