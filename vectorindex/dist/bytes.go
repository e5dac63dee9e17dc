package dist

import (
	"math/bits"
	"unsafe"
)

// byteOp is a sum of integers over the bytes of a pair. Sums over 16,000 signed
// bytes and 64,000 bits fit in an int32.
type byteOp uint8

const (
	byteDot     byteOp = iota // products of signed bytes
	byteL2                    // squared differences of signed bytes
	byteL1                    // absolute differences of signed bytes
	byteHamming               // different bits
	byteJaccard               // two sums: the bits set in both, and in any
)

// byteOp is the sum of signed bytes that the metric needs.
func (m Metric) byteOp() byteOp {
	switch m {
	case InnerProduct, Cosine:
		return byteDot
	case L1:
		return byteL1
	}
	return byteL2
}

// pairSums computes the sums of one pair.
func pairSums(op byteOp, a, b []byte) (out [2]int32) {
	rec := unsafe.Pointer(unsafe.SliceData(b[:len(a)]))
	var ord uint32
	sumBytes(op, &a[0], len(a), &rec, flatShift, ^uint32(0), 0, &ord, 1, &out[0])
	return out
}

// recordSums computes the sums of at most maxGather records.
func recordSums(op byteOp, q []byte, rows *Rows, ords []uint32, out []int32) {
	sumBytes(op, &q[0], len(q), &rows.chunks[0], rows.shift, rows.mask(), rows.stride, &ords[0], len(ords), &out[0])
}

func (q *Query) exactInt8(v []byte) float64 {
	normSq := 0.0
	if q.space.Metric == Cosine {
		normSq = float64(pairSums(byteDot, v, v)[0])
	}
	return q.combine(float64(pairSums(q.space.Metric.byteOp(), q.vec, v)[0]), normSq)
}

// gatherInt8 is Gather of records of signed bytes.
func gatherInt8(m Metric, q []byte, rows *Rows, ords []uint32, out []float32) {
	var sums [maxGather]int32
	for at := 0; at < len(ords); at += maxGather {
		n := min(maxGather, len(ords)-at)
		recordSums(m.byteOp(), q, rows, ords[at:at+n], sums[:])
		for i, s := range sums[:n] {
			out[at+i] = float32(s)
		}
	}
}

// gatherBits writes the distances from q to records of bits.
func gatherBits(m Metric, q []byte, rows *Rows, ords []uint32, out []float32) {
	var sums [2 * maxGather]int32
	for at := 0; at < len(ords); at += maxGather {
		n := min(maxGather, len(ords)-at)
		if m == Hamming {
			recordSums(byteHamming, q, rows, ords[at:at+n], sums[:])
			for i, s := range sums[:n] {
				out[at+i] = float32(s)
			}
			continue
		}
		recordSums(byteJaccard, q, rows, ords[at:at+n], sums[:])
		for i := range n {
			out[at+i] = float32(jaccardOf(sums[2*i], sums[2*i+1]))
		}
	}
}

func exactBits(m Metric, a, b []byte) float64 {
	if m == Hamming {
		return float64(pairSums(byteHamming, a, b)[0])
	}
	s := pairSums(byteJaccard, a, b)
	return jaccardOf(s[0], s[1])
}

// jaccardOf is the distance of sets with so many common and so many different
// members. Those of empty sets have nothing in common (as pgvector's <%> says).
func jaccardOf(both, either int32) float64 {
	if both == 0 {
		return 1
	}
	return 1 - float64(both)/float64(either)
}

func onesOf(v []byte) int {
	n := 0
	for _, b := range v {
		n += bits.OnesCount8(b)
	}
	return n
}

func sumBytesGo(op byteOp, q *byte, n int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, count int, out *int32) {
	a := unsafe.Slice(q, n)
	for i, o := range unsafe.Slice(ords, count) {
		b := unsafe.Slice((*byte)(address(tab, shift, mask, stride, o)), n)
		switch op {
		case byteHamming:
			*at32(out, i) = hammingGo(a, b)
		case byteJaccard:
			*at32(out, 2*i), *at32(out, 2*i+1) = jaccardGo(a, b)
		default:
			*at32(out, i) = int8Go(op, a, b)
		}
	}
}

func at32(out *int32, i int) *int32 { return (*int32)(unsafe.Add(unsafe.Pointer(out), 4*i)) }

func int8Go(op byteOp, a, b []byte) int32 {
	s := int32(0)
	for i, x := range a {
		x, y := int32(int8(x)), int32(int8(b[i]))
		switch op {
		case byteDot:
			s += x * y
		case byteL1:
			s += max(x-y, y-x)
		default:
			s += (x - y) * (x - y)
		}
	}
	return s
}

func hammingGo(a, b []byte) int32 {
	b = b[:len(a)]
	n, i := 0, 0
	for ; i+8 <= len(a); i += 8 {
		n += bits.OnesCount64(le64(a[i:]) ^ le64(b[i:]))
	}
	for ; i < len(a); i++ {
		n += bits.OnesCount8(a[i] ^ b[i])
	}
	return int32(n)
}

func jaccardGo(a, b []byte) (both, either int32) {
	b = b[:len(a)]
	and, or, i := 0, 0, 0
	for ; i+8 <= len(a); i += 8 {
		x, y := le64(a[i:]), le64(b[i:])
		and += bits.OnesCount64(x & y)
		or += bits.OnesCount64(x | y)
	}
	for ; i < len(a); i++ {
		and += bits.OnesCount8(a[i] & b[i])
		or += bits.OnesCount8(a[i] | b[i])
	}
	return int32(and), int32(or)
}
