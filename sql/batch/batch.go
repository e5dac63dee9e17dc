// Package batch is the unit that flows between operators: a few typed columns
// and a selection of their rows. It must not know expressions, plans, operators
// or storage.
package batch

import "github.com/loxodb/loxodb/sql/types"

// MaxRows is the capacity of a full batch; row numbers fit uint16.
const MaxRows = 1024

// Batch is a set of equally long columns of which the rows named in Sel exist.
// Row numbers index the columns directly and ascend in Sel. A batch is owned by
// the operator that fills it; contents live until that operator's next call.
type Batch struct {
	Sel  []uint16
	Cols []Col
}

// Col is one column. Exactly one of I, F, B is used, by the type's Rep; Null[i]
// says that row i is NULL, whatever the others hold. Byte values are borrowed:
// from storage's buffers, the arena of the producer, or a constant.
type Col struct {
	T    types.T
	Null []bool
	I    []int64
	F    []float64
	B    [][]byte
}

var identity = func() (s [MaxRows]uint16) {
	for i := range s {
		s[i] = uint16(i)
	}
	return s
}()

// Identity is the selection 0..n-1. It is shared and must not be written to.
func Identity(n int) []uint16 { return identity[:n:n] }

// New returns a batch with columns of the given types and room for capacity
// (at most MaxRows) rows.
func New(ts []types.T, capacity int) *Batch {
	b := &Batch{Cols: make([]Col, len(ts))}
	for i, t := range ts {
		b.Cols[i].Init(t, capacity)
	}
	return b
}

// Len is the number of selected rows.
func (b *Batch) Len() int { return len(b.Sel) }

// Init gives the column its type and room for n rows, reusing memory when the
// representation stays the same.
func (c *Col) Init(t types.T, n int) {
	c.T = t
	if cap(c.Null) < n {
		c.Null = make([]bool, n)
	}
	c.Null = c.Null[:n]
	switch t.Rep() {
	case types.RepInt:
		if cap(c.I) < n {
			c.I = make([]int64, n)
		}
		c.I, c.F, c.B = c.I[:n], nil, nil
	case types.RepFloat:
		if cap(c.F) < n {
			c.F = make([]float64, n)
		}
		c.I, c.F, c.B = nil, c.F[:n], nil
	default:
		if cap(c.B) < n {
			c.B = make([][]byte, n)
		}
		c.I, c.F, c.B = nil, nil, c.B[:n]
	}
}

// Cap is the number of rows the column has room for.
func (c *Col) Cap() int { return len(c.Null) }

// Datum is the value of row i, borrowed.
func (c *Col) Datum(i int) types.Datum {
	if c.Null[i] {
		return types.Null
	}
	switch {
	case c.B != nil:
		return types.Bytes(c.B[i])
	case c.F != nil:
		return types.Float(c.F[i])
	default:
		return types.Int(c.I[i])
	}
}

// Set stores d, of the column's type, in row i; byte values are borrowed.
func (c *Col) Set(i int, d types.Datum) {
	if d.IsNull() {
		c.Null[i] = true
		return
	}
	c.Null[i] = false
	switch {
	case c.B != nil:
		c.B[i] = d.Bytes()
	case c.F != nil:
		c.F[i] = d.Float()
	default:
		c.I[i] = d.Int()
	}
}

// SetNull makes row i NULL.
func (c *Col) SetNull(i int) { c.Null[i] = true }

// Arena hands out byte slices that all live until Reset.
type Arena struct {
	buf  []byte
	full [][]byte
	next int // size of the next chunk, 0 = arenaChunk
	held int // of full
}

// Held is how many bytes it has taken since the last Reset, but for the chunk that it fills.
func (a *Arena) Held() int { return a.held }

// MaxBytes is how much a batch is filled with, and the row that passes it: where rows are long there
// are fewer of them.
const MaxBytes = 4 << 20

// Full reports that a batch has enough of what the arena holds.
func (a *Arena) Full() bool { return a.held >= MaxBytes }

// The first chunk of an arena, how often the next ones double, and the largest that it
// keeps for a next filling.
const (
	arenaChunk   = 16 << 10
	arenaDoubles = 6
	arenaKept    = 2 << 20
)

// Alloc returns n bytes, not zeroed after the first Reset.
func (a *Arena) Alloc(n int) []byte {
	if len(a.buf)+n > cap(a.buf) || a.buf == nil { // never nil, even for 0 bytes
		if a.buf != nil {
			a.full = append(a.full, a.buf)
			a.held += cap(a.buf)
		}
		a.buf = make([]byte, 0, max(arenaChunk<<min(len(a.full), arenaDoubles), a.next, n))
		a.next = 0
	}
	at := len(a.buf)
	a.buf = a.buf[: at+n : cap(a.buf)]
	return a.buf[at : at+n : at+n]
}

// Copy returns a copy of b that lives until Reset; never nil.
func (a *Arena) Copy(b []byte) []byte {
	c := a.Alloc(len(b))
	copy(c, b)
	return c
}

// Reset makes all memory available again. Slices handed out before are invalid.
// An arena that needed several chunks takes one of their size next time, so that
// one that is filled again and again soon allocates nothing.
func (a *Arena) Reset() {
	if len(a.full) == 0 {
		a.buf = a.buf[:0]
		return
	}
	size := cap(a.buf)
	for _, c := range a.full {
		size += cap(c)
	}
	a.held, a.next = 0, min(size, arenaKept)
	if cap(a.buf) < a.next {
		a.buf = nil
	} else {
		a.buf, a.next = a.buf[:0], 0
	}
	clear(a.full)
	a.full = a.full[:0]
}
