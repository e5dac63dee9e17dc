package sidecar

import (
	"runtime"
	"syscall"
	"testing"
)

// TestApart: work set apart steps back, and only that.
func TestApart(t *testing.T) {
	nice := func() int {
		now, err := syscall.Getpriority(syscall.PRIO_PROCESS, 0)
		if err != nil {
			t.Fatal(err)
		}
		return 20 - now
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before, within := nice(), 0
	for range 3 { // a thread that served is not used again
		apart(func() { within = nice() })
		if want := min(before+backgroundNice, 19); within != want {
			t.Fatalf("background work has niceness %d, want %d", within, want)
		}
	}
	if now := nice(); now != before {
		t.Fatalf("who waited has niceness %d now, %d before", now, before)
	}
	others := make(chan int)
	for range 4 {
		go func() { others <- nice() }()
		if now := <-others; now != before {
			t.Fatalf("another goroutine has niceness %d, want %d", now, before)
		}
	}
}
