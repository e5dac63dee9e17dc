package types

import (
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"unsafe"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// Sparse is a sparsevec's value: elements that are not zero at ascending
// zero-based dimensions.
type Sparse struct {
	Dims  int
	Index []uint32
	Value []float32
}

const sparseHeader = 8

// SparseOf views a sparsevec datum's bytes, without copying; damaged ones are
// the empty vector.
func SparseOf(b []byte) Sparse {
	if len(b) < sparseHeader {
		return Sparse{}
	}
	v := Sparse{Dims: int(binary.LittleEndian.Uint32(b))}
	n := int(binary.LittleEndian.Uint32(b[4:]))
	if n == 0 || len(b) != sparseHeader+8*n {
		return v
	}
	p := unsafe.Pointer(unsafe.SliceData(b[sparseHeader:]))
	v.Index = unsafe.Slice((*uint32)(p), n)
	v.Value = unsafe.Slice((*float32)(unsafe.Add(p, 4*n)), n)
	return v
}

// Datum is the value as a datum that owns its bytes.
func (v Sparse) Datum() Datum {
	b := make([]byte, 0, sparseHeader+8*len(v.Index))
	b = binary.LittleEndian.AppendUint32(b, uint32(v.Dims))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(v.Index)))
	for _, i := range v.Index {
		b = binary.LittleEndian.AppendUint32(b, i)
	}
	for _, x := range v.Value {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	return Bytes(b)
}

// add appends an element unless it is zero.
func (v *Sparse) add(at int, x float32) {
	if x != 0 {
		v.Index, v.Value = append(v.Index, uint32(at)), append(v.Value, x)
	}
}

// checkNNZ answers pgvector's errors for a number of elements.
func checkNNZ(nnz, dims int) error {
	switch {
	case nnz < 0:
		return pgerr.New(pgerrcode.DataException, "sparsevec cannot have negative number of elements")
	case nnz > MaxSparseNNZ:
		return tooManyElements()
	case nnz > dims:
		return pgerr.New(pgerrcode.ProgramLimitExceeded, "sparsevec cannot have more elements than dimensions")
	}
	return nil
}

func tooManyElements() error {
	return pgerr.Newf(pgerrcode.ProgramLimitExceeded, "sparsevec cannot have more than %d non-zero elements", MaxSparseNNZ)
}

// checkIndex answers pgvector's errors for a zero-based index after another (−1
// for the first).
func checkIndex(at, before int64, dims int) error {
	switch {
	case at < 0 || at >= int64(dims):
		return pgerr.New(pgerrcode.DataException, "sparsevec index out of bounds")
	case at < before:
		return pgerr.New(pgerrcode.DataException, "sparsevec indices must be in ascending order")
	case at == before:
		return pgerr.New(pgerrcode.DataException, "sparsevec indices must not contain duplicates")
	}
	return nil
}

// sparseElement is an element as it is written: the index may be anything.
type sparseElement struct {
	at int64
	x  float32
}

// parseSparse reads "{1:1.5,3:2}/5", as pgvector's sparsevec_in does: indices
// from 1, in any order; zeros are dropped.
func parseSparse(s string, mod int32) (Datum, error) {
	most := 1 + strings.Count(s, ",")
	if most > MaxSparseNNZ {
		return Datum{}, tooManyElements()
	}
	i := skipSpace(s, 0)
	if i == len(s) || s[i] != '{' {
		return Datum{}, badVector(sparseKind.name, s, "Vector contents must start with \"{\".")
	}
	elems := make([]sparseElement, 0, most)
	if i = skipSpace(s, i+1); i < len(s) && s[i] == '}' {
		i++
	} else {
		var err error
		if elems, i, err = readElements(elems, s, i); err != nil {
			return Datum{}, err
		}
	}
	if i = skipSpace(s, i); i == len(s) || s[i] != '/' {
		return Datum{}, badVector(sparseKind.name, s, "Unexpected end of input.")
	}
	i = skipSpace(s, i+1)
	dims, n := signedPrefix(s[i:])
	if n == 0 {
		return Datum{}, badInput(sparseKind.name, s)
	}
	if skipSpace(s, i+n) < len(s) {
		return Datum{}, badVector(sparseKind.name, s, "Junk after closing.")
	}
	if err := sparseKind.checkDims(int(dims), mod); err != nil {
		return Datum{}, err
	}
	slices.SortFunc(elems, func(a, b sparseElement) int { return compareInt(a.at, b.at) })
	v := Sparse{Dims: int(dims), Index: make([]uint32, 0, len(elems)), Value: make([]float32, 0, len(elems))}
	before := int64(-1)
	for _, e := range elems {
		if err := checkIndex(e.at, before, v.Dims); err != nil {
			return Datum{}, err
		}
		v.add(int(e.at), e.x)
		before = e.at
	}
	return v.Datum(), nil
}

