package types

import (
	"encoding/binary"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// Composite is the attributes of a composite type: of one made by CREATE TYPE, or of a
// table's rows. Attributes that were dropped keep their places. Immutable.
//
// A value is a record with one member for each attribute. Values keep the attributes
// that the type had when they were made: of attributes that came later they say nothing
// (NULL), and members of no type (OID 0) stand for dropped ones.
type Composite struct{ Fields []Field }

// Field is an attribute. Of a domain T is the base type.
type Field struct {
	Name    string
	T       T
	Domain  OID // 0 for none
	Dropped bool
}

// Live is the number of attributes that are not dropped.
func (c *Composite) Live() int {
	n := 0
	for i := range c.Fields {
		if !c.Fields[i].Dropped {
			n++
		}
	}
	return n
}

// Index is the place of an attribute, −1 for none.
func (c *Composite) Index(name string) int {
	for i := range c.Fields {
		if f := &c.Fields[i]; !f.Dropped && f.Name == name {
			return i
		}
	}
	return -1
}

// Make packs one value for each attribute, dropped ones among them.
func (c *Composite) Make(vals []Datum) Datum {
	ts := make([]T, len(c.Fields))
	for i := range c.Fields {
		if ts[i] = c.Fields[i].T; c.Fields[i].Dropped {
			ts[i], vals[i] = T{}, Null
		}
	}
	return MakeRecord(ts, vals)
}

// Split are a value's attributes by place, NULL for those that it does not have.
func (c *Composite) Split(d Datum) []Datum {
	out := make([]Datum, len(c.Fields))
	it := NewRecordIter(d)
	for i := range c.Fields {
		_, v, ok := it.next()
		if !ok || c.Fields[i].Dropped {
			v = Null
		}
		out[i] = v
	}
	return out
}

// as is a value of the type as one of another, whose attributes it has by name, in any order:
// a row of a child as one of its parent.
func (c *Composite) as(to *Composite, d Datum) Datum {
	vals, out := c.Split(d), make([]Datum, len(to.Fields))
	for i := range to.Fields {
		out[i] = Null
		if at := c.Index(to.Fields[i].Name); at >= 0 && !to.Fields[i].Dropped {
			out[i] = vals[at]
		}
	}
	return to.Make(out)
}

// present is the value with the attributes that the type has now. What it has beyond
// them stays: a transaction that adds attributes may have made it.
func (c *Composite) present(d Datum) Datum {
	if RecordLen(d) >= len(c.Fields) && c.Live() == len(c.Fields) {
		return d
	}
	ts, vals := make([]T, 0, len(c.Fields)), make([]Datum, 0, len(c.Fields))
	it := NewRecordIter(d)
	for i := 0; ; i++ {
		t, v, ok := it.next()
		switch {
		case i >= len(c.Fields) && !ok:
			return MakeRecord(ts, vals)
		case i < len(c.Fields) && c.Fields[i].Dropped:
			t, v = T{}, Null
		case !ok:
			t, v = c.Fields[i].T, Null
		}
		ts, vals = append(ts, t), append(vals, v)
	}
}

// IsComposite reports a type with attributes, not record.
func IsComposite(oid OID) bool { i := byOID(oid); return i != nil && i.Composite != nil }

// isRecord reports values in record form: those of a user's type that is not
// registered any more must be.
func isRecord(oid OID) bool {
	if oid == RecordOID {
		return true
	}
	i := byOID(oid)
	return i != nil && i.Composite != nil || i == nil && oid >= FirstTypeOID
}

// CompositeOf is a composite type as the session sees it, nil for other types.
func CompositeOf(oid OID, f *Format) *Composite {
	i := byOID(oid)
	if i == nil || i.Composite == nil {
		return nil
	}
	if f != nil && f.Types != nil {
		if c := f.Types.Composite(oid); c != nil {
			return c
		}
	}
	return i.Composite
}

// AsRecord is a value of a record or composite type as a record of its attributes.
func AsRecord(oid OID, d Datum, f *Format) Datum {
	c := CompositeOf(oid, f)
	if c == nil {
		return d
	}
	d = c.present(d)
	if c.Live() == len(c.Fields) {
		return d
	}
	var ts []T
	var vals []Datum
	for it := NewRecordIter(d); ; {
		t, v, ok := it.Next()
		if !ok {
			return MakeRecord(ts, vals)
		}
		ts, vals = append(ts, t), append(vals, v)
	}
}

// RecordField is the member at a place, NULL when there are fewer.
func RecordField(d Datum, n int) Datum {
	for it := NewRecordIter(d); ; n-- {
		_, v, ok := it.next()
		switch {
		case !ok:
			return Null
		case n == 0:
			return v
		}
	}
}

// CompositeInfo describes a composite type and its array type; shown is the name as
// messages have it.
func CompositeInfo(oid, array, namespace OID, name, arrayName, shown string, c *Composite) (row, arrays *Info) {
	row = &Info{OID: oid, Name: name, Len: -1, Align: 'd', Storage: 'x', Type: 'c', Category: 'C', Delim: ',',
		Array: array, Rep: RepBytes, In: "record_in", Out: "record_out", Recv: "record_recv", Send: "record_send",
		ModIn: "-", ModOut: "-", Namespace: namespace, Shown: shown, Composite: c}
	return row, arrayInfo(row, array, arrayName)
}

// parseComposite reads (a,"b c",) as record_in does.
func parseComposite(info *Info, s string, f *Format) (Datum, error) {
	c := CompositeOf(info.OID, f)
	bad := func(detail string) (Datum, error) {
		return Datum{}, pgerr.Newf(pgerrcode.InvalidTextRepresentation, "malformed record literal: \"%s\"", s).WithDetail("%s", detail)
	}
	i := skipSpace(s, 0)
	if i == len(s) || s[i] != '(' {
		return bad("Missing left parenthesis.")
	}
	i++
	vals := make([]Datum, len(c.Fields))
	comma := false
	for k := range c.Fields {
		fld := &c.Fields[k]
		if fld.Dropped {
			continue
		}
		if comma {
			if i == len(s) || s[i] != ',' {
				return bad("Too few columns.")
			}
			i++
		}
		comma = true
		if i < len(s) && (s[i] == ',' || s[i] == ')') {
			if vals[k] = Null; fld.Domain != 0 {
				if err := CheckDomain(fld.Domain, Null, f); err != nil {
					return Datum{}, err
				}
			}
			continue
		}
		text, end, ok := recordToken(s, i)
		if !ok {
			return bad("Unexpected end of input.")
		}
		i = end
		d, err := ParseText(fld.T, text, f)
		if err == nil {
			err = CheckDomain(fld.Domain, d, f)
		}
		if err != nil {
			return Datum{}, err
		}
		vals[k] = d
	}
	if i == len(s) || s[i] != ')' {
		return bad("Too many columns.")
	}
	if i = skipSpace(s, i+1); i < len(s) {
		return bad("Junk after right parenthesis.")
	}
	return c.Make(vals), nil
}

// recordToken reads one attribute from i on, up to the comma or parenthesis behind it.
func recordToken(s string, i int) (text string, end int, ok bool) {
	var buf []byte
	for quoted := false; ; i++ {
		if i == len(s) {
			return "", 0, false
		}
		switch c := s[i]; {
		case !quoted && (c == ',' || c == ')'):
			return string(buf), i, true
		case c == '\\':
			if i++; i == len(s) {
				return "", 0, false
			}
			buf = append(buf, s[i])
		case c == '"' && quoted && i+1 < len(s) && s[i+1] == '"':
			i++
			buf = append(buf, '"')
		case c == '"':
			quoted = !quoted
		default:
			buf = append(buf, c)
		}
	}
}

// decodeComposite reads record_send's format as the attributes of a type.
func decodeComposite(info *Info, b []byte) (Datum, error) {
	c := info.Composite
	if len(b) < 4 {
		return Datum{}, shortMessage()
	}
	n := int(int32(binary.BigEndian.Uint32(b)))
	if b = b[4:]; n != c.Live() {
		return Datum{}, pgerr.Newf(pgerrcode.DatatypeMismatch, "wrong number of columns: %d, expected %d", n, c.Live())
	}
	vals := make([]Datum, len(c.Fields))
	for k := range c.Fields {
		fld := &c.Fields[k]
		if fld.Dropped {
			continue
		}
		if len(b) < 8 {
			return Datum{}, shortMessage()
		}
		want := fld.T.OID
		if fld.Domain != 0 {
			want = fld.Domain
		}
		if got := binary.BigEndian.Uint32(b); got != want && stableOID(got) && stableOID(want) {
			return Datum{}, pgerr.Newf(pgerrcode.DatatypeMismatch,
				"binary data has type %d (%s) instead of expected %d (%s) in record column %d",
				got, formatOID(got), want, TypeName(want), k+1)
		}
		var err error
		if vals[k], b, err = decodeMember(fld.T, b[4:]); err != nil {
			return Datum{}, inColumn(err, k+1)
		}
	}
	if len(b) > 0 {
		return Datum{}, badBinary("incorrect binary data format")
	}
	return c.Make(vals), nil
}
