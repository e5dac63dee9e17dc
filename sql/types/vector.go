package types

import (
	"encoding/binary"
	"slices"
	"unsafe"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// The vector types are those whose values the vector engine reads as they are
// stored, without conversion. Their datums, all numbers little-endian:
//
//	vector     n float32
//	halfvec    n IEEE 754 binary16
//	int8vec    n int8
//	sparsevec  uint32 dimensions, uint32 m, m uint32 zero-based ascending indices,
//	           m float32, none of them zero
//
// The first three are dense: their length gives the dimensions. Texts, limits and
// errors are pgvector's; int8vec, which pgvector has not, follows its manner.

// Limits of pgvector: of dimensions, and of a sparse vector's elements.
const (
	MaxVectorDims = 16000
	MaxSparseDims = 1_000_000_000
	MaxSparseNNZ  = 16000
)

// vectorType is what the vector types differ in.
type vectorType struct {
	oid     OID
	name    string
	size    int // bytes a component of a dense vector
	maxDims int
}

var (
	vectorKind  = &vectorType{VectorOID, "vector", 4, MaxVectorDims}
	halfvecKind = &vectorType{HalfvecOID, "halfvec", 2, MaxVectorDims}
	int8vecKind = &vectorType{Int8vecOID, "int8vec", 1, MaxVectorDims}
	sparseKind  = &vectorType{SparsevecOID, "sparsevec", 0, MaxSparseDims}
)

// vectorTypeOf is nil for types that are no vectors.
func vectorTypeOf(oid OID) *vectorType {
	switch oid {
	case VectorOID:
		return vectorKind
	case HalfvecOID:
		return halfvecKind
	case Int8vecOID:
		return int8vecKind
	case SparsevecOID:
		return sparseKind
	}
	return nil
}

// IsVector reports a type that the vector engine reads: columns of such types are
// stored in a key family of their own, each value with an epoch.
func (t T) IsVector() bool { return vectorTypeOf(t.OID) != nil }

// VectorWidth is the length in bytes of a vector datum of t's dimensions, 0 when
// it is not known.
func (t T) VectorWidth() int {
	if k := vectorTypeOf(t.OID); k != nil && t.Mod > 0 {
		return k.size * int(t.Mod)
	}
	return 0
}

// VectorDims is the number of dimensions of a vector datum of type oid, 0 for
// types that are no vectors.
func VectorDims(oid OID, b []byte) int {
	k := vectorTypeOf(oid)
	if k == nil {
		return 0
	}
	return k.dims(b)
}

func (k *vectorType) dims(b []byte) int {
	if k.size > 0 {
		return len(b) / k.size
	}
	return SparseOf(b).Dims
}

// checkDims answers pgvector's errors for a number of dimensions that the type
// cannot have (22000, 54000) or that is not the modifier's, unless that is −1.
func (k *vectorType) checkDims(dims int, mod int32) error {
	switch {
	case dims < 1:
		return pgerr.Newf(pgerrcode.DataException, "%s must have at least 1 dimension", k.name)
	case dims > k.maxDims:
		return k.tooManyDims()
	case mod >= 0 && int(mod) != dims:
		return pgerr.Newf(pgerrcode.DataException, "expected %d dimensions, not %d", mod, dims)
	}
	return nil
}

// CheckVectorDims answers the error of a number of dimensions that the vector
// type oid cannot have.
func CheckVectorDims(oid OID, dims int) error { return vectorTypeOf(oid).checkDims(dims, -1) }

func (k *vectorType) tooManyDims() error {
	return pgerr.Newf(pgerrcode.ProgramLimitExceeded, "%s cannot have more than %d dimensions", k.name, k.maxDims)
}

// checkElement answers 22000 for a component that is not finite.
func (k *vectorType) checkElement(x float32) error {
	if x-x == 0 {
		return nil
	}
	if x != x {
		return pgerr.Newf(pgerrcode.DataException, "NaN not allowed in %s", k.name)
	}
	return pgerr.Newf(pgerrcode.DataException, "infinite value not allowed in %s", k.name)
}

// outOfRange is 22003 for a number that the type cannot hold, quoted as written.
func outOfRange(typ, number string) error {
	return pgerr.Newf(pgerrcode.NumericValueOutOfRange, "\"%s\" is out of range for type %s", number, typ)
}

// coerce checks a datum's dimensions against the modifier.
func (k *vectorType) coerce(d Datum, mod int32) (Datum, error) {
	return d, k.checkDims(k.dims(d.ref), mod)
}

// vectorMod is the typmodin of the vector types: the number of dimensions.
func (k *vectorType) vectorMod(args []int32) (int32, error) {
	if len(args) != 1 {
		return -1, badTypmod()
	}
	if args[0] < 1 {
		return -1, pgerr.Newf(pgerrcode.InvalidParameterValue, "dimensions for type %s must be at least 1", k.name)
	}
	if int(args[0]) > k.maxDims {
		return -1, pgerr.Newf(pgerrcode.InvalidParameterValue, "dimensions for type %s cannot exceed %d", k.name, k.maxDims)
	}
	return args[0], nil
}

// Float32s views a vector datum's bytes as its components, without copying.
// The result is valid as long as b; its length is len(b)/4.
func Float32s(b []byte) []float32 {
	if len(b) < 4 {
		return nil
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/4)
}

// Float32Bytes views components as a vector datum's bytes, without copying.
func Float32Bytes(v []float32) []byte {
	if len(v) == 0 {
		return []byte{}
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(v))), len(v)*4)
}

// Components are the components of a dense vector datum of type oid: a view of a
// vector's bytes; those of other types are written over buf, grown as needed.
func Components(oid OID, b []byte, buf []float32) []float32 {
	switch oid {
	case VectorOID:
		return Float32s(b)
	case HalfvecOID:
		buf = slices.Grow(buf[:0], len(b)/2)[:len(b)/2]
		for i := range buf {
			buf[i] = HalfToFloat32(binary.LittleEndian.Uint16(b[2*i:]))
		}
	case Int8vecOID:
		buf = slices.Grow(buf[:0], len(b))[:len(b)]
		for i, x := range b {
			buf[i] = float32(int8(x))
		}
	}
	return buf
}

// component is component i of a dense vector.
func (k *vectorType) component(b []byte, i int) float32 {
	switch k.size {
	case 4:
		return float32At(b, 4*i)
	case 2:
		return HalfToFloat32(binary.LittleEndian.Uint16(b[2*i:]))
	}
	return float32(int8(b[i]))
}
