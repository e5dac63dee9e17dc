package types

import (
	"math"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// Cast converts d, of type from, to type to: by the conversion that PostgreSQL
// 15's pg_cast names, or by text where one side is a string type. Whether a
// statement may use the conversion is the analyzer's business; explicit matters
// only for cutting to a length. A conversion that does not exist is 42846.
func Cast(from, to T, d Datum, f *Format, explicit bool) (Datum, error) {
	if d.null {
		return d, nil
	}
	if f == nil {
		f = DefaultFormat
	}
	if from.OID == to.OID {
		return ApplyTypmod(to, d, explicit)
	}
	if from.OID == UnknownOID || from.OID == CstringOID {
		if to.OID == IntervalOID { // its fields decide what bare numbers of a literal mean
			return ParseText(to, string(d.ref), f)
		}
		return castFromText(to, d, f, explicit)
	}
	out, done, err := castScalar(from, to, d, f)
	if err != nil {
		return Datum{}, err
	}
	if !done {
		if out, done, err = castContainer(from, to, d, f, explicit); err != nil {
			return Datum{}, err
		}
	}
	switch {
	case done:
		if out.null {
			return out, nil
		}
		return ApplyTypmod(to, out, explicit)
	case isString(to.OID):
		return castToText(from, to, d, f, explicit)
	case isString(from.OID):
		return castFromText(to, d, f, explicit)
	}
	return Datum{}, noCast(from, to)
}

func noCast(from, to T) error {
	return pgerr.Newf(pgerrcode.CannotCoerce, "cannot cast type %s to %s", TypeName(from.OID), TypeName(to.OID))
}

func isString(oid OID) bool {
	switch oid {
	case TextOID, VarcharOID, BpcharOID, NameOID, CitextOID:
		return true
	}
	return false
}

func trimIfBpchar(from T, d Datum) Datum {
	if from.OID == BpcharOID {
		return Bytes(trimBlanks(d.ref))
	}
	return d
}

func castFromText(to T, d Datum, f *Format, explicit bool) (Datum, error) {
	out, err := Datum{}, error(nil)
	if to.OID == RegclassOID { // text_regclass reads names alone, numbers too
		out, err = regName(to.OID, string(d.ref), f)
	} else {
		out, err = ParseText(Of(to.OID), string(d.ref), f)
	}
	if err != nil {
		return Datum{}, err
	}
	return ApplyTypmod(to, out, explicit)
}

func castToText(from, to T, d Datum, f *Format, explicit bool) (Datum, error) {
	var out Datum
	switch from.OID {
	case TextOID, VarcharOID, NameOID, CitextOID:
		out = d
	case BpcharOID:
		out = trimIfBpchar(from, d)
	case InetOID, CidrOID: // text(inet) shows the mask length always
		if to.OID == NameOID {
			return truncName(Bytes(AppendText(nil, from, d, f))), nil
		}
		out = Bytes(AppendNetwork(nil, d))
	case BoolOID:
		if to.OID == NameOID {
			return Bytes(AppendText(nil, from, d, f)), nil
		}
		out = String("false")
		if d.Bool() {
			out = String("true")
		}
	default:
		text, err := boundedText(from, d, f)
		if err != nil {
			return Datum{}, err
		}
		out = Bytes(text)
	}
	if to.OID == NameOID {
		return truncName(out), nil
	}
	return ApplyTypmod(to, out, explicit)
}

// castScalar converts between types without elements; done is false when there
// is no such conversion.
func castScalar(from, to T, d Datum, f *Format) (out Datum, done bool, err error) {
	switch to.OID {
	case Int2OID, Int4OID, Int8OID:
		return castToInt(from, to, d)
	case Float4OID, Float8OID:
		return castToFloat(from, to, d)
	case NumericOID:
		return castToNumeric(from, d)
	case BoolOID:
		switch from.OID {
		case Int4OID:
			return Bool(d.Int() != 0), true, nil
		case JSONBOID:
			return castJSONB(to, d)
		}
	case OidOID, RegprocOID, RegprocedureOID, RegoperOID, RegoperatorOID, RegclassOID, RegtypeOID,
		RegroleOID, RegnamespaceOID, RegconfigOID, RegdictionaryOID, RegcollationOID:
		return castToOid(from, to, d)
	case CharOID:
		switch {
		case from.OID == Int4OID:
			if v := d.Int(); v < math.MinInt8 || v > math.MaxInt8 {
				return Datum{}, false, typeRange("\"char\"")
			}
			return Int(int64(uint8(d.Int()))), true, nil
		case isString(from.OID):
			return Int(parseChar(string(d.ref))), true, nil
		}
	case XidOID:
		if from.OID == Xid8OID {
			return Int(int64(uint32(Uint64Of(d)))), true, nil
		}
	case MoneyOID:
		return castToMoney(from, d)
	case BitOID, VarbitOID:
		return castToBit(from, to, d)
	case JSONOID:
		if from.OID == JSONBOID {
			return d, true, nil
		}
	case JSONBOID:
		if from.OID == JSONOID {
			b, err := ParseJSONB(nil, string(d.ref), f)
			return Bytes(b), true, err
		}
	case InetOID, CidrOID, MacaddrOID, Macaddr8OID:
		return castNetwork(from, to, d)
	case PointOID, LsegOID, PathOID, BoxOID, PolygonOID, LineOID, CircleOID:
		return castGeometry(from, to, d)
	case ByteaOID, UUIDOID:
	default:
		return castDateTime(from, to, d, f)
	}
	return Datum{}, false, nil
}

func castToInt(from, to T, d Datum) (Datum, bool, error) {
	it, _ := intTypeOf(to.OID)
	switch from.OID {
	case Int2OID, Int4OID, Int8OID:
		v, err := checkInt(it, d.Int())
		return v, true, err
	case Float4OID, Float8OID:
		v := math.RoundToEven(d.Float())
		if !(v >= float64(it.min) && v < -float64(it.min)) { // NaN fails too
			return Datum{}, false, typeRange(it.name)
		}
		return Int(int64(v)), true, nil
	case NumericOID:
		v, err := numericToInt(it, d)
		return v, true, err
	case BoolOID:
		if to.OID == Int4OID {
			return Int(b2i(d.Bool())), true, nil
		}
	case CharOID:
		if to.OID == Int4OID {
			return Int(int64(int8(d.Int()))), true, nil
		}
	case JSONBOID:
		return castJSONB(to, d)
	case BitOID, VarbitOID:
		if from.OID == BitOID && to.OID != Int2OID {
			return bitsToInt(it, d)
		}
	}
	if from.OID == OidOID || isReg(from.OID) {
		switch to.OID {
		case Int8OID:
			return d, true, nil
		case Int4OID: // binary coercible
			return Int(int64(int32(d.Int()))), true, nil
		}
	}
	return Datum{}, false, nil
}

func numericToInt(it intType, d Datum) (Datum, error) {
	if NumericIsNaN(d) {
		return Datum{}, pgerr.Newf(pgerrcode.FeatureNotSupported, "cannot convert NaN to %s", it.name)
	}
	if NumericIsInf(d) != 0 {
		return Datum{}, pgerr.Newf(pgerrcode.FeatureNotSupported, "cannot convert infinity to %s", it.name)
	}
	v, ok := NumericToInt64(d)
	if !ok {
		return Datum{}, typeRange(it.name)
	}
	return checkInt(it, v)
}

func bitsToInt(it intType, d Datum) (Datum, bool, error) {
	n, data := BitsOf(d)
	size := 64
	if it.name == int4Type.name {
		size = 32
	}
	if n > size {
		return Datum{}, false, typeRange(it.name)
	}
	var u uint64
	for _, b := range data {
		u = u<<8 | uint64(b)
	}
	u >>= uint(8*len(data) - n)
	if size == 32 {
		return Int(int64(int32(uint32(u)))), true, nil
	}
	return Int(int64(u)), true, nil
}

func castToFloat(from, to T, d Datum) (Datum, bool, error) {
	var v float64
	switch from.OID {
	case Int2OID, Int4OID, Int8OID:
		if to.OID == Float4OID {
			return Float(float64(float32(d.Int()))), true, nil
		}
		return Float(float64(d.Int())), true, nil
	case Float4OID, Float8OID:
		v = d.Float()
	case NumericOID:
		return numericToFloat(to, d)
	case JSONBOID:
		return castJSONB(to, d)
	default:
		return Datum{}, false, nil
	}
	if to.OID == Float4OID {
		r := float64(float32(v))
		if math.IsInf(r, 0) && !math.IsInf(v, 0) {
			return Datum{}, false, pgerr.New(pgerrcode.NumericValueOutOfRange, "value out of range: overflow")
		}
		if r == 0 && v != 0 {
			return Datum{}, false, pgerr.New(pgerrcode.NumericValueOutOfRange, "value out of range: underflow")
		}
		v = r
	}
	return Float(v), true, nil
}

// numericToFloat goes by text, as PostgreSQL does, so that the error quotes it.
func numericToFloat(to T, d Datum) (Datum, bool, error) {
	bits := 64
	if to.OID == Float4OID {
		bits = 32
	}
	v, err := parseFloat(string(appendNumeric(nil, d.ref)), bits)
	return Float(v), true, err
}

func castToNumeric(from T, d Datum) (Datum, bool, error) {
	switch from.OID {
	case Int2OID, Int4OID, Int8OID:
		return NumericFromInt(d.Int()), true, nil
	case Float4OID, Float8OID:
		bits := 64
		if from.OID == Float4OID {
			bits = 32
		}
		v, err := NumericFromFloat(d.Float(), bits)
		return v, true, err
	case MoneyOID:
		v, err := dec{neg: d.Int() < 0, scale: 2, wide: bigAbs(d.Int())}.shrink().datum()
		return v, true, err
	case JSONBOID:
		return castJSONB(Of(NumericOID), d)
	}
	return Datum{}, false, nil
}

func castToOid(from, to T, d Datum) (Datum, bool, error) {
	switch from.OID {
	case Int2OID, Int4OID:
		return Int(int64(uint32(d.Int()))), true, nil
	case Int8OID:
		if v := d.Int(); v < 0 || v > math.MaxUint32 {
			return Datum{}, false, typeRange("OID")
		}
		return d, true, nil
	}
	if from.OID == OidOID || to.OID == OidOID && isReg(from.OID) || isReg(from.OID) && isReg(to.OID) {
		return d, true, nil
	}
	return Datum{}, false, nil
}

func castToMoney(from T, d Datum) (Datum, bool, error) {
	switch from.OID {
	case Int4OID, Int8OID:
		v := d.Int()
		if v > math.MaxInt64/100 || v < math.MinInt64/100 {
			return Datum{}, false, typeRange("bigint")
		}
		return Int(v * 100), true, nil
	case NumericOID:
		x := mulDec(decOf(d.ref), dec{small: 100})
		cents, err := x.datum()
		if err != nil {
			return Datum{}, false, err
		}
		out, err := numericToInt(int8Type, cents)
		return out, true, err
	}
	return Datum{}, false, nil
}

func castToBit(from, to T, d Datum) (Datum, bool, error) {
	switch from.OID {
	case BitOID, VarbitOID:
		return d, true, nil
	case Int4OID, Int8OID:
		if to.OID == VarbitOID {
			return Datum{}, false, nil
		}
		n := int(to.Mod)
		if n <= 0 || n > maxBits {
			n = 1
		}
		return intToBits(d.Int(), n), true, nil
	}
	return Datum{}, false, nil
}

// intToBits is the last n bits of a number, with its sign before those that it has.
func intToBits(v int64, n int) Datum {
	data := make([]byte, (n+7)/8)
	own := min(n, 64)
	if v < 0 {
		for at := 0; at < n-own; at++ {
			if at%8 == 0 && at+8 <= n-own {
				data[at/8] = 0xff
				at += 7
				continue
			}
			data[at/8] |= 0x80 >> (at % 8)
		}
	}
	for i := range own { // bit i counts from the right
		if v>>i&1 != 0 {
			at := n - 1 - i
			data[at/8] |= 0x80 >> (at % 8)
		}
	}
	return MakeBits(n, data)
}

// castJSONB takes the number or boolean out of a jsonb scalar.
func castJSONB(to T, d Datum) (Datum, bool, error) {
	kind := JSONTypeof(d.ref)
	want := "number"
	if to.OID == BoolOID {
		want = "boolean"
	}
	if kind != want {
		if kind == "number" {
			kind = "numeric"
		}
		return Datum{}, false, pgerr.Newf(pgerrcode.InvalidParameterValue, "cannot cast jsonb %s to type %s", kind, TypeName(to.OID))
	}
	if want == "boolean" {
		return Bool(d.ref[0] == 't'), true, nil
	}
	b, err := parseNumeric(string(d.ref))
	if err != nil {
		return Datum{}, false, err
	}
	n := Bytes(b)
	switch to.OID {
	case NumericOID:
		return n, true, nil
	case Float4OID, Float8OID:
		return numericToFloat(to, n)
	}
	it, _ := intTypeOf(to.OID)
	v, err := numericToInt(it, n)
	return v, true, err
}

// castContainer converts arrays element by element, and vectors.
func castContainer(from, to T, d Datum, f *Format, explicit bool) (Datum, bool, error) {
	switch {
	case to.OID == RecordOID && isRecord(from.OID):
		return AsRecord(from.OID, d, f), true, nil
	case IsComposite(from.OID) && IsComposite(to.OID):
		return CompositeOf(from.OID, f).as(CompositeOf(to.OID, f), d), true, nil
	case to.IsVector() || from.IsVector():
		return castVector(from, to, d)
	case MultirangeTypeOf(to.OID) != nil && MultirangeTypeOf(to.OID).Range == from.OID:
		rt := MultirangeTypeOf(to.OID)
		return rt.MakeMulti([]Range{rt.RangeOf(d)}), true, nil
	case (from.IsArray() || from.OID == Int2VectorOID || from.OID == OidVectorOID) && to.IsArray():
		fe, te := byOID(from.OID).elem(-1), to.Elem()
		if fe.OID == te.OID && (te.Mod < 0 || to.ElemDomain() == 0) {
			return d, true, nil
		}
		out, err := mapArray(d, te.OID, func(v Datum) (Datum, error) {
			return Cast(fe, te, v, f, explicit)
		})
		if pgerr.Code(err) == pgerrcode.CannotCoerce {
			err = noCast(from, to)
		}
		return out, err == nil, err
	}
	return Datum{}, false, nil
}
