package types

import (
	"math/big"
	"math/rand/v2"
	"testing"
)

// Places that were added to come to the number that they stand for, in its one form.
func TestNumericFromPlaces(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for range 3000 {
		places := make([]int64, rng.IntN(40))
		for i := range places {
			switch rng.IntN(4) {
			case 0:
				places[i] = rng.Int64() >> rng.IntN(63)
			case 1:
				places[i] = -(rng.Int64() >> rng.IntN(63))
			case 2:
				places[i] = rng.Int64N(20000) - 10000
			}
		}
		below := rng.IntN(len(places) + 1)
		got, err := NumericFromPlaces(places, len(places)-1-below, 4*below)
		if err != nil {
			t.Fatal(err)
		}
		sum := new(big.Int)
		for _, p := range places {
			sum.Add(sum.Mul(sum, big.NewInt(10000)), big.NewInt(p))
		}
		text := sum.String()
		want, err := ParseText(Of(NumericOID), text+"e-"+big.NewInt(int64(4*below)).String(), DefaultFormat)
		if err != nil {
			t.Fatal(err)
		}
		if NumericCmp(got, want) != 0 || !validNumeric(got.Bytes()) || NumericScale(got) != 4*below {
			t.Fatalf("%v below %d: %s, want %s", places, below, AppendText(nil, Of(NumericOID), got, DefaultFormat), AppendText(nil, Of(NumericOID), want, DefaultFormat))
		}
		if n := numDigits(got.Bytes()); n > 0 && (numDigit(got.Bytes(), 0) == 0 || numDigit(got.Bytes(), n-1) == 0) || n == 0 && numSign(got.Bytes()) != numPos {
			t.Fatalf("%v: %x has zeros at an end", places, got.Bytes())
		}
	}
	if _, err := NumericFromPlaces([]int64{1}, 40000, 0); err == nil {
		t.Error("no error for a number that is too great")
	}
}
