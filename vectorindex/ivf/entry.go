package ivf

import (
	"math"
	"slices"
)

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

// nearestFirst moves the n least entries to the front, in order.
func nearestFirst(e []entry, n int) {
	lo, hi := 0, len(e)
	for n < hi && hi-lo > 32 { // quickselect on the boundary n
		pivot := max(min(e[lo], e[(lo+hi)/2]), min(max(e[lo], e[(lo+hi)/2]), e[hi-1]))
		i, j := lo, hi-1
		for i <= j {
			for e[i] < pivot {
				i++
			}
			for e[j] > pivot {
				j--
			}
			if i <= j {
				e[i], e[j] = e[j], e[i]
				i++
				j--
			}
		}
		switch {
		case n <= j:
			hi = j + 1
		case n >= i:
			lo = i
		default:
			lo = hi
		}
	}
	if n < hi {
		slices.Sort(e[lo:hi])
		hi = lo
	}
	slices.Sort(e[:min(n, hi)])
}
