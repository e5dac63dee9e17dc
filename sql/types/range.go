package types

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// A range datum is range_send's format: a byte of flags, then per finite bound its
// length (int32, big-endian) and its value in the form that containers have, which for
// the elements of built-in ranges is that of the wire. A multirange is multirange_send's: int32
// number of ranges, then per range its length and bytes. Both are kept canonical:
// discrete ranges as [), what is empty without bounds, the ranges of a multirange in
// order, apart from each other and none empty.
const (
	rangeEmpty    = 0x01
	rangeLowerInc = 0x02
	rangeUpperInc = 0x04
	rangeLowerInf = 0x08
	rangeUpperInf = 0x10
)

// RangeType says which types belong together: a range type, the multiranges of it,
// and its elements. Discrete elements have a next one.
type RangeType struct {
	Range, Multi, Elem OID
	Discrete           bool
	// Domain is the domain that the bounds are of, 0 for none; Elem is its base type then.
	Domain OID `json:",omitempty"`
}

// Subtype is the type that the range type was made over: pg_range.rngsubtype.
func (rt *RangeType) Subtype() OID {
	if rt.Domain != 0 {
		return rt.Domain
	}
	return rt.Elem
}

// bound is the type of the bounds, with the modifier that a domain over it has.
func (rt *RangeType) bound() T {
	if rt.Domain != 0 {
		if i := byOID(rt.Domain); i != nil {
			return i.Base
		}
	}
	return Of(rt.Elem)
}

var rangeTypes = [...]RangeType{
	{Range: Int4rangeOID, Multi: Int4multirangeOID, Elem: Int4OID, Discrete: true},
	{Range: NumrangeOID, Multi: NummultirangeOID, Elem: NumericOID},
	{Range: TsrangeOID, Multi: TsmultirangeOID, Elem: TimestampOID},
	{Range: TstzrangeOID, Multi: TstzmultirangeOID, Elem: TimestamptzOID},
	{Range: DaterangeOID, Multi: DatemultirangeOID, Elem: DateOID, Discrete: true},
	{Range: Int8rangeOID, Multi: Int8multirangeOID, Elem: Int8OID, Discrete: true},
}

// RangeTypeOf is the family of a range type, nil for other types.
func RangeTypeOf(oid OID) *RangeType {
	for i := range rangeTypes {
		if rangeTypes[i].Range == oid {
			return &rangeTypes[i]
		}
	}
	return userRange(oid, 'r')
}

// MultirangeTypeOf is the family of a multirange type, nil for other types.
func MultirangeTypeOf(oid OID) *RangeType {
	for i := range rangeTypes {
		if rangeTypes[i].Multi == oid {
			return &rangeTypes[i]
		}
	}
	return userRange(oid, 'm')
}

// Bound is one end of a range. Val counts only when it is not infinite.
type Bound struct {
	Val                        Datum
	Infinite, Inclusive, Lower bool
}

// Range is a range taken apart; the bounds of an empty one mean nothing.
type Range struct {
	Lower, Upper Bound
	Empty        bool
}

// EmptyRange contains nothing.
var EmptyRange = Range{Empty: true, Lower: Bound{Lower: true}}

// RangeOf takes a range apart; its bounds are borrowed from d.
func (rt *RangeType) RangeOf(d Datum) Range {
	return rt.decode(d.ref)
}

func (rt *RangeType) decode(b []byte) Range {
	if len(b) == 0 || b[0]&rangeEmpty != 0 {
		return EmptyRange
	}
	f := b[0]
	b = b[1:]
	r := Range{
		Lower: Bound{Lower: true, Inclusive: f&rangeLowerInc != 0, Infinite: f&rangeLowerInf != 0},
		Upper: Bound{Inclusive: f&rangeUpperInc != 0, Infinite: f&rangeUpperInf != 0},
	}
	for _, bound := range []*Bound{&r.Lower, &r.Upper} {
		if bound.Infinite || len(b) < 4 {
			continue
		}
		n := min(int(binary.BigEndian.Uint32(b)), len(b)-4)
		bound.Val = elemDatum(rt.Elem, b[4:4+n:4+n])
		b = b[4+n:]
	}
	return r
}

// Make puts a range together in its canonical form. A lower bound above the upper is
// 22000, a discrete bound without a next value 22003 or 22008.
func (rt *RangeType) Make(r Range) (Datum, error) {
	r, err := rt.canonical(r)
	if err != nil {
		return Datum{}, err
	}
	return Bytes(rt.append(nil, r)), nil
}

