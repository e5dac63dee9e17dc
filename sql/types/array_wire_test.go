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
