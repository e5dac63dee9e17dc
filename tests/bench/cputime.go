package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// ticks is how many clock ticks /proc counts a second: USER_HZ, 100 on every Linux.
const ticks = 100

// processorTime tells the seconds of processor time that a server has taken. PostgreSQL
// has a process for each session and parallel worker: of pid, which serves one, it
// counts the parent's, all children of which it has seen the end, and those that run.
// It tells 0 where /proc does not.
func processorTime(pid int, alone bool) func() float64 {
	if alone {
		return func() float64 { return processTime(pid).own }
	}
	parent := processTime(pid).parent
	if parent <= 1 {
		return func() float64 { return 0 }
	}
	return func() float64 {
		all := processTime(parent)
		sum := all.own + all.reaped
		list, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", parent, parent))
		for _, f := range strings.Fields(string(list)) {
			if child, err := strconv.Atoi(f); err == nil {
				sum += processTime(child).own
			}
		}
		return sum
	}
}

// procStat is what /proc/PID/stat tells, in seconds.
type procStat struct {
	parent      int
	own, reaped float64
}

func processTime(pid int) procStat {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return procStat{}
	}
	return parseStat(string(b))
}

// parseStat reads a line of stat; the zero value if it is none. The program's name, in
// parentheses, may hold anything.
func parseStat(line string) procStat {
	f := strings.Fields(line[strings.LastIndexByte(line, ')')+1:])
	if len(f) < 15 {
		return procStat{}
	}
	var n [15]int
	for _, i := range []int{1, 11, 12, 13, 14} {
		var err error
		if n[i], err = strconv.Atoi(f[i]); err != nil {
			return procStat{}
		}
	}
	return procStat{parent: n[1], own: float64(n[11]+n[12]) / ticks, reaped: float64(n[13]+n[14]) / ticks}
}
