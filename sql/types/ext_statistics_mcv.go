package types

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
)

// CommonRows are the most common combinations of several columns' values.
type CommonRows struct {
	Types  []T
	Values []Datum // of each column an array of the rows' values
	Freqs  []float64
	Base   []float64 // the frequency if the columns were independent
}

const commonMagic = 0xE1A651C2

// Datum makes a pg_mcv_list: the types, of each column how many different values follow and
// in how many bytes, these values, and the rows, by the numbers of their values. Values of
// types with PostgreSQL's layout are its own bytes, those of others LoxoDB's.
func (c *CommonRows) Datum() Datum {
	b := appendStatsHeader(nil, commonMagic, len(c.Freqs))
	b = binary.LittleEndian.AppendUint16(b, uint16(len(c.Types)))
	for _, t := range c.Types {
		b = binary.LittleEndian.AppendUint32(b, t.OID)
	}
	columns := make([][]Datum, len(c.Types))
	different := make([][]Datum, len(c.Types))
	var values []byte
	for i, t := range c.Types {
		columns[i] = arrayItems(c.Values[i])
		different[i] = distinctValues(t, columns[i])
		var aligned int
		from := len(values)
		for _, d := range different[i] {
			at := len(values)
			values = appendCommonValue(values, t, d)
			aligned += (len(values) - at + 7) &^ 7
		}
		b = appendDimension(b, t, len(different[i]), len(values)-from, aligned)
	}
	b = append(b, values...)
	for row, f := range c.Freqs {
		for i := range columns {
			b = append(b, byte(b2i(columns[i][row].IsNull())))
		}
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(f))
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(c.Base[row]))
		for i, t := range c.Types {
			at := 0
			if d := columns[i][row]; !d.IsNull() {
				at, _ = slices.BinarySearchFunc(different[i], d, func(a, b Datum) int { return Compare(t, a, b) })
			}
			b = binary.LittleEndian.AppendUint16(b, uint16(at))
		}
	}
	return Bytes(b)
}

func arrayItems(d Datum) []Datum {
	var out []Datum
	for it := NewArrayIter(d); ; {
		x, ok := it.Next()
		if !ok {
			return out
		}
		out = append(out, x)
	}
}

// distinctValues are the different values of a list in their order, without NULL.
func distinctValues(t T, list []Datum) []Datum {
	out := slices.DeleteFunc(slices.Clone(list), Datum.IsNull)
	slices.SortStableFunc(out, func(a, b Datum) int { return Compare(t, a, b) })
	return slices.CompactFunc(out, func(a, b Datum) bool { return Compare(t, a, b) == 0 })
}

// appendDimension is DimensionInfo: five numbers of which the last is a truth value.
func appendDimension(b []byte, t T, values, bytes, aligned int) []byte {
	size, byVal := commonLayout(t)
	if byVal {
		aligned = 0
	}
	for _, n := range []int{values, bytes, aligned, size, int(b2i(byVal))} {
		b = binary.LittleEndian.AppendUint32(b, uint32(n))
	}
	return b
}

// commonLayout is pg_type.typlen and typbyval of a type.
func commonLayout(t T) (size int, byVal bool) {
	info := byOID(t.OID)
	if info == nil {
		return -1, false
	}
	return int(info.Len), info.ByVal
}

// appendCommonValue writes a value, one of a varying length behind that length.
func appendCommonValue(dst []byte, t T, d Datum) []byte {
	size, byVal := commonLayout(t)
	raw := appendElem(nil, t.OID, d)
	switch {
	case byVal && size > 0:
		slices.Reverse(raw)
		return append(dst, raw...)
	case size > 0:
		if t.OID == IntervalOID {
			raw = reversedParts(raw, 8, 4, 4)
		}
		return append(dst, append(raw, make([]byte, max(size-len(raw), 0))...)...)
	case t.OID == NumericOID:
		raw = numericStored(raw)
	}
	return append(binary.LittleEndian.AppendUint32(dst, uint32(len(raw))), raw...)
}

// reversedParts turns the bytes of each part of a value around.
func reversedParts(b []byte, widths ...int) []byte {
	b = slices.Clone(b)
	at := 0
	for _, w := range widths {
		if at+w <= len(b) {
			slices.Reverse(b[at : at+w])
		}
		at += w
	}
	return b
}

// numericStored is how PostgreSQL keeps a numeric: numbers of 16 bits, the sign and the scale
// with the weight where they are small, before the digits.
func numericStored(b []byte) []byte {
	if !validNumeric(b) {
		return nil
	}
	sign, weight, scale := numSign(b), numWeight(b), numScale(b)
	var out []byte
	switch {
	case sign != numPos && sign != numNeg:
		return binary.LittleEndian.AppendUint16(nil, sign)
	case scale <= 63 && weight <= 63 && weight >= -64:
		h := 0x8000 | uint16(scale)<<7 | uint16(weight&0x7f)
		if sign == numNeg {
			h |= 0x2000
		}
		out = binary.LittleEndian.AppendUint16(nil, h)
	default:
		out = binary.LittleEndian.AppendUint16(nil, sign|uint16(scale))
		out = binary.LittleEndian.AppendUint16(out, uint16(weight))
	}
	for i := range numDigits(b) {
		out = binary.LittleEndian.AppendUint16(out, uint16(numDigit(b, i)))
	}
	return out
}

