package boot

import (
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// All threads have short turns, those that are started later, too, and keep their niceness.
func TestTurns(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before, err := unix.SchedGetAttr(0, 0)
	if err != nil {
		t.Skip(err)
	}
	takeShortTurns()
	after, err := unix.SchedGetAttr(0, 0)
	if err != nil {
		t.Fatal(err)
	}
	if after.Nice != before.Nice || after.Policy != before.Policy {
		t.Fatalf("niceness and policy %d, %d; before %d, %d", after.Nice, after.Policy, before.Nice, before.Policy)
	}
	want := uint64(turn)
	if after.Runtime == 0 {
		t.Skip("this kernel has one length of turns for all")
	}
	got := make(chan uint64)
	go func() { // on another thread, as this one's is locked
		runtime.LockOSThread() // and on none that goes back
		time.Sleep(time.Millisecond)
		a, _ := unix.SchedGetAttr(0, 0)
		got <- a.Runtime
	}()
	if other := <-got; after.Runtime != want || other != want {
		t.Fatalf("turns of %d and %d ns, want %d", after.Runtime, other, want)
	}
}
