package types

import (
	"encoding/binary"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// CompareBounds orders ends of ranges by where they cut the line of elements:
// before, at or after a value.
func (rt *RangeType) CompareBounds(a, b Bound) int {
	if c := rt.compareValues(a, b); c != 0 || a.Infinite || b.Infinite {
		return c
	}
	return a.side() - b.side()
}

// side is where a bound lies of its own value: −1 before, 0 at, 1 after it. An
// inclusive bound is the value itself.
func (b Bound) side() int {
	switch {
	case b.Inclusive:
		return 0
	case b.Lower:
		return 1
	}
	return -1
}

// compareValues disregards whether finite bounds are inclusive.
func (rt *RangeType) compareValues(a, b Bound) int {
	switch {
	case a.Infinite && b.Infinite:
		return compareInt(b2i(b.Lower), b2i(a.Lower))
	case a.Infinite:
		return 1 - 2*int(b2i(a.Lower))
	case b.Infinite:
		return 2*int(b2i(b.Lower)) - 1
	}
	return Compare(Of(rt.Elem), a.Val, b.Val)
}

// Compare orders ranges: empty ones first, then by lower and by upper bound.
func (rt *RangeType) Compare(a, b Range) int {
	if a.Empty || b.Empty {
		return compareInt(b2i(b.Empty), b2i(a.Empty))
	}
	if c := rt.CompareBounds(a.Lower, b.Lower); c != 0 {
		return sign(c)
	}
	return sign(rt.CompareBounds(a.Upper, b.Upper))
}

func sign(c int) int { return compareInt(int64(c), 0) }

// CompareMulti orders multiranges range by range, the shorter first.
func (rt *RangeType) CompareMulti(a, b []Range) int {
	for i := range min(len(a), len(b)) {
		if c := rt.Compare(a[i], b[i]); c != 0 {
			return c
		}
	}
	return compareInt(int64(len(a)), int64(len(b)))
}

// Has reports whether a value lies in a range.
func (rt *RangeType) Has(r Range, v Datum) bool {
	if r.Empty {
		return false
	}
	at := Bound{Val: v, Inclusive: true}
	return (r.Lower.Infinite || rt.CompareBounds(r.Lower, at) <= 0) && (r.Upper.Infinite || rt.CompareBounds(at, r.Upper) <= 0)
}

// Contains reports whether b lies in a.
func (rt *RangeType) Contains(a, b Range) bool {
	switch {
	case b.Empty:
		return true
	case a.Empty:
		return false
	}
	return rt.CompareBounds(a.Lower, b.Lower) <= 0 && rt.CompareBounds(a.Upper, b.Upper) >= 0
}

// Before reports whether a ends before b begins; no empty range does.
func (rt *RangeType) Before(a, b Range) bool {
	return !a.Empty && !b.Empty && rt.CompareBounds(a.Upper, b.Lower) < 0
}

// Overlaps reports whether two ranges have a value in common.
func (rt *RangeType) Overlaps(a, b Range) bool {
	return !a.Empty && !b.Empty && rt.CompareBounds(a.Lower, b.Upper) <= 0 && rt.CompareBounds(b.Lower, a.Upper) <= 0
}

// Adjacent reports whether nothing lies between two ranges that do not overlap.
func (rt *RangeType) Adjacent(a, b Range) bool {
	return !a.Empty && !b.Empty && (rt.touch(a.Upper, b.Lower) || rt.touch(b.Upper, a.Lower))
}

// touch reports whether a lower bound begins right where an upper one ends.
func (rt *RangeType) touch(upper, lower Bound) bool {
	switch c := rt.compareValues(upper, lower); {
	case c > 0 || upper.Infinite || lower.Infinite:
		return false
	case c == 0:
		return upper.Inclusive != lower.Inclusive
	case !rt.Discrete:
		return false
	}
	upper.Inclusive, lower.Inclusive = !upper.Inclusive, !lower.Inclusive
	between, err := rt.canonical(Range{Lower: upper, Upper: lower})
	return err == nil && between.Empty
}

// hull is the least range that contains both.
func (rt *RangeType) hull(a, b Range) Range {
	switch {
	case a.Empty:
		return b
	case b.Empty:
		return a
	}
	if rt.CompareBounds(b.Lower, a.Lower) < 0 {
		a.Lower = b.Lower
	}
	if rt.CompareBounds(b.Upper, a.Upper) > 0 {
		a.Upper = b.Upper
	}
	return a
}

// Hull is range_merge: the least range that contains both.
func (rt *RangeType) Hull(a, b Range) Range { return rt.hull(a, b) }

// Union is the sum of ranges that overlap or touch; otherwise 22000.
func (rt *RangeType) Union(a, b Range) (Range, error) {
	if !a.Empty && !b.Empty && !rt.Overlaps(a, b) && !rt.Adjacent(a, b) {
		return Range{}, pgerr.New(pgerrcode.DataException, "result of range union would not be contiguous")
	}
	return rt.hull(a, b), nil
}

// Intersect is what two ranges have in common.
func (rt *RangeType) Intersect(a, b Range) Range {
	if !rt.Overlaps(a, b) {
		return EmptyRange
	}
	if rt.CompareBounds(b.Lower, a.Lower) > 0 {
		a.Lower = b.Lower
	}
	if rt.CompareBounds(b.Upper, a.Upper) < 0 {
		a.Upper = b.Upper
	}
	return a
}

// subtract is what is left of a without b: up to two ranges.
func (rt *RangeType) subtract(a, b Range) []Range {
	if !rt.Overlaps(a, b) {
		return []Range{a}
	}
	var left []Range
	if rt.CompareBounds(a.Lower, b.Lower) < 0 {
		left = append(left, Range{Lower: a.Lower, Upper: opposite(b.Lower)})
	}
	if rt.CompareBounds(a.Upper, b.Upper) > 0 {
		left = append(left, Range{Lower: opposite(b.Upper), Upper: a.Upper})
	}
	return left
}

// opposite is the other side of a cut.
func opposite(b Bound) Bound {
	b.Lower, b.Inclusive = !b.Lower, !b.Inclusive
	return b
}

// Minus is a without b; 22000 when two pieces would be left.
func (rt *RangeType) Minus(a, b Range) (Range, error) {
	switch left := rt.subtract(a, b); len(left) {
	case 0:
		return EmptyRange, nil
	case 1:
		return left[0], nil
	}
	return Range{}, pgerr.New(pgerrcode.DataException, "result of range difference would not be contiguous")
}

// MinusMulti takes all ranges of b away from those of a. Discrete bounds of the
// result are not canonical.
func (rt *RangeType) MinusMulti(a, b []Range) []Range {
	for _, hole := range b {
		var left []Range
		for _, r := range a {
			left = append(left, rt.subtract(r, hole)...)
		}
		a = left
	}
	return a
}

// IntersectMulti is what two multiranges have in common. Both are in order, so that
// one walk over them finds all.
func (rt *RangeType) IntersectMulti(a, b []Range) []Range {
	var out []Range
	for i, j := 0, 0; i < len(a) && j < len(b); {
		if r := rt.Intersect(a[i], b[j]); !r.Empty {
			out = append(out, r)
		}
		if rt.CompareBounds(a[i].Upper, b[j].Upper) < 0 {
			i++
		} else {
			j++
		}
	}
	return out
}

// appendRangeKey writes 0 for an empty range, else 1 and both bounds: a class byte
// (infinite ends before and after all values), the value, and the side of it.
func (rt *RangeType) appendRangeKey(dst []byte, r Range) []byte {
	if r.Empty {
		return append(dst, 0)
	}
	dst = append(dst, 1)
	for _, b := range []Bound{r.Lower, r.Upper} {
		switch {
		case b.Infinite && b.Lower:
			dst = append(dst, 0)
		case b.Infinite:
			dst = append(dst, 2)
		default:
			dst = appendKey(append(dst, 1), Of(rt.Elem), b.Val)
			dst = append(dst, byte(b.side()+1))
		}
	}
	return dst
}

func (rt *RangeType) hash(r Range, seed uint64) uint64 {
	if r.Empty {
		return mix(rangeEmpty, seed)
	}
	for _, b := range []Bound{r.Lower, r.Upper} {
		seed = mix(uint64(b2i(b.Infinite)|b2i(b.Inclusive)<<1), seed)
		if !b.Infinite {
			seed = Hash(Of(rt.Elem), b.Val, seed)
		}
	}
	return seed
}

// decodeRangeBinary reads the wire's form, whose bounds need not be canonical.
func (rt *RangeType) decodeRangeBinary(b []byte) (Datum, error) {
	if len(b) < 1 {
		return Datum{}, noData()
	}
	flags := b[0] & (rangeEmpty | rangeLowerInc | rangeUpperInc | rangeLowerInf | rangeUpperInf)
	b = b[1:]
	r := Range{
		Empty: flags&rangeEmpty != 0,
		Lower: Bound{Inclusive: flags&rangeLowerInc != 0, Infinite: flags&rangeLowerInf != 0},
		Upper: Bound{Inclusive: flags&rangeUpperInc != 0, Infinite: flags&rangeUpperInf != 0},
	}
	for _, bound := range []*Bound{&r.Lower, &r.Upper} {
		if r.Empty || bound.Infinite {
			continue
		}
		if n := len(b) - 4; n >= 0 && int32(binary.BigEndian.Uint32(b)) > int32(n) {
			return Datum{}, shortMessage()
		}
		var err error
		if bound.Val, b, err = decodeMember(Of(rt.Elem), b); err != nil {
			return Datum{}, err
		}
	}
	if len(b) > 0 {
		return Datum{}, invalidMessage()
	}
	return rt.Make(r)
}

func (rt *RangeType) decodeMultiBinary(b []byte) (Datum, error) {
	if len(b) < 4 {
		return Datum{}, shortMessage()
	}
	n := binary.BigEndian.Uint32(b)
	b = b[4:]
	var list []Range
	for ; n > 0; n-- {
		if len(b) < 4 {
			return Datum{}, shortMessage()
		}
		size := binary.BigEndian.Uint32(b)
		if uint64(size) > uint64(len(b)-4) {
			return Datum{}, shortMessage()
		}
		d, err := rt.decodeRangeBinary(b[4 : 4+size])
		if err != nil {
			return Datum{}, err
		}
		list = append(list, rt.RangeOf(d))
		b = b[4+size:]
	}
	if len(b) > 0 {
		return Datum{}, invalidMessage()
	}
	return rt.MakeMulti(list), nil
}
