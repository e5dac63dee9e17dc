package types

import "encoding/binary"

// Values of arrays name the type of their elements, and those of composite types the
// types of their members. Where users' types get other OIDs, as in the copy of a
// database, such values are told.

// Renumber changes OIDs within a stored value of RepBytes in place. The types that it is
// made of are registered under the old ones.
func Renumber(oid OID, b []byte, to map[OID]OID) {
	info := byOID(oid)
	switch {
	case isRecord(oid):
		renumberRecord(b, to)
	case info != nil && info.Range != nil && info.Type == 'r':
		info.Range.renumber(b, to)
	case info != nil && info.Range != nil:
		for b = b[min(4, len(b)):]; len(b) >= 4; {
			size := min(int(binary.BigEndian.Uint32(b)), len(b)-4)
			info.Range.renumber(b[4:4+size], to)
			b = b[4+size:]
		}
	case info != nil && info.IsArray && len(b) >= 12:
		elem := binary.BigEndian.Uint32(b[8:])
		if k := byOID(elem); k == nil || k.Rep == RepBytes {
			for it := NewArrayIter(Bytes(b)); ; {
				d, ok := it.Next()
				if !ok {
					break
				}
				if !d.null {
					Renumber(elem, d.ref, to)
				}
			}
		}
		if n, ok := to[elem]; ok {
			binary.BigEndian.PutUint32(b[8:], n)
		}
	}
}

func renumberRecord(b []byte, to map[OID]OID) {
	if len(b) < 4 {
		return
	}
	n := binary.BigEndian.Uint32(b)
	for b = b[4:]; n > 0 && len(b) >= 8; n-- {
		member, size := binary.BigEndian.Uint32(b), int32(binary.BigEndian.Uint32(b[4:]))
		if x, ok := to[member]; ok {
			binary.BigEndian.PutUint32(b, x)
		}
		if b = b[8:]; size >= 0 {
			if int(size) > len(b) {
				return
			}
			Renumber(member, b[:size], to)
			b = b[size:]
		}
	}
}
