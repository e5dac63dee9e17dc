package types

import (
	"encoding/binary"
	"math"
)

// Vectors are ordered by their components, then the shorter first; a sparse
// vector as the dense one that it stands for (pgvector's vector_cmp,
// sparsevec_cmp). −0 equals 0.

func (k *vectorType) compare(a, b []byte) int {
	switch k {
	case sparseKind:
		return compareSparse(SparseOf(a), SparseOf(b))
	case vectorKind:
		x, y := Float32s(a), Float32s(b)
		for i := range min(len(x), len(y)) {
			switch {
			case x[i] < y[i]:
				return -1
			case x[i] > y[i]:
				return 1
			}
		}
	default:
		for i := range min(len(a), len(b)) / k.size {
			if c := compareInt(k.order(a, i), k.order(b, i)); c != 0 {
				return c
			}
		}
	}
	return compareInt(int64(len(a)), int64(len(b)))
}

// order maps component i to an integer of the same order.
func (k *vectorType) order(b []byte, i int) int64 {
	switch k.size {
	case 4:
		return int64(float32Order(float32At(b, 4*i)))
	case 2:
		return int64(halfOrder(binary.LittleEndian.Uint16(b[2*i:])))
	}
	return int64(int8(b[i]))
}

// compareSparse finds the first dimension in which the vectors differ. Where one
// has an element and the other none, the other's component is zero.
func compareSparse(a, b Sparse) int {
	n := min(len(a.Index), len(b.Index))
	for i := range n {
		switch {
		case a.Index[i] < b.Index[i]:
			return signOf(a.Value[i])
		case a.Index[i] > b.Index[i]:
			return -signOf(b.Value[i])
		case a.Value[i] < b.Value[i]:
			return -1
		case a.Value[i] > b.Value[i]:
			return 1
		}
	}
	switch {
	case len(b.Index) > n && int(b.Index[n]) < a.Dims:
		return -signOf(b.Value[n])
	case len(a.Index) > n && int(a.Index[n]) < b.Dims:
		return signOf(a.Value[n])
	}
	return compareInt(int64(a.Dims), int64(b.Dims))
}

func signOf(v float32) int {
	if v < 0 {
		return -1
	}
	return 1
}

func (k *vectorType) hash(b []byte, seed uint64) uint64 {
	if k == sparseKind { // it has no zeros: equal ones have equal bytes
		return hashBytes(b, seed)
	}
	for i := range len(b) / k.size {
		seed = mix(uint64(math.Float32bits(k.component(b, i)+0)), seed) // −0 + 0 is 0
	}
	return mix(uint64(len(b)), seed)
}

// appendKey writes 01 and a number of the component's order for each, then 00.
func (k *vectorType) appendKey(dst, b []byte) []byte {
	switch k {
	case vectorKind:
		for _, v := range Float32s(b) {
			dst = binary.BigEndian.AppendUint32(append(dst, 1), float32Order(v))
		}
	case halfvecKind:
		for i := range len(b) / 2 {
			dst = binary.BigEndian.AppendUint16(append(dst, 1), uint16(k.order(b, i)+1<<15))
		}
	case int8vecKind:
		for _, v := range b {
			dst = append(dst, 1, v^0x80)
		}
	default:
		return appendSparseKey(dst, SparseOf(b))
	}
	return append(dst, 0)
}

// appendSparseKey writes one token for each element and one for the end, such
// that the first differing tokens of two vectors order them:
//
//	01 position 01 value  a negative element: the earlier the smaller
//	01 dimensions 00      the end, before what lies at or beyond the dimensions
//	02 ^position value    a positive element: the earlier the larger, and above the rest
func appendSparseKey(dst []byte, v Sparse) []byte {
	for i, at := range v.Index {
		if v.Value[i] < 0 {
			dst = append(binary.BigEndian.AppendUint32(append(dst, 1), at), 1)
		} else {
			dst = binary.BigEndian.AppendUint32(append(dst, 2), ^at)
		}
		dst = binary.BigEndian.AppendUint32(dst, float32Order(v.Value[i]))
	}
	return append(binary.BigEndian.AppendUint32(append(dst, 1), uint32(v.Dims)), 0)
}
