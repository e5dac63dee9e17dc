package types

import (
	"encoding/binary"
	"math"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// castVector converts between vector types, and between arrays and vectors; done
// is false when there is no such conversion. The target's modifier is checked
// first, as by pgvector, whose casts get it.
func castVector(from, to T, d Datum) (out Datum, done bool, err error) {
	src, dst := vectorTypeOf(from.OID), vectorTypeOf(to.OID)
	switch {
	case dst == nil && to.OID == Float4ArrayOID && (src == vectorKind || src == halfvecKind):
		return floatArray(Components(from.OID, d.ref, nil)), true, nil
	case dst == nil && to.OID == Int2ArrayOID && src == int8vecKind:
		return int2Array(d.ref), true, nil
	case dst == nil:
		return Datum{}, false, nil
	case src != nil:
		out, err = vectorToVector(src, dst, d.ref, to.Mod)
	case dst.takesArray(from):
		out, err = arrayToVector(from, dst, d, to.Mod)
	default:
		return Datum{}, false, nil
	}
	return out, err == nil, err
}

func floatArray(v []float32) Datum {
	var ab ArrayBuilder
	ab.Reset(Float4OID)
	for _, x := range v {
		ab.Append(Float(float64(x)))
	}
	return ab.Array()
}

func int2Array(b []byte) Datum {
	var ab ArrayBuilder
	ab.Reset(Int2OID)
	for _, x := range b {
		ab.Append(Int(int64(int8(x))))
	}
	return ab.Array()
}

// appendValue appends a dense vector's component: rounded to a half, or to the
// nearest integer; 22003 when the type cannot hold it. What is not finite stays,
// for checkElements, but in an int8vec.
func (k *vectorType) appendValue(dst []byte, v float32) ([]byte, error) {
	switch k {
	case vectorKind:
		return binary.LittleEndian.AppendUint32(dst, math.Float32bits(v)), nil
	case halfvecKind:
		h := Float32ToHalf(v)
		if halfIsInf(h) && v-v == 0 {
			return nil, outOfRange(k.name, string(appendFloat32(nil, v)))
		}
		return binary.LittleEndian.AppendUint16(dst, h), nil
	}
	r := math.RoundToEven(float64(v))
	if !(r >= math.MinInt8 && r <= math.MaxInt8) {
		if err := k.checkElement(v); err != nil {
			return nil, err
		}
		return nil, outOfRange(k.name, string(appendFloat32(nil, v)))
	}
	return append(dst, byte(int8(r))), nil
}

// VectorFrom makes a dense vector datum of type oid from its components, written
// over buf. Errors: 22003 when the type cannot hold one, 22000 when one is not finite.
func VectorFrom(oid OID, v []float32, buf []byte) (Datum, error) {
	k, b := vectorTypeOf(oid), buf[:0]
	for _, x := range v {
		if err := k.checkElement(x); err != nil {
			return Datum{}, err
		}
		var err error
		if b, err = k.appendValue(b, x); err != nil {
			return Datum{}, err
		}
	}
	return Bytes(b), nil
}

// vectorToVector converts between two vector types.
func vectorToVector(src, dst *vectorType, b []byte, mod int32) (Datum, error) {
	dims := src.dims(b)
	if err := dst.checkDims(dims, mod); err != nil {
		return Datum{}, err
	}
	switch {
	case dst == sparseKind:
		v := Sparse{Dims: dims}
		for i := range dims {
			v.add(i, src.component(b, i))
		}
		return v.Datum(), nil
	case src == sparseKind:
		return sparseToDense(dst, SparseOf(b))
	}
	out := make([]byte, 0, dims*dst.size)
	for i := range dims {
		var err error
		if out, err = dst.appendValue(out, src.component(b, i)); err != nil {
			return Datum{}, err
		}
	}
	return Bytes(out), nil
}

func sparseToDense(dst *vectorType, v Sparse) (Datum, error) {
	out := make([]byte, v.Dims*dst.size)
	for i, at := range v.Index {
		if int(at) >= v.Dims {
			return Datum{}, pgerr.New(pgerrcode.InternalError, "index out of bounds")
		}
		if _, err := dst.appendValue(out[int(at)*dst.size:int(at)*dst.size], v.Value[i]); err != nil {
			return Datum{}, err
		}
	}
	return Bytes(out), nil
}

// takesArray reports the arrays that a vector type is cast from.
func (k *vectorType) takesArray(from T) bool {
	if !from.IsArray() {
		return false
	}
	switch from.Elem().OID {
	case Int2OID:
		return k == int8vecKind
	case Int4OID:
		return true
	case Float4OID, Float8OID, NumericOID:
		return k != int8vecKind
	}
	return false
}

// arrayToVector is pgvector's array_to_vector and the like.
func arrayToVector(from T, dst *vectorType, d Datum, mod int32) (Datum, error) {
	if ArrayNDims(d) > 1 {
		return Datum{}, pgerr.New(pgerrcode.DataException, "array must be 1-D")
	}
	if containsNull(d) {
		return Datum{}, pgerr.New(pgerrcode.NullValueNotAllowedDataException, "array must not contain nulls")
	}
	dims := ArrayLen(d)
	if err := dst.checkDims(dims, mod); err != nil {
		return Datum{}, err
	}
	elem := from.Elem().OID
	if dst == sparseKind {
		return arrayToSparse(elem, d, dims)
	}
	out := make([]byte, 0, dims*dst.size)
	for it := NewArrayIter(d); ; {
		e, ok := it.Next()
		if !ok {
			return Bytes(out), dst.checkElements(out)
		}
		v, err := elementFloat(elem, e)
		if err != nil {
			return Datum{}, err
		}
		if out, err = dst.appendValue(out, v); err != nil {
			return Datum{}, err
		}
	}
}

func containsNull(d Datum) bool {
	if !ArrayHasNull(d) {
		return false
	}
	for it := NewArrayIter(d); ; {
		e, ok := it.Next()
		if !ok || e.null {
			return ok
		}
	}
}

// arrayToSparse counts the elements before it looks at them.
func arrayToSparse(elem OID, d Datum, dims int) (Datum, error) {
	v := Sparse{Dims: dims}
	at := 0
	for it := NewArrayIter(d); ; at++ {
		e, ok := it.Next()
		if !ok {
			break
		}
		x, err := elementFloat(elem, e)
		if err != nil {
			return Datum{}, err
		}
		v.add(at, x)
	}
	if err := checkNNZ(len(v.Index), dims); err != nil {
		return Datum{}, err
	}
	for _, x := range v.Value {
		if err := sparseKind.checkElement(x); err != nil {
			return Datum{}, err
		}
	}
	return v.Datum(), nil
}

// elementFloat is an array element as a float4: too large a float8 becomes an
// infinity, too large a numeric is 22003.
func elementFloat(elem OID, e Datum) (float32, error) {
	switch elem {
	case Int2OID, Int4OID:
		return float32(e.Int()), nil
	case NumericOID:
		x, _, err := numericToFloat(Of(Float4OID), e)
		return float32(x.Float()), err
	}
	return float32(e.Float()), nil
}