// readElements reads index:value pairs from s[i:] to the brace that ends them.
func readElements(elems []sparseElement, s string, i int) (_ []sparseElement, end int, err error) {
	bad := func() ([]sparseElement, int, error) { return nil, 0, badInput(sparseKind.name, s) }
	for {
		i = skipSpace(s, i)
		at, n := signedPrefix(s[i:])
		if n == 0 {
			return bad()
		}
		if i = skipSpace(s, i+n); i == len(s) || s[i] != ':' {
			return bad()
		}
		i = skipSpace(s, i+1)
		x, n, err := readSparseValue(s, i)
		if err != nil {
			return nil, 0, err
		}
		if x != 0 {
			elems = append(elems, sparseElement{at - 1, x})
		}
		if i = skipSpace(s, i+n); i == len(s) {
			return bad()
		}
		switch s[i] {
		case ',':
			i++
		case '}':
			return elems, i + 1, nil
		default:
			return bad()
		}
	}
}

// readSparseValue reads a float4 as float4in does: a number too small is an error too.
func readSparseValue(s string, i int) (x float32, n int, err error) {
	if x, n, err = parseFloat32Slow(sparseKind.name, s, i); err != nil {
		return 0, 0, err
	}
	if x == 0 && hasSignificand(s[i:i+n]) {
		return 0, 0, outOfRange(sparseKind.name, s[i:i+n])
	}
	return x, n, sparseKind.checkElement(x)
}

func appendSparse(dst, b []byte) []byte {
	v := SparseOf(b)
	dst = append(dst, '{')
	for i, at := range v.Index {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendInt(dst, int64(at)+1), ':')
		dst = appendFloat32(dst, v.Value[i])
	}
	return appendInt(append(dst, '}', '/'), int64(v.Dims))
}

// decodeSparse reads int32 dimensions, elements and zero, then the zero-based
// indices and the values, big-endian.
func decodeSparse(b []byte, mod int32) (Datum, error) {
	if len(b) < 12 {
		return Datum{}, shortMessage()
	}
	dims, nnz := int(int32(binary.BigEndian.Uint32(b))), int(int32(binary.BigEndian.Uint32(b[4:])))
	if err := sparseKind.checkDims(dims, -1); err != nil {
		return Datum{}, err
	}
	if err := checkNNZ(nnz, dims); err != nil {
		return Datum{}, err
	}
	if err := sparseKind.checkDims(dims, mod); err != nil {
		return Datum{}, err
	}
	if unused := int32(binary.BigEndian.Uint32(b[8:])); unused != 0 {
		return Datum{}, unusedNotZero(int64(unused))
	}
	b = b[12:]
	words := min(len(b)/4, 2*nnz)
	v := Sparse{Dims: dims, Index: make([]uint32, 0, nnz), Value: make([]float32, 0, nnz)}
	before := int64(-1)
	for i := range words {
		u := binary.BigEndian.Uint32(b[4*i:])
		if i < nnz {
			if err := checkIndex(int64(int32(u)), before, dims); err != nil {
				return Datum{}, err
			}
			before = int64(u)
			v.Index = append(v.Index, u)
			continue
		}
		x := math.Float32frombits(u)
		if err := sparseKind.checkElement(x); err != nil {
			return Datum{}, err
		}
		if x == 0 {
			return Datum{}, pgerr.New(pgerrcode.DataException, "binary representation of sparsevec cannot contain zero values")
		}
		v.Value = append(v.Value, x)
	}
	if len(b) != 8*nnz {
		return Datum{}, wrongLength(len(b), 8*nnz)
	}
	return v.Datum(), nil
}

func appendSparseBinary(dst, b []byte) []byte {
	v := SparseOf(b)
	dst = binary.BigEndian.AppendUint32(dst, uint32(v.Dims))
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(v.Index)))
	dst = append(dst, 0, 0, 0, 0)
	for _, at := range v.Index {
		dst = binary.BigEndian.AppendUint32(dst, at)
	}
	for _, x := range v.Value {
		dst = binary.BigEndian.AppendUint32(dst, math.Float32bits(x))
	}
	return dst
}
