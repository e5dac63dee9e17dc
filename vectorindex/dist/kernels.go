package dist

import "unsafe"

// scanOp is what a scan kernel computes, one value per vector for n consecutive
// vectors of dims float32 at base; opDotNorm gives two, the dot product and the
// vector's squared norm.
type scanOp uint8

const (
	opDot scanOp = iota
	opL2
	opL1
	opDotNorm
)

// gatherFunc computes one value per ordinal; q has dims float32.
type gatherFunc func(q *float32, dims int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int, out *float32)

// codeFunc is gatherFunc for 8-bit codes, see Codes.
type codeFunc func(q *int8, k *[5]float32, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int, out *float32)

// bitFunc is gatherFunc for packed codes, see Bits; n is 1 to 64.
type bitFunc func(q *int8, k *[4]float32, bits, dims int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int, out *float32)

// nibbleFunc is gatherFunc for codes of 4 bits, see Nibbles; n is 1 to 64.
type nibbleFunc func(q *int8, k *[4]float32, bytes int, tab *unsafe.Pointer, shift uint, mask uint32, stride int, ords *uint32, n int, out *float32)

// blockFunc is Blocks of n entries, at least one.
type blockFunc func(table *byte, groups int, k *[4]float32, blocks unsafe.Pointer, tail, n int, bound float32, out *float32, marks *uint32)

// kernels is one tier. Scans, exact sums and kernels of halves and bytes are reached
// by level, see scan.
type kernels struct {
	name                          string
	level                         uint8 // 0 = generic
	gatherDot, gatherL2, gatherL1 gatherFunc
	codes                         codeFunc
	codesL1                       gatherFunc
	bits                          bitFunc
	nibbles                       nibbleFunc
	blocks                        blockFunc
}

// active is the tier in use, chosen once at start. Tests swap it.
var active = choose()

// Tier returns the name of the tier in use: generic, avx2, avx512 or neon.
func Tier() string { return active.name }

// maxGather is how many ordinals a gather kernel takes in one call.
const maxGather = 64

// Dot returns the dot product of a and b, which have equal lengths.
func Dot(a, b []float32) float32 { return pair(opDot, a, b) }

// L2Sq returns the squared Euclidean distance of a and b, which have equal lengths.
func L2Sq(a, b []float32) float32 { return pair(opL2, a, b) }

// SumAbsDiff returns the L1 distance of a and b, which have equal lengths.
func SumAbsDiff(a, b []float32) float32 { return pair(opL1, a, b) }

// NormSq returns the squared Euclidean norm of a.
func NormSq(a []float32) float32 { return pair(opDot, a, a) }

// DotNorm returns the dot product of q and b and the squared norm of b.
func DotNorm(q, b []float32) (dot, norm float32) {
	b = b[:len(q)]
	if len(q) == 0 {
		return 0, 0
	}
	var out [2]float32
	scan(opDotNorm, &q[0], &b[0], len(q), 1, 0, &out[0])
	return out[0], out[1]
}

func pair(op scanOp, a, b []float32) float32 {
	b = b[:len(a)]
	if len(a) == 0 {
		return 0
	}
	var out float32
	scan(op, &a[0], &b[0], len(a), 1, 0, &out)
	return out
}

// Scan writes the distances from q to the len(out) consecutive vectors at base,
// which must hold len(out)·len(q) components. For Cosine nothing need be
// normalised; zero vectors have distance NaN.
func Scan(m Metric, q, base []float32, out []float32) {
	d := len(q)
	if len(out) == 0 {
		return
	}
	if d == 0 {
		clear(out)
		return
	}
	base = base[:len(out)*d]
	switch m {
	case InnerProduct:
		scan(opDot, &q[0], &base[0], d, len(out), 0, &out[0])
		for i := range out {
			out[i] = -out[i]
		}
	case Cosine:
		scanCosine(q, base, out)
	case L1:
		scan(opL1, &q[0], &base[0], d, len(out), 0, &out[0])
	default:
		scan(opL2, &q[0], &base[0], d, len(out), 0, &out[0])
	}
}

func scanCosine(q, base, out []float32) {
	nq := NormSq(q)
	var buf [2 * maxGather]float32
	for at := 0; at < len(out); at += maxGather {
		n := min(maxGather, len(out)-at)
		scan(opDotNorm, &q[0], &base[at*len(q)], len(q), n, 0, &buf[0])
		for i := range n {
			out[at+i] = cosineDistance(buf[2*i], nq, buf[2*i+1])
		}
	}
}

// rowOp is what SumRows and SumGather add up for a metric.
func rowOp(m Metric) scanOp {
	switch m {
	case InnerProduct, Cosine:
		return opDot
	case L1:
		return opL1
	}
	return opL2
}

