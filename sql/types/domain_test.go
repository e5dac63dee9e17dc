package types

import (
	"errors"
	"testing"
)

// refuser is a session whose domains allow nothing but even numbers and arrays.
type refuser struct{}

var errOdd = errors.New("odd")

func (refuser) Enum(OID) *Enum           { return nil }
func (refuser) Composite(OID) *Composite { return nil }
func (refuser) CheckDomain(domain OID, d Datum) error {
	if domain == evenOID && (d.IsNull() || d.Int()%2 != 0) {
		return errOdd
	}
	return nil
}

const (
	evenOID = FirstTypeOID + 900 + iota
	evensOID
	pairsOID
	pairListsOID
	rowOID
	rowsOID
)

func registerDomains() {
	even, evens := DomainInfo(evenOID, evensOID, 2200, Of(Int4OID), "even", "_even", "even")
	Register(even, evens)
	pairs, lists := DomainInfo(pairsOID, pairListsOID, 2200, Of(evensOID), "pairs", "_pairs", "pairs")
	Register(pairs, lists)
	row, rows := CompositeInfo(rowOID, rowsOID, 2200, "er", "_er", "er", &Composite{Fields: []Field{
		{Name: "gone", Dropped: true}, {Name: "e", T: Of(Int4OID), Domain: evenOID}, {Name: "l", T: Of(pairListsOID)}}})
	Register(row, rows)
}

// TestDomainParts reads values with parts of domains, and sends and receives them.
func TestDomainParts(t *testing.T) {
	registerDomains()
	f := *DefaultFormat
	f.Types = refuser{}
	for _, c := range []struct {
		oid  OID
		text string
		bad  bool
	}{
		{evensOID, "{2,4}", false}, {evensOID, "{2,3}", true}, {evensOID, "{NULL}", true},
		{pairListsOID, `{"{2,4}","{6}"}`, false}, {pairListsOID, `{"{2,5}"}`, true},
		{rowOID, `(2,"{""{2}""}")`, false}, {rowOID, `(3,)`, true}, {rowOID, `(,)`, true}, {rowOID, `(2,"{""{1}""}")`, true},
		{rowsOID, `{"(2,)"}`, false}, {rowsOID, `{"(1,)"}`, true},
	} {
		d, err := ParseText(Of(c.oid), c.text, &f)
		if c.bad {
			if !errors.Is(err, errOdd) {
				t.Errorf("%s: %v", c.text, err)
			}
			if d, err = ParseText(Of(c.oid), c.text, nil); err != nil { // nobody to ask
				t.Fatal(err)
			}
			if err := CheckParts(Of(c.oid), d, &f); !errors.Is(err, errOdd) {
				t.Errorf("%s: parts: %v", c.text, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("%s: %v", c.text, err)
		}
		if err := CheckParts(Of(c.oid), d, &f); err != nil {
			t.Errorf("%s: parts: %v", c.text, err)
		}
		wire := AppendBinary(nil, Of(c.oid), d)
		again, err := DecodeBinary(Of(c.oid), wire)
		if err != nil {
			t.Fatalf("%s: %v", c.text, err)
		}
		if got := string(AppendText(nil, Of(c.oid), again, &f)); got != c.text {
			t.Errorf("%s came back as %s", c.text, got)
		}
	}
}
