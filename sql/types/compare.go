package types

import (
	"bytes"
	"math"
	"math/bits"
)

// Compare orders two values of type t, neither NULL, as the type's default btree
// operator class does: −1, 0 or 1. Text is ordered by bytes (the C collation).
// Types without an order in PostgreSQL (json) are ordered by their bytes.
func Compare(t T, a, b Datum) int {
	switch t.OID {
	case Int4OID, Int8OID, Int2OID, TimestampOID, TimestamptzOID, DateOID, TimeOID, BoolOID, OidOID, CharOID, MoneyOID:
		return compareInt(a.Int(), b.Int())
	case Float8OID, Float4OID:
		return CompareFloats(a.Float(), b.Float())
	case TextOID, VarcharOID, NameOID, ByteaOID, UUIDOID, TidOID, Xid8OID, PgLSNOID:
		return bytes.Compare(a.ref, b.ref)
	case BpcharOID:
		return bytes.Compare(trimBlanks(a.ref), trimBlanks(b.ref))
	case NumericOID:
		return compareNumeric(a.ref, b.ref)
	case VectorOID, HalfvecOID, SparsevecOID, Int8vecOID:
		return vectorTypeOf(t.OID).compare(a.ref, b.ref)
	case IntervalOID:
		return CompareIntervals(IntervalOf(a), IntervalOf(b))
	case TimetzOID:
		return compareTimetz(a, b)
	case InetOID, CidrOID:
		return compareInets(a, b)
	case BitOID, VarbitOID:
		return compareBits(a.ref, b.ref)
	case JSONBOID:
		return CompareJSONB(a.ref, b.ref)
	case TSVectorOID, TSQueryOID:
		return bytes.Compare(appendTextSearchKey(nil, t.OID, a), appendTextSearchKey(nil, t.OID, b))
	case OidVectorOID:
		if c := compareInt(int64(ArrayLen(a)), int64(ArrayLen(b))); c != 0 {
			return c
		}
		return compareArrays(Of(OidOID), a, b)
	case Int2VectorOID:
		return compareArrays(Of(Int2OID), a, b)
	}
	info := byOID(t.OID)
	switch {
	case isRecord(t.OID):
		return compareRecords(AsRecord(t.OID, a, nil), AsRecord(t.OID, b, nil), t.OID != RecordOID)
	case info == nil:
		return bytes.Compare(a.ref, b.ref)
	case extensionOf(t.OID) != nil:
		return extensionOf(t.OID).compare(a.ref, b.ref)
	case info.IsArray:
		return compareArrays(info.elem(-1), a, b)
	case info.Rep == RepInt:
		return compareInt(a.Int(), b.Int())
	case info.Type == 'r':
		rt := RangeTypeOf(t.OID)
		return rt.Compare(rt.RangeOf(a), rt.RangeOf(b))
	case info.Type == 'm':
		rt := MultirangeTypeOf(t.OID)
		return rt.CompareMulti(rt.RangesOf(a), rt.RangesOf(b))
	}
	return bytes.Compare(a.ref, b.ref)
}

// Equal is the type's default equality, neither NULL.
func Equal(t T, a, b Datum) bool { return Compare(t, a, b) == 0 }

func compareBytes(a, b []byte) int { return bytes.Compare(a, b) }

// trimBlanks drops the padding that bpchar comparisons ignore.
func trimBlanks(b []byte) []byte {
	for len(b) > 0 && b[len(b)-1] == ' ' {
		b = b[:len(b)-1]
	}
	return b
}

// compareArrays orders by elements, NULL after everything, then by their number,
// then by the dimensions (btarraycmp).
func compareArrays(elem T, a, b Datum) int {
	ia, ib := NewArrayIter(a), NewArrayIter(b)
	for {
		va, oka := ia.Next()
		vb, okb := ib.Next()
		if !oka || !okb {
			if oka != okb {
				return compareInt(b2i(oka), b2i(okb))
			}
			break
		}
		switch {
		case va.null && vb.null:
		case va.null:
			return 1
		case vb.null:
			return -1
		default:
			if c := Compare(elem, va, vb); c != 0 {
				return c
			}
		}
	}
	var ba, bb [MaxArrayDims]ArrayDim
	da, db := ArrayDims(ba[:0], a), ArrayDims(bb[:0], b)
	if c := compareInt(int64(len(da)), int64(len(db))); c != 0 {
		return c
	}
	for i := range da {
		if c := compareInt(int64(da[i].Len), int64(db[i].Len)); c != 0 {
			return c
		}
	}
	for i := range da {
		if c := compareInt(int64(da[i].Lower), int64(db[i].Lower)); c != 0 {
			return c
		}
	}
	return 0
}

