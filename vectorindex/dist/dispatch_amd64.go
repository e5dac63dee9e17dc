//go:build amd64

package dist

import (
	"os"
	"unsafe"

	"golang.org/x/sys/cpu"
)

// choose picks the best tier of this processor, or the one that the environment
// variable LOXODB_SIMD (off, avx2, avx512) asks for when it is available.
func choose() kernels {
	switch os.Getenv("LOXODB_SIMD") {
	case "off", "generic":
		return genericKernels
	case "avx2":
		if hasAVX2() {
			return avx2Kernels
		}
		return genericKernels
	}
	switch {
	case hasAVX512():
		return avx512Kernels
	case hasAVX2():
		return avx2Kernels
	}
	return genericKernels
}

func hasAVX2() bool {
	return cpu.X86.HasAVX2 && cpu.X86.HasFMA && cpu.X86.HasF16C && cpu.X86.HasPOPCNT
}

// hasAVX512 asks for the set that servers have had since 2019 (Ice Lake, Zen 4).
func hasAVX512() bool {
	x := &cpu.X86
	return hasAVX2() && x.HasAVX512F && x.HasAVX512BW && x.HasAVX512VL && x.HasAVX512DQ &&
		x.HasAVX512VNNI && x.HasAVX512VPOPCNTDQ
}

// available lists the tiers that this processor can run, for tests.
func available() []kernels {
	all := []kernels{genericKernels}
	if hasAVX2() {
		all = append(all, avx2Kernels)
	}
	if hasAVX512() {
		all = append(all, avx512Kernels)
	}
	return all
}

const (
	levelAVX2   = 1
	levelAVX512 = 2
)

var avx2Kernels = kernels{
	name: "avx2", level: levelAVX2,
	gatherDot: gatherDotAVX2, gatherL2: gatherL2AVX2, gatherL1: gatherL1AVX2,
	codes:   codesAVX2,
	codesL1: codesL1AVX2,
	bits:    bitsAVX2,
	nibbles: nibblesAVX2,
	blocks:  blocksAVX2,
}

var avx512Kernels = kernels{
	name: "avx512", level: levelAVX512,
	gatherDot: gatherDotAVX512, gatherL2: gatherL2AVX512, gatherL1: gatherL1AVX512,
	codes:   codesAVX512,
	codesL1: codesL1AVX512,
	bits:    bitsAVX512,
	nibbles: nibblesAVX512,
	blocks:  blocksAVX512,
}

// The AVX2 kernels of exact sums do whole blocks of 32 components.

func dot64Blocks(a, b *float32, n int) float64 {
	var l [exactLanes]float64
	whole := n &^ (exactLanes - 1)
	if whole > 0 {
		dot64AVX2(a, b, whole/exactLanes, &l)
	}
	return foldLanes(&l, unsafe.Slice(a, n)[whole:], unsafe.Slice(b, n)[whole:], dotTerm)
}

func l264Blocks(a, b *float32, n int) float64 {
	var l [exactLanes]float64
	whole := n &^ (exactLanes - 1)
	if whole > 0 {
		l264AVX2(a, b, whole/exactLanes, &l)
	}
	return foldLanes(&l, unsafe.Slice(a, n)[whole:], unsafe.Slice(b, n)[whole:], l2Term)
}

func l164Blocks(a, b *float32, n int) float64 {
	var l [exactLanes]float64
	whole := n &^ (exactLanes - 1)
	if whole > 0 {
		l164AVX2(a, b, whole/exactLanes, &l)
	}
	return foldLanes(&l, unsafe.Slice(a, n)[whole:], unsafe.Slice(b, n)[whole:], l1Term)
}

// scan calls a kernel of the active tier directly, not through its table, so that
// the compiler sees that no argument escapes. Memory is asked for ahead bytes before its
// use; zero leaves that to the processor.
func scan(op scanOp, q, base *float32, dims, n, ahead int, out *float32) {
	switch active.level {
	case levelAVX512:
		switch op {
		case opDot:
			dotAVX512(q, base, dims, n, ahead, out)
		case opL2:
			l2AVX512(q, base, dims, n, ahead, out)
		case opL1:
			l1AVX512(q, base, dims, n, ahead, out)
		default:
			dotNormAVX512(q, base, dims, n, out)
		}
	case levelAVX2:
		switch op {
		case opDot:
			dotAVX2(q, base, dims, n, ahead, out)
		case opL2:
			l2AVX2(q, base, dims, n, ahead, out)
		case opL1:
			l1AVX2(q, base, dims, n, ahead, out)
		default:
			dotNormAVX2(q, base, dims, n, out)
		}
	default:
		scanGo(op, q, base, dims, n, out)
	}
}

