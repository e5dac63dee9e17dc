package ivf

import (
	"math"
	"slices"

	"github.com/loxodb/loxodb/vectorindex/dist"
)

// entry is a distance and a number below 2^31.
type entry = dist.Entry

// makeEntry puts every NaN last.
func makeEntry(d float32, n uint32) entry {
	if d != d {
		d = float32(math.NaN())
	}
	return dist.MakeEntry(d, n)
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