func (rt *RangeType) canonical(r Range) (Range, error) {
	r, err := rt.normal(r)
	if err != nil || r.Empty || !rt.Discrete {
		return r, err
	}
	if r.Lower, err = rt.closeAt(r.Lower, true); err != nil {
		return r, err
	}
	if r.Upper, err = rt.closeAt(r.Upper, false); err != nil {
		return r, err
	}
	return rt.normal(r)
}

// Canonical makes every range of a list canonical.
func (rt *RangeType) Canonical(list []Range) ([]Range, error) {
	for i := range list {
		var err error
		if list[i], err = rt.canonical(list[i]); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// closeAt moves a finite discrete bound to the next value if it is not of the wanted kind.
func (rt *RangeType) closeAt(b Bound, inclusive bool) (Bound, error) {
	if b.Infinite || b.Inclusive == inclusive {
		return b, nil
	}
	v := b.Val.Int()
	switch rt.Elem {
	case DateOID:
		if IsInfinite(DateOID, v) {
			return b, nil
		}
		if !validDate(v + 1) {
			return b, dateRange()
		}
	case Int4OID:
		if v == math.MaxInt32 {
			return b, typeRange("integer")
		}
	default:
		if v == math.MaxInt64 {
			return b, typeRange("bigint")
		}
	}
	b.Val, b.Inclusive = Int(v+1), inclusive
	return b, nil
}

// normal checks the order of the bounds and finds out whether anything is between them.
func (rt *RangeType) normal(r Range) (Range, error) {
	r.Lower.Lower, r.Upper.Lower = true, false
	r.Lower.Inclusive = r.Lower.Inclusive && !r.Lower.Infinite
	r.Upper.Inclusive = r.Upper.Inclusive && !r.Upper.Infinite
	if r.Empty || r.Lower.Infinite || r.Upper.Infinite {
		return r, nil
	}
	switch c := Compare(Of(rt.Elem), r.Lower.Val, r.Upper.Val); {
	case c > 0:
		return r, pgerr.New(pgerrcode.DataException, "range lower bound must be less than or equal to range upper bound")
	case c == 0 && !(r.Lower.Inclusive && r.Upper.Inclusive):
		return EmptyRange, nil
	}
	return r, nil
}

func (rt *RangeType) append(dst []byte, r Range) []byte {
	if r.Empty {
		return append(dst, rangeEmpty)
	}
	flags := byte(0)
	for _, f := range []struct {
		set bool
		bit byte
	}{{r.Lower.Inclusive, rangeLowerInc}, {r.Upper.Inclusive, rangeUpperInc}, {r.Lower.Infinite, rangeLowerInf}, {r.Upper.Infinite, rangeUpperInf}} {
		if f.set {
			flags |= f.bit
		}
	}
	dst = append(dst, flags)
	for _, b := range []Bound{r.Lower, r.Upper} {
		if !b.Infinite {
			at := len(dst)
			dst = appendElem(append(dst, 0, 0, 0, 0), rt.Elem, b.Val)
			binary.BigEndian.PutUint32(dst[at:], uint32(len(dst)-at-4))
		}
	}
	return dst
}

// RangesOf lists the ranges of a multirange; bounds are borrowed from d.
func (rt *RangeType) RangesOf(d Datum) []Range {
	b := d.ref
	if len(b) < 4 {
		return nil
	}
	n := int(binary.BigEndian.Uint32(b))
	b = b[4:]
	var list []Range
	for ; n > 0 && len(b) >= 4; n-- {
		size := min(int(binary.BigEndian.Uint32(b)), len(b)-4)
		list = append(list, rt.decode(b[4:4+size]))
		b = b[4+size:]
	}
	return list
}

// MakeMulti puts ranges, in any order and overlapping as they may, together in a
// multirange.
func (rt *RangeType) MakeMulti(list []Range) Datum {
	list = rt.merge(list)
	b := binary.BigEndian.AppendUint32(nil, uint32(len(list)))
	for _, r := range list {
		at := len(b)
		b = rt.append(append(b, 0, 0, 0, 0), r)
		binary.BigEndian.PutUint32(b[at:], uint32(len(b)-at-4))
	}
	return Bytes(b)
}

// merge sorts ranges and unites those that touch.
func (rt *RangeType) merge(list []Range) []Range {
	sorted := make([]Range, 0, len(list))
	for _, r := range list {
		if !r.Empty {
			sorted = append(sorted, r)
		}
	}
	slices.SortStableFunc(sorted, rt.Compare)
	out := sorted[:0]
	for _, r := range sorted {
		if len(out) > 0 {
			last := &out[len(out)-1]
			if rt.Overlaps(*last, r) || rt.Adjacent(*last, r) {
				*last = rt.hull(*last, r)
				continue
			}
		}
		out = append(out, r)
	}
	return out
}
