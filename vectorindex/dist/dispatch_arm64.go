//go:build arm64

package dist

import (
	"os"
	"unsafe"
)

// choose picks NEON, which every 64-bit ARM processor has, unless the environment
// variable LOXODB_SIMD is off.
func choose() kernels {
	switch os.Getenv("LOXODB_SIMD") {
	case "off", "generic":
		return genericKernels
	}
	return neonKernels
}

// available lists the tiers that this processor can run, for tests.
func available() []kernels { return []kernels{genericKernels, neonKernels} }

const levelNEON = 3

// neonKernels has assembly for pairs; the loops over records are Go.
var neonKernels = kernels{
	name: "neon", level: levelNEON,
	gatherDot: func(q *float32, dims int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int, out *float32) {
		for i, rec := range records(tab, shift, mask, stride, ords, n) {
			*at(out, i) = dotNEON(q, (*float32)(rec), dims)
		}
	},
	gatherL2: func(q *float32, dims int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int, out *float32) {
		for i, rec := range records(tab, shift, mask, stride, ords, n) {
			*at(out, i) = l2NEON(q, (*float32)(rec), dims)
		}
	},
	gatherL1: func(q *float32, dims int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int, out *float32) {
		for i, rec := range records(tab, shift, mask, stride, ords, n) {
			*at(out, i) = l1NEON(q, (*float32)(rec), dims)
		}
	},
	codes: func(q *int8, k *[5]float32, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int, out *float32) {
		for i, rec := range records(tab, shift, mask, stride, ords, n) {
			c := (*[4]float32)(unsafe.Add(rec, stride-CodeTail))
			dot := dotI8NEON((*byte)(rec), q, stride)
			*at(out, i) = k[0] + k[1]*c[0] + k[2]*c[1] + k[3]*c[2] + k[4]*c[3]*float32(dot)
		}
	},
	codesL1: genericKernels.codesL1,
	bits:    genericKernels.bits,
	nibbles: genericKernels.nibbles,
	blocks:  genericKernels.blocks,
}

func at(out *float32, i int) *float32 { return (*float32)(unsafe.Add(unsafe.Pointer(out), 4*i)) }

// records yields the addresses of n records.
func records(tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int) func(yield func(int, unsafe.Pointer) bool) {
	return func(yield func(int, unsafe.Pointer) bool) {
		for i, o := range unsafe.Slice(ords, n) {
			chunk := *(*unsafe.Pointer)(unsafe.Add(unsafe.Pointer(tab), uintptr(uint64(o)>>shift)*unsafe.Sizeof(uintptr(0))))
			if !yield(i, unsafe.Add(chunk, int(o&mask)*stride)) {
				return
			}
		}
	}
}

func scan(op scanOp, q, base *float32, dims, n int, out *float32) {
	if active.level != levelNEON {
		scanGo(op, q, base, dims, n, out)
		return
	}
	for i := range n {
		v := (*float32)(unsafe.Add(unsafe.Pointer(base), 4*dims*i))
		switch op {
		case opDot:
			*at(out, i) = dotNEON(q, v, dims)
		case opL2:
			*at(out, i) = l2NEON(q, v, dims)
		case opL1:
			*at(out, i) = l1NEON(q, v, dims)
		default:
			*at(out, 2*i), *at(out, 2*i+1) = dotNEON(q, v, dims), dotNEON(v, v, dims)
		}
	}
}

func below(sums, factors *float32, n int, add, scale, bound float32, marks *uint64) {
	belowGo(sums, factors, n, add, scale, bound, marks)
}

func exact(op scanOp, a, b *float32, n int) float64 { return exactGo(op, a, b, n) }

func decode(dst *float32, src *byte, n int) {
	decodeHalvesGo(unsafe.Slice(dst, n), unsafe.Slice(src, 2*n))
}

//go:noescape
func dotNEON(a, b *float32, n int) float32

//go:noescape
func l2NEON(a, b *float32, n int) float32

//go:noescape
func l1NEON(a, b *float32, n int) float32

//go:noescape
func dotI8NEON(a *byte, b *int8, n int) int32

//go:noescape
func prefetchLines(p unsafe.Pointer, n int)

// Prefetch asks the processor to load n bytes at p into its caches. It is a hint.
func Prefetch(p unsafe.Pointer, n int) { prefetchLines(p, n) }

// PrefetchRows asks the processor to load the first lines of the records ords into
// its caches. It is a hint.
func PrefetchRows(rows *Rows, ords []uint32) {
	for _, o := range ords {
		prefetchLines(rows.Record(o), min(rows.stride, 256))
	}
}

func sumHalves(op scanOp, q *float32, dims int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int, out *float32) {
	sumHalvesGo(op, q, dims, tab, shift, mask, stride, ords, n, out)
}

func sumBytes(op byteOp, q *byte, n int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, count int, out *int32) {
	sumBytesGo(op, q, n, tab, shift, mask, stride, ords, count, out)
}
