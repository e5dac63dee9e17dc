// Package rowcodec is the stored form of a row's scalar columns:
//
//	version(1)=1                              columns(uvarint)  null bitmap((columns+7)/8)  value…
//	version(1)=2  epoch(uvarint)              columns(uvarint)  null bitmap((columns+7)/8)  value…
//	version(1)=3  writer(uvarint)             columns(uvarint)  null bitmap((columns+7)/8)  value…
//	version(1)=4  epoch and writer(uvarints)  columns(uvarint)  null bitmap((columns+7)/8)  value…
//
// The epoch is the row's own, which the entries of vector indexes on expressions are
// checked by (storage/table); the writer is the number of the transaction that wrote
// this version of the row, xmin. Where a form has none, it is 0.
// Values follow in attribute order, NULLs left out: RepInt as a zigzag varint,
// RepFloat as 8 bytes little-endian, RepBytes as uvarint length and bytes. A
// vector column holds only its epoch (uvarint): its datum lives in a key of its
// own, so scans of scalars never drag vectors along. Columns that were
// added after the row was written are beyond the count.
package rowcodec

import (
	"encoding/binary"
	"errors"
	"math"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

// ErrCorrupt reports a stored row that cannot be decoded.
var ErrCorrupt = errors.New("rowcodec: corrupt row")

// The versions are 1 and a bit for each number that the header has.
const (
	version   = 1
	hasEpoch  = 1
	hasWriter = 2
)

// Header is what a stored row says of itself before its values.
type Header struct {
	Epoch  uint32 // the row's own, 0 for none
	Writer uint64 // number of the transaction that wrote it, 0 for none
}

// Layout is what encoding and decoding need of a table's columns; made once a table version.
type Layout struct {
	reps   []types.Rep
	vector []bool
}

// NewLayout returns the layout of the table's columns in attribute order.
func NewLayout(t *catalog.Table) *Layout {
	l := &Layout{reps: make([]types.Rep, len(t.Columns)), vector: make([]bool, len(t.Columns))}
	for i := range t.Columns {
		l.reps[i] = t.Columns[i].Type.Rep()
		l.vector[i] = t.Columns[i].Type.IsVector()
	}
	return l
}

// Columns is the number of columns of the layout.
func (l *Layout) Columns() int { return len(l.reps) }

// Append encodes a row of Columns datums; epochs has the vector columns' epochs
// at their places (a NULL vector has none).
func (l *Layout) Append(dst []byte, row []types.Datum, epochs []uint32, h Header) []byte {
	n := len(row)
	dst = h.append(dst)
	dst = binary.AppendUvarint(dst, uint64(n))
	bitmap := len(dst)
	for range (n + 7) / 8 {
		dst = append(dst, 0)
	}
	for i := range row {
		d := &row[i]
		switch {
		case d.IsNull():
			dst[bitmap+i/8] |= 1 << (i % 8)
		case l.vector[i]:
			dst = binary.AppendUvarint(dst, uint64(epochs[i]))
		case l.reps[i] == types.RepInt:
			dst = binary.AppendVarint(dst, d.Int())
		case l.reps[i] == types.RepFloat:
			dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(d.Float()))
		default:
			dst = binary.AppendUvarint(dst, uint64(len(d.Bytes())))
			dst = append(dst, d.Bytes()...)
		}
	}
	return dst
}

// Size is about how many bytes Append takes for a row, no fewer.
func (l *Layout) Size(row []types.Datum) int {
	n := 32 + 10*len(row)
	for i := range row {
		if l.reps[i] == types.RepBytes && !l.vector[i] {
			n += len(row[i].Bytes())
		}
	}
	return n
}

// Decoder reads chosen columns of stored rows; made once a reader. It stops at the
// last column that is wanted. Safe for concurrent use.
type Decoder struct {
	steps []step // by attribute index, up to the last column that is wanted
}

// step is what reading does with a column: how it is stored, and whether anybody
// wants it.
type step struct {
	form form
	want bool
}

// form is how a value is stored.
type form uint8

const (
	formVarint form = iota
	formFloat
	formBytes
	formEpoch
)

func (l *Layout) form(i int) form {
	switch {
	case l.vector[i]:
		return formEpoch
	case l.reps[i] == types.RepInt:
		return formVarint
	case l.reps[i] == types.RepFloat:
		return formFloat
	}
	return formBytes
}

// Decoder returns a decoder of the columns for which want, Columns entries, is true.
func (l *Layout) Decoder(want []bool) *Decoder {
	last := len(want)
	for last > 0 && !want[last-1] {
		last--
	}
	d := &Decoder{steps: make([]step, last)}
	for i := range d.steps {
		d.steps[i] = step{l.form(i), want[i]}
	}
	return d
}

// columnsOf takes a stored row apart: how many columns it has, which of them are null,
// a bit each, and the values of the others.
func columnsOf(val []byte) (n int, nulls, values []byte, err error) {
	_, body, err := header(val)
	if err != nil {
		return 0, nil, nil, err
	}
	count, body := uvarint(body)
	if body == nil || count > uint64(len(val))*8 || len(body) < int(count+7)/8 {
		return 0, nil, nil, ErrCorrupt
	}
	return int(count), body, body[(count+7)/8:], nil
}

