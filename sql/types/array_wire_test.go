package types

import (
	"encoding/binary"
	"strings"
	"testing"
)

// What follows an empty array is as wrong as what follows another one.
func TestArraysEndWithTheirElements(t *testing.T) {
	for _, text := range []string{"{}", "{1}"} {
		d, err := ParseText(Of(Int4ArrayOID), text, nil)
		if err != nil {
			t.Fatal(err)
		}
		wire := AppendBinary(nil, Of(Int4ArrayOID), d)
		if _, err := DecodeBinary(Of(Int4ArrayOID), wire); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if _, err := DecodeBinary(Of(Int4ArrayOID), append(wire, 0)); err == nil {
			t.Errorf("%s with a byte more is read", text)
		}
	}
}

// Numbers of users' types are each server's own: arrays that come with another one are read
// as what is expected. Between built-in types a mismatch is an error.
func TestArraysFromOtherServers(t *testing.T) {
	d, err := ParseText(Of(Int4ArrayOID), "{1,NULL,3}", nil)
	if err != nil {
		t.Fatal(err)
	}
	wire := AppendBinary(nil, Of(Int4ArrayOID), d)
	for _, c := range []struct {
		number OID
		fails  string
	}{
		{Int4OID, ""}, {270000, ""}, {10000, ""},
		{TextOID, "binary data has array element type 25 (text) instead of expected 23 (integer)"},
		{0, "binary data has array element type 0 (-) instead of expected 23 (integer)"},
		{9999, "binary data has array element type 9999 (???) instead of expected 23 (integer)"},
	} {
		binary.BigEndian.PutUint32(wire[8:], c.number)
		got, err := DecodeBinary(Of(Int4ArrayOID), wire)
		switch {
		case c.fails == "" && err != nil, c.fails != "" && (err == nil || !strings.Contains(err.Error(), c.fails)):
			t.Errorf("element type %d: %v, want %q", c.number, err, c.fails)
		case c.fails == "" && string(AppendText(nil, Of(Int4ArrayOID), got, nil)) != "{1,NULL,3}":
			t.Errorf("element type %d: %s", c.number, AppendText(nil, Of(Int4ArrayOID), got, nil))
		}
	}
}

// Bounds of an enum are its labels on the wire, in arrays of ranges, too.
func TestArraysOfRangesOfEnums(t *testing.T) {
	const base = FirstTypeOID + 7700
	e, err := new(Enum).With(1, "sad", 0)
	if err != nil {
		t.Fatal(err)
	}
	enum, enums := EnumInfo(base, base+1, 2200, "mood", "_mood", "mood", e)
	rt := &RangeType{Range: base + 2, Multi: base + 3, Elem: base}
	ranges, arrays := RangeInfo(rt, 'r', base+4, 2200, "moods", "_moods", "moods")
	Register(enum, enums, ranges, arrays)
	d, err := ParseText(Of(base+4), "{\"[sad,sad]\"}", nil)
	if err != nil {
		t.Fatal(err)
	}
	wire := AppendBinary(nil, Of(base+4), d)
	if want := "\x06\x00\x00\x00\x03sad\x00\x00\x00\x03sad"; !strings.HasSuffix(string(wire), want) {
		t.Errorf("%q does not end with %q", wire, want)
	}
	if got, err := DecodeBinary(Of(base+4), wire); err != nil || string(got.Bytes()) != string(d.Bytes()) {
		t.Errorf("read again: %q, %v", got.Bytes(), err)
	}
}
