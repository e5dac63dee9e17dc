package types

import "testing"

// Values keep their meaning under other OIDs, however deep the types lie in them.
func TestRenumber(t *testing.T) {
	const low, lows, pair, pairs = FirstTypeOID + 900, FirstTypeOID + 901, FirstTypeOID + 902, FirstTypeOID + 903
	register := func(by OID) {
		e := &Enum{Labels: []EnumLabel{{OID: 1, Name: "a", Value: 1}, {OID: 2, Name: "b", Value: 2}}}
		x, xs := EnumInfo(low+by, lows+by, 2200, "low", "_low", "low", e)
		p, ps := CompositeInfo(pair+by, pairs+by, 2200, "pair", "_pair", "pair",
			&Composite{Fields: []Field{{Name: "x", T: Of(low + by)}, {Name: "n", T: Of(Int4OID)}, {Name: "xs", T: Of(lows + by)}}})
		Register(x, xs, p, ps)
	}
	register(0)
	register(50)
	to := map[OID]OID{low: low + 50, lows: lows + 50, pair: pair + 50, pairs: pairs + 50}
	for typ, text := range map[OID]string{
		lows:  "{a,NULL,b}",
		pair:  `(b,7,"{b,a}")`,
		pairs: `{"(b,7,\"{b,a}\")",NULL,"(,,)"}`,
	} {
		d, err := ParseText(Of(typ), text, DefaultFormat)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		want, err := ParseText(Of(to[typ]), text, DefaultFormat)
		if err != nil {
			t.Fatal(err)
		}
		b := append([]byte(nil), d.Bytes()...)
		Renumber(typ, b, to)
		if string(b) != string(want.Bytes()) {
			t.Errorf("%s: got %x, want %x", text, b, want.Bytes())
		}
	}
	Renumber(pairs, []byte{1, 2, 3}, to) // damaged ones are left alone
	Renumber(pair, []byte{0, 0, 0, 9, 1}, to)
}
