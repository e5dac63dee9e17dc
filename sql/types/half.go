package types

import "math"

// HalfToFloat32 is the value of an IEEE 754 binary16, exactly.
func HalfToFloat32(h uint16) float32 {
	u := uint32(h&0x7fff) << 13 // exponent and fraction in the places of binary32
	if h&0x7c00 == 0x7c00 {
		u |= 0xff << 23 // infinity, NaN
	} else {
		u = math.Float32bits(math.Float32frombits(u) * 0x1p112) // rebias, subnormals included
	}
	return math.Float32frombits(u | uint32(h&0x8000)<<16)
}

// Float32ToHalf rounds to the nearest IEEE 754 binary16, ties to even. What
// rounds to 65536 or more becomes an infinity.
func Float32ToHalf(v float32) uint16 {
	u := math.Float32bits(v)
	sign := uint16(u>>16) & 0x8000
	u &= 1<<31 - 1
	switch {
	case u > 0x7f800000: // NaN, made quiet
		return sign | 0x7e00 | uint16(u>>13)&0x3ff
	case u >= 0x47800000: // 2¹⁶ and more
		return sign | halfInf
	case u < 0x38800000: // below 2⁻¹⁴: the unit of 0.5's last place is a subnormal's
		return sign | uint16(math.Float32bits(math.Float32frombits(u)+0.5)-0x3f000000)
	}
	u += 0xfff + u>>13&1 // half a unit, less where the lower neighbour is even
	return sign | uint16((u-0x38000000)>>13)
}

const halfInf = 0x7c00

// halfIsInf reports an infinity of either sign.
func halfIsInf(h uint16) bool { return h&0x7fff == halfInf }

// halfOrder maps finite halves to integers of the same order, −0 to 0.
func halfOrder(h uint16) int32 {
	v := int32(h & 0x7fff)
	if h >= 0x8000 {
		return -v
	}
	return v
}
