package table

import (
	"math"
	"slices"

	"github.com/loxodb/loxodb/sql/batch"
)

// packed holds the values of one column for a run of rows, in a form that takes little
// memory, has no pointers to each value, and is brought into a batch at about the speed of
// a copy. It never changes.
type packed struct {
	nulls []uint64 // a bit each; nil: none is NULL
	ints  packedInts
	f     []float64
	b     packedBytes
	size  int64
}

// packedInts are integers: base + i·step, or base and a difference each, as narrow as
// they can be.
type packedInts struct {
	base int64
	step int64
	d8   []uint8
	d16  []uint16
	d32  []uint32
	d64  []uint64
}

// packedBytes are values one behind the other, all of one length or each with its end.
type packedBytes struct {
	data  []byte
	width int // of all values, if ends is nil
	ends  []uint32
}

func packInts(v []int64) (p packedInts, size int) {
	if len(v) == 0 {
		return packedInts{}, 0
	}
	if step, ok := linear(v); ok {
		return packedInts{base: v[0], step: step}, 0
	}
	lo, hi := v[0], v[0]
	for _, x := range v {
		lo, hi = min(lo, x), max(hi, x)
	}
	p.base = lo
	switch spread := uint64(hi) - uint64(lo); {
	case spread <= math.MaxUint8:
		p.d8 = narrow[uint8](v, lo)
		size = len(v)
	case spread <= math.MaxUint16:
		p.d16 = narrow[uint16](v, lo)
		size = 2 * len(v)
	case spread <= math.MaxUint32:
		p.d32 = narrow[uint32](v, lo)
		size = 4 * len(v)
	default:
		p.d64 = narrow[uint64](v, lo)
		size = 8 * len(v)
	}
	return p, size
}

// linear reports that the difference between neighbours is the same everywhere.
func linear(v []int64) (step int64, ok bool) {
	if len(v) > 1 {
		step = v[1] - v[0]
	}
	for i := 1; i < len(v); i++ {
		if v[i]-v[i-1] != step {
			return 0, false
		}
	}
	return step, true
}

func narrow[T uint8 | uint16 | uint32 | uint64](v []int64, base int64) []T {
	d := make([]T, len(v))
	for i, x := range v {
		d[i] = T(uint64(x) - uint64(base))
	}
	return d
}

// unpackInts writes the values from..from+len(dst) to dst.
func unpackInts[D int64 | uint64](dst []D, p *packedInts, from int) {
	switch {
	case p.d8 != nil:
		widen(dst, p.d8[from:], p.base)
	case p.d16 != nil:
		widen(dst, p.d16[from:], p.base)
	case p.d32 != nil:
		widen(dst, p.d32[from:], p.base)
	case p.d64 != nil:
		widen(dst, p.d64[from:], p.base)
	default:
		v := p.base + int64(from)*p.step
		for i := range dst {
			dst[i] = D(v)
			v += p.step
		}
	}
}

func widen[D int64 | uint64, T uint8 | uint16 | uint32 | uint64](dst []D, d []T, base int64) {
	d = d[:len(dst)]
	for i := range dst {
		dst[i] = D(base) + D(d[i])
	}
}

// packBytes packs values that lie one behind the other in data, which end at ends.
func packBytes(data []byte, ends []uint32) (p packedBytes, size int) {
	p.data = append(make([]byte, 0, len(data)), data...)
	size = len(data)
	if len(ends) == 0 {
		return p, size
	}
	p.width = int(ends[0])
	for i, end := range ends {
		if int(end) != (i+1)*p.width {
			p.ends = append(make([]uint32, 0, len(ends)), ends...)
			return p, size + 4*len(ends)
		}
	}
	return p, size
}

