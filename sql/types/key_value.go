package types

import (
	"encoding/binary"
	"math"
)

// KeyValue is a value that is equal to the one that AppendKey wrote as the whole of key:
// that one if t is KeyReversible, else it can differ in the sign of zeros. ok is false for
// types whose keys do not tell one.
func KeyValue(t T, key []byte) (d Datum, ok bool) {
	switch {
	case KeyReversible(t):
		d, _, err := DecodeKey(t, key, false)
		return d, err == nil
	case t.OID == Float8OID || t.OID == Float4OID:
		if len(key) != 8 {
			return Null, false
		}
		return Float(floatOfOrder(binary.BigEndian.Uint64(key))), true
	case t.OID == SparsevecOID:
		return sparseOfKey(key)
	}
	if k := vectorTypeOf(t.OID); k != nil {
		return k.ofKey(key)
	}
	return Null, false
}

// floatOfOrder is the inverse of FloatOrder.
func floatOfOrder(u uint64) float64 {
	switch {
	case u == math.MaxUint64:
		return math.NaN()
	case u>>63 != 0:
		return math.Float64frombits(u &^ (1 << 63))
	}
	return math.Float64frombits(^u)
}

// float32OfOrder is the inverse of float32Order.
func float32OfOrder(u uint32) float32 {
	if u>>31 != 0 {
		return math.Float32frombits(u &^ (1 << 31))
	}
	return math.Float32frombits(^u)
}

// ofKey is the inverse of appendKey, but for sparse vectors.
func (k *vectorType) ofKey(key []byte) (Datum, bool) {
	n := (len(key) - 1) / (1 + k.size)
	if len(key) != n*(1+k.size)+1 || key[len(key)-1] != 0 {
		return Null, false
	}
	b := make([]byte, 0, n*k.size)
	for ; n > 0; n-- {
		at := key[1:]
		switch k.size {
		case 4:
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32OfOrder(binary.BigEndian.Uint32(at))))
		case 2:
			v := int32(binary.BigEndian.Uint16(at)) - 1<<15
			h := uint16(max(v, -v))
			if v < 0 {
				h |= 0x8000
			}
			b = binary.LittleEndian.AppendUint16(b, h)
		default:
			b = append(b, at[0]^0x80)
		}
		key = key[1+k.size:]
	}
	return Bytes(b), true
}

// sparseOfKey is the inverse of appendSparseKey.
func sparseOfKey(key []byte) (Datum, bool) {
	var v Sparse
	for len(key) >= 6 {
		at := binary.BigEndian.Uint32(key[1:])
		switch {
		case key[0] == 1 && key[5] == 0:
			v.Dims = int(at)
			return v.Datum(), len(key) == 6
		case key[0] == 1:
			key = key[6:]
		default:
			at, key = ^at, key[5:]
		}
		if len(key) < 4 {
			break
		}
		v.Index, v.Value = append(v.Index, at), append(v.Value, float32OfOrder(binary.BigEndian.Uint32(key)))
		key = key[4:]
	}
	return Null, false
}
