package types

import (
	"encoding/binary"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// A record datum is record_send's format with members in container form
// (appendElem): int32 number of columns, then per column its type OID, its
// length (−1 for NULL) and its bytes, big-endian.

// MakeRecord packs values of the given types.
func MakeRecord(ts []T, vals []Datum) Datum {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(vals)))
	for i, v := range vals {
		b = binary.BigEndian.AppendUint32(b, ts[i].OID)
		if v.null {
			b = append(b, 0xff, 0xff, 0xff, 0xff)
			continue
		}
		at := len(b)
		b = appendElem(append(b, 0, 0, 0, 0), ts[i].OID, v)
		binary.BigEndian.PutUint32(b[at:], uint32(len(b)-at-4))
	}
	return Bytes(b)
}

// RecordLen is the number of columns.
func RecordLen(d Datum) int {
	if len(d.ref) < 4 {
		return 0
	}
	return int(binary.BigEndian.Uint32(d.ref))
}

// RecordIter walks a record's columns; values are borrowed.
type RecordIter struct {
	b    []byte
	left int
}

// NewRecordIter starts at the first column.
func NewRecordIter(d Datum) RecordIter {
	if len(d.ref) < 4 {
		return RecordIter{}
	}
	return RecordIter{d.ref[4:], RecordLen(d)}
}

// Next returns the next column; ok is false after the last. Those that were dropped
// are passed over.
func (it *RecordIter) Next() (t T, d Datum, ok bool) {
	for {
		if t, d, ok = it.next(); !ok || t.OID != 0 {
			return t, d, ok
		}
	}
}

// next returns the next column, dropped ones among them.
func (it *RecordIter) next() (t T, d Datum, ok bool) {
	if it.left <= 0 || len(it.b) < 8 {
		return T{}, Datum{}, false
	}
	it.left--
	t = Of(binary.BigEndian.Uint32(it.b))
	n := int32(binary.BigEndian.Uint32(it.b[4:]))
	it.b = it.b[8:]
	if n < 0 {
		return t, Null, true
	}
	if int(n) > len(it.b) {
		it.left = 0
		return T{}, Datum{}, false
	}
	d = elemDatum(t.OID, it.b[:n:n])
	it.b = it.b[n:]
	return t, d, true
}

func decodeRecord(b []byte) (Datum, error) {
	if len(b) < 4 {
		return Datum{}, shortMessage()
	}
	n := int(int32(binary.BigEndian.Uint32(b)))
	b = b[4:]
	if n < 0 || n > 1664 {
		return Datum{}, pgerr.Newf(pgerrcode.DatatypeMismatch, "wrong number of columns: %d", n)
	}
	ts, vals := make([]T, n), make([]Datum, n)
	for i := 0; i < n; i++ {
		if len(b) < 8 {
			return Datum{}, shortMessage()
		}
		ts[i] = Of(binary.BigEndian.Uint32(b))
		var err error
		if vals[i], b, err = decodeMember(ts[i], b[4:]); err != nil {
			return Datum{}, inColumn(err, i+1)
		}
	}
	if len(b) > 0 {
		return Datum{}, badBinary("incorrect binary data format")
	}
	return MakeRecord(ts, vals), nil
}

// inColumn says which column has bytes left over.
func inColumn(err error, n int) error {
	if e, ok := pgerr.As(err); ok && e.Message == "incorrect binary data format" {
		return badBinary("improper binary format in record column %d", n)
	}
	return err
}

// appendRecordBinary is record_send; of names the domains of a composite type's attributes.
func appendRecordBinary(dst []byte, d Datum, of *Composite) []byte {
	var fields []Field
	if of != nil {
		fields = of.Fields
	}
	at, n := len(dst), uint32(0)
	dst = append(dst, 0, 0, 0, 0)
	for it := NewRecordIter(d); ; n++ {
		t, v, ok := it.Next()
		if !ok {
			binary.BigEndian.PutUint32(dst[at:], n)
			return dst
		}
		for len(fields) > 0 && fields[0].Dropped {
			fields = fields[1:]
		}
		shown := t.OID
		if len(fields) > 0 {
			if fields[0].Domain != 0 {
				shown = fields[0].Domain
			}
			fields = fields[1:]
		}
		dst = appendMember(binary.BigEndian.AppendUint32(dst, shown), t, v)
	}
}

// appendRecord prints a record as record_out does: (1,"a b",).
func appendRecord(dst []byte, d Datum, f *Format) []byte {
	dst = append(dst, '(')
	first := true
	for it := NewRecordIter(d); ; first = false {
		t, v, ok := it.Next()
		if !ok {
			return append(dst, ')')
		}
		if !first {
			dst = append(dst, ',')
		}
		if v.null {
			continue
		}
		start := len(dst)
		dst = quoteField(AppendText(dst, t, v, f), start)
	}
}

// quoteField puts quotes around dst[start:] where record_in would need them,
// doubling quotes and backslashes.
func quoteField(dst []byte, start int) []byte {
	need := len(dst) == start
	doubled := 0
	for _, c := range dst[start:] {
		switch {
		case c == '"' || c == '\\':
			doubled++
			need = true
		case c == '(' || c == ')' || c == ',' || isSpace(c):
			need = true
		}
	}
	if !need {
		return dst
	}
	end := len(dst)
	room(end, doubled+2)
	for i := 0; i < doubled+2; i++ {
		dst = append(dst, '"')
	}
	w := len(dst) - 1
	for r := end - 1; r >= start; r-- {
		w--
		dst[w] = dst[r]
		if c := dst[r]; c == '"' || c == '\\' {
			w--
			dst[w] = c
		}
	}
	dst[start] = '"'
	return dst
}

// onlyNulls reports that nothing but NULL follows.
func (it RecordIter) onlyNulls() bool {
	for {
		_, v, ok := it.Next()
		if !ok || !v.null {
			return !ok
		}
	}
}

// compareRecords orders by columns, NULL after everything, then the shorter first; with
// endless the columns that one has less are NULL, as of values of one composite type.
func compareRecords(a, b Datum, endless bool) int {
	ia, ib := NewRecordIter(a), NewRecordIter(b)
	for {
		ta, va, oka := ia.Next()
		tb, vb, okb := ib.Next()
		switch {
		case !oka && !okb:
			return 0
		case oka && okb:
		case !endless:
			return compareInt(b2i(oka), b2i(okb))
		case !oka:
			ta, va = tb, Null
		default:
			vb = Null
		}
		switch {
		case va.null && vb.null:
		case va.null:
			return 1
		case vb.null:
			return -1
		default:
			if c := Compare(ta, va, vb); c != 0 {
				return c
			}
		}
	}
}

func b2i(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
