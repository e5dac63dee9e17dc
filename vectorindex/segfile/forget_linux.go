package segfile

import "syscall"

// forget unmaps the pages of b, which mapFile has mapped, until they are read again.
// It is a hint.
func forget(b []byte) { _ = syscall.Madvise(b, syscall.MADV_DONTNEED) }
