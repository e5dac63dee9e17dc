package dist

import (
	"cmp"
	"slices"
)

// selectLeast is how few entries are sorted rather than parted further.
const selectLeast = 32

// SelectEntries moves the n nearest entries to the front, in no order of their own (Hoare,
// Algorithm 65: Find). Of one distance the lower ordinals are nearer; marks do not count.
func SelectEntries(e []Entry, n int) {
	lo, hi := 0, len(e)
	for n < hi && n > lo && hi-lo > selectLeast {
		pivot := median(e[lo]&^EntryMark, e[(lo+hi)/2]&^EntryMark, e[hi-1]&^EntryMark)
		i, j := lo, hi-1
		for i <= j {
			for e[i]&^EntryMark < pivot {
				i++
			}
			for e[j]&^EntryMark > pivot {
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
		default: // what lies between is the pivot
			return
		}
	}
	if n < hi && n > lo {
		slices.SortFunc(e[lo:hi], CompareEntries)
	}
}

// CompareEntries orders by distance and then by ordinal; marks do not count.
func CompareEntries(a, b Entry) int { return cmp.Compare(a&^EntryMark, b&^EntryMark) }

func median(a, b, c Entry) Entry { return max(min(a, b), min(max(a, b), c)) }
