package types

import (
	"encoding/binary"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ident"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// DecodeBinary is typreceive: it reads all of b as type t and coerces to its
// modifier. The result borrows b where the representation equals the wire (text,
// bytea, uuid, numeric, interval, …); otherwise it owns its bytes. Errors: 22P03
// and 08P01 as PostgreSQL's.
func DecodeBinary(t T, b []byte) (Datum, error) {
	info := byOID(t.OID)
	if info == nil {
		return Datum{}, unknownType(t.OID)
	}
	if info.Type == 'e' {
		if err := CheckUTF8(b); err != nil {
			return Datum{}, err
		}
		return parseEnum(info, string(b), nil)
	}
	if info.Rep != RepBytes {
		if len(b) == 0 && info.Len == 1 {
			return Datum{}, noData()
		}
		if len(b) != int(info.Len) {
			return Datum{}, wrongLength(len(b), int(info.Len))
		}
		return checkFixed(t, fixedDatum(info, b))
	}
	if info.IsArray {
		return decodeArray(info.elem(t.Mod), info.Elem, b)
	}
	if info.Composite != nil {
		return decodeComposite(info, b)
	}
	switch t.OID {
	case TextOID, UnknownOID, CstringOID, RefcursorOID:
		return Bytes(b), CheckUTF8(b)
	case NameOID:
		if err := CheckUTF8(b); err != nil {
			return Datum{}, err
		}
		if len(b) > ident.Max {
			return Datum{}, pgerr.New(pgerrcode.NameTooLong, "identifier too long").WithDetail("Identifier must be less than %d characters.", ident.Max+1)
		}
		return Bytes(b), nil
	case VarcharOID, BpcharOID:
		if err := CheckUTF8(b); err != nil {
			return Datum{}, err
		}
		return ApplyTypmod(t, Bytes(b), false)
	case ByteaOID:
		return Bytes(b), nil
	case UUIDOID, TidOID, Xid8OID, PgLSNOID, MacaddrOID:
		want := int(info.Len)
		if len(b) < want && t.OID == MacaddrOID {
			return Datum{}, noData() // it is read byte by byte
		}
		if len(b) != want {
			return Datum{}, wrongLength(len(b), want)
		}
		return Bytes(b), nil
	case NumericOID:
		n, err := decodeNumeric(b)
		if err != nil {
			return Datum{}, err
		}
		return ApplyTypmod(t, Bytes(n), false)
	case VectorOID, HalfvecOID, SparsevecOID, Int8vecOID:
		return vectorTypeOf(t.OID).decode(b, t.Mod)
	}
	return decodeOther(t, info, b)
}

func wrongLength(got, want int) error {
	if got < want {
		return shortMessage()
	}
	return badBinary("incorrect binary data format")
}

// checkFixed refuses fixed-length values outside the type's range.
func checkFixed(t T, d Datum) (Datum, error) {
	v := d.Int()
	switch t.OID {
	case BoolOID:
		return Bool(v != 0), nil
	case DateOID:
		if !validDate(v) && !IsInfinite(DateOID, v) {
			return Datum{}, dateRange()
		}
	case TimeOID:
		if v < 0 || v > usPerDay {
			return Datum{}, pgerr.New(pgerrcode.DatetimeFieldOverflow, "time out of range")
		}
		return ApplyTypmod(t, d, false)
	case TimestampOID, TimestamptzOID:
		if !validTimestamp(v) && !IsInfinite(t.OID, v) {
			return Datum{}, timestampRange()
		}
		return ApplyTypmod(t, d, false)
	}
	return d, nil
}

func decodeOther(t T, info *Info, b []byte) (Datum, error) {
	switch t.OID {
	case JSONOID:
		if err := CheckUTF8(b); err != nil {
			return Datum{}, err
		}
		return Bytes(b), validateJSON(string(b), nil)
	case JSONBOID:
		if len(b) < 1 {
			return Datum{}, shortMessage()
		}
		if b[0] != 1 {
			return Datum{}, pgerr.Newf(pgerrcode.InternalError, "unsupported jsonb version number %d", b[0])
		}
		if err := CheckUTF8(b[1:]); err != nil {
			return Datum{}, err
		}
		j, err := ParseJSONB(nil, string(b[1:]), nil)
		return Bytes(j), err
	case IntervalOID:
		if len(b) != 16 {
			return Datum{}, wrongLength(len(b), 16)
		}
		return ApplyTypmod(t, Bytes(b), false)
	case TimetzOID:
		if len(b) != 12 {
			return Datum{}, wrongLength(len(b), 12)
		}
		us, zone := timetzOf(Bytes(b))
		if us < 0 || us > usPerDay {
			return Datum{}, pgerr.New(pgerrcode.DatetimeFieldOverflow, "time out of range")
		}
		if zone <= -16*3600 || zone >= 16*3600 {
			return Datum{}, pgerr.New(pgerrcode.InvalidTimeZoneDisplacementValue, "time zone displacement out of range")
		}
		return ApplyTypmod(t, Bytes(b), false)
	case BitOID, VarbitOID:
		return decodeBit(t, b)
	case InetOID, CidrOID:
		return decodeInet(t, b)
	case Macaddr8OID:
		return decodeMacaddr8(b)
	case PointOID, LsegOID, PathOID, BoxOID, PolygonOID, LineOID, CircleOID:
		return decodeGeometry(t, b)
	case Int2VectorOID, OidVectorOID:
		return decodeIntVector(Of(info.Elem), b)
	case RecordOID:
		return decodeRecord(b)
	case VoidOID:
		return Bytes([]byte{}), nil
	case JSONPathOID:
		if len(b) < 1 {
			return Datum{}, shortMessage()
		}
		if b[0] != 1 {
			return Datum{}, pgerr.Newf(pgerrcode.InternalError, "unsupported jsonpath version number: %d", b[0])
		}
		if err := CheckUTF8(b[1:]); err != nil {
			return Datum{}, err
		}
		return parseJSONPath(string(b[1:]))
	case TSVectorOID, TSQueryOID:
		return decodeTextSearch(t.OID, b)
	case PgSnapshotOID, TxidSnapshotOID:
		return decodeSnapshot(b)
	case ACLItemOID:
		return Datum{}, pgerr.New(pgerrcode.UndefinedFunction, "no binary input function available for type aclitem")
	}
	if x := extensionOf(t.OID); x != nil {
		return x.decodeBinary(b)
	}
	if rt := RangeTypeOf(t.OID); rt != nil {
		return rt.decodeRangeBinary(b)
	}
	if rt := MultirangeTypeOf(t.OID); rt != nil {
		return rt.decodeMultiBinary(b)
	}
	return Datum{}, pgerr.Newf(pgerrcode.FeatureNotSupported, "cannot accept a value of type %s", TypeName(t.OID))
}

func decodeIntVector(elem T, b []byte) (Datum, error) {
	d, err := decodeArray(elem, elem.OID, b)
	if err != nil {
		return Datum{}, err
	}
	dims := ArrayDims(nil, d)
	if ArrayHasNull(d) || len(dims) > 1 || len(dims) == 1 && dims[0].Lower != 0 {
		return Datum{}, badBinary("invalid %svector data", byOID(elem.OID).Name)
	}
	if len(dims) == 0 {
		var ab ArrayBuilder
		ab.Reset(elem.OID)
		return intVector(&ab)
	}
	return d, nil
}

// AppendBinary is typsend. d is not NULL.
func AppendBinary(dst []byte, t T, d Datum) []byte {
	switch t.OID {
	case Int4OID:
		return binary.BigEndian.AppendUint32(dst, uint32(d.bits))
	case Float8OID:
		return binary.BigEndian.AppendUint64(dst, wireFloat(d))
	case Int8OID, TimestamptzOID, TimestampOID, TimeOID:
		return binary.BigEndian.AppendUint64(dst, d.bits)
	case TextOID, VarcharOID, BpcharOID, NameOID, ByteaOID, UUIDOID, NumericOID, JSONOID:
		return append(dst, d.ref...)
	case VectorOID, HalfvecOID, SparsevecOID, Int8vecOID:
		return vectorTypeOf(t.OID).appendBinary(dst, d.ref)
	case JSONBOID:
		return append(append(dst, 1), d.ref...)
	case JSONPathOID:
		return appendJSONPath(append(dst, 1), d.ref)
	case InetOID, CidrOID:
		return appendInetBinary(dst, t, d)
	}
	info := byOID(t.OID)
	switch {
	case info != nil && info.IsArray:
		return appendArrayBinary(dst, info, d)
	case info != nil && info.Type == 'e':
		return appendEnum(dst, info, d, nil)
	case extensionOf(t.OID) != nil:
		return extensionOf(t.OID).appendBinary(dst, d)
	case isRecord(t.OID):
		return appendRecordBinary(dst, AsRecord(t.OID, d, nil), CompositeOf(t.OID, nil))
	case info != nil && info.Range != nil && info.Type == 'r':
		return info.Range.appendBinary(dst, info.Range.RangeOf(d))
	case info != nil && info.Range != nil:
		return info.Range.appendMultiBinary(dst, info.Range.RangesOf(d))
	}
	return appendElem(dst, t.OID, d)
}

// wireFloat is the bits of a double precision; a NaN is that of C, with a sign and no payload.
func wireFloat(d Datum) uint64 {
	if f := d.Float(); f != f {
		return d.bits&(1<<63) | 0x7ff8<<48
	}
	return d.bits
}
