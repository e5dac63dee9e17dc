//go:build arm64

package dist

import (
	"math"
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
	nibbles: func(q *int8, k *[4]float32, bytes int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int, out *float32) {
		// The query is zero where a step reads factors behind the codes.
		high := (*int8)(unsafe.Add(unsafe.Pointer(q), nibblePlane(bytes)))
		for i, rec := range records(tab, shift, mask, stride, ords, n) {
			f := (*[3]float32)(unsafe.Add(rec, bytes))
			dot := nibblesNEON((*byte)(rec), q, high, (bytes+15)&^15)
			*at(out, i) = k[0] + f[0] + f[1]*(k[1]*float32(dot)+k[2]) + k[3]*f[2]
		}
	},
	blocks: blocksNEON,
}

// sumGroups is of how many groups blockSumsNEON can take the sums.
const sumGroups = 128

func blocksNEON(table *byte, groups int, k *[4]float32, blocks unsafe.Pointer, tail, n int, bound float32, out *float32, marks *uint32) {
	size := groups*blockGroup + tail
	for first := 0; first < n; first += BlockLen {
		block := unsafe.Add(blocks, first/BlockLen*size)
		var sums [BlockLen]int32
		var part [BlockLen]uint16
		for g := 0; g < groups; g += sumGroups {
			blockSumsNEON((*byte)(unsafe.Add(unsafe.Pointer(table), g*tableGroup)), (*byte)(unsafe.Add(block, g*blockGroup)), min(groups-g, sumGroups), &part)
			for i, s := range part {
				sums[i] += int32(s)
			}
		}
		factors := (*[BlockLen]uint32)(unsafe.Add(block, size-blockRow))
		adds := (*[BlockLen]float32)(unsafe.Add(block, groups*blockGroup))
		to, mark := (*[BlockLen]float32)(unsafe.Add(unsafe.Pointer(out), 4*first)), uint32(0)
		for e, f := range factors {
			d := k[0]
			if tail > blockRow {
				d += adds[e]
			}
			d += math.Float32frombits(f&^0xffff)*(k[1]*float32(sums[blockLane(e)])+k[2]) + k[3]*math.Float32frombits(f<<16)
			if to[e] = d; !(d >= bound) {
				mark |= 1 << e
			}
		}
		*(*uint32)(unsafe.Add(unsafe.Pointer(marks), first/8)) = mark
	}
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

func scan(op scanOp, q, base *float32, dims, n, _ int, out *float32) {
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

func keep(ids *uint32, own, dists *float32, n int) int { return keepGo(ids, own, dists, n) }

func exact(op scanOp, a, b *float32, n int) float64 { return exactGo(op, a, b, n) }

// decode decodes n binary16: whole blocks of 8 by the processor.
func decode(dst *float32, src *byte, n int) {
	whole := 0
	if active.level == levelNEON {
		if whole = n &^ 7; whole > 0 {
			decodeHalvesNEON(dst, src, whole)
		}
	}
	decodeHalvesGo(unsafe.Slice(dst, n)[whole:], unsafe.Slice(src, 2*n)[2*whole:])
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

// sumHalves is scan for records of binary16: whole blocks of 8 by the processor.
func sumHalves(op scanOp, q *float32, dims int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int, out *float32) {
	whole := dims &^ 7
	if active.level != levelNEON || whole == 0 {
		sumHalvesGo(op, q, dims, tab, shift, mask, stride, ords, n, out)
		return
	}
	rest := unsafe.Slice(q, dims)[whole:]
	for i, rec := range records(tab, shift, mask, stride, ords, n) {
		v, sum := (*byte)(rec), float32(0)
		switch op {
		case opDot:
			sum = halfDotNEON(q, v, whole)
		case opL1:
			sum = halfL1NEON(q, v, whole)
		default:
			sum = halfL2NEON(q, v, whole)
		}
		*at(out, i) = sum + halvesGo(op, rest, unsafe.Slice(v, 2*dims)[2*whole:])
	}
}

// sumBytes is scan for sums of bytes: whole blocks of 16 by the processor.
func sumBytes(op byteOp, q *byte, n int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, count int, out *int32) {
	whole := n &^ 15
	if active.level != levelNEON || whole == 0 {
		sumBytesGo(op, q, n, tab, shift, mask, stride, ords, count, out)
		return
	}
	rest := unsafe.Slice(q, n)[whole:]
	for i, rec := range records(tab, shift, mask, stride, ords, count) {
		v := (*byte)(rec)
		left := unsafe.Slice(v, n)[whole:]
		switch op {
		case byteDot:
			*at32(out, i) = int8DotNEON(q, v, whole) + int8Go(op, rest, left)
		case byteL2:
			*at32(out, i) = int8L2NEON(q, v, whole) + int8Go(op, rest, left)
		case byteL1:
			*at32(out, i) = int8L1NEON(q, v, whole) + int8Go(op, rest, left)
		case byteHamming:
			*at32(out, i) = hammingNEON(q, v, whole) + hammingGo(rest, left)
		default:
			both, either := jaccardNEON(q, v, whole)
			b, e := jaccardGo(rest, left)
			*at32(out, 2*i), *at32(out, 2*i+1) = both+b, either+e
		}
	}
}

//go:noescape
func nibblesNEON(rec *byte, low, high *int8, n int) int32

//go:noescape
func int8DotNEON(a, b *byte, n int) int32

//go:noescape
func int8L2NEON(a, b *byte, n int) int32

//go:noescape
func int8L1NEON(a, b *byte, n int) int32

//go:noescape
func hammingNEON(a, b *byte, n int) int32

//go:noescape
func jaccardNEON(a, b *byte, n int) (both, either int32)

//go:noescape
func halfDotNEON(q *float32, v *byte, n int) float32

//go:noescape
func halfL2NEON(q *float32, v *byte, n int) float32

//go:noescape
func halfL1NEON(q *float32, v *byte, n int) float32

//go:noescape
func decodeHalvesNEON(dst *float32, src *byte, n int)

//go:noescape
func blockSumsNEON(table, codes *byte, groups int, sums *[BlockLen]uint16)

func splitNearer(ids *uint32, dists *float32, n int, bound Entry, nearer, rest *Entry) int {
	return splitNearerGo(ids, dists, n, bound, nearer, rest)
}

func sortEntries(e []Entry) { sortEntriesGo(e) }

func mergeEntries(e *Entry, n int, from *Entry, m int, places *int32) int {
	return mergeEntriesGo(e, n, from, m, places)
}
