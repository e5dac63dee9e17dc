package types

import "encoding/binary"

// Ranges that users make are of any type that has an order. None is discrete: that
// would take a function of the user's for each value.

// RangeInfo describes a range type of a user's, or the multirange type of it, and the
// array type over that; kind is r or m.
func RangeInfo(rt *RangeType, kind byte, array, namespace OID, name, arrayName, shown string) (ranges, arrays *Info) {
	i := &Info{OID: rt.Range, Name: name, Len: -1, Align: 'i', Storage: 'x', Type: kind, Category: 'R', Delim: ',', Array: array, Rep: RepBytes,
		In: "range_in", Out: "range_out", Recv: "range_recv", Send: "range_send", ModIn: "-", ModOut: "-",
		Namespace: namespace, Shown: shown, Range: rt}
	if kind == 'm' {
		i.OID, i.In, i.Out, i.Recv, i.Send = rt.Multi, "multirange_in", "multirange_out", "multirange_recv", "multirange_send"
	}
	if e := byOID(rt.Elem); e != nil && e.Align == 'd' {
		i.Align = 'd'
	}
	return i, arrayInfo(i, array, arrayName)
}

// userRange is the family of a user's type, nil if it is not of the kind.
func userRange(oid OID, kind byte) *RangeType {
	if oid < FirstTypeOID {
		return nil
	}
	if i := userType(oid); i != nil && i.Type == kind {
		return i.Range
	}
	return nil
}

// appendBinary writes a range as range_send does: values of most types are kept as they
// are sent, but not all.
func (rt *RangeType) appendBinary(dst []byte, r Range) []byte {
	at := len(dst)
	if dst = rt.append(dst, r); r.Empty {
		return dst
	}
	dst = dst[:at+1]
	for _, b := range []Bound{r.Lower, r.Upper} {
		if b.Infinite {
			continue
		}
		at := len(dst)
		dst = AppendBinary(append(dst, 0, 0, 0, 0), Of(rt.Elem), b.Val)
		binary.BigEndian.PutUint32(dst[at:], uint32(len(dst)-at-4))
	}
	return dst
}

func (rt *RangeType) appendMultiBinary(dst []byte, list []Range) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(list)))
	for _, r := range list {
		at := len(dst)
		dst = rt.appendBinary(append(dst, 0, 0, 0, 0), r)
		binary.BigEndian.PutUint32(dst[at:], uint32(len(dst)-at-4))
	}
	return dst
}

// renumber is Renumber for the bounds of a range.
func (rt *RangeType) renumber(b []byte, to map[OID]OID) {
	r := rt.decode(b)
	for _, bound := range []Bound{r.Lower, r.Upper} {
		if !r.Empty && !bound.Infinite {
			Renumber(rt.Elem, bound.Val.ref, to)
		}
	}
}
