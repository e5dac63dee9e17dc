package segfile

import (
	"context"
	"syscall"
)

const (
	adviseHuge     = 14 // MADV_HUGEPAGE of <sys/mman.h>
	advisePopulate = 22 // MADV_POPULATE_READ
	warmPiece      = 8 * largePage
)

// warm reads a file that is not cached in pieces as large as the large pages of the
// processor, where the file system can, so that it is mapped in these. The mapping that
// is kept has no such advice: when memory is short and the cache was dropped, one record
// should not cost a read of 2 MiB. It is a hint.
func warm(ctx context.Context, fd uintptr, size int) {
	if size < 2*largePage {
		return
	}
	data, err := syscall.Mmap(int(fd), 0, size, syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return
	}
	err = syscall.Madvise(data, adviseHuge)
	for rest := data; err == nil && len(rest) > 0 && ctx.Err() == nil; {
		piece := rest[:min(len(rest), warmPiece)]
		err = syscall.Madvise(piece, advisePopulate)
		forget(piece) // it stays cached, and counts no more as ours
		rest = rest[len(piece):]
	}
	_ = syscall.Munmap(data) // at worst it stays until the end
}
