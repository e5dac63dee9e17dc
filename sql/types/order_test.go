package types

import (
	"bytes"
	"testing"
)

// orderedValues are values of types in the order of PostgreSQL's btree operator classes,
// each list ascending; values that are equal stand in one string, apart by |.
var orderedValues = map[OID][]string{
	Xid8OID:  {"0", "1", "9223372036854775808", "18446744073709551615"},
	PgLSNOID: {"0/0", "0/1", "1/0", "80000000/0", "FFFFFFFF/FFFFFFFF"},
	InetOID: {
		"9.0.0.0/8", "9.255.0.0/8", "9.0.0.0/16", "9.1.0.0/16", "10.0.0.0/8", "10.0.0.1/8", "10.0.0.0/9", "10.0.0.1", "::/0", "::1/0", "::1|0::1",
	},
	MacaddrOID:   {"00:00:00:00:00:01", "08:00:2b:01:02:03", "ff:ff:ff:ff:ff:ff"},
	Int4rangeOID: {"empty|(1,2)", "(,)", "[-5,1)|(-6,0]", "[1,2)|[1,1]", "[1,3)", "[1,)", "[2,3)"},
	NumrangeOID: {
		"empty", "(,1)", "(,1]|(,1.00]", "(,)", "[1,2)", "[1.0,2]|[1,2.0]", "[1,)", "(1,2)", "(1,)", "[NaN,NaN]",
	},
	Int4multirangeOID: {"{}|{empty}", "{(,)}", "{[1,2)}", "{[1,2),[4,5)}", "{[1,3)}|{[1,2),[2,3)}", "{[2,3)}"},
}

// Keys and Compare must put values in the same, PostgreSQL's, order, and equal values
// must have equal hashes.
func TestKeysAreOrdered(t *testing.T) {
	for oid, list := range orderedValues {
		typ := Of(oid)
		type value struct {
			rank int
			text string
			d    Datum
		}
		var all []value
		for rank, s := range list {
			for one := range bytes.SplitSeq([]byte(s), []byte("|")) {
				d, err := ParseText(typ, string(one), nil)
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, value{rank, string(one), d})
			}
		}
		for _, a := range all {
			for _, b := range all {
				want := compareInt(int64(a.rank), int64(b.rank))
				if got := Compare(typ, a.d, b.d); got != want {
					t.Errorf("%s: %s compared with %s is %d, want %d", TypeName(oid), a.text, b.text, got, want)
				}
				for _, desc := range []bool{false, true} {
					ka, kb := AppendKey(nil, typ, a.d, desc), AppendKey(nil, typ, b.d, desc)
					expect := want
					if desc {
						expect = -want
					}
					if got := bytes.Compare(ka, kb); got != expect {
						t.Errorf("%s: keys of %s and %s compare as %d, want %d (descending %v)", TypeName(oid), a.text, b.text, got, expect, desc)
					}
				}
				if want == 0 && Hash(typ, a.d, 7) != Hash(typ, b.d, 7) {
					t.Errorf("%s: %s and %s are equal and hash differently", TypeName(oid), a.text, b.text)
				}
			}
		}
	}
}