// Decode puts the wanted columns of a stored row into row, by attribute index; they
// borrow val, and a vector column's is its epoch as an int. It returns how many
// columns the row has: those wanted from there on were added after it was written,
// and are left as they are.
func (d *Decoder) Decode(val []byte, row []types.Datum) (stored int, err error) {
	if len(d.steps) == 0 {
		return 0, nil
	}
	n, bitmap, p, err := columnsOf(val)
	if err != nil {
		return 0, err
	}
	// A row may have more columns than an older descriptor.
	for i := range d.steps[:min(n, len(d.steps))] {
		s := d.steps[i]
		if bitmap[i/8]&(1<<(i%8)) != 0 {
			if s.want {
				row[i] = types.Null
			}
			continue
		}
		var v uint64
		switch s.form {
		case formVarint, formEpoch:
			if v, p = uvarint(p); p == nil {
				return 0, ErrCorrupt
			}
			if s.form == formVarint {
				v = v>>1 ^ -(v & 1)
			}
			if s.want {
				row[i] = types.Int(int64(v))
			}
		case formFloat:
			if len(p) < 8 {
				return 0, ErrCorrupt
			}
			if s.want {
				row[i] = types.Float(math.Float64frombits(binary.LittleEndian.Uint64(p)))
			}
			p = p[8:]
		default:
			if v, p = uvarint(p); p == nil || v > uint64(len(p)) {
				return 0, ErrCorrupt
			}
			if s.want {
				row[i] = types.Bytes(p[:v:v])
			}
			p = p[v:]
		}
	}
	return n, nil
}

// uvarint reads a number and returns what follows it, nil if there is none; most
// numbers have few bytes.
func uvarint(p []byte) (uint64, []byte) {
	if len(p) >= 3 {
		if p[0] < 0x80 {
			return uint64(p[0]), p[1:]
		}
		if p[1] < 0x80 {
			return uint64(p[0]&0x7f) | uint64(p[1])<<7, p[2:]
		}
		if p[2] < 0x80 {
			return uint64(p[0]&0x7f) | uint64(p[1]&0x7f)<<7 | uint64(p[2])<<14, p[3:]
		}
	}
	v, k := binary.Uvarint(p)
	if k <= 0 {
		return 0, nil
	}
	return v, p[k:]
}

func (h Header) append(dst []byte) []byte {
	at := len(dst)
	dst = append(dst, version)
	if h.Epoch != 0 {
		dst = binary.AppendUvarint(dst, uint64(h.Epoch))
		dst[at] += hasEpoch
	}
	if h.Writer != 0 {
		dst = binary.AppendUvarint(dst, h.Writer)
		dst[at] += hasWriter
	}
	return dst
}

// header reads the numbers before the columns and returns what follows them.
func header(val []byte) (h Header, body []byte, err error) {
	if len(val) < 2 || val[0] < version || val[0] > version+hasEpoch+hasWriter {
		return Header{}, nil, ErrCorrupt
	}
	has, body := val[0]-version, val[1:]
	if has&hasEpoch != 0 {
		var v uint64
		if v, body = uvarint(body); body == nil || v == 0 || v > math.MaxUint32 {
			return Header{}, nil, ErrCorrupt
		}
		h.Epoch = uint32(v)
	}
	if has&hasWriter != 0 {
		if h.Writer, body = uvarint(body); body == nil || h.Writer == 0 {
			return Header{}, nil, ErrCorrupt
		}
	}
	return h, body, nil
}

// HeaderOf is what a stored row says of itself.
func HeaderOf(val []byte) (Header, error) {
	h, _, err := header(val)
	return h, err
}

// AppendVector encodes a vector column's own value: epoch, then the datum's bytes,
// whose form is the type's (sql/types, vector.go).
func AppendVector(dst []byte, epoch uint32, datum []byte) []byte {
	return append(binary.LittleEndian.AppendUint32(dst, epoch), datum...)
}

// DecodeVector splits a vector column's value; datum borrows val.
func DecodeVector(val []byte) (epoch uint32, datum []byte, err error) {
	if len(val) < 4 {
		return 0, nil, ErrCorrupt
	}
	return binary.LittleEndian.Uint32(val), val[4:], nil
}

// AppendDatum encodes one datum alone (a column's Missing value); DecodeDatum reads it.
func AppendDatum(dst []byte, t types.T, d types.Datum) []byte {
	l := Layout{reps: []types.Rep{t.Rep()}, vector: []bool{false}}
	return l.Append(dst, []types.Datum{d}, nil, Header{})
}

// DecodeDatum reads what AppendDatum wrote; the result borrows val.
func DecodeDatum(t types.T, val []byte) (types.Datum, error) {
	l := Layout{reps: []types.Rep{t.Rep()}, vector: []bool{false}}
	row := [1]types.Datum{types.Null}
	_, err := l.Decoder([]bool{true}).Decode(val, row[:])
	return row[0], err
}
