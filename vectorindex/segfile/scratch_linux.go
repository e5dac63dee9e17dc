package segfile

import "syscall"

// reserve gives the file n bytes of disk from off on.
func reserve(fd uintptr, off, n int64) error { return syscall.Fallocate(int(fd), 0, off, n) }

// mapScratch maps n bytes of a file from off on, to be written.
func mapScratch(fd uintptr, off int64, n int) ([]byte, func() error, error) {
	data, err := syscall.Mmap(int(fd), off, n, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		return nil, nil, err
	}
	return data, func() error { return syscall.Munmap(data) }, nil
}
