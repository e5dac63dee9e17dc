//go:build !amd64 && !arm64

package dist

import "unsafe"

// choose has nothing to choose from on this architecture.
func choose() kernels { return genericKernels }

// available lists the tiers that this processor can run, for tests.
func available() []kernels { return []kernels{genericKernels} }

// Prefetch asks the processor to load n bytes at p into its caches. It is a hint
// and does nothing on this architecture.
func Prefetch(p unsafe.Pointer, n int) {}

// PrefetchRows asks the processor to load the first lines of the records ords into
// its caches. It is a hint and does nothing on this architecture.
func PrefetchRows(rows *Rows, ords []uint32) {}

func scan(op scanOp, q, base *float32, dims, n, _ int, out *float32) {
	scanGo(op, q, base, dims, n, out)
}

func below(sums, factors *float32, n int, add, scale, bound float32, marks *uint64) {
	belowGo(sums, factors, n, add, scale, bound, marks)
}

func keep(ids *uint32, own, dists *float32, n int) int { return keepGo(ids, own, dists, n) }

func exact(op scanOp, a, b *float32, n int) float64 { return exactGo(op, a, b, n) }

func decode(dst *float32, src *byte, n int) {
	decodeHalvesGo(unsafe.Slice(dst, n), unsafe.Slice(src, 2*n))
}

func sumHalves(op scanOp, q *float32, dims int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int, out *float32) {
	sumHalvesGo(op, q, dims, tab, shift, mask, stride, ords, n, out)
}

func sumBytes(op byteOp, q *byte, n int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, count int, out *int32) {
	sumBytesGo(op, q, n, tab, shift, mask, stride, ords, count, out)
}

func splitNearer(ids *uint32, dists *float32, n int, bound Entry, nearer, rest *Entry) int {
	return splitNearerGo(ids, dists, n, bound, nearer, rest)
}

func sortEntries(e []Entry) { sortEntriesGo(e) }

func mergeEntries(e *Entry, n int, from *Entry, m int, places *int32) int {
	return mergeEntriesGo(e, n, from, m, places)
}
