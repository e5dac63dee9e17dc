package rowcodec

import (
	"encoding/binary"
	"math"

	"github.com/loxodb/loxodb/sql/batch"
)

// NoEpoch stands for the epoch of a vector that is NULL.
const NoEpoch = ^uint32(0)

// ColumnDecoder decodes stored rows straight into columns, without a datum for each value
// between. It stops at the last column that somebody wants. One goroutine.
type ColumnDecoder struct {
	steps []column // by attribute index
	last  int      // how many of them are looked at
}

// Sink takes the values of one column: row i's at index i. Null must be all false when
// the first row of a batch comes. Of a vector column only the epoch is stored with the
// row: Epochs takes it.
type Sink struct {
	Null   []bool // nil: nobody wants them
	I      []int64
	F      []float64
	B      [][]byte
	Epochs []uint32
}

// SinkOf is a column of a batch as a sink.
func SinkOf(c *batch.Col) Sink { return Sink{Null: c.Null, I: c.I, F: c.F, B: c.B} }

type column struct {
	form form
	want bool
	Sink
}

// ColumnDecoder returns a decoder whose columns nobody wants yet.
func (l *Layout) ColumnDecoder() *ColumnDecoder {
	c := &ColumnDecoder{steps: make([]column, len(l.reps))}
	for i := range c.steps {
		c.steps[i].form = l.form(i)
	}
	return c
}

// Into lets the values of an attribute go to s, until the next call for it.
func (c *ColumnDecoder) Into(attr int, s Sink) {
	c.steps[attr].Sink, c.steps[attr].want = s, true
	c.last = max(c.last, attr+1)
}

// Decode reads a row into index i of all sinks. Bytes are copied to the arena; without
// one they borrow val. It returns how many columns the row has: those from there on were
// added after it was written, and their sinks are left as they are.
func (c *ColumnDecoder) Decode(val []byte, i int, arena *batch.Arena) (stored int, err error) {
	if c.last == 0 {
		return 0, nil
	}
	n, bitmap, p, err := columnsOf(val)
	if err != nil {
		return 0, err
	}
	for a := range c.steps[:min(n, c.last)] {
		s := &c.steps[a]
		if bitmap[a/8]&(1<<(a%8)) != 0 {
			s.null(i)
			continue
		}
		switch s.form {
		case formVarint:
			var v uint64
			if len(p) > 0 && p[0] < 0x80 {
				v, p = uint64(p[0]), p[1:]
			} else if v, p = uvarint(p); p == nil {
				return 0, ErrCorrupt
			}
			if s.want {
				s.I[i] = int64(v>>1 ^ -(v & 1))
			}
		case formFloat:
			if len(p) < 8 {
				return 0, ErrCorrupt
			}
			if s.want {
				s.F[i] = math.Float64frombits(binary.LittleEndian.Uint64(p))
			}
			p = p[8:]
		case formEpoch:
			var v uint64
			if v, p = uvarint(p); p == nil {
				return 0, ErrCorrupt
			}
			if s.want {
				s.Epochs[i] = uint32(v)
			}
		default:
			var v uint64
			if v, p = uvarint(p); p == nil || v > uint64(len(p)) {
				return 0, ErrCorrupt
			}
			switch {
			case !s.want:
			case arena != nil:
				s.B[i] = arena.Copy(p[:v])
			default:
				s.B[i] = p[:v:v]
			}
			p = p[v:]
		}
	}
	return n, nil
}

// null notes that row i has no value.
func (s *column) null(i int) {
	if s.Null != nil {
		s.Null[i] = true
	}
	if s.Epochs != nil {
		s.Epochs[i] = NoEpoch
	}
}
