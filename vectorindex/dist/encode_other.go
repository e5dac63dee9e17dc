//go:build !amd64

package dist

import "unsafe"

func quantize(dst *byte, v *float32, n int, g *Grid) (sum, sq int32, off float32) {
	return quantizeGo(unsafe.Slice(dst, n), unsafe.Slice(v, n), g)
}

func fit(v *float32, n int, g *Grid) (dot, sq float32) { return fitGo(unsafe.Slice(v, n), g) }

func extremes(v *float32, n int) (lo, hi float32) {
	return extremesGo(*v, *v, unsafe.Slice(v, n))
}

func multiply(dst, a, b *float32, n int, f float32) {
	multiplyGo(unsafe.Slice(dst, n), unsafe.Slice(a, n), unsafe.Slice(b, n), f)
}

func sumDifference(a, b *float32, n int) {
	sumDifferenceGo(unsafe.Slice(a, n), unsafe.Slice(b, n))
}

func hadamard8(v *float32, n int) { hadamard8Go(unsafe.Slice(v, n)) }

func butterflies(v *float32, n, h int) { butterfliesGo(unsafe.Slice(v, n), h) }

func signCodes(q *int8, codes *byte, n int) {
	signCodesGo(unsafe.Slice(q, n), unsafe.Slice(codes, n))
}
