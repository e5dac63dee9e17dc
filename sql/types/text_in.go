package types

import (
	"math"
	"math/bits"
	"slices"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ident"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// ParseText is typinput: it reads s as a value of type t and coerces it to t's
// modifier. The result may share s's memory; nil f is DefaultFormat. Errors have PostgreSQL's SQLSTATE
// and wording (22P02, 22003, 22007, 22008, …).
func ParseText(t T, s string, f *Format) (Datum, error) {
	if f == nil {
		f = DefaultFormat
	}
	switch t.OID {
	case Int4OID:
		v, err := parseInt(int4Type, s)
		return Int(v), err
	case Int8OID:
		v, err := parseInt(int8Type, s)
		return Int(v), err
	case Int2OID:
		v, err := parseInt(int2Type, s)
		return Int(v), err
	case TextOID, UnknownOID, CstringOID, RefcursorOID:
		return textDatum(s)
	case ACLItemOID:
		return parseACLItem(s, f)
	case VarcharOID, BpcharOID, NameOID:
		d, err := textDatum(s)
		if err != nil {
			return d, err
		}
		if t.OID == NameOID {
			return truncName(d), nil
		}
		return ApplyTypmod(t, d, false)
	case BoolOID:
		v, err := parseBool(s)
		return Bool(v), err
	case Float8OID:
		v, err := parseFloat(s, 64)
		return Float(v), err
	case Float4OID:
		v, err := parseFloat(s, 32)
		return Float(v), err
	case NumericOID:
		b, err := parseNumeric(s)
		if err != nil {
			return Datum{}, err
		}
		return ApplyTypmod(t, Bytes(b), false)
	case VectorOID, HalfvecOID, SparsevecOID, Int8vecOID:
		return vectorTypeOf(t.OID).parse(s, t.Mod)
	}
	if info := byOID(t.OID); info != nil && info.IsArray {
		return parseArray(info.elem(t.Mod), t.ElemDomain(), s, f)
	}
	if d, ok, err := parseDateTime(t, s, f); ok {
		return d, err
	}
	return parseOther(t, s, f)
}

func textDatum(s string) (Datum, error) {
	d := String(s)
	return d, CheckUTF8(d.ref)
}

// truncName cuts to what a name holds.
func truncName(d Datum) Datum {
	if len(d.ref) <= ident.Max {
		return d
	}
	return Bytes(slices.Clip(ident.CutTo(d.ref, ident.Max)))
}

// parseDateTime handles the types whose text depends on DateStyle and TimeZone.
func parseDateTime(t T, s string, f *Format) (d Datum, ok bool, err error) {
	var v int64
	switch t.OID {
	case DateOID:
		v, err = parseDate(s, f)
		return Int(v), true, err
	case TimestampOID:
		v, err = parseTimestamp(s, f)
	case TimestamptzOID:
		v, err = parseTimestamptz(s, f)
	case TimeOID:
		v, err = parseTime(s, f)
	case TimetzOID:
		us, zone, err := parseTimetz(s, f)
		if err != nil {
			return Datum{}, true, err
		}
		d, err = ApplyTypmod(t, makeTimetz(us, zone), false)
		return d, true, err
	case IntervalOID:
		iv, err := parseInterval(s, f, t.Mod)
		if err != nil {
			return Datum{}, true, err
		}
		d, err = ApplyTypmod(t, MakeInterval(iv), false)
		return d, true, err
	default:
		return Datum{}, false, nil
	}
	if err != nil {
		return Datum{}, true, err
	}
	d, err = ApplyTypmod(t, Int(v), false)
	return d, true, err
}

// parseOther handles the less usual types.
func parseOther(t T, s string, f *Format) (Datum, error) {
	switch t.OID {
	case ByteaOID:
		b, err := parseBytea(s)
		return Bytes(b), err
	case UUIDOID:
		b, err := parseUUID(s)
		return Bytes(b), err
	case JSONOID:
		d, err := textDatum(s)
		if err != nil {
			return d, err
		}
		return d, validateJSON(s, f)
	case JSONBOID:
		if _, err := textDatum(s); err != nil {
			return Datum{}, err
		}
		b, err := ParseJSONB(nil, s, f)
		return Bytes(b), err
	case CharOID:
		return Int(parseChar(s)), nil
	case OidOID:
		v, err := parseOid("oid", s)
		return Int(v), err
	case XidOID, CidOID:
		return Int(parseXid(s)), nil
	case TidOID:
		b, err := parseTid(s)
		return Bytes(b), err
	case InetOID, CidrOID:
		return parseInet(t, s)
	case MacaddrOID:
		return parseMacaddr(s)
	case Macaddr8OID:
		return parseMacaddr8(s)
	case PointOID, LsegOID, PathOID, BoxOID, PolygonOID, LineOID, CircleOID:
		return parseGeometry(t, s, f)
	case Xid8OID:
		return MakeUint64(parseXid8(s)), nil
	case PgSnapshotOID, TxidSnapshotOID:
		return parseSnapshot(s)
	case PgLSNOID:
		v, err := parseLSN(s)
		return MakeUint64(v), err
	case MoneyOID:
		v, err := parseMoney(s)
		return Int(v), err
	case BitOID, VarbitOID:
		return parseBit(t, s)
	case Int2VectorOID, OidVectorOID:
		return parseIntVector(t, s)
	case VoidOID:
		return Bytes([]byte{}), nil
	case RecordOID:
		return Datum{}, pgerr.New(pgerrcode.FeatureNotSupported, "input of anonymous composite types is not implemented")
	case TSVectorOID, TSQueryOID:
		if _, err := textDatum(s); err != nil {
			return Datum{}, err
		}
		return parseTextSearch(t.OID, s)
	case JSONPathOID:
		if _, err := textDatum(s); err != nil {
			return Datum{}, err
		}
		return parseJSONPath(s)
	}
	if rt := RangeTypeOf(t.OID); rt != nil {
		return rt.parseRange(s, f)
	}
	if rt := MultirangeTypeOf(t.OID); rt != nil {
		return rt.parseMultirange(s, f)
	}
	if isReg(t.OID) {
		return parseReg(t.OID, s, f)
	}
	if x := extensionOf(t.OID); x != nil {
		return x.parseText(s)
	}
	info := byOID(t.OID)
	if info == nil {
		return Datum{}, unknownType(t.OID)
	}
	switch {
	case info.Type == 'e':
		return parseEnum(info, s, f)
	case info.Composite != nil:
		return parseComposite(info, s, f)
	}
	return Datum{}, pgerr.Newf(pgerrcode.FeatureNotSupported, "cannot accept a value of type %s", TypeName(t.OID))
}

func unknownType(oid OID) error {
	return pgerr.Newf(pgerrcode.UndefinedObject, "type with OID %d does not exist", oid)
}

// IsReg reports a type whose values are objects of the catalog, by their names.
func IsReg(oid OID) bool { return isReg(oid) }

func isReg(oid OID) bool {
	switch oid {
	case RegprocOID, RegprocedureOID, RegoperOID, RegoperatorOID, RegclassOID, RegtypeOID,
		RegroleOID, RegnamespaceOID, RegconfigOID, RegdictionaryOID, RegcollationOID:
		return true
	}
	return false
}

// parseReg reads a number, "-" for none (of operators that is a name), or a name that
// the catalog resolves.
func parseReg(oid OID, s string, f *Format) (Datum, error) {
	if s == "-" && oid != RegoperOID && oid != RegoperatorOID {
		return Int(0), nil
	}
	if s != "" && spanDigits(s, 0) == len(s) {
		v, err := parseOid("oid", s)
		return Int(v), err
	}
	return regName(oid, s, f)
}

// regName finds what a name means.
func regName(oid OID, s string, f *Format) (Datum, error) {
	if f == nil || f.Names == nil {
		return Datum{}, pgerr.Newf(pgerrcode.FeatureNotSupported, "names of type %s cannot be resolved here", TypeName(oid))
	}
	v, err := f.Names.RegIn(oid, s)
	return Int(int64(v)), err
}

// parseXid reads as strtoul of C does, which is all that PostgreSQL 15 does for xid
// and cid: a number in C's notation, 0 where there is none, the end not looked at.
func parseXid(s string) int64 {
	p := strings.TrimLeft(s, " \t\n\v\f\r")
	neg := strings.HasPrefix(p, "-")
	if neg || strings.HasPrefix(p, "+") {
		p = p[1:]
	}
	base := uint64(10)
	switch {
	case len(p) > 2 && p[0] == '0' && p[1]|0x20 == 'x' && digitIn(p[2], 16):
		base, p = 16, p[2:]
	case strings.HasPrefix(p, "0"):
		base = 8
	}
	var v uint64
	for p != "" && digitIn(p[0], base) {
		d, _ := hexDigit(p[0])
		hi, lo := bits.Mul64(v, base)
		sum, carry := bits.Add64(lo, uint64(d), 0)
		if hi != 0 || carry != 0 {
			return math.MaxUint32 // ULONG_MAX, cut to 32 bits, whatever the sign
		}
		v, p = sum, p[1:]
	}
	if neg {
		v = -v
	}
	return int64(uint32(v))
}

func digitIn(c byte, base uint64) bool {
	d, ok := hexDigit(c)
	return ok && uint64(d) < base
}

// parseTid reads (block,offset) into uint32 and uint16; missing numbers are 0.
func parseTid(s string) ([]byte, error) {
	p := s
	for p != "" && p[0] != '(' && p[0] != ')' {
		p = p[1:]
	}
	if p == "" || p[0] == ')' {
		return nil, badInput("tid", s)
	}
	block, p, ok1 := tidPart(p[1:], ',')
	offset, _, ok2 := tidPart(p, ')')
	if !ok1 || !ok2 || offset > 0xffff {
		return nil, badInput("tid", s)
	}
	return []byte{byte(block >> 24), byte(block >> 16), byte(block >> 8), byte(block), byte(offset >> 8), byte(offset)}, nil
}

// tidPart reads a number up to the delimiter; blanks may come before it only.
func tidPart(p string, end byte) (v int64, rest string, ok bool) {
	i := skipSpace(p, 0)
	start := i
	if i < len(p) && (p[i] == '-' || p[i] == '+') {
		i++
	}
	i = spanDigits(p, i)
	if i == len(p) || p[i] != end {
		return 0, "", false
	}
	if start == i {
		return 0, p[i+1:], start == 0
	}
	v, err := parseOid("oid", p[start:i])
	return v, p[i+1:], err == nil
}

// parseIntVector reads blank-separated numbers into an array with lower bound 0.
func parseIntVector(t T, s string) (Datum, error) {
	var ab ArrayBuilder
	elem := OID(Int2OID)
	if t.OID == OidVectorOID {
		elem = OidOID
	}
	ab.Reset(elem)
	for i := skipSpace(s, 0); i < len(s); i = skipSpace(s, i) {
		start := i
		if elem == OidOID { // one begins wherever another ends
			if s[i] == '-' || s[i] == '+' {
				i++
			}
			if i = spanDigits(s, i); i == start || !isDigit(s[i-1]) {
				return Datum{}, badInput(TypeName(elem), s[start:])
			}
		} else {
			for i < len(s) && !isSpace(s[i]) {
				i++
			}
		}
		d, err := ParseText(Of(elem), s[start:i], nil)
		if err != nil {
			if pgerr.Code(err) == pgerrcode.InvalidTextRepresentation {
				return Datum{}, badInput(TypeName(elem), s[start:])
			}
			return Datum{}, valueRange(TypeName(elem), s[start:])
		}
		ab.Append(d)
	}
	return intVector(&ab)
}

// intVector gives the builder's elements the shape of int2vector and oidvector,
// which have one dimension even when empty.
func intVector(ab *ArrayBuilder) (Datum, error) {
	out := appendArrayHeader(nil, ab.elem, false, []ArrayDim{{ab.n, 0}})
	return Bytes(append(out, ab.buf...)), nil
}

// MakeIntVector is an int2vector (OID Int2VectorOID) or oidvector datum.
func MakeIntVector(oid OID, vals []int64) Datum {
	var ab ArrayBuilder
	ab.Reset(Int2OID)
	if oid == OidVectorOID {
		ab.Reset(OidOID)
	}
	for _, v := range vals {
		ab.Append(Int(v))
	}
	d, _ := intVector(&ab) // never fails
	return d
}
