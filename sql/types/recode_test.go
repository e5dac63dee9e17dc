package types

import (
	"bytes"
	"testing"
)

// TestRecodeBinary puts brackets around a letter, so that lengths change, and leaves what is
// malformed or no text alone.
func TestRecodeBinary(t *testing.T) {
	recode := func(b []byte) ([]byte, error) { return bytes.ReplaceAll(b, []byte("é"), []byte("<é>")), nil }
	const array = "\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x19\x00\x00\x00\x02\x00\x00\x00\x01\xff\xff\xff\xff\x00\x00\x00"
	for _, c := range []struct {
		oid      OID
		in, want string
	}{
		{TextOID, "éa", "<é>a"},
		{VarcharOID, "é", "<é>"},
		{ByteaOID, "é", "é"},
		{JSONBOID, "\x01\"é\"", "\x01\"<é>\""},
		{TextArrayOID, array + "\x02é", array + "\x04<é>"},
		{TextArrayOID, array + "\x09é", array + "\x09é"},
		{RecordOID, "\x00\x00\x00\x02\x00\x00\x00\x19\x00\x00\x00\x02é\x00\x00\x00\x17\x00\x00\x00\x04\xff\xff\xff\xff",
			"\x00\x00\x00\x02\x00\x00\x00\x19\x00\x00\x00\x04<é>\x00\x00\x00\x17\x00\x00\x00\x04\xff\xff\xff\xff"},
		{TSVectorOID, "\x00\x00\x00\x01é\x00\x00\x01\x00\x03", "\x00\x00\x00\x01<é>\x00\x00\x01\x00\x03"},
		{TSVectorOID, "\x00\x00\x00\x01é", "\x00\x00\x00\x01é"},
		{TSQueryOID, "\x00\x00\x00\x02\x02\x01\x01\x00\x00é\x00", "\x00\x00\x00\x02\x02\x01\x01\x00\x00<é>\x00"},
		{Int4OID, "\xff\xff\xff\xff", "\xff\xff\xff\xff"},
	} {
		got, err := RecodeBinary(c.oid, []byte(c.in), recode)
		if err != nil || string(got) != c.want {
			t.Errorf("%d %q: %q, %v", c.oid, c.in, got, err)
		}
	}
}
