//go:build race

package indextest

const raceEnabled = true
