//go:build race

package session

// raceEnabled: the race detector allocates, and sync.Pool forgets at random under it.
const raceEnabled = true
