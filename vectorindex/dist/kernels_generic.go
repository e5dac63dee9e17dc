package dist

import (
	"encoding/binary"
	"math"
	"math/bits"
	"unsafe"
)

var genericKernels = kernels{
	name:      "generic",
	gatherDot: gatherGo(dotGo),
	gatherL2:  gatherGo(l2Go),
	gatherL1:  gatherGo(l1Go),
	codes:     codesGo,
	codesL1:   codesL1Go,
	bits:      bitsGo,
	nibbles:   nibblesGo,
	blocks:    blocksGo,
}

func scanGo(op scanOp, q, base *float32, dims, n int, out *float32) {
	qs, bs := unsafe.Slice(q, dims), unsafe.Slice(base, dims*n)
	if op == opDotNorm {
		os := unsafe.Slice(out, 2*n)
		for i := range n {
			v := bs[i*dims : (i+1)*dims]
			os[2*i], os[2*i+1] = dotGo(qs, v), dotGo(v, v)
		}
		return
	}
	os := unsafe.Slice(out, n)
	for i := range os {
		v := bs[i*dims : (i+1)*dims]
		switch op {
		case opDot:
			os[i] = dotGo(qs, v)
		case opL2:
			os[i] = l2Go(qs, v)
		default:
			os[i] = l1Go(qs, v)
		}
	}
}

func belowGo(sums, factors *float32, n int, add, scale, bound float32, marks *uint64) {
	ss, words := unsafe.Slice(sums, n), unsafe.Slice(marks, n/64)
	for i := range words {
		var fs []float32
		if factors != nil {
			fs = unsafe.Slice(factors, n)[64*i : 64*i+64]
		}
		words[i] = belowWord(ss[64*i:64*i+64], fs, Affine{add, scale}, bound)
	}
}

func keepGo(ids *uint32, own, dists *float32, n int) int {
	is, os, ds := unsafe.Slice(ids, n), unsafe.Slice(own, n), unsafe.Slice(dists, n)
	kept := 0
	for i, d := range ds { // without a branch, which would be mispredicted
		is[kept], os[kept] = is[i], os[i]
		stays := 1
		if d < os[i] {
			stays = 0
		}
		kept += stays
	}
	return kept
}

func gatherGo(f func(a, b []float32) float32) gatherFunc {
	return func(q *float32, dims int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int, out *float32) {
		qs, ids, os := unsafe.Slice(q, dims), unsafe.Slice(ords, n), unsafe.Slice(out, n)
		for i, o := range ids {
			chunk := *(*unsafe.Pointer)(unsafe.Add(unsafe.Pointer(tab), uintptr(uint64(o)>>shift)*unsafe.Sizeof(uintptr(0))))
			os[i] = f(qs, unsafe.Slice((*float32)(unsafe.Add(chunk, int(o&mask)*stride)), dims))
		}
	}
}

func codesGo(q *int8, k *[5]float32, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int, out *float32) {
	qs, ids, os := unsafe.Slice(q, stride), unsafe.Slice(ords, n), unsafe.Slice(out, n)
	for i, o := range ids {
		chunk := *(*unsafe.Pointer)(unsafe.Add(unsafe.Pointer(tab), uintptr(uint64(o)>>shift)*unsafe.Sizeof(uintptr(0))))
		rec := unsafe.Slice((*byte)(unsafe.Add(chunk, int(o&mask)*stride)), stride)
		tail := rec[stride-CodeTail:]
		add, sum, low, step := f32at(tail, 0), f32at(tail, 1), f32at(tail, 2), f32at(tail, 3)
		os[i] = k[0] + k[1]*add + k[2]*sum + k[3]*low + k[4]*step*float32(dotI8Go(rec, qs))
	}
}

func codesL1Go(q *float32, dims int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int, out *float32) {
	qs, ids, os := unsafe.Slice(q, dims), unsafe.Slice(ords, n), unsafe.Slice(out, n)
	for i, o := range ids {
		chunk := *(*unsafe.Pointer)(unsafe.Add(unsafe.Pointer(tab), uintptr(uint64(o)>>shift)*unsafe.Sizeof(uintptr(0))))
		rec := unsafe.Slice((*byte)(unsafe.Add(chunk, int(o&mask)*stride)), stride)
		tail := rec[stride-CodeTail:]
		low, step := f32at(tail, 2), f32at(tail, 3)
		sum := float32(0)
		for j, x := range qs {
			sum += abs32(x - (low + step*float32(rec[j])))
		}
		os[i] = sum
	}
}

