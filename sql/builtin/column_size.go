package builtin

import (
	"encoding/binary"

	"github.com/loxodb/loxodb/sql/types"
)

// columnSize is pg_column_size: the bytes that a value has in PostgreSQL's memory.
func columnSize(c *Ctx, a []types.Datum) (types.Datum, error) {
	return types.Int(int64(valueSize(c.argT(0), a[0]))), nil
}

// header is the word of its length that a value of any length starts with.
const header = 4

func valueSize(t types.T, d types.Datum) int {
	if i := types.Lookup(t.OID); i != nil && i.Len > 0 {
		return int(i.Len)
	}
	n := len(d.Bytes())
	switch {
	case t.IsVector():
		return n + 8
	case t.IsArray(), t.OID == types.Int2VectorOID, t.OID == types.OidVectorOID:
		return arraySize(t, d)
	case t.OID == types.PathOID: // a word for what is closed, and one of padding
		return n + 11
	case t.OID == types.PolygonOID: // the box around it
		return n + 36
	case t.OID == types.UnknownOID:
		return n + 1
	case t.OID == types.NumericOID: // four numbers stand before the digits, of which one is stored, or two
		b := d.Bytes()
		weight, scale := int16(binary.BigEndian.Uint16(b[2:])), binary.BigEndian.Uint16(b[6:])
		if n -= 2; len(b) > 8 && (scale > 63 || weight < -64 || weight > 63) {
			n += 2
		}
		return n
	}
	if rt := types.RangeTypeOf(t.OID); rt != nil {
		return rangeSize(rt, rt.RangeOf(d))
	}
	if rt := types.MultirangeTypeOf(t.OID); rt != nil {
		return multirangeSize(rt, rt.RangesOf(d))
	}
	return n + header
}

// align is n moved up to where a value may start that is aligned as typalign says.
func align(n int, typalign byte) int {
	to := map[byte]int{'s': 2, 'i': 4, 'd': 8}[typalign]
	if to == 0 {
		return n
	}
	return (n + to - 1) / to * to
}

// arraySize is the size of an array: three words after the length, two for each dimension,
// bits that tell what is NULL, and the elements, each with its own padding.
func arraySize(t types.T, d types.Datum) int {
	elem, count, nulls, size, dims := t.Elem(), 0, false, 0, types.ArrayNDims(d)
	if !t.IsArray() { // int2vector and oidvector have a dimension always
		elem, dims = types.Of(types.ArrayElemOID(d)), 1
	}
	pad := types.Lookup(elem.OID).Align
	for it := types.NewArrayIter(d); ; count++ {
		v, ok := it.Next()
		if !ok {
			break
		}
		if v.IsNull() {
			nulls = true
			continue
		}
		size = align(size+valueSize(elem, v), pad)
	}
	head := 16 + 8*dims
	if nulls {
		head += (count + 7) / 8
	}
	return align(head, 'd') + size
}

// rangeSize is the size of a range: its length, its type, the bounds and a byte of flags.
// Bounds that are short have a byte for their length, and no padding.
func rangeSize(rt *types.RangeType, r types.Range) int {
	n := header + 4
	info := types.Lookup(rt.Elem)
	for _, b := range []types.Bound{r.Lower, r.Upper} {
		if r.Empty || b.Infinite {
			continue
		}
		size := valueSize(types.Of(rt.Elem), b.Val)
		const short = 126 + header - 1
		if info.Len < 0 && size <= short && info.Storage != 'p' {
			n += size - header + 1
			continue
		}
		n = align(n, info.Align) + size
	}
	return n + 1
}

// multirangeSize is the size of a multirange: its length, its type and the number of its
// ranges, an offset for each but the first, their flags, and their bounds.
func multirangeSize(rt *types.RangeType, list []types.Range) int {
	pad := types.Lookup(rt.Elem).Align
	n := align(header+8+max(len(list)-1, 0)*4+len(list), pad)
	for _, r := range list {
		n += align(rangeSize(rt, r)-header-4-1, pad)
	}
	return n
}
