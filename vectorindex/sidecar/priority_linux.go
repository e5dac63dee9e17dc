package sidecar

import (
	"runtime"
	"syscall"
)

// backgroundNice is what a thread of background work adds to the process's niceness:
// about a tenth of the weight of a thread that answers somebody. Not less, for what it
// holds others may come to wait for.
const backgroundNice = 10

// yielding gives the calling goroutine a thread of its own, for good, that steps back
// when the processors are wanted by threads that answer somebody: on few processors
// searches would wait whole time slices for work that nobody waits for. The thread ends
// with the goroutine.
func yielding() {
	runtime.LockOSThread()
	now, err := syscall.Getpriority(syscall.PRIO_PROCESS, 0)
	if err != nil {
		return
	}
	// The system call returns 20 less the niceness. A refusal changes nothing but speed.
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, 0, min(20-now+backgroundNice, 19))
}

// giveWay lets another thread have the processor that waits for it. Without, one keeps
// its turn for a tick of the kernel's clock, 4 ms, whoever else wakes and however low its
// weight. It costs a system call of some .3 µs when nobody waits; the runtime is not told
// of it, as there is nothing to wait for.
func giveWay() { _, _, _ = syscall.RawSyscall(syscall.SYS_SCHED_YIELD, 0, 0, 0) }
