//go:build !linux

package main

import (
	"errors"
	"time"
)

// pin is not to be had here.
func pin(...int) (func(), error) {
	return nil, errors.New("processes are held on a core on Linux only")
}

// turns cannot be measured here.
func turns() (together, apart time.Duration) { return 0, 0 }

// stay cannot hold a goroutine here.
func stay(int) {}

// cores are not known here.
func cores(int) []int { return nil }