// Hash is a 64-bit hash of a value, not NULL, under which values that are Equal
// collide: 1.0 and 1.00, −0 and 0, intervals of equal length, padded bpchar.
func Hash(t T, d Datum, seed uint64) uint64 {
	switch t.OID {
	case Float8OID, Float4OID:
		return mix(FloatOrder(d.Float()), seed)
	case TextOID, VarcharOID, NameOID, ByteaOID, UUIDOID, TidOID, Xid8OID, PgLSNOID:
		return hashBytes(d.ref, seed)
	case BpcharOID:
		return hashBytes(trimBlanks(d.ref), seed)
	case NumericOID:
		if !validNumeric(d.ref) {
			return seed
		}
		return hashBytes(d.ref[numHeader:], mix(uint64(numWeight(d.ref))<<16|uint64(numSign(d.ref)), seed))
	case IntervalOID:
		hi, lo := IntervalOf(d).span()
		return mix(lo, mix(uint64(hi), seed))
	case VectorOID, HalfvecOID, SparsevecOID, Int8vecOID:
		return vectorTypeOf(t.OID).hash(d.ref, seed)
	case JSONBOID:
		return hashBytes(appendJSONBKey(make([]byte, 0, len(d.ref)), d.ref), seed)
	}
	info := byOID(t.OID)
	switch {
	case isRecord(t.OID):
		for it := NewRecordIter(AsRecord(t.OID, d, nil)); ; {
			mt, v, ok := it.Next()
			switch {
			case !ok:
				return seed
			case v.null && t.OID != RecordOID && it.onlyNulls(): // as if they were not there
				return seed
			}
			seed = hashMember(mt, v, seed)
		}
	case extensionOf(t.OID) != nil:
		return extensionOf(t.OID).hash(d.ref, seed)
	case info != nil && (info.IsArray || t.OID == Int2VectorOID || t.OID == OidVectorOID):
		for it := NewArrayIter(d); ; {
			v, ok := it.Next()
			if !ok {
				return seed
			}
			seed = hashMember(info.elem(-1), v, seed)
		}
	case info != nil && info.Rep == RepInt:
		return mix(d.bits, seed)
	case info != nil && info.Type == 'r':
		rt := RangeTypeOf(t.OID)
		return rt.hash(rt.RangeOf(d), seed)
	case info != nil && info.Type == 'm':
		rt := MultirangeTypeOf(t.OID)
		for _, r := range rt.RangesOf(d) {
			seed = rt.hash(r, mix(1, seed))
		}
		return seed
	}
	return hashBytes(d.ref, seed)
}

// HashInt is Hash of an integer of any type that is kept as one.
func HashInt(v int64, seed uint64) uint64 { return mix(uint64(v), seed) }

// HashesBytes reports that Hash of the type is HashBytes of the value's bytes, as equal
// values have equal bytes and the other way round.
func HashesBytes(t T) bool {
	switch t.OID {
	case TextOID, VarcharOID, NameOID, ByteaOID, UUIDOID:
		return true
	}
	return false
}

// HashBytes is Hash of such a value.
func HashBytes(b []byte, seed uint64) uint64 { return hashBytes(b, seed) }

func hashMember(t T, v Datum, seed uint64) uint64 {
	if v.null {
		return mix(0x9e3779b97f4a7c15, seed)
	}
	return Hash(t, v, seed)
}

// mix multiplies to 128 bits and folds, as wyhash does.
func mix(v, seed uint64) uint64 {
	hi, lo := bits.Mul64(v^0xa0761d6478bd642f, seed^0xe7037ed1a0b428db)
	return hi ^ lo ^ v
}

func hashBytes(b []byte, seed uint64) uint64 {
	n := uint64(len(b))
	for len(b) >= 8 {
		seed = mix(le64(b), seed)
		b = b[8:]
	}
	var tail uint64
	for i := len(b) - 1; i >= 0; i-- {
		tail = tail<<8 | uint64(b[i])
	}
	return mix(tail, mix(n, seed))
}

func le64(b []byte) uint64 {
	_ = b[7]
	return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
		uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
}

// FloatOrder maps floats to integers of the same order, −0 with 0 and every NaN
// above Infinity.
func FloatOrder(v float64) uint64 {
	if v == 0 {
		v = 0
	}
	if math.IsNaN(v) {
		return math.MaxUint64
	}
	u := math.Float64bits(v)
	if u == 1<<63 {
		u = 0
	}
	if u>>63 != 0 {
		return ^u
	}
	return u | 1<<63
}
