//go:build race

package dist

// raceEnabled: kernels share nothing, and the race detector makes their oracles thirty times
// slower: some lengths do.
const raceEnabled = true
