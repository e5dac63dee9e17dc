package types

import (
	"bytes"
	"testing"
)

// What is read, shown, sent or taken apart is the same hstore again.
func FuzzHstore(f *testing.F) {
	for _, s := range []string{"", `a=>1, "b c"=>NULL`, `"\""=>"\\", x=>y=z`, "é=>ü", "a=>", "=>", `a\`, "a=>1,a=>2,", "\x00=>\xff"} {
		f.Add(s)
	}
	ht := Of(HstoreOID)
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseText(ht, s, nil)
		if err != nil {
			return
		}
		shown := string(AppendText(nil, ht, d, nil))
		again, err := ParseText(ht, shown, nil)
		if err != nil || !bytes.Equal(again.Bytes(), d.Bytes()) || Compare(ht, d, again) != 0 {
			t.Fatalf("%q is shown as %q, which is %q: %v", s, shown, AppendText(nil, ht, again, nil), err)
		}
		if wire, err := DecodeBinary(ht, AppendBinary(nil, ht, d)); err != nil || !bytes.Equal(wire.Bytes(), d.Bytes()) {
			t.Fatalf("%q over the wire: %v", s, err)
		}
		if made := MakeHstore(Hstore(d)); !bytes.Equal(made.Bytes(), d.Bytes()) {
			t.Fatalf("%q put together: %q", s, AppendText(nil, ht, made, nil))
		}
	})
}

func FuzzHstoreBinary(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x01\x00\x00\x00\x01a\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := DecodeBinary(Of(HstoreOID), b)
		if err != nil {
			return
		}
		if _, err := ParseText(Of(HstoreOID), string(AppendText(nil, Of(HstoreOID), d, nil)), nil); err != nil {
			t.Fatalf("%x: %v", b, err)
		}
	})
}
