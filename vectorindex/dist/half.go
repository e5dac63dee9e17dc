package dist

import (
	"encoding/binary"
	"math"
	"unsafe"
)

// Half decodes a binary16.
func Half(h uint16) float32 {
	sign := uint32(h&0x8000) << 16
	exp, frac := uint32(h>>10&0x1f), uint32(h&0x3ff)
	switch exp {
	case 0: // zero, or frac·2⁻²⁴
		return math.Float32frombits(sign | math.Float32bits(float32(frac)*(1.0/(1<<24))))
	case 0x1f:
		return math.Float32frombits(sign | 0x7f800000 | frac<<13)
	}
	return math.Float32frombits(sign | (exp+127-15)<<23 | frac<<13)
}

func decodeHalvesGo(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = Half(binary.LittleEndian.Uint16(src[2*i:]))
	}
}

// decodeHalves decodes len(dst) components.
func decodeHalves(dst []float32, src []byte) {
	if len(dst) == 0 {
		return
	}
	src = src[:2*len(dst)]
	decode(&dst[0], &src[0], len(dst))
}

// halfBlock is how many components are decoded at a time for an exact sum: a
// multiple of exactLanes. Blocks are summed one by one and in order, so that the
// sum has the same bits everywhere.
const halfBlock = 16 * exactLanes

// exactHalf decodes v block by block.
func (q *Query) exactHalf(v []byte) float64 {
	var buf [halfBlock]float32
	op, sum, normSq := q.space.Metric.op(), 0.0, 0.0
	for at := 0; at < len(q.floats); at += halfBlock {
		n := min(halfBlock, len(q.floats)-at)
		b := buf[:n]
		decodeHalves(b, v[2*at:])
		sum += exact(op, &q.floats[at], &b[0], n)
		if q.space.Metric == Cosine {
			normSq += exact(opDot, &b[0], &b[0], n)
		}
	}
	return q.combine(sum, normSq)
}

func halfNormSq(v []byte) float64 {
	var buf [halfBlock]float32
	sum := 0.0
	for ; len(v) > 0; v = v[min(2*halfBlock, len(v)):] {
		b := buf[:min(halfBlock, len(v)/2)]
		decodeHalves(b, v)
		sum += exact(opDot, &b[0], &b[0], len(b))
	}
	return sum
}

// gatherHalves is Gather of records of binary16; q is decoded.
func gatherHalves(m Metric, q []float32, rows *Rows, ords []uint32, out []float32) {
	for at := 0; at < len(ords); at += maxGather {
		n := min(maxGather, len(ords)-at)
		sumHalves(m.op(), &q[0], len(q), &rows.chunks[0], rows.shift, rows.mask(), rows.stride, &ords[at], n, &out[at])
	}
}

func sumHalvesGo(op scanOp, q *float32, dims int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int, out *float32) {
	qs, os := unsafe.Slice(q, dims), unsafe.Slice(out, n)
	for i, o := range unsafe.Slice(ords, n) {
		os[i] = halvesGo(op, qs, unsafe.Slice((*byte)(address(tab, shift, mask, stride, o)), 2*dims))
	}
}

func halvesGo(op scanOp, q []float32, v []byte) (sum float32) {
	for j, x := range q {
		y := Half(binary.LittleEndian.Uint16(v[2*j:]))
		switch op {
		case opDot:
			sum += x * y
		case opL1:
			sum += abs32(x - y)
		default:
			sum += (x - y) * (x - y)
		}
	}
	return sum
}

// address is where a kernel finds record o.
func address(tab *unsafe.Pointer, shift uint, mask uint32, stride int, o uint32) unsafe.Pointer {
	chunk := *(*unsafe.Pointer)(unsafe.Add(unsafe.Pointer(tab), uintptr(uint64(o)>>shift)*unsafe.Sizeof(uintptr(0))))
	return unsafe.Add(chunk, int(o&mask)*stride)
}
