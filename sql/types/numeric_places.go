package types

import "encoding/binary"

// carried is how many digits a carry out of the highest of 64-bit places has at most.
const carried = 5

// NumericFromPlaces is the number Σ places[i]·10000^(top−i), shown with scale decimals:
// what is added to places need not be carried. No digit may lie beyond scale.
func NumericFromPlaces(places []int64, top, scale int) (Datum, error) {
	if scale > maxNumericScale {
		return Null, numericOverflow()
	}
	var room [32]uint16
	digits := room[:min(carried+len(places), len(room))]
	if n := carried + len(places); n > len(room) {
		digits = make([]uint16, n)
	}
	sign := uint16(numPos)
	if carry(digits, places, 1) < 0 {
		sign = numNeg
		carry(digits, places, -1)
	}
	weight := top + carried
	for len(digits) > 0 && digits[0] == 0 {
		digits = digits[1:]
		weight--
	}
	for len(digits) > 0 && digits[len(digits)-1] == 0 {
		digits = digits[:len(digits)-1]
	}
	if len(digits) == 0 {
		sign, weight = numPos, 0
	}
	if weight > maxNumericWeight || weight < -maxNumericWeight-1 {
		return Null, numericOverflow()
	}
	b := appendNumHeader(make([]byte, 0, numHeader+2*len(digits)), len(digits), weight, sign, scale)
	for _, d := range digits {
		b = binary.BigEndian.AppendUint16(b, d)
	}
	return Bytes(b), nil
}

// carry makes the digits of the places times sign; it returns what is left above them,
// −1 where the number is negative.
func carry(digits []uint16, places []int64, sign int64) int64 {
	over := int64(0)
	for i := len(digits) - 1; i >= 0; i-- {
		v := over
		if k := i - carried; k >= 0 {
			v += sign * places[k]
		}
		over = v / 10000
		d := v - over*10000
		if d < 0 {
			d += 10000
			over--
		}
		digits[i] = uint16(d)
	}
	return over
}
