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
	dist.SelectEntries(e, n)
	slices.Sort(e[:min(n, len(e))])
}
