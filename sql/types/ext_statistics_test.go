package types

import (
	"reflect"
	"testing"
)

// A pg_mcv_list gives back the rows that it was made of, and damaged ones give an error.
func TestCommonRows(t *testing.T) {
	list := func(oid OID, values ...Datum) Datum {
		var b ArrayBuilder
		b.Reset(oid)
		for _, v := range values {
			b.Append(v)
		}
		return b.Array()
	}
	numeric := func(s string) Datum {
		d, err := ParseText(Of(NumericOID), s, DefaultFormat)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	c := &CommonRows{
		Types: []T{Of(Int4OID), Of(TextOID), Of(NumericOID), Of(Float8OID), Of(NameOID), Of(IntervalOID)},
		Values: []Datum{
			list(Int4OID, Int(-7), Null, Int(3)),
			list(TextOID, String("b"), String(""), String("b")),
			list(NumericOID, numeric("-0.00012"), numeric("NaN"), numeric("1e400")),
			list(Float8OID, Float(1.5), Float(-2), Null),
			list(NameOID, String("x"), String("y"), String("x")),
			list(IntervalOID, MakeInterval(Interval{1, 2, 3}), MakeInterval(Interval{-1, 0, 0}), Null),
		},
		Freqs: []float64{.5, .25, .125}, Base: []float64{.25, .0625, .01},
	}
	d := c.Datum()
	back, ok := CommonRowsOf(d)
	if !ok || !reflect.DeepEqual(back, c) {
		t.Fatalf("%v: %+v", ok, back)
	}
	for n := range d.Bytes() {
		if _, ok := CommonRowsOf(Bytes(d.Bytes()[:n])); ok {
			t.Fatalf("cut off at %d", n)
		}
	}
}
