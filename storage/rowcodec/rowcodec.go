// Package rowcodec is the stored form of a row's scalar columns:
//
//	version(1)=1                    columns(uvarint)  null bitmap((columns+7)/8)  value…
//	version(1)=2  epoch(uvarint)    columns(uvarint)  null bitmap((columns+7)/8)  value…
//
// The second form carries the row's own epoch, which the entries of vector indexes
// on expressions are checked by (storage/table); in the first it is 0.
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

const (
	version      = 1
	versionEpoch = 2
)

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
// at their places (a NULL vector has none), own is the row's, 0 for none.
func (l *Layout) Append(dst []byte, row []types.Datum, epochs []uint32, own uint32) []byte {
	n := len(row)
	if own == 0 {
		dst = append(dst, version)
	} else {
		dst = binary.AppendUvarint(append(dst, versionEpoch), uint64(own))
	}
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

// Decode reads the columns up to the last one wanted. set is called for each
// wanted column that is stored (d borrows val); a vector column's d is its
// epoch as an int. Columns not stored are reported through missing.
// want has Columns entries.
func (l *Layout) Decode(val []byte, want []bool, set func(col int, d types.Datum), missing func(col int)) error {
	_, body, err := header(val)
	if err != nil {
		return err
	}
	n64, k := binary.Uvarint(body)
	if k <= 0 || n64 > uint64(len(val))*8 {
		return ErrCorrupt
	}
	n := int(n64)
	bitmap := body[k:]
	if len(bitmap) < (n+7)/8 {
		return ErrCorrupt
	}
	p := bitmap[(n+7)/8:]
	last := len(want) - 1
	for last >= 0 && !want[last] {
		last--
	}
	for i := 0; i <= last; i++ { // a row may have more columns than an older descriptor
		if i >= n {
			if want[i] {
				missing(i)
			}
			continue
		}
		if bitmap[i/8]&(1<<(i%8)) != 0 {
			if want[i] {
				set(i, types.Null)
			}
			continue
		}
		d, rest, ok := l.value(i, p)
		if !ok {
			return ErrCorrupt
		}
		p = rest
		if want[i] {
			set(i, d)
		}
	}
	return nil
}

// header reads the row's epoch and returns what follows it.
func header(val []byte) (epoch uint32, body []byte, err error) {
	switch {
	case len(val) < 2:
		return 0, nil, ErrCorrupt
	case val[0] == version:
		return 0, val[1:], nil
	case val[0] != versionEpoch:
		return 0, nil, ErrCorrupt
	}
	v, k := binary.Uvarint(val[1:])
	if k <= 0 || v == 0 || v > math.MaxUint32 {
		return 0, nil, ErrCorrupt
	}
	return uint32(v), val[1+k:], nil
}

// Epoch is the row's own epoch, 0 if it was written without one.
func Epoch(val []byte) (uint32, error) {
	epoch, _, err := header(val)
	return epoch, err
}

// value decodes column i at the start of p.
func (l *Layout) value(i int, p []byte) (d types.Datum, rest []byte, ok bool) {
	switch {
	case l.vector[i]:
		v, k := binary.Uvarint(p)
		if k <= 0 {
			return d, nil, false
		}
		return types.Int(int64(v)), p[k:], true
	case l.reps[i] == types.RepInt:
		v, k := binary.Varint(p)
		if k <= 0 {
			return d, nil, false
		}
		return types.Int(v), p[k:], true
	case l.reps[i] == types.RepFloat:
		if len(p) < 8 {
			return d, nil, false
		}
		return types.Float(math.Float64frombits(binary.LittleEndian.Uint64(p))), p[8:], true
	default:
		v, k := binary.Uvarint(p)
		if k <= 0 || v > uint64(len(p)-k) {
			return d, nil, false
		}
		end := k + int(v)
		return types.Bytes(p[k:end:end]), p[end:], true
	}
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
	return l.Append(dst, []types.Datum{d}, nil, 0)
}

// DecodeDatum reads what AppendDatum wrote; the result borrows val.
func DecodeDatum(t types.T, val []byte) (types.Datum, error) {
	l := Layout{reps: []types.Rep{t.Rep()}, vector: []bool{false}}
	d := types.Null
	err := l.Decode(val, []bool{true}, func(_ int, x types.Datum) { d = x }, func(int) {})
	return d, err
}