// storedNumeric is the inverse of numericStored.
func storedNumeric(b []byte) []byte {
	if len(b) < 2 {
		return nil
	}
	h := binary.LittleEndian.Uint16(b)
	b = b[2:]
	sign, scale, weight := h&0x4000, int(h&0x3fff), 0
	switch {
	case h&0xC000 == 0xC000:
		return numericSpecial(h).ref
	case h&0x8000 != 0:
		sign, scale, weight = h&0x2000<<1, int(h>>7&63), int(int8(h<<1)>>1)
	case len(b) < 2:
		return nil
	default:
		weight, b = int(int16(binary.LittleEndian.Uint16(b))), b[2:]
	}
	out := appendNumHeader(nil, len(b)/2, weight, sign, scale)
	for ; len(b) >= 2; b = b[2:] {
		out = binary.BigEndian.AppendUint16(out, binary.LittleEndian.Uint16(b))
	}
	return out
}

// commonReader takes a pg_mcv_list apart; after what is too short ok is false.
type commonReader struct {
	b  []byte
	ok bool
}

func (r *commonReader) take(n int) []byte {
	if !r.ok || n < 0 || n > len(r.b) {
		r.ok = false
		return make([]byte, 8)[:min(max(n, 0), 8)]
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

func (r *commonReader) int2() int { return int(binary.LittleEndian.Uint16(r.take(2))) }
func (r *commonReader) int4() int { return int(int32(binary.LittleEndian.Uint32(r.take(4)))) }
func (r *commonReader) float() float64 {
	return math.Float64frombits(binary.LittleEndian.Uint64(r.take(8)))
}

// value reads what appendCommonValue wrote.
func (r *commonReader) value(t T) Datum {
	size, byVal := commonLayout(t)
	if size <= 0 {
		raw := r.take(r.int4())
		if t.OID == NumericOID {
			raw = storedNumeric(raw)
		}
		return elemDatum(t.OID, raw)
	}
	raw := slices.Clone(r.take(size))
	switch {
	case byVal:
		slices.Reverse(raw)
	case t.OID == IntervalOID:
		raw = reversedParts(raw, 8, 4, 4)
	case t.OID == NameOID:
		raw = bytes.TrimRight(raw, "\x00")
	}
	return elemDatum(t.OID, raw)
}

// CommonRowsOf takes a pg_mcv_list apart.
func CommonRowsOf(d Datum) (*CommonRows, bool) {
	items, b := statsItems(d.ref, commonMagic)
	r := &commonReader{b, true}
	c := &CommonRows{Types: make([]T, r.int2())}
	for i := range c.Types {
		c.Types[i] = Of(OID(r.int4()))
	}
	counts := make([]int, len(c.Types))
	for i := range counts {
		counts[i] = r.int4()
		r.take(16)
	}
	different := make([][]Datum, len(counts))
	for i, n := range counts {
		for ; n > 0 && r.ok; n-- {
			different[i] = append(different[i], r.value(c.Types[i]))
		}
	}
	columns := make([]ArrayBuilder, len(counts))
	for i, t := range c.Types {
		columns[i].Reset(t.OID)
	}
	for ; items > 0 && r.ok; items-- {
		nulls := r.take(len(counts))
		c.Freqs, c.Base = append(c.Freqs, r.float()), append(c.Base, r.float())
		for i := range columns {
			switch at := r.int2(); {
			case i < len(nulls) && nulls[i] != 0:
				columns[i].Append(Null)
			case at < len(different[i]):
				columns[i].Append(different[i][at])
			default:
				r.ok = false
			}
		}
	}
	for i := range columns {
		c.Values = append(c.Values, columns[i].Array())
	}
	return c, r.ok
}

// Shown are all rows as arrays with two dimensions: the values as texts, and which are NULL.
func (c *CommonRows) Shown(f *Format) (values, nulls Datum) {
	var v, n ArrayBuilder
	v.Reset(TextOID)
	n.Reset(BoolOID)
	c.eachText(f, func(_ int, texts, null []Datum) {
		for i := range texts {
			v.Append(texts[i])
			n.Append(null[i])
		}
	})
	dims := []ArrayDim{{len(c.Freqs), 1}, {len(c.Types), 1}}
	values, _ = v.Shaped(dims) // of just these lengths
	nulls, _ = n.Shaped(dims)
	return values, nulls
}

// EachShown hands over each row as an array of its values' texts and one of which are NULL.
func (c *CommonRows) EachShown(f *Format, each func(row int, values, nulls Datum)) {
	c.eachText(f, func(row int, texts, null []Datum) {
		var v, n ArrayBuilder
		v.Reset(TextOID)
		n.Reset(BoolOID)
		for i := range texts {
			v.Append(texts[i])
			n.Append(null[i])
		}
		each(row, v.Array(), n.Array())
	})
}

func (c *CommonRows) eachText(f *Format, each func(row int, texts, null []Datum)) {
	columns := make([][]Datum, len(c.Values))
	for i, list := range c.Values {
		columns[i] = arrayItems(list)
	}
	for row := range c.Freqs {
		texts, null := make([]Datum, len(c.Types)), make([]Datum, len(c.Types))
		for i, t := range c.Types {
			d := columns[i][row]
			if texts[i], null[i] = d, Bool(d.IsNull()); !d.IsNull() {
				texts[i] = Bytes(AppendText(nil, t, d, f))
			}
		}
		each(row, texts, null)
	}
}
