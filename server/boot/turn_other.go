//go:build !linux

package boot

// takeShortTurns does nothing: turns are the system's.
func takeShortTurns() {}
