package types

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
)

// Keys are byte strings that sort as Compare orders the values and that end
// where they say, so that they can be concatenated:
//
//	integers       typlen bytes, sign bit flipped for signed types
//	floats         8 bytes of FloatOrder
//	uuid, tid      as they are, xid8 and pg_lsn too
//	byte strings   zero bytes as 00 FF, then 00 01
//	numeric        class, then weight and digits (see appendNumericKey)
//	records        01 key per column, 02 for NULL, then 00; see appendRecordKey
//	arrays         01 key per element, 02 for NULL, then 00, dimensions and lower bounds
//	inet, cidr     see inet.go
//	ranges         see range_ops.go; of a multirange 01 each, then 00
//	jsonb          see jsonb_key.go
//	vectors        see vector_order.go
//
// Descending keys have every byte inverted. NULL is the caller's to encode.

var errBadKey = errors.New("types: damaged key")

// AppendKey appends d's key. d is not NULL.
func AppendKey(dst []byte, t T, d Datum, desc bool) []byte {
	start := len(dst)
	dst = appendKey(dst, t, d)
	if desc {
		invert(dst[start:])
	}
	return dst
}

func invert(b []byte) {
	for i := range b {
		b[i] = ^b[i]
	}
}

func appendKey(dst []byte, t T, d Datum) []byte {
	switch t.OID {
	case Int4OID, DateOID:
		return binary.BigEndian.AppendUint32(dst, uint32(d.bits)^1<<31)
	case Int8OID, TimestampOID, TimestamptzOID, TimeOID, MoneyOID:
		return binary.BigEndian.AppendUint64(dst, d.bits^1<<63)
	case Int2OID:
		return binary.BigEndian.AppendUint16(dst, uint16(d.bits)^1<<15)
	case Float8OID, Float4OID:
		return binary.BigEndian.AppendUint64(dst, FloatOrder(d.Float()))
	case UUIDOID, TidOID, Xid8OID, PgLSNOID:
		return append(dst, d.ref...)
	case BpcharOID:
		return appendEscaped(dst, trimBlanks(d.ref))
	case NumericOID:
		return appendNumericKey(dst, d.ref)
	case VectorOID, HalfvecOID, SparsevecOID, Int8vecOID:
		return vectorTypeOf(t.OID).appendKey(dst, d.ref)
	case IntervalOID:
		hi, lo := IntervalOf(d).span()
		dst = binary.BigEndian.AppendUint64(dst, uint64(hi)^1<<63)
		return binary.BigEndian.AppendUint64(dst, lo)
	case TimetzOID:
		us, zone := timetzOf(d)
		dst = binary.BigEndian.AppendUint64(dst, uint64(us+int64(zone)*usPerSec)^1<<63)
		return binary.BigEndian.AppendUint32(dst, uint32(int32(zone))^1<<31)
	case InetOID, CidrOID:
		return appendInetKey(dst, d)
	case BitOID, VarbitOID:
		n, data := BitsOf(d)
		return binary.BigEndian.AppendUint32(appendEscaped(dst, data), uint32(n))
	case JSONBOID:
		return appendJSONBKey(dst, d.ref)
	case TSVectorOID, TSQueryOID:
		return appendTextSearchKey(dst, t.OID, d)
	case OidVectorOID:
		dst = binary.BigEndian.AppendUint32(dst, uint32(ArrayLen(d)))
	}
	info := byOID(t.OID)
	switch {
	case isRecord(t.OID):
		return appendRecordKey(dst, t.OID, d)
	case info == nil:
		return appendEscaped(dst, d.ref)
	case extensionOf(t.OID) != nil:
		return appendEscaped(dst, extensionOf(t.OID).key(nil, d.ref))
	case info.IsArray || t.OID == OidVectorOID || t.OID == Int2VectorOID:
		return appendArrayKey(dst, info.elem(-1), d)
	case info.Type == 'e':
		return binary.BigEndian.AppendUint64(dst, d.bits^1<<63)
	case info.Rep == RepInt: // unsigned: bool, "char", oid, …
		if info.Len == 1 {
			return append(dst, byte(d.bits))
		}
		return binary.BigEndian.AppendUint32(dst, uint32(d.bits))
	case info.Type == 'r':
		rt := RangeTypeOf(t.OID)
		return rt.appendRangeKey(dst, rt.RangeOf(d))
	case info.Type == 'm':
		rt := MultirangeTypeOf(t.OID)
		for _, r := range rt.RangesOf(d) {
			dst = rt.appendRangeKey(append(dst, 1), r)
		}
		return append(dst, 0)
	}
	return appendEscaped(dst, d.ref)
}

// appendRecordKey ends a record by 0, a composite value by 3, after everything that
// may follow, where only NULLs would: its type may get more attributes.
func appendRecordKey(dst []byte, oid OID, d Datum) []byte {
	end := byte(3)
	if oid == RecordOID {
		end = 0
	}
	for it := NewRecordIter(AsRecord(oid, d, nil)); ; {
		mt, v, ok := it.Next()
		if !ok || v.null && oid != RecordOID && it.onlyNulls() {
			return append(dst, end)
		}
		dst = appendMemberKey(dst, mt, v)
	}
}

func appendMemberKey(dst []byte, t T, v Datum) []byte {
	if v.null {
		return append(dst, 2)
	}
	return appendKey(append(dst, 1), t, v)
}

