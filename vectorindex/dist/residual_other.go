//go:build !amd64

package dist

import "unsafe"

func residual(dst, a, b *float32, n int) (most, normSq float32) {
	return residualGo(unsafe.Slice(dst, n), unsafe.Slice(a, n), unsafe.Slice(b, n))
}

func round8(dst *int8, v *float32, inv float32, n int) int32 {
	return round8Go(unsafe.Slice(dst, n), unsafe.Slice(v, n), inv)
}

func fillTable(table *byte, q *float32, nibbles, per int, digits *[4][16]float32, top, inv float32) {
	fillTableGo(table, q, nibbles, per, digits, top, inv)
}
