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
	if active.level == levelAVX512 && len(e) <= networkMost {
		sortEntriesAVX512(&e[0], len(e))
		return
	}
	sortEntriesGo(e)
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
