package types

import (
	"strconv"

	"github.com/loxodb/loxodb/sql/tsearch"
)

// AppendText is typoutput: d, which is not NULL, in the text form of type t
// under the session's settings. It does not allocate beyond dst.
func AppendText(dst []byte, t T, d Datum, f *Format) []byte {
	if f == nil {
		f = DefaultFormat
	}
	switch t.OID {
	case Int4OID, Int8OID, Int2OID:
		return appendInt(dst, d.Int())
	case TextOID, VarcharOID, BpcharOID, NameOID, JSONOID, JSONBOID, UnknownOID, CstringOID:
		return append(dst, d.ref...)
	case JSONPathOID:
		return appendJSONPath(dst, d.ref)
	case BoolOID:
		if d.bits != 0 {
			return append(dst, 't')
		}
		return append(dst, 'f')
	case Float8OID, Float4OID:
		bits := 64
		if t.OID == Float4OID {
			bits = 32
		}
		if f.MySQLReals {
			return AppendMySQLReal(dst, d.Float(), bits)
		}
		return appendFloat(dst, d.Float(), bits, f.ExtraFloatDigits)
	case NumericOID:
		return appendNumeric(dst, d.ref)
	case VectorOID, HalfvecOID, SparsevecOID, Int8vecOID:
		return vectorTypeOf(t.OID).appendText(dst, d.ref)
	case TimestamptzOID:
		return appendTimestamptz(dst, d.Int(), f)
	case TimestampOID:
		return appendTimestamp(dst, d.Int(), f)
	case DateOID:
		return appendDate(dst, d.Int(), f)
	case TimeOID:
		return appendTime(dst, d.Int())
	case TimetzOID:
		us, zone := timetzOf(d)
		return appendOffset(appendTime(dst, us), -zone)
	case IntervalOID:
		return appendIntervalText(dst, IntervalOf(d), f.IntervalStyle)
	case ByteaOID:
		return appendBytea(dst, d.ref, f.ByteaEscape)
	case UUIDOID:
		return appendUUID(dst, d.ref)
	}
	info := byOID(t.OID)
	if info != nil && info.IsArray {
		return appendArray(dst, info.elem(t.Mod), d, f)
	}
	return appendOther(dst, t, d, f, info)
}

func appendOther(dst []byte, t T, d Datum, f *Format, info *Info) []byte {
	switch t.OID {
	case CharOID:
		return appendChar(dst, byte(d.bits))
	case MoneyOID:
		return appendMoney(dst, d.Int())
	case TidOID:
		return appendTid(dst, d.ref)
	case InetOID, CidrOID:
		return appendInet(dst, t, d)
	case MacaddrOID, Macaddr8OID:
		return appendMacaddr(dst, d.ref)
	case PointOID, LsegOID, PathOID, BoxOID, PolygonOID, LineOID, CircleOID:
		return appendGeometry(dst, t, d, f)
	case Xid8OID:
		return strconv.AppendUint(dst, Uint64Of(d), 10)
	case PgSnapshotOID, TxidSnapshotOID:
		return appendSnapshot(dst, d)
	case PgLSNOID:
		return appendLSN(dst, Uint64Of(d))
	case BitOID, VarbitOID:
		return appendBits(dst, d.ref)
	case Int2VectorOID, OidVectorOID:
		return appendIntVector(dst, d)
	case TSVectorOID:
		return TSVector(d).AppendText(dst)
	case TSQueryOID:
		return TSQuery(d).AppendText(dst)
	case NDistinctOID:
		return appendNDistinct(dst, d.ref)
	case DependenciesOID:
		return appendDependencies(dst, d.ref)
	case MCVListOID:
		return appendBytea(dst, d.ref, f.ByteaEscape)
	case AnyArrayOID, AnyCompatibleArrayOID: // pg_statistic's columns
		return appendArray(dst, Of(ArrayElemOID(d)), d, f)
	}
	if rt := RangeTypeOf(t.OID); rt != nil {
		return rt.appendRangeText(dst, rt.RangeOf(d), f)
	}
	if rt := MultirangeTypeOf(t.OID); rt != nil {
		return rt.appendMultiText(dst, d, f)
	}
	if info != nil && info.Type == 'e' {
		return appendEnum(dst, info, d, f)
	}
	if isReg(t.OID) {
		return appendReg(dst, t.OID, OID(d.bits), f)
	}
	if x := extensionOf(t.OID); x != nil {
		return x.appendText(dst, d)
	}
	if isRecord(t.OID) {
		return appendRecord(dst, AsRecord(t.OID, d, f), f)
	}
	if info != nil && info.Rep == RepInt {
		return strconv.AppendUint(dst, uint64(uint32(d.bits)), 10) // oid, xid, cid
	}
	return append(dst, d.ref...)
}

func appendReg(dst []byte, t, oid OID, f *Format) []byte {
	if oid == 0 {
		if t == RegprocedureOID || t == RegprocOID || t == RegclassOID || t == RegtypeOID || t == RegroleOID ||
			t == RegnamespaceOID || t == RegconfigOID || t == RegdictionaryOID || t == RegcollationOID {
			return append(dst, '-')
		}
		return append(dst, '0')
	}
	if f.Names != nil {
		if name, ok := f.Names.RegOut(t, oid); ok {
			return append(dst, name...)
		}
	}
	if c, ok := tsearch.ConfigByOID(uint32(oid)); ok && t == RegconfigOID { // the same in every database
		return append(dst, c.Name...)
	}
	return strconv.AppendUint(dst, uint64(oid), 10)
}

func appendTid(dst, b []byte) []byte {
	if len(b) != 6 {
		return dst
	}
	block := uint64(b[0])<<24 | uint64(b[1])<<16 | uint64(b[2])<<8 | uint64(b[3])
	dst = strconv.AppendUint(append(dst, '('), block, 10)
	dst = strconv.AppendUint(append(dst, ','), uint64(b[4])<<8|uint64(b[5]), 10)
	return append(dst, ')')
}

func appendIntVector(dst []byte, d Datum) []byte {
	first := true
	for it := NewArrayIter(d); ; first = false {
		v, ok := it.Next()
		if !ok {
			return dst
		}
		if !first {
			dst = append(dst, ' ')
		}
		dst = appendInt(dst, v.Int())
	}
}
