package types

import (
	"cmp"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
)

// TestShortNumerics: what is done without unpacking gives what the general way gives.
func TestShortNumerics(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 9))
	for range 50_000 {
		x := dec{neg: r.IntN(2) == 0, scale: r.IntN(maxShortScale + 1), small: r.Uint64N(maxSmall+1) / pow10u[r.IntN(19)] / 100 * 100}
		x = x.shrink()
		digits := strconv.AppendUint(nil, x.small, 10)
		want, err := appendNumericDecimal(nil, x.neg, digits, len(digits)-x.scale, x.scale)
		if got, _ := x.datum(); err != nil || string(got.Bytes()) != string(want) {
			t.Fatalf("%v is %x, not %x", x, got.Bytes(), want)
		}
		for _, to := range []OID{Int2OID, Int4OID, Int8OID} {
			d := Bytes(want)
			cast, err := Cast(Of(NumericOID), Of(to), d, nil, true)
			short, _ := NewShortInts(Of(NumericOID), Of(to))
			if v, ok := short.Of(want); ok && (err != nil || v != cast.Int()) || !ok && err == nil && cast.Int()/1e16 == 0 && cast.Int() != 1e16 {
				t.Fatalf("%v is the integer %d, %v, not %d", x, v, ok, cast.Int())
			}
		}
		a, b := r.Int64()>>r.IntN(63), max(1, r.Int64()>>r.IntN(63))
		if r.IntN(2) == 0 {
			a = -a
		}
		got, err := NumericQuotient(a, b)
		div, err2 := NumericDiv(NumericFromInt(a), NumericFromInt(b))
		if err != nil || err2 != nil || string(got.Bytes()) != string(div.Bytes()) {
			t.Fatalf("%d / %d: %x, not %x", a, b, got.Bytes(), div.Bytes())
		}
	}
	if got, err := NumericQuotient(math.MinInt64, 3); err != nil || numericText(got) != "-3074457345618258603" {
		t.Error(numericText(got), err)
	}
	if _, err := NumericQuotient(1, 0); err == nil {
		t.Error("no error for 1 / 0")
	}
}

func numericText(d Datum) string { return string(AppendText(nil, Of(NumericOID), d, nil)) }

// TestNumericPrefix: prefixes order as the values do, and whole ones are enough.
func TestNumericPrefix(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	var all []Datum
	for _, s := range []string{"NaN", "inf", "-inf", "0", "0.00", "1", "1.0", "-1", "9999", "10000", "10000.0001", "-10000.0001", "1e60", "2e60", "1e64", "3e63",
		"-1e60", "-1e70", "1e-60", "1e-64", "2e-64", "-1e-70", "12345678901234.56789", "12345678901234.56788", "-12345678901234.56789", "0.5", "0.00005"} {
		b, err := parseNumeric(s)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, Bytes(b))
	}
	for range 400 {
		x := dec{neg: r.IntN(2) == 0, scale: r.IntN(19), small: r.Uint64N(maxSmall+1) / pow10u[r.IntN(19)]}
		d, err := x.shrink().datum()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, d)
	}
	for _, a := range all {
		p, whole := NumericPrefix(a.Bytes())
		for _, b := range all {
			q, _ := NumericPrefix(b.Bytes())
			want := NumericCmp(a, b)
			if c := cmp.Compare(p, q); c != want && (c != 0 || whole) {
				t.Fatalf("%s and %s: prefixes compare as %d, values as %d", numericText(a), numericText(b), c, want)
			}
		}
	}
}
