package types

import "encoding/binary"

// Most numerics have few digits. What is done with them for each row of a table is done
// here without unpacking: answers are those of the general way, which does the rest.

// shortInt is a finite numeric below 10^16, rounded to an integer, halves away from zero.
func shortInt(b []byte) (v int64, ok bool) {
	if !validNumeric(b) {
		return 0, false
	}
	n, w := numDigits(b), numWeight(b)
	neg := numSign(b) == numNeg
	if w > 3 || !neg && numSign(b) != numPos {
		return 0, false
	}
	for i := 0; i <= w; i++ {
		v *= 10000
		if i < n {
			v += int64(numDigit(b, i))
		}
	}
	if w >= -1 && w+1 < n && numDigit(b, w+1) >= 5000 {
		v++
	}
	if neg {
		v = -v
	}
	return v, true
}

// ShortInts converts numerics to integers of type to as Cast does, where that is done
// quickly and without an error: others are left out.
type ShortInts struct{ min, max int64 }

// NewShortInts reports false for other conversions.
func NewShortInts(from, to T) (s ShortInts, ok bool) {
	it, ok := intTypeOf(to.OID)
	return ShortInts{it.min, it.max}, ok && from.OID == NumericOID
}

// Of is the integer; false where Cast must be asked.
func (s ShortInts) Of(b []byte) (int64, bool) {
	v, ok := shortInt(b)
	return v, ok && v >= s.min && v <= s.max
}

// maxShortScale is up to which scale a small coefficient's decimals, filled up to whole
// digits, fit into 64 bits.
const maxShortScale = 16

// shortDatum packs a finite number with a small coefficient and a scale that is not too
// large.
func (x dec) shortDatum() Datum {
	pad := -x.scale & 3
	whole, part := x.small/pow10u[x.scale], x.small%pow10u[x.scale]*pow10u[pad]
	var digits [5 + maxShortScale/4]uint16 // as the point stands after the first five
	for i := 4; whole > 0; i-- {
		digits[i], whole = uint16(whole%10000), whole/10000
	}
	end := 5 + (x.scale+pad)/4
	for i := end - 1; part > 0; i-- {
		digits[i], part = uint16(part%10000), part/10000
	}
	first := 0
	for first < end && digits[first] == 0 {
		first++
	}
	for end > first && digits[end-1] == 0 {
		end--
	}
	sign, weight := uint16(numPos), 4-first
	switch {
	case first == end:
		weight = 0
	case x.neg:
		sign = numNeg
	}
	b := appendNumHeader(make([]byte, 0, numHeader+2*(end-first)), end-first, weight, sign, x.scale)
	for _, d := range digits[first:end] {
		b = binary.BigEndian.AppendUint16(b, d)
	}
	return Bytes(b)
}

// NumericQuotient is NumericDiv of two integers.
func NumericQuotient(a, b int64) (Datum, error) {
	x, y := decOfInt(a), decOfInt(b)
	if x.wide != nil || y.wide != nil || b == 0 {
		return NumericDiv(NumericFromInt(a), NumericFromInt(b))
	}
	w1, d1 := leadingOf(x.small)
	w2, d2 := leadingOf(y.small)
	return divDec(x, y, quotientScale(w1, d1, w2, d2, 0), true).datum()
}

// decOfInt unpacks an integer.
func decOfInt(v int64) dec {
	if v > maxSmall || v < -maxSmall {
		return decOf(NumericFromInt(v).ref)
	}
	if v < 0 {
		return dec{neg: true, small: uint64(-v)}
	}
	return dec{small: uint64(v)}
}

// leadingOf is leading for an integer.
func leadingOf(v uint64) (weight, digit int) {
	for ; v >= 10000; v /= 10000 {
		weight++
	}
	return weight, int(v)
}

// NumericPrefix is a number that orders as numerics do: a smaller one's is not greater.
// With whole, no other value has the same.
//
//	class (3 bits), weight + 16 (5 bits), four digits (14 bits each); below the class
//	all inverted for negative ones
func NumericPrefix(b []byte) (p uint64, whole bool) {
	rank := numRank(b)
	p = uint64(rank+3) << 61
	if rank != 1 && rank != -1 {
		return p, true
	}
	n, w := numDigits(b), numWeight(b)
	low := uint64(0)
	switch {
	case w > 14:
		low = 1<<61 - 1
	case w >= -15:
		low = uint64(w+16) << 56
		for i := range min(n, 4) {
			low |= uint64(numDigit(b, i)) << (42 - 14*i)
		}
		whole = n <= 4
	}
	if rank < 0 {
		low = 1<<61 - 1 - low
	}
	return p | low, whole
}
