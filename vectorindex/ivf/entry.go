package ivf

import "math"

// entry is a number under a distance: the order-preserving bits of the distance above
// the number, so that sorting entries sorts by distance. NaN comes last.
type entry uint64

func makeEntry(d float32, n uint32) entry {
	b := math.Float32bits(d)
	switch {
	case d != d:
		b = 1<<32 - 1
	case b>>31 != 0:
		b = ^b
	default:
		b |= 1 << 31
	}
	return entry(b)<<32 | entry(n)
}

func (e entry) ord() uint32 { return uint32(e) }

func (e entry) dist() float32 {
	b := uint32(e >> 32)
	if b>>31 != 0 {
		b &^= 1 << 31
	} else {
		b = ^b
	}
	return math.Float32frombits(b)
}

// sink restores the order of the min-heap h below i.
func sink(h []entry, i int) {
	for {
		c := 2*i + 1
		if c >= len(h) {
			return
		}
		if c+1 < len(h) && h[c+1] < h[c] {
			c++
		}
		if h[i] <= h[c] {
			return
		}
		h[i], h[c] = h[c], h[i]
		i = c
	}
}

// popNearest takes the least entry from the min-heap and returns its number.
func popNearest(h *[]entry) uint32 {
	old := *h
	top, n := old[0], len(old)-1
	old[0] = old[n]
	*h = old[:n]
	sink(*h, 0)
	return top.ord()
}
