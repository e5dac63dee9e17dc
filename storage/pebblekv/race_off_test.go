//go:build !race

package pebblekv

// raceEnabled: under the race detector sync.Pool forgets at random, so allocations are not counted.
const raceEnabled = false