func bitsGo(q *int8, k *[4]float32, bits, dims int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int, out *float32) {
	qs, ids, os := unsafe.Slice(q, dims), unsafe.Slice(ords, n), unsafe.Slice(out, n)
	for i, o := range ids {
		chunk := *(*unsafe.Pointer)(unsafe.Add(unsafe.Pointer(tab), uintptr(uint64(o)>>shift)*unsafe.Sizeof(uintptr(0))))
		rec := unsafe.Slice((*byte)(unsafe.Add(chunk, int(o&mask)*stride)), stride)
		sum, at := int32(0), 0
		for _, w := range fieldWidths(bits) {
			sum <<= w
			for b := 0; b < dims; b += 64 {
				sum += fieldDot(rec[at:at+8*w], qs[b:b+64], w)
				at += 8 * w
			}
		}
		tail := rec[at:]
		os[i] = k[0] + f32at(tail, 0) + f32at(tail, 1)*(k[1]*float32(sum)+k[2]) + k[3]*f32at(tail, 2)
	}
}

// fieldDot is the sum of products of one block of a field of w bits.
func fieldDot(field []byte, q []int8, w int) (sum int32) {
	for lane := 0; lane < 8; lane += w {
		part := q[8*lane:]
		part = part[:len(field)]
		for i, f := range field {
			sum += int32(f>>lane&(1<<w-1)) * int32(part[i])
		}
	}
	return sum
}

func f32at(b []byte, i int) float32 {
	return math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
}

func exactGo(op scanOp, a, b *float32, n int) float64 {
	as, bs := unsafe.Slice(a, n), unsafe.Slice(b, n)
	var l [exactLanes]float64
	term := l1Term
	switch op {
	case opDot:
		term = dotTerm
	case opL2:
		term = l2Term
	}
	for ; len(as) >= exactLanes; as, bs = as[exactLanes:], bs[exactLanes:] {
		for j := range l {
			l[j] += term(float64(as[j]), float64(bs[j]))
		}
	}
	return foldLanes(&l, as, bs, term)
}

func splitNearerGo(ids *uint32, dists *float32, n int, bound Entry, nearer, rest *Entry) int {
	is, ds := unsafe.Slice(ids, n), unsafe.Slice(dists, n)
	ns, rs := unsafe.Slice(nearer, n+1), unsafe.Slice(rest, n+1)
	// Without a branch, which would be mispredicted: each entry is written to both.
	near, far := 0, 0
	for i, id := range is {
		e := MakeEntry(ds[i], id)
		ns[near], rs[far] = e, e
		_, below := bits.Sub64(uint64(e), uint64(bound), 0)
		near += int(below)
		far += 1 - int(below)
	}
	return near
}

// mergeEntriesGo moves each stretch between two places once.
func mergeEntriesGo(e *Entry, n int, from *Entry, m int, places *int32) int {
	es, fs, ps := unsafe.Slice(e, n+m), unsafe.Slice(from, m), unsafe.Slice(places, m)
	entryPlacesGo(ps, es[:n], fs)
	end := n
	for i := m - 1; i >= 0; i-- {
		at := int(ps[i])
		copy(es[at+i+1:end+i+1], es[at:end])
		es[at+i] = fs[i]
		end = at
	}
	return end
}

// entryPlacesGo makes places the numbers of entries of e, ascending, that are not farther
// than each of xs. The binary searches go in step, so that they overlap, and the
// conditional assignment compiles to a move, not to a branch, which would be mispredicted
// every other time.
func entryPlacesGo(places []int32, e, xs []Entry) {
	clear(places)
	xs = xs[:len(places)]
	for n := len(e); n > 0; {
		half := (n + 1) >> 1
		part := e[half-1:]
		for i, x := range xs {
			lo := places[i]
			next := lo + int32(half)
			if part[lo] <= x|sameDistance {
				lo = next
			}
			places[i] = lo
		}
		n -= half
	}
}
