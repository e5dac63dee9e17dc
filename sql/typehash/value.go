// Package typehash hashes values as PostgreSQL does: the hash functions of the types' default
// operator classes for hash indexes, with the same numbers. Users meet them as functions (hashint4
// and so on), and hash partitioning decides by them where a row belongs. It knows types and their
// datums, nothing of catalogs, expressions or rows.
package typehash

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/bits"
	"unicode"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

const microsPerDay = 86_400_000_000

// Value is the hash of a value that is not NULL, with a seed, by the hash function of the type's default operator class for hash
// indexes; 42883 when it has none.
func Value(t types.T, d types.Datum, seed uint64) (uint64, error) {
	switch t.OID {
	case types.BoolOID, types.CharOID:
		return Word(uint32(int32(int8(d.Int()))), seed), nil
	case types.Int2OID, types.Int4OID, types.OidOID, types.DateOID, types.XidOID, types.CidOID, types.RegclassOID,
		types.RegtypeOID, types.RegprocOID, types.RegprocedureOID, types.RegoperOID, types.RegoperatorOID,
		types.RegroleOID, types.RegnamespaceOID, types.RegconfigOID, types.RegdictionaryOID, types.RegcollationOID:
		return Word(uint32(d.Int()), seed), nil
	case types.Int8OID, types.TimeOID, types.TimestampOID, types.TimestamptzOID:
		return Int64(d.Int(), seed), nil
	case types.Xid8OID, types.PgLSNOID:
		return Int64(int64(types.Uint64Of(d)), seed), nil
	case types.Float4OID, types.Float8OID:
		return hashFloat(d.Float(), seed), nil
	case types.TextOID, types.VarcharOID, types.NameOID, types.ByteaOID, types.UUIDOID,
		types.InetOID, types.CidrOID, types.MacaddrOID, types.Macaddr8OID:
		return Bytes(d.Bytes(), seed), nil
	case types.CitextOID:
		return Bytes(bytes.Map(unicode.ToLower, d.Bytes()), seed), nil
	case types.BpcharOID:
		return Bytes(bytes.TrimRight(d.Bytes(), " "), seed), nil
	case types.NumericOID:
		return hashNumeric(d.Bytes(), seed), nil
	case types.TidOID:
		return Bytes(swapPairs(d.Bytes()), seed), nil
	case types.IntervalOID:
		iv := types.IntervalOf(d)
		days := int64(iv.Months)*30 + int64(iv.Days)
		return Int64(days*microsPerDay+iv.Micros, seed), nil // the low half of the 128-bit span
	case types.TimetzOID:
		us, east := types.TimetzOf(d)
		return Int64(us, seed) ^ Word(uint32(int32(-east)), seed), nil
	case types.JSONBOID:
		return hashJSONB(d.Bytes(), seed), nil
	case types.RecordOID:
		return hashRecord(d, seed)
	}
	if types.IsComposite(t.OID) {
		return hashRecord(types.AsRecord(t.OID, d, nil), seed)
	}
	if rt := types.RangeTypeOf(t.OID); rt != nil {
		return hashRange(rt, rt.RangeOf(d), seed)
	}
	if rt := types.MultirangeTypeOf(t.OID); rt != nil {
		h := uint64(1)
		for _, x := range rt.RangesOf(d) {
			one, err := hashRange(rt, x, seed)
			if err != nil {
				return 0, err
			}
			h = h<<5 - h + one
		}
		return h, nil
	}
	if t.IsArray() || t.OID == types.OidVectorOID {
		return hashArray(t, d, seed)
	}
	if info := types.Lookup(t.OID); info != nil && info.Enum != nil {
		return Word(uint32(info.Enum.OIDOf(d.Int())), seed), nil
	}
	return 0, noHash(t)
}

func hashFloat(v float64, seed uint64) uint64 {
	if v == 0 {
		return seed
	}
	u := math.Float64bits(v)
	if v != v {
		u = 0x7ff8 << 48
	}
	return Bytes(binary.LittleEndian.AppendUint64(nil, u), seed)
}

// hashNumeric hashes the base-10000 digits as PostgreSQL holds them in memory.
func hashNumeric(b []byte, seed uint64) uint64 {
	if len(b) < 8 || binary.BigEndian.Uint16(b[4:])&0xc000 == 0xc000 {
		return seed // NaN and infinities
	}
	if len(b) == 8 {
		return seed - 1 // zero
	}
	weight := int64(int16(binary.BigEndian.Uint16(b[2:])))
	return Bytes(swapPairs(b[8:]), seed) ^ uint64(weight)
}

