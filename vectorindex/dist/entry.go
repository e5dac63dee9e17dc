package dist

import (
	"math"
	"slices"
)

// Entry is a record in a pool of candidates: the order-preserving bits of its distance
// above its ordinal, so that pools are plain sorted integers. Ordinals have 31 bits; the
// bit above them is the pool's to mark an entry with.
type Entry uint64

// EntryMark is the bit that is neither of the distance nor of the ordinal.
const EntryMark Entry = 1 << 31

// sameDistance are the bits in which entries of one distance differ.
const sameDistance Entry = 1<<32 - 1

// EntrySpare is how much room behind their entries the buffers need that the functions
// below write: they do so eight entries at a time.
const EntrySpare = 8

// MakeEntry has the distance d of ordinal ord. A NaN is behind all numbers, or before them
// when its sign is set.
func MakeEntry(d float32, ord uint32) Entry {
	b := math.Float32bits(d)
	if b>>31 != 0 {
		b = ^b
	} else {
		b |= 1 << 31
	}
	return Entry(b)<<32 | Entry(ord)
}

// Ord is the ordinal, without the mark.
func (e Entry) Ord() uint32 { return uint32(e &^ EntryMark) }

// Dist is the distance.
func (e Entry) Dist() float32 {
	b := uint32(e >> 32)
	if b>>31 != 0 {
		b &^= 1 << 31
	} else {
		b = ^b
	}
	return math.Float32frombits(b)
}

// SplitNearer makes entries of ids and dists, which have one length, and writes those
// below bound to nearer and the others to rest, both in their order. It returns how many
// are nearer. Both buffers have EntrySpare places more than ids.
func SplitNearer(ids []uint32, dists []float32, bound Entry, nearer, rest []Entry) int {
	n := len(ids)
	if n == 0 {
		return 0
	}
	_, _, _ = dists[:n], nearer[:n+EntrySpare], rest[:n+EntrySpare]
	return splitNearer(&ids[0], &dists[0], n, bound, &nearer[0], &rest[0])
}

// SortEntries sorts entries ascending; it is made for up to a few dozen.
func SortEntries(e []Entry) {
	if len(e) > 1 {
		sortEntries(e)
	}
}

// MergeEntries puts the entries from, ascending and at least one, into the ascending first
// n entries of e, behind those of the same distance; marks do not count. It returns the
// lowest place that one took. places is scratch for as many as from. e and from have room
// for EntrySpare entries behind what they get and have.
func MergeEntries(e []Entry, n int, from []Entry, places []int32) int {
	m := len(from)
	_, _, _ = e[:n+m+EntrySpare], from[:m:m+EntrySpare], places[:m]
	return mergeEntries(&e[0], n, &from[0], m, &places[0])
}

// sortEntriesGo sorts by insertion as long as that is fast.
func sortEntriesGo(e []Entry) {
	if len(e) > 24 {
		slices.Sort(e)
		return
	}
	for i := 1; i < len(e); i++ {
		x, j := e[i], i
		for ; j > 0 && e[j-1] > x; j-- {
			e[j] = e[j-1]
		}
		e[j] = x
	}
}
