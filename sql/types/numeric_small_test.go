package types

import (
	"math/big"
	"math/rand/v2"
	"testing"
)

// TestSmallAgreesWithBig: numbers that fit into machine words are read, divided and
// turned to integers as long ones are.
func TestSmallAgreesWithBig(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 7))
	random := func() dec {
		v := r.Uint64N(maxSmall+1) / pow10u[r.IntN(19)]
		return dec{neg: v != 0 && r.IntN(2) == 0, scale: r.IntN(19), small: v}
	}
	wide := func(x dec) dec {
		x.wide, x.small = new(big.Int).SetUint64(x.small), 0
		return x
	}
	for range 20_000 {
		x, y := random(), random()
		d, err := x.datum()
		if err != nil {
			t.Fatal(err)
		}
		if got := decOf(d.Bytes()); got.wide != nil || got.small != x.small || got.neg != x.neg || got.scale != x.scale {
			t.Fatalf("%v is read as %v", x, got)
		}
		want := new(big.Int).SetUint64(x.round(0).small)
		if x.neg {
			want.Neg(want)
		}
		if v, ok := NumericToInt64(d); !ok || v != want.Int64() {
			t.Fatalf("%v is the integer %d, %v, not %v", x, v, ok, want)
		}
		if y.small == 0 {
			continue
		}
		scale, round := r.IntN(30), r.IntN(2) == 0
		a, err := divDec(x, y, scale, round).datum()
		b, err2 := divDec(wide(x), wide(y), scale, round).datum()
		if err != nil || err2 != nil || string(a.Bytes()) != string(b.Bytes()) {
			t.Fatalf("%v / %v at scale %d: %v, not %v", x, y, scale, a, b)
		}
	}
}