// into lets dst show the values from..from+len(dst).
func (p *packedBytes) into(dst [][]byte, from int) {
	if p.ends == nil {
		at := from * p.width
		for i := range dst {
			dst[i] = p.data[at : at+p.width : at+p.width]
			at += p.width
		}
		return
	}
	at := uint32(0)
	if from > 0 {
		at = p.ends[from-1]
	}
	ends := p.ends[from:]
	ends = ends[:len(dst)]
	for i := range dst {
		end := ends[i]
		dst[i] = p.data[at:end:end]
		at = end
	}
}

// into writes n values to the column, whose rows from at on have no NULLs yet; bytes
// are shown, not copied.
func (p *packed) into(c *batch.Col, at, from, n int) {
	switch {
	case c.I != nil:
		unpackInts(c.I[at:at+n], &p.ints, from)
	case c.F != nil:
		copy(c.F[at:at+n], p.f[from:])
	default:
		p.b.into(c.B[at:at+n], from)
	}
	if p.nulls == nil {
		return
	}
	for i := range n {
		if p.nulls[(from+i)/64]&(1<<((from+i)%64)) != 0 {
			c.Null[at+i] = true
		}
	}
}

// packer gathers the values of a column.
type packer struct {
	nulls []uint64
	some  bool // of them
	n     int
	i     []int64
	f     []float64
	data  []byte
	ends  []uint32
}

func (p *packer) reset() {
	p.nulls, p.some, p.n = p.nulls[:0], false, 0
	p.i, p.f, p.data, p.ends = p.i[:0], p.f[:0], p.data[:0], p.ends[:0]
}

// add takes the first n rows of a column. It is false when they take too much room.
func (p *packer) add(c *batch.Col, n int) bool {
	p.addNulls(c.Null[:n])
	switch {
	case c.I != nil:
		p.addInts(c, n)
	case c.F != nil:
		p.f = append(p.f, c.F[:n]...)
	default:
		p.addBytes(c, n)
	}
	return len(p.data) <= maxCellBytes
}

// addNulls notes which rows are NULL, from the first one on that is.
func (p *packer) addNulls(null []bool) {
	from := p.n
	p.n += len(null)
	if p.some = p.some || slices.Contains(null, true); !p.some {
		return
	}
	for 64*len(p.nulls) < p.n {
		p.nulls = append(p.nulls, 0)
	}
	for i, is := range null {
		if is {
			p.nulls[(from+i)/64] |= 1 << ((from + i) % 64)
		}
	}
}

// addInts gives a NULL the value of its neighbour, which makes it no wider.
func (p *packer) addInts(c *batch.Col, n int) {
	p.i = append(p.i, c.I[:n]...)
	if !p.some {
		return
	}
	for i, at := 0, len(p.i)-n; i < n; i, at = i+1, at+1 {
		switch {
		case !c.Null[i]:
		case at > 0:
			p.i[at] = p.i[at-1]
		default:
			p.i[at] = 0
		}
	}
}

func (p *packer) addBytes(c *batch.Col, n int) {
	p.ends = slices.Grow(p.ends, n)
	data, ends := p.data, p.ends[len(p.ends):len(p.ends)+n]
	for i, v := range c.B[:n] {
		if !p.some || !c.Null[i] {
			data = append(data, v...)
		}
		ends[i] = uint32(len(data))
	}
	p.data, p.ends = data, p.ends[:len(p.ends)+n]
}

// pack makes the column, whose rows are of the representation of like.
func (p *packer) pack(like *batch.Col) *packed {
	out := &packed{}
	size := 0
	switch {
	case like.I != nil:
		out.ints, size = packInts(p.i)
	case like.F != nil:
		out.f = append(make([]float64, 0, len(p.f)), p.f...)
		size = 8 * len(p.f)
	default:
		out.b, size = packBytes(p.data, p.ends)
	}
	if p.some {
		out.nulls = append(make([]uint64, 0, len(p.nulls)), p.nulls...)
		size += 8 * len(out.nulls)
	}
	out.size = int64(size) + packedOverhead
	return out
}
