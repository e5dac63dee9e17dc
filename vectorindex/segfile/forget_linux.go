package segfile

import "syscall"

// forget unmaps the pages of b, which mapFile has mapped, until they are read again.
// It is a hint.
func forget(b []byte) { _ = syscall.Madvise(b, syscall.MADV_DONTNEED) }

const adviseSmall = 15 // MADV_NOHUGEPAGE of <sys/mman.h>

// smallPages asks that b, which mapFile has mapped, is not mapped in large pages. It is a
// hint.
func smallPages(b []byte) { _ = syscall.Madvise(b, adviseSmall) }
