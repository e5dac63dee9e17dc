package pebblekv

import "syscall"

// extend reserves blocks of a file, which read as zeros, and makes it at least as long.
func extend(fd uintptr, offset, length int64) error {
	return syscall.Fallocate(int(fd), 0, offset, length)
}
