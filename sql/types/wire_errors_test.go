package types

import (
	"encoding/hex"
	"strings"
	"testing"
)

// What the receive functions say of values that end too early, or too late, which is not the
// same for all: as PostgreSQL answered a Bind with these bytes.
func TestWireErrors(t *testing.T) {
	for _, c := range []struct {
		typ       T
		hex, want string
		code      string
	}{
		{Of(NameOID), strings.Repeat("78", 63) + "00", `invalid byte sequence for encoding "UTF8": 0x00`, "22021"},
		{Of(NameOID), strings.Repeat("78", 64), "identifier too long Identifier must be less than 64 characters.", "42622"},
		{Of(InetOID), "", "no data left in message", "08P01"},
		{Of(InetOID), "020800040a0000", "no data left in message", "08P01"},
		{Of(InetOID), "020800040a00000100", "incorrect binary data format", "22P03"},
		{Of(InetOID), "ff", `invalid address family in external "inet" value`, "22P03"},
		{Of(CidrOID), "020801040a0000", "no data left in message", "08P01"},
		{Of(MacaddrOID), "08002b0102", "no data left in message", "08P01"},
		{Of(Macaddr8OID), "08002bfffe0102", "no data left in message", "08P01"},
		{Of(UUIDOID), "08002bfffe0102", "insufficient data left in message", "08P01"},
		{Of(Int4ArrayOID), "000000010000000000000017000000010000000100000004000000", "insufficient data left in message", "22P03"},
		{Of(Int4ArrayOID), "0000000100000000000000170000000100000001000000", "insufficient data left in message", "08P01"},
		{Of(3904), "02000000040000000100000004000000", "insufficient data left in message", "08P01"},
		{Of(3904), "0200000004000000010000000400000006ff", "invalid message format", "08P01"},
		{Of(4451), "00000000ff", "invalid message format", "08P01"},
	} {
		raw, err := hex.DecodeString(c.hex)
		if err != nil {
			t.Fatal(err)
		}
		d, err := DecodeBinary(c.typ, raw)
		checkAnswer(t, c.hex, c.typ, d, err, c.want, c.code)
	}
}
