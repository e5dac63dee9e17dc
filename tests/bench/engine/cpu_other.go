//go:build !unix

package main

import "time"

var started = time.Now()

// cpuTime is the clock where the processor's time of a process is not known.
func cpuTime() time.Duration { return time.Since(started) }
