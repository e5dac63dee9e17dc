package dist

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"unsafe"
)

// Element is the type of a vector's components. It fixes the vector's bytes, which
// are the same in rows, indexes and files, little endian.
type Element uint8

const (
	Float32 Element = iota // dims × binary32
	Float16                // dims × binary16
	Int8                   // dims × signed byte
	Bit                    // packed bits, the first one highest; unused ones zero
	Sparse                 // u32 dims, u32 n, n × u32 ascending zero-based index, n × binary32
)

// Limits of vectors. Sparse ones are bounded by what they store.
const (
	MaxDims       = 16_000
	MaxBits       = 64_000
	MaxSparseDims = 1_000_000_000
	MaxNonZeros   = 16_000
)

var elementNames = [...]string{Float32: "float32", Float16: "float16", Int8: "int8", Bit: "bit", Sparse: "sparse"}

// Valid reports whether e is one of the types above.
func (e Element) Valid() bool { return int(e) < len(elementNames) }

func (e Element) String() string {
	if e.Valid() {
		return elementNames[e]
	}
	return fmt.Sprintf("element(%d)", uint8(e))
}

// MaxDims is how many components a vector of such elements can have.
func (e Element) MaxDims() int {
	switch e {
	case Bit:
		return MaxBits
	case Sparse:
		return MaxSparseDims
	}
	return MaxDims
}

// Dims is how many components the vector v has; of Bit how many bits its bytes have.
func (e Element) Dims(v []byte) int {
	switch e {
	case Float16:
		return len(v) / 2
	case Int8:
		return len(v)
	case Bit:
		return 8 * len(v)
	case Sparse:
		if len(v) < sparseHead {
			return 0
		}
		return int(binary.LittleEndian.Uint32(v))
	}
	return len(v) / 4
}

// Measures reports whether m is a metric of such vectors.
func (e Element) Measures(m Metric) bool {
	if e == Bit {
		return m == Hamming || m == Jaccard
	}
	return e.Valid() && m <= L1
}

// ErrVector marks bytes that are not a vector of the space at hand.
var ErrVector = errors.New("dist: not a vector of this space")

// Space is what vectors must share to be compared: the type and number of their
// components, and the metric.
type Space struct {
	Element Element
	Metric  Metric
	Dims    int
}

// Validate reports what is impossible about the space.
func (s Space) Validate() error {
	switch {
	case !s.Element.Valid():
		return fmt.Errorf("unknown %v", s.Element)
	case s.Dims < 1 || s.Dims > s.Element.MaxDims():
		return fmt.Errorf("%d dimensions; want 1 to %d", s.Dims, s.Element.MaxDims())
	case !s.Metric.Valid():
		return fmt.Errorf("unknown %v", s.Metric)
	case !s.Element.Measures(s.Metric):
		return fmt.Errorf("no %v distance of %v vectors", s.Metric, s.Element)
	}
	return nil
}

// Size is the length of every vector in bytes; 0 for Sparse, where it varies.
func (s Space) Size() int {
	switch s.Element {
	case Float16:
		return 2 * s.Dims
	case Int8:
		return s.Dims
	case Bit:
		return (s.Dims + 7) / 8
	case Sparse:
		return 0
	}
	return 4 * s.Dims
}

// Check reports whether v is a vector of the space: its length, that every
// component is finite, the order of indices. Everything else here relies on it.
// The error is ErrVector.
func (s Space) Check(v []byte) error {
	if s.Element == Sparse {
		return s.checkSparse(v)
	}
	if len(v) != s.Size() {
		return fmt.Errorf("%w: %d bytes, want %d of %d dimensions (%v)", ErrVector, len(v), s.Size(), s.Dims, s.Element)
	}
	finite := true
	switch s.Element {
	case Float32:
		finite = finite32(Floats(v))
	case Float16:
		for i := 0; i < len(v); i += 2 {
			finite = finite && binary.LittleEndian.Uint16(v[i:])&0x7c00 != 0x7c00
		}
	case Bit:
		if used := s.Dims & 7; used != 0 && v[len(v)-1]<<used != 0 {
			return fmt.Errorf("%w: a bit beyond the %d is set", ErrVector, s.Dims)
		}
	}
	if !finite {
		return fmt.Errorf("%w: a component is not finite", ErrVector)
	}
	return nil
}

func (s Space) checkSparse(v []byte) error {
	if len(v) < sparseHead {
		return fmt.Errorf("%w: sparse vector of %d bytes", ErrVector, len(v))
	}
	dims, n := binary.LittleEndian.Uint32(v), binary.LittleEndian.Uint32(v[4:])
	if int64(dims) != int64(s.Dims) || n > MaxNonZeros || len(v) != sparseHead+8*int(n) {
		return fmt.Errorf("%w: %d dimensions, %d of them stored, in %d bytes; want %d dimensions", ErrVector, dims, n, len(v), s.Dims)
	}
	sv := sparseOf(v)
	next := uint32(0)
	for _, i := range sv.index {
		if i < next || i >= dims {
			return fmt.Errorf("%w: index %d is not ascending or beyond %d dimensions", ErrVector, i, dims)
		}
		next = i + 1
	}
	if !finite32(sv.value) {
		return fmt.Errorf("%w: a component is not finite", ErrVector)
	}
	return nil
}

// finite32 reports whether every component is a number: squares of floats do not overflow
// their sum in float64, so that it is finite if all of them are.
func finite32(v []float32) bool { return NormSq64(v) <= math.MaxFloat64 }

// Exact returns the distance of two vectors accumulated in float64 (integers for
// integers): the value that users see and that decides the order of results, the
// same on every processor. A Query is faster for many vectors.
func (s Space) Exact(a, b []byte) float64 {
	var q Query
	q.Reset(s, a)
	return q.Exact(b)
}

// NormSq returns the squared Euclidean norm of v accumulated in float64.
func (s Space) NormSq(v []byte) float64 {
	switch s.Element {
	case Float16:
		return halfNormSq(v)
	case Int8:
		return float64(pairSums(byteDot, v, v)[0])
	case Bit:
		return float64(onesOf(v))
	case Sparse:
		return sparseOf(v).normSq()
	}
	return NormSq64(Floats(v))
}

// InvNorm returns 1/‖v‖, NaN when v is zero.
func (s Space) InvNorm(v []byte) float32 { return inverseRoot(s.NormSq(v)) }

func inverseRoot(normSq float64) float32 {
	n := math.Sqrt(normSq)
	if n == 0 {
		return float32(math.NaN())
	}
	return float32(1 / n)
}

// AppendFloats appends the components of a vector that is neither sparse nor of
// bits, decoded.
func (s Space) AppendFloats(dst []float32, v []byte) []float32 {
	n := len(dst)
	switch s.Element {
	case Float16:
		dst = append(dst, make([]float32, s.Dims)...)
		decodeHalves(dst[n:], v)
	case Int8:
		for _, c := range v {
			dst = append(dst, float32(int8(c)))
		}
	default:
		dst = append(dst, Floats(v)...)
	}
	return dst
}

// Floats views a Float32 vector's bytes as its components, without copying.
func Floats(v []byte) []float32 {
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(v))), len(v)/4)
}

// FloatBytes views components as a Float32 vector's bytes, without copying. It is
// nil for nil.
func FloatBytes(v []float32) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(v))), 4*len(v))
}