// below is Below for n sums, n a multiple of 64; factors may be nil.
func below(sums, factors *float32, n int, add, scale, bound float32, marks *uint64) {
	switch active.level {
	case levelAVX512:
		belowAVX512(sums, factors, n, add, scale, bound, marks)
	case levelAVX2:
		belowAVX2(sums, factors, n, add, scale, bound, marks)
	default:
		belowGo(sums, factors, n, add, scale, bound, marks)
	}
}

//go:noescape
func belowAVX512(sums, factors *float32, n int, add, scale, bound float32, marks *uint64)

//go:noescape
func belowAVX2(sums, factors *float32, n int, add, scale, bound float32, marks *uint64)

// keep is Keep for n places, at least one. AVX2 cannot move a choice of lanes together.
func keep(ids *uint32, own, dists *float32, n int) int {
	if active.level == levelAVX512 {
		return keepAVX512(ids, own, dists, n)
	}
	return keepGo(ids, own, dists, n)
}

//go:noescape
func keepAVX512(ids *uint32, own, dists *float32, n int) int

// exact is scan for exact sums of one pair.
func exact(op scanOp, a, b *float32, n int) float64 {
	switch active.level {
	case levelAVX512:
		switch op {
		case opDot:
			return dot64AVX512(a, b, n)
		case opL2:
			return l264AVX512(a, b, n)
		}
		return l164AVX512(a, b, n)
	case levelAVX2:
		switch op {
		case opDot:
			return dot64Blocks(a, b, n)
		case opL2:
			return l264Blocks(a, b, n)
		}
		return l164Blocks(a, b, n)
	}
	return exactGo(op, a, b, n)
}

// sumHalves is scan for records of binary16.
func sumHalves(op scanOp, q *float32, dims int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int, out *float32) {
	switch active.level {
	case levelAVX512:
		switch op {
		case opDot:
			halfDotAVX512(q, dims, tab, shift, mask, stride, ords, n, out)
		case opL1:
			halfL1AVX512(q, dims, tab, shift, mask, stride, ords, n, out)
		default:
			halfL2AVX512(q, dims, tab, shift, mask, stride, ords, n, out)
		}
	case levelAVX2:
		switch op {
		case opDot:
			halfDotAVX2(q, dims, tab, shift, mask, stride, ords, n, out)
		case opL1:
			halfL1AVX2(q, dims, tab, shift, mask, stride, ords, n, out)
		default:
			halfL2AVX2(q, dims, tab, shift, mask, stride, ords, n, out)
		}
	default:
		sumHalvesGo(op, q, dims, tab, shift, mask, stride, ords, n, out)
	}
}

// sumBytes is scan for sums of bytes.
func sumBytes(op byteOp, q *byte, n int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, count int, out *int32) {
	switch active.level {
	case levelAVX512:
		switch op {
		case byteDot:
			int8DotAVX512(q, n, tab, shift, mask, stride, ords, count, out)
		case byteL2:
			int8L2AVX512(q, n, tab, shift, mask, stride, ords, count, out)
		case byteL1:
			int8L1AVX512(q, n, tab, shift, mask, stride, ords, count, out)
		case byteHamming:
			hammingAVX512(q, n, tab, shift, mask, stride, ords, count, out)
		default:
			jaccardAVX512(q, n, tab, shift, mask, stride, ords, count, out)
		}
	case levelAVX2:
		switch op {
		case byteDot:
			int8DotAVX2(q, n, tab, shift, mask, stride, ords, count, out)
		case byteL2:
			int8L2AVX2(q, n, tab, shift, mask, stride, ords, count, out)
		case byteL1:
			int8L1AVX2(q, n, tab, shift, mask, stride, ords, count, out)
		case byteHamming:
			hammingAVX2(q, n, tab, shift, mask, stride, ords, count, out)
		default:
			jaccardAVX2(q, n, tab, shift, mask, stride, ords, count, out)
		}
	default:
		sumBytesGo(op, q, n, tab, shift, mask, stride, ords, count, out)
	}
}

// decode decodes n binary16: whole blocks of 8 by the processor.
func decode(dst *float32, src *byte, n int) {
	whole := 0
	if active.level != 0 {
		if whole = n &^ 7; whole > 0 {
			decodeHalvesAVX2(dst, src, whole/8)
		}
	}
	decodeHalvesGo(unsafe.Slice(dst, n)[whole:], unsafe.Slice(src, 2*n)[2*whole:])
}

//go:noescape
func dot64AVX512(a, b *float32, n int) float64

//go:noescape
func l264AVX512(a, b *float32, n int) float64

//go:noescape
func l164AVX512(a, b *float32, n int) float64

//go:noescape
func dot64AVX2(a, b *float32, blocks int, lanes *[exactLanes]float64)

