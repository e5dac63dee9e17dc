//go:build unix

package segfile

import "syscall"

// mapFile maps size bytes of a file read-only. Shared, so that the page cache is
// the only copy.
func mapFile(fd uintptr, size int) ([]byte, func() error, error) {
	data, err := syscall.Mmap(int(fd), 0, size, syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return nil, nil, err
	}
	return data, func() error { return syscall.Munmap(data) }, nil
}
