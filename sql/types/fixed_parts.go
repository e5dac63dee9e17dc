package types

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// HasFixedParts reports a type of fixed length whose parts have subscripts from 0 on: the
// coordinates of a point, the factors of a line, the corners of a box, the ends of an lseg.
func HasFixedParts(t T) bool {
	i := byOID(t.OID)
	return i != nil && i.Category == 'G' && i.Elem != 0
}

// fixedPart is where in a value of such a type a part lies; ok is false where there is none.
func fixedPart(t T, at int) (from, to int, ok bool) {
	i := byOID(t.OID)
	size := int(byOID(i.Elem).Len)
	return at * size, (at + 1) * size, at >= 0 && at < int(i.Len)/size
}

// FixedGet is a part of a value, NULL of one that there is not, or has more subscripts.
func FixedGet(t T, d Datum, subscripts ...int) Datum {
	if len(subscripts) != 1 {
		return Null
	}
	from, to, ok := fixedPart(t, subscripts[0])
	if !ok {
		return Null
	}
	return elemDatum(t.Elem().OID, d.ref[from:to])
}

// FixedSet is the value with another part; where one of both is NULL it stays as it is.
// Errors: 2202E.
func FixedSet(t T, d Datum, subscripts []int, v Datum) (Datum, error) {
	if d.null || v.null {
		return d, nil
	}
	if len(subscripts) != 1 {
		return Datum{}, subscriptError("wrong number of array subscripts")
	}
	from, to, ok := fixedPart(t, subscripts[0])
	if !ok {
		return Datum{}, subscriptError("array subscript out of range")
	}
	out := append(make([]byte, 0, len(d.ref)), d.ref...)
	copy(out[from:to], appendElem(nil, t.Elem().OID, v))
	return Bytes(out), nil
}

// FixedSlices is 0A000 for slices of such values: of "" or of "updates on ".
func FixedSlices(what string) error {
	return pgerr.Newf(pgerrcode.FeatureNotSupported, "%sslices of fixed-length arrays not implemented", what)
}
