package dist

import "unsafe"

// What encoders need has one form for all tiers with vectors, see encode_avx2_amd64.s.

func quantize(dst *byte, v *float32, n int, g *Grid) (sum, sq int32, off float32) {
	if active.level == 0 {
		return quantizeGo(unsafe.Slice(dst, n), unsafe.Slice(v, n), g)
	}
	return quantizeAVX2(dst, v, n, g)
}

func fit(v *float32, n int, g *Grid) (dot, sq float32) {
	if active.level == 0 {
		return fitGo(unsafe.Slice(v, n), g)
	}
	return fitAVX2(v, n, g)
}

func extremes(v *float32, n int) (lo, hi float32) {
	if active.level == 0 {
		return extremesGo(*v, *v, unsafe.Slice(v, n))
	}
	return extremesAVX2(v, n)
}

func multiply(dst, a, b *float32, n int, f float32) {
	if active.level == 0 {
		multiplyGo(unsafe.Slice(dst, n), unsafe.Slice(a, n), unsafe.Slice(b, n), f)
		return
	}
	multiplyAVX2(dst, a, b, n, f)
}

func sumDifference(a, b *float32, n int) {
	if active.level == 0 {
		sumDifferenceGo(unsafe.Slice(a, n), unsafe.Slice(b, n))
		return
	}
	sumDifferenceAVX2(a, b, n)
}

func hadamard8(v *float32, n int) {
	if active.level == 0 {
		hadamard8Go(unsafe.Slice(v, n))
		return
	}
	hadamard8AVX2(v, n)
}

func butterflies(v *float32, n, h int) {
	if active.level == 0 {
		butterfliesGo(unsafe.Slice(v, n), h)
		return
	}
	butterfliesAVX2(v, n, h)
}

func signCodes(q *int8, codes *byte, n int) {
	if active.level == 0 {
		signCodesGo(unsafe.Slice(q, n), unsafe.Slice(codes, n))
		return
	}
	signCodesAVX2(q, codes, n)
}

//go:noescape
func signCodesAVX2(q *int8, codes *byte, n int)

//go:noescape
func quantizeAVX2(dst *byte, v *float32, n int, grid *Grid) (sum, sq int32, off float32)

//go:noescape
func fitAVX2(v *float32, n int, grid *Grid) (dot, sq float32)

//go:noescape
func extremesAVX2(v *float32, n int) (lo, hi float32)

//go:noescape
func multiplyAVX2(dst, a, b *float32, n int, f float32)

//go:noescape
func sumDifferenceAVX2(a, b *float32, n int)

//go:noescape
func hadamard8AVX2(v *float32, n int)

//go:noescape
func butterfliesAVX2(v *float32, n, h int)
