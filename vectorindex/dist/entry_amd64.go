package dist

// networkMost is how many entries the sorting network takes.
const networkMost = 32

// splitNearer is SplitNearer for n entries, at least one.
func splitNearer(ids *uint32, dists *float32, n int, bound Entry, nearer, rest *Entry) int {
	if active.level == levelAVX512 {
		return splitNearerAVX512(ids, dists, n, bound, nearer, rest)
	}
	return splitNearerGo(ids, dists, n, bound, nearer, rest)
}

// sortEntries is SortEntries for two entries or more.
func sortEntries(e []Entry) {
	switch {
	case active.level != levelAVX512 || len(e) > 2*networkMost:
		sortEntriesGo(e)
	case len(e) <= networkMost:
		sortEntriesAVX512(&e[0], len(e))
	default:
		sortEntriesAVX512(&e[0], networkMost)
		sortEntriesAVX512(&e[networkMost], len(e)-networkMost)
		mergeSorted(e)
	}
}

// mergeSorted sorts e, of which the first networkMost entries and the others each ascend.
func mergeSorted(e []Entry) {
	var first [networkMost]Entry
	copy(first[:], e)
	i, j := 0, networkMost
	for k := 0; i < len(first) && j < len(e); k++ {
		if e[j] < first[i] {
			e[k] = e[j]
			j++
		} else {
			e[k] = first[i]
			i++
		}
	}
	copy(e[j-len(first)+i:], first[i:])
}

// mergeEntries is MergeEntries for n and m entries.
func mergeEntries(e *Entry, n int, from *Entry, m int, places *int32) int {
	if active.level == levelAVX512 {
		return mergeEntriesAVX512(e, n, from, m, places)
	}
	return mergeEntriesGo(e, n, from, m, places)
}

//go:noescape
func splitNearerAVX512(ids *uint32, dists *float32, n int, bound Entry, nearer, rest *Entry) int

//go:noescape
func sortEntriesAVX512(e *Entry, n int)

//go:noescape
func mergeEntriesAVX512(e *Entry, n int, from *Entry, m int, places *int32) int
