package rowcodec

import (
	"encoding/binary"
	"math"

	"github.com/loxodb/loxodb/sql/types"
)

// Payload is the form in which the values of included columns stand beside an entry of a
// vector index. It is made for tests of one column over very many entries, so a value is
// found without looking at those before it:
//
//	null bitmap((columns+7)/8)  slot(8)…  bytes…
//
// A slot is little endian: of RepInt the number, of RepFloat its bits, of RepBytes where
// the value's bytes begin and end, as two u32, counted from the end of the slots. Vectors are there
// themselves, as sql/types has their datums. Immutable.
type Payload struct{ types []types.T }

// NewPayload is the form for columns of the types in their order.
func NewPayload(ts []types.T) *Payload { return &Payload{types: ts} }

const slotBytes = 8

func (p *Payload) bitmapBytes() int { return (len(p.types) + 7) / 8 }

func (p *Payload) head() int { return p.bitmapBytes() + slotBytes*len(p.types) }

// Append encodes one value a column. The result is never empty.
func (p *Payload) Append(dst []byte, vals []types.Datum) []byte {
	at := len(dst)
	dst = append(dst, make([]byte, p.head())...)
	slots := at + p.bitmapBytes()
	body := len(dst)
	for i := range p.types {
		d := &vals[i]
		slot := dst[slots+slotBytes*i:]
		switch {
		case d.IsNull():
			dst[at+i/8] |= 1 << (i % 8)
		case p.types[i].Rep() == types.RepInt:
			binary.LittleEndian.PutUint64(slot, uint64(d.Int()))
		case p.types[i].Rep() == types.RepFloat:
			binary.LittleEndian.PutUint64(slot, math.Float64bits(d.Float()))
		default:
			binary.LittleEndian.PutUint32(slot, uint32(len(dst)-body))
			dst = append(dst, d.Bytes()...)
			binary.LittleEndian.PutUint32(dst[slots+slotBytes*i+4:], uint32(len(dst)-body))
		}
	}
	return dst
}

// Ok reports whether val can be one of the form, so that Value is safe on it.
func (p *Payload) Ok(val []byte) bool { return len(val) >= p.head() }

// AllOk is Ok of all vals.
func (p *Payload) AllOk(vals [][]byte) bool {
	least, ok := p.head(), true
	for _, v := range vals {
		ok = ok && len(v) >= least
	}
	return ok
}

// Ints puts column i, of RepInt, of the values named in sel into dst and null, at the same places. They are Ok.
func (p *Payload) Ints(vals [][]byte, sel []uint16, i int, dst []int64, null []bool) {
	at, mask, slot := i/8, byte(1)<<(i%8), p.bitmapBytes()+slotBytes*i
	for _, k := range sel {
		v := vals[k]
		null[k] = v[at]&mask != 0
		dst[k] = int64(binary.LittleEndian.Uint64(v[slot:]))
	}
}

// Floats is Ints of RepFloat.
func (p *Payload) Floats(vals [][]byte, sel []uint16, i int, dst []float64, null []bool) {
	at, mask, slot := i/8, byte(1)<<(i%8), p.bitmapBytes()+slotBytes*i
	for _, k := range sel {
		v := vals[k]
		null[k] = v[at]&mask != 0
		dst[k] = math.Float64frombits(binary.LittleEndian.Uint64(v[slot:]))
	}
}

// Value is column i's value; it borrows val, which is Ok. ErrCorrupt where bytes lie outside val.
func (p *Payload) Value(val []byte, i int) (types.Datum, error) {
	if val[i/8]&(1<<(i%8)) != 0 {
		return types.Null, nil
	}
	slot := val[p.bitmapBytes()+slotBytes*i:]
	switch p.types[i].Rep() {
	case types.RepInt:
		return types.Int(int64(binary.LittleEndian.Uint64(slot))), nil
	case types.RepFloat:
		return types.Float(math.Float64frombits(binary.LittleEndian.Uint64(slot))), nil
	}
	body := val[p.head():]
	from, to := binary.LittleEndian.Uint32(slot), binary.LittleEndian.Uint32(slot[4:])
	if from > to || uint64(to) > uint64(len(body)) {
		return types.Null, ErrCorrupt
	}
	return types.Bytes(body[from:to:to]), nil
}