// SumGather writes, for the records ords of rows, whose first len(q) float32 are
// the vector, what the metric is made of: the distance for L2 and L1, the dot
// product for InnerProduct and Cosine. out is at least as long as ords; every
// ordinal must exist.
func SumGather(m Metric, q []float32, rows *Rows, ords []uint32, out []float32) {
	out = out[:len(ords)]
	if len(q) == 0 {
		clear(out)
		return
	}
	f := active.gatherL2
	switch rowOp(m) {
	case opDot:
		f = active.gatherDot
	case opL1:
		f = active.gatherL1
	}
	for at := 0; at < len(ords); at += maxGather {
		n := min(maxGather, len(ords)-at)
		f(&q[0], len(q), &rows.chunks[0], rows.shift, rows.mask(), rows.stride, &ords[at], n, &out[at])
	}
}

// SumRows is SumGather of the len(out) records from lo on. Where a record is its
// vector and nothing else (the stride is 4·len(q)) it reads memory as one stream,
// which is as fast as one core can read; otherwise records are visited one by one.
func SumRows(m Metric, q []float32, rows *Rows, lo uint32, out []float32) {
	if len(q) == 0 || rows.stride != 4*len(q) {
		gatherRange(m, q, rows, lo, out)
		return
	}
	for at := 0; at < len(out); {
		ord := lo + uint32(at)
		n := len(out) - at
		if rows.shift < flatShift {
			n = min(n, 1<<rows.shift-int(ord&rows.mask()))
		}
		scan(rowOp(m), &q[0], (*float32)(rows.Record(ord)), len(q), n, askAhead(n, rows.stride), &out[at])
		at += n
	}
}

// ahead is how far before its use a stream asks for a line, in bytes, and longest the
// vectors from which on the processor does so well enough by itself: many requests at once
// would hold up the arithmetic. Measured with 1 GiB of vectors of 16 to 1,536 numbers.
const (
	ahead   = 8 << 10
	longest = 4 << 10
)

// askAhead is how many bytes ahead a kernel asks memory for n records of stride bytes: not
// at all for a few, of which most requests would lie behind the last one.
func askAhead(n, stride int) int {
	if stride > longest || n*stride < 4*ahead {
		return 0
	}
	return ahead
}

func gatherRange(m Metric, q []float32, rows *Rows, lo uint32, out []float32) {
	var ords [maxGather]uint32
	for at := 0; at < len(out); at += maxGather {
		n := min(maxGather, len(out)-at)
		for i := range n {
			ords[i] = lo + uint32(at+i)
		}
		SumGather(m, q, rows, ords[:n], out[at:at+n])
	}
}

// CodeTail is the number of bytes at the end of a code record that hold its four
// float32 corrections (add, sum, low, step).
const CodeTail = 16

// CodeStride returns the record length for codes of dims bytes, with room for the
// corrections: a multiple of 16, so that whole cache lines are not filled with
// padding, but at least 64 and never 16 short of a multiple of 64, where a record
// would lie on one cache line more as often as not for a gain of 16 bytes. With the
// usual 128, 256, 768 … codes it is these and 16: no record lies on more lines than
// if it began at one.
func CodeStride(dims int) int {
	s := max((dims+CodeTail+15)&^15, 64)
	if s%64 == 48 {
		s += 16
	}
	return s
}

// Codes writes, for each ordinal, the affine form
//
//	k[0] + k[1]·add + k[2]·sum + k[3]·low + k[4]·step·I
//
// where I = Σ q[i]·code[i] of the signed query code and the record's unsigned
// code, and add, sum, low, step are the four float32 in the record's last
// CodeTail bytes. q has exactly one component per byte of stride and is zero
// beyond the dimensions, so the record's padding does not count. The stride is
// CodeStride's.
func Codes(q []int8, k *[5]float32, rows *Rows, ords []uint32, out []float32) {
	out = out[:len(ords)]
	q = q[:rows.stride]
	for at := 0; at < len(ords); at += maxGather {
		n := min(maxGather, len(ords)-at)
		active.codes(&q[0], k, &rows.chunks[0], rows.shift, rows.mask(), rows.stride, &ords[at], n, &out[at])
	}
}

// CodesL1 writes, for each ordinal, the sum of |q[i] − (low + step·code[i])| over
// the components of q; see Codes for the records.
func CodesL1(q []float32, rows *Rows, ords []uint32, out []float32) {
	out = out[:len(ords)]
	if len(q) == 0 || len(ords) == 0 {
		clear(out)
		return
	}
	PrefetchRows(rows, ords)
	active.codesL1(&q[0], len(q), &rows.chunks[0], rows.shift, rows.mask(), rows.stride, &ords[0], len(ords), &out[0])
}
