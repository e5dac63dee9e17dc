package dist

import "unsafe"

func residual(dst, a, b *float32, n int) (most, normSq float32) {
	switch active.level {
	case levelAVX512:
		return residualAVX512(dst, a, b, n)
	case levelAVX2:
		return residualAVX2(dst, a, b, n)
	}
	return residualGo(unsafe.Slice(dst, n), unsafe.Slice(a, n), unsafe.Slice(b, n))
}

func round8(dst *int8, v *float32, inv float32, n int) int32 {
	switch active.level {
	case levelAVX512:
		return round8AVX512(dst, v, inv, n)
	case levelAVX2:
		return round8AVX2(dst, v, inv, n)
	}
	return round8Go(unsafe.Slice(dst, n), unsafe.Slice(v, n), inv)
}

func fillTable(table *byte, q *float32, nibbles, per int, digits *[4][16]float32, top, inv float32) {
	if active.level == 0 {
		fillTableGo(table, q, nibbles, per, digits, top, inv)
		return
	}
	fillTableAVX2(table, q, nibbles, per, digits, top, inv)
}

//go:noescape
func fillTableAVX2(table *byte, q *float32, nibbles, per int, digits *[4][16]float32, top, inv float32)

//go:noescape
func residualAVX512(dst, a, b *float32, n int) (most, normSq float32)

//go:noescape
func residualAVX2(dst, a, b *float32, n int) (most, normSq float32)

//go:noescape
func round8AVX512(dst *int8, v *float32, inv float32, n int) int32

//go:noescape
func round8AVX2(dst *int8, v *float32, inv float32, n int) int32