//go:noescape
func l264AVX2(a, b *float32, blocks int, lanes *[exactLanes]float64)

//go:noescape
func l164AVX2(a, b *float32, blocks int, lanes *[exactLanes]float64)

//go:noescape
func dotAVX512(q, base *float32, dims, n, ahead int, out *float32)

//go:noescape
func l2AVX512(q, base *float32, dims, n, ahead int, out *float32)

//go:noescape
func l1AVX512(q, base *float32, dims, n, ahead int, out *float32)

//go:noescape
func dotNormAVX512(q, base *float32, dims, n int, out *float32)

//go:noescape
func gatherDotAVX512(q *float32, dims int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int, out *float32)

//go:noescape
func gatherL2AVX512(q *float32, dims int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int, out *float32)

//go:noescape
func gatherL1AVX512(q *float32, dims int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int, out *float32)

//go:noescape
func codesAVX512(q *int8, k *[5]float32, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int, out *float32)

//go:noescape
func dotAVX2(q, base *float32, dims, n, ahead int, out *float32)

//go:noescape
func l2AVX2(q, base *float32, dims, n, ahead int, out *float32)

//go:noescape
func l1AVX2(q, base *float32, dims, n, ahead int, out *float32)

//go:noescape
func dotNormAVX2(q, base *float32, dims, n int, out *float32)

//go:noescape
func gatherDotAVX2(q *float32, dims int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int, out *float32)

//go:noescape
func gatherL2AVX2(q *float32, dims int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int, out *float32)

//go:noescape
func gatherL1AVX2(q *float32, dims int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int, out *float32)

//go:noescape
func codesAVX2(q *int8, k *[5]float32, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int, out *float32)

//go:noescape
func bitsAVX512(q *int8, k *[4]float32, bits, dims int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int, out *float32)

//go:noescape
func bitsAVX2(q *int8, k *[4]float32, bits, dims int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int, out *float32)

//go:noescape
func nibblesAVX512(q *int8, k *[4]float32, bytes int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int, out *float32)

//go:noescape
func blocksAVX512(table *byte, groups int, k *[4]float32, blocks unsafe.Pointer, tail, n int, bound float32, out *float32, marks *uint32)

//go:noescape
func nibblesAVX2(q *int8, k *[4]float32, bytes int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int, out *float32)

//go:noescape
func blocksAVX2(table *byte, groups int, k *[4]float32, blocks unsafe.Pointer, tail, n int, bound float32, out *float32, marks *uint32)

//go:noescape
func prefetchLines(p unsafe.Pointer, n int)

// Prefetch asks the processor to load n bytes at p into its caches. It is a hint.
func Prefetch(p unsafe.Pointer, n int) { prefetchLines(p, n) }

//go:noescape
func prefetchRecords(tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int)

// PrefetchRows asks the processor to load the first lines of the records ords into
// its caches. It is a hint.
func PrefetchRows(rows *Rows, ords []uint32) {
	if len(ords) > 0 {
		prefetchRecords(&rows.chunks[0], rows.shift, rows.mask(), rows.stride, &ords[0], len(ords))
	}
}

//go:noescape
func codesL1AVX512(q *float32, dims int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int, out *float32)

//go:noescape
func codesL1AVX2(q *float32, dims int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int, out *float32)

//go:noescape
func halfDotAVX512(q *float32, dims int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int, out *float32)

//go:noescape
func halfL2AVX512(q *float32, dims int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int, out *float32)

//go:noescape
func halfL1AVX512(q *float32, dims int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int, out *float32)

//go:noescape
func int8DotAVX512(q *byte, n int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, count int, out *int32)

//go:noescape
func int8L2AVX512(q *byte, n int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, count int, out *int32)

//go:noescape
func int8L1AVX512(q *byte, n int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, count int, out *int32)

//go:noescape
func hammingAVX512(q *byte, n int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, count int, out *int32)

//go:noescape
func jaccardAVX512(q *byte, n int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, count int, out *int32)

//go:noescape
func halfDotAVX2(q *float32, dims int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int, out *float32)

//go:noescape
func halfL2AVX2(q *float32, dims int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int, out *float32)

//go:noescape
func halfL1AVX2(q *float32, dims int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int, out *float32)

//go:noescape
func int8DotAVX2(q *byte, n int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, count int, out *int32)

//go:noescape
func int8L2AVX2(q *byte, n int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, count int, out *int32)

//go:noescape
func int8L1AVX2(q *byte, n int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, count int, out *int32)

//go:noescape
func hammingAVX2(q *byte, n int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, count int, out *int32)

//go:noescape
func jaccardAVX2(q *byte, n int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, count int, out *int32)

//go:noescape
func decodeHalvesAVX2(dst *float32, src *byte, blocks int)
