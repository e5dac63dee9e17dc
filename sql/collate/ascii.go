package collate

import (
	"encoding/binary"
	"slices"
)

// weights are the weights of one character at the three levels; it has none at all when
// the first is zero.
type weights struct {
	primary, secondary uint16
	tertiary           byte
}

// maxASCII bounds what appendASCII looks at three times.
const maxASCII = 1 << 16

func isASCII(text []byte) bool {
	for _, b := range text {
		if b >= 0x80 {
			return false
		}
	}
	return true
}

// asciiWeights takes apart the keys of single characters. A key is the primary weights,
// two bytes each, two zero bytes, the secondary weights, two bytes each, two zero bytes,
// and the tertiary weights, one byte each. A text of ASCII characters has those of its
// characters one after the other, because no sequence of them has weights of its own
// in the root order; the tests ask for all pairs.
func (o *Order) asciiWeights() *[128]weights {
	var w [128]weights
	if o.shifted {
		return nil
	}
	m := o.makers.Get().(*maker)
	for c := range w {
		k := m.c.Key(&m.buf, []byte{byte(c)})
		if len(k) == 9 && k[0] < 0x80 && binary.BigEndian.Uint16(k[2:]) == 0 && binary.BigEndian.Uint16(k[6:]) == 0 {
			w[c] = weights{binary.BigEndian.Uint16(k), binary.BigEndian.Uint16(k[4:]), k[8]}
		} else if len(k) != 4 { // only the two separators
			return nil
		}
		m.buf.Reset()
	}
	return &w
}

func (o *Order) appendASCII(dst, text []byte) []byte {
	dst = slices.Grow(dst, 6*len(text)+5)
	for _, c := range text {
		if p := o.single[c].primary; p != 0 {
			dst = append(dst, byte(p>>8), byte(p))
		}
	}
	dst = append(dst, 0, 0)
	for _, c := range text {
		if s := o.single[c].secondary; s != 0 {
			dst = append(dst, byte(s>>8), byte(s))
		}
	}
	dst = append(dst, 0, 0)
	for _, c := range text {
		if t := o.single[c].tertiary; t != 0 {
			dst = append(dst, t)
		}
	}
	return dst
}