// swapPairs turns 16-bit numbers from the wire's byte order to that of PostgreSQL's
// memory on the machines it is compared with.
func swapPairs(b []byte) []byte {
	out := make([]byte, len(b))
	for i := 0; i+1 < len(b); i += 2 {
		out[i], out[i+1] = b[i+1], b[i]
	}
	return out
}

// rotateHalves turns each half of h left by one bit.
func rotateHalves(h uint64) uint64 {
	return uint64(bits.RotateLeft32(uint32(h>>32), 1))<<32 | uint64(bits.RotateLeft32(uint32(h), 1))
}

func hashArray(t types.T, d types.Datum, seed uint64) (uint64, error) {
	if t.OID == types.OidVectorOID {
		var b []byte
		for it := types.NewArrayIter(d); ; {
			v, ok := it.Next()
			if !ok {
				break
			}
			b = binary.LittleEndian.AppendUint32(b, uint32(v.Int()))
		}
		return Bytes(b, seed), nil
	}
	h := uint64(1)
	elem := t.Elem()
	for it := types.NewArrayIter(d); ; {
		v, ok := it.Next()
		if !ok {
			return h, nil
		}
		m, err := hashMember(elem, v, seed)
		if err != nil {
			return 0, err
		}
		h = h<<5 - h + m
	}
}

func hashRecord(d types.Datum, seed uint64) (uint64, error) {
	h := uint64(0)
	for it := types.NewRecordIter(d); ; {
		t, v, ok := it.Next()
		if !ok {
			return h, nil
		}
		m, err := hashMember(t, v, seed)
		if err != nil || t.OID == types.RecordOID { // of which nobody knows before that it can be hashed
			return 0, noHash(t)
		}
		h = h<<5 - h + m
	}
}

func noHash(t types.T) error {
	return pgerr.Newf(pgerrcode.UndefinedFunction, "could not identify a hash function for type %s", types.TypeName(t.OID))
}

// hashRange folds the hashes of a range's flags and bounds.
func hashRange(rt *types.RangeType, x types.Range, seed uint64) (uint64, error) {
	one, err := rt.Make(x)
	if err != nil {
		return 0, err
	}
	h := Word(uint32(one.Bytes()[0]), seed)
	for k, b := range []types.Bound{x.Lower, x.Upper} {
		if k == 1 {
			h = rotateHalves(h)
		}
		if !x.Empty && !b.Infinite {
			v, err := Value(types.Of(rt.Elem), b.Val, seed)
			if err != nil {
				return 0, err
			}
			h ^= v
		}
	}
	return h, nil
}

// hashMember is 0 for NULL.
func hashMember(t types.T, v types.Datum, seed uint64) (uint64, error) {
	if v.IsNull() && t.OID != types.UnknownOID {
		return 0, nil
	}
	return Value(t, v, seed)
}

// hashJSONB folds the scalars of a document in order; containers count by their kind.
func hashJSONB(b []byte, seed uint64) uint64 {
	const array, object = 0x40000000_40000000, 0x20000000_20000000
	h := uint64(0)
	add := func(v uint64) { h = rotateHalves(h) ^ v }
	var walk func(b []byte)
	scalar := func(b []byte) {
		switch types.JSONTypeof(b) {
		case "null":
			add(seed + 1)
		case "boolean":
			switch {
			case seed != 0:
				add(Word(truth(b[0] == 't'), seed))
			case b[0] == 't':
				add(2)
			default:
				add(4)
			}
		case "number":
			n, _ := types.ParseText(types.Of(types.NumericOID), string(b), nil)
			add(hashNumeric(n.Bytes(), seed))
		default:
			s, _ := types.JSONText(b)
			add(Bytes(s.Bytes(), seed))
		}
	}
	walk = func(b []byte) {
		switch types.JSONTypeof(b) {
		case "array":
			h ^= array
			types.JSONElements(b, func(val []byte) bool { walk(val); return true })
		case "object":
			h ^= object
			types.JSONEach(b, func(key, val []byte) bool {
				add(Bytes(key, seed))
				walk(val)
				return true
			})
		default:
			scalar(b)
		}
	}
	if string(b) == "{}" || string(b) == "[]" {
		return seed
	}
	if k := types.JSONTypeof(b); k != "array" && k != "object" {
		h ^= array // a lone scalar is kept as an array of one
	}
	walk(b)
	return h
}

func truth(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}
