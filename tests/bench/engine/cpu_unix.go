//go:build unix

package main

import (
	"syscall"
	"time"
)

// cpuTime is what this process has computed until now, on all its threads. Searches
// are timed by it, not by the clock: they have one thread, and what else the machine
// does while they run is not theirs.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
