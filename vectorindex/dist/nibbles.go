package dist

import (
	"encoding/binary"
	"unsafe"
)

// NibbleDims is dims rounded up to whole 32-bit words of nibbles, and at least 32: a
// rotation of fewer components leaves errors that are far from normal.
func NibbleDims(dims int) int { return max(32, (dims+7)&^7) }

// NibbleStride returns the record length for codes of 4 bits a component: the codes,
// without padding but to NibbleDims, and the factors. A record of up to a cache line
// lies in one; longer ones begin with a line where that saves lines and costs at most an
// eighth of the memory.
func NibbleStride(dims int) int {
	const line = 64
	n := NibbleDims(dims)/2 + BitTail
	if n <= line {
		return max(32, (n-1)&32+32)
	}
	short, whole := (n+15)&^15, (n+line-1)&^(line-1)
	lines := 0
	for i := range line / 16 {
		lines += (i*short%line + n + line - 1) / line
	}
	if lines > line/16*whole/line && whole <= short+short/8 {
		return whole
	}
	return short
}

// NibbleQuery is the length of a query: the components that low nibbles are multiplied
// with and those of the high ones, each padded with zeros to a multiple of 64.
func NibbleQuery(dims int) int { return 2 * nibblePlane(NibbleDims(dims)/2) }

func nibblePlane(bytes int) int { return (bytes + 63) &^ 63 }

// PutNibbleQuery writes the query q (NibbleDims components) in the form that Nibbles reads
// to dst (NibbleQuery components).
func PutNibbleQuery(dst, q []int8) {
	clear(dst)
	copy(dst, q[:len(q)/2])
	copy(dst[len(dst)/2:], q[len(q)/2:])
}

// PackNibbles writes codes (NibbleDims of them, below 16) to a record: the first half in
// the low nibbles, the second in the high ones. It returns the number of bytes.
func PackNibbles(rec, codes []byte) int {
	half := len(codes) / 2
	low, high := codes[:half], codes[half:2*half]
	i := 0
	for ; i+8 <= half; i += 8 {
		binary.LittleEndian.PutUint64(rec[i:], le64(low[i:])|le64(high[i:])<<4)
	}
	for ; i < half; i++ {
		rec[i] = low[i] | high[i]<<4
	}
	return half
}

// Nibbles writes, for each ordinal, the affine form
//
//	k[0] + add + scale·(k[1]·I + k[2]) + k[3]·err
//
// where I = Σ q[i]·code[i] of the signed query and the record's unsigned codes of 4
// bits, and add, scale, err are the three float32 behind the codes.
func Nibbles(q []int8, dims int, k *[4]float32, rows *Rows, ords []uint32, out []float32) {
	out = out[:len(ords)]
	bytes := NibbleDims(dims) / 2
	if bytes+BitTail > rows.stride || len(q) != NibbleQuery(dims) || dims < 1 {
		panic("dist: query and records of different shapes")
	}
	for at := 0; at < len(ords); at += maxGather {
		n := min(maxGather, len(ords)-at)
		active.nibbles(&q[0], k, bytes, &rows.chunks[0], rows.shift, rows.mask(), rows.stride, &ords[at], n, &out[at])
	}
}

func nibblesGo(q *int8, k *[4]float32, bytes int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int, out *float32) {
	plane := nibblePlane(bytes)
	qs, ids, os := unsafe.Slice(q, 2*plane), unsafe.Slice(ords, n), unsafe.Slice(out, n)
	low, high := qs[:bytes], qs[plane:plane+bytes]
	for i, o := range ids {
		chunk := *(*unsafe.Pointer)(unsafe.Add(unsafe.Pointer(tab), uintptr(uint64(o)>>shift)*unsafe.Sizeof(uintptr(0))))
		rec := unsafe.Slice((*byte)(unsafe.Add(chunk, int(o&mask)*stride)), bytes+BitTail)
		sum := int32(0)
		for j, c := range rec[:bytes] {
			sum += int32(c&15)*int32(low[j]) + int32(c>>4)*int32(high[j])
		}
		tail := rec[bytes:]
		os[i] = k[0] + f32at(tail, 0) + f32at(tail, 1)*(k[1]*float32(sum)+k[2]) + k[3]*f32at(tail, 2)
	}
}