func appendArrayKey(dst []byte, elem T, d Datum) []byte {
	for it := NewArrayIter(d); ; {
		v, ok := it.Next()
		if !ok {
			break
		}
		dst = appendMemberKey(dst, elem, v)
	}
	var buf [MaxArrayDims]ArrayDim
	dims := ArrayDims(buf[:0], d)
	dst = append(dst, 0, byte(len(dims)))
	for _, dim := range dims {
		dst = binary.BigEndian.AppendUint32(dst, uint32(dim.Len))
	}
	for _, dim := range dims {
		dst = binary.BigEndian.AppendUint32(dst, uint32(int32(dim.Lower))^1<<31)
	}
	return dst
}

func appendEscaped(dst, b []byte) []byte {
	for {
		i := bytes.IndexByte(b, 0)
		if i < 0 {
			break
		}
		dst = append(append(dst, b[:i]...), 0, 0xff)
		b = b[i+1:]
	}
	return append(append(dst, b...), 0, 1)
}

func decodeEscaped(key []byte) (b, rest []byte, err error) {
	b = make([]byte, 0, len(key))
	for {
		i := bytes.IndexByte(key, 0)
		if i < 0 || i+1 == len(key) {
			return nil, nil, errBadKey
		}
		b = append(b, key[:i]...)
		switch key[i+1] {
		case 1:
			return b, key[i+2:], nil
		case 0xff:
			b = append(b, 0)
		default:
			return nil, nil, errBadKey
		}
		key = key[i+2:]
	}
}

func float32Order(v float32) uint32 {
	u := math.Float32bits(v + 0)
	if u>>31 != 0 {
		return ^u
	}
	return u | 1<<31
}

// appendNumericKey writes a class byte in the order −Infinity, negative, zero,
// positive, Infinity, NaN; for finite numbers the weight and each digit plus one,
// ended by zero, all inverted for negative ones. The scale is not kept.
func appendNumericKey(dst, b []byte) []byte {
	rank := numRank(b)
	dst = append(dst, byte(rank+3))
	if rank != 1 && rank != -1 {
		return dst
	}
	start := len(dst)
	dst = binary.BigEndian.AppendUint16(dst, uint16(numWeight(b))^1<<15)
	for i := 0; i < numDigits(b); i++ {
		dst = binary.BigEndian.AppendUint16(dst, uint16(numDigit(b, i)+1))
	}
	dst = append(dst, 0, 0)
	if rank < 0 {
		invert(dst[start:])
	}
	return dst
}

// KeyReversible reports whether DecodeKey gives back the very value: not for
// types whose equal values can look different (numeric's scale, −0, bpchar's
// padding, interval, jsonb, vectors) and not for containers.
func KeyReversible(t T) bool {
	switch t.OID {
	case TextOID, VarcharOID, NameOID, ByteaOID, UUIDOID, TidOID, Xid8OID, PgLSNOID, BitOID, VarbitOID, TimetzOID:
		return true
	}
	info := byOID(t.OID)
	return info != nil && info.Rep == RepInt
}

// DecodeKey reads the value that AppendKey wrote at the start of key, for types
// that are KeyReversible; rest is what follows it. The result owns its bytes.
func DecodeKey(t T, key []byte, desc bool) (d Datum, rest []byte, err error) {
	if !KeyReversible(t) {
		return Datum{}, nil, errBadKey
	}
	whole := key
	if desc {
		key = append([]byte{}, key...)
		invert(key)
	}
	d, left, err := decodeKey(t, key)
	if err != nil {
		return Datum{}, nil, err
	}
	return d, whole[len(whole)-len(left):], nil
}

func decodeKey(t T, key []byte) (d Datum, rest []byte, err error) {
	info := byOID(t.OID)
	switch t.OID {
	case UUIDOID, TidOID, Xid8OID, PgLSNOID:
		n := int(info.Len)
		if len(key) < n {
			return Datum{}, nil, errBadKey
		}
		return Bytes(append([]byte{}, key[:n]...)), key[n:], nil
	case TimetzOID:
		if len(key) < 12 {
			return Datum{}, nil, errBadKey
		}
		zone := int(int32(binary.BigEndian.Uint32(key[8:]) ^ 1<<31))
		us := int64(binary.BigEndian.Uint64(key)^1<<63) - int64(zone)*usPerSec
		return makeTimetz(us, zone), key[12:], nil
	case BitOID, VarbitOID:
		b, rest, err := decodeEscaped(key)
		if err != nil || len(rest) < 4 {
			return Datum{}, nil, errBadKey
		}
		return MakeBits(int(binary.BigEndian.Uint32(rest)), b), rest[4:], nil
	}
	if info.Rep == RepBytes {
		b, rest, err := decodeEscaped(key)
		return Bytes(b), rest, err
	}
	n := info.width()
	if len(key) < n {
		return Datum{}, nil, errBadKey
	}
	rest = key[n:]
	switch n {
	case 1:
		return Int(int64(key[0])), rest, nil
	case 2:
		return Int(int64(int16(binary.BigEndian.Uint16(key) ^ 1<<15))), rest, nil
	case 4:
		u := binary.BigEndian.Uint32(key)
		if isUnsigned(t.OID) {
			return Int(int64(u)), rest, nil
		}
		return Int(int64(int32(u ^ 1<<31))), rest, nil
	}
	return Int(int64(binary.BigEndian.Uint64(key) ^ 1<<63)), rest, nil
}
