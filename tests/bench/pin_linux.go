package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// pin holds this process and the given ones on one core, until undo. A client
// and a server that answer each other by turns are never busy at once; on two
// cores each turn has to wake the other core, which under a hypervisor costs
// more than the work, and whether they are is the scheduler's choice of the hour.
func pin(pids ...int) (undo func(), err error) {
	var before, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return nil, err
	}
	for i := 0; ; i++ {
		if before.IsSet(i) {
			one.Set(i)
			break
		}
	}
	pids = append([]int{os.Getpid()}, pids...)
	undo = func() { _ = place(&before, pids) }
	if err := place(&one, pids); err != nil {
		undo()
		return nil, err
	}
	return undo, nil
}

// place sets where all threads of the processes may run.
func place(set *unix.CPUSet, pids []int) error {
	for _, pid := range pids {
		tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", pid))
		if err != nil || len(tasks) == 0 {
			return fmt.Errorf("process %d cannot be seen", pid)
		}
		for _, t := range tasks {
			tid, err := strconv.Atoi(filepath.Base(t))
			if err != nil {
				return err
			}
			if err := unix.SchedSetaffinity(tid, set); err != nil && err != unix.ESRCH {
				return fmt.Errorf("process %d: %w", pid, err)
			}
		}
	}
	return nil
}

// stay holds the goroutine on a core. Its thread ends with it.
func stay(core int) {
	runtime.LockOSThread()
	var one unix.CPUSet
	one.Set(core)
	_ = unix.SchedSetaffinity(0, &one)
}

// cores are the first n cores that this process may run on, fewer if there are no more.
func cores(n int) (out []int) {
	var all unix.CPUSet
	if unix.SchedGetaffinity(0, &all) != nil {
		return nil
	}
	for i := 0; len(out) < min(n, all.Count()); i++ {
		if all.IsSet(i) {
			out = append(out, i)
		}
	}
	return out
}

// turns measures how long two threads take to wake each other once, there and
// back, on one core and on two; 0 where that cannot be measured.
func turns() (together, apart time.Duration) {
	two := cores(2)
	if len(two) < 2 {
		return 0, 0
	}
	return turn(two[0], two[0]), turn(two[0], two[1])
}

const turnCount = 5000

func turn(a, b int) time.Duration {
	var there, back [2]int
	if unix.Pipe(there[:]) != nil || unix.Pipe(back[:]) != nil {
		return 0
	}
	defer func() {
		for _, fd := range append(there[:], back[:]...) {
			_ = unix.Close(fd)
		}
	}()
	took := make(chan time.Duration)
	go func() {
		stay(b)
		buf := make([]byte, 1)
		for range turnCount {
			if n, err := unix.Read(there[0], buf); n != 1 || err != nil {
				return
			}
			_, _ = unix.Write(back[1], buf)
		}
	}()
	go func() {
		stay(a)
		buf := make([]byte, 1)
		began := time.Now()
		for range turnCount {
			_, _ = unix.Write(there[1], buf)
			if n, err := unix.Read(back[0], buf); n != 1 || err != nil {
				took <- 0
				return
			}
		}
		took <- time.Since(began) / turnCount
	}()
	return <-took
}
