package host

import (
	"syscall"
	"unsafe"
)

const (
	largePage = 2 << 20
	adviseBig = 14 // MADV_HUGEPAGE of <sys/mman.h>
)

// largePages is n words of memory, a multiple of 2 MiB, in pages of 2 MiB where
// the system grants them: with small ones a core spends part of its reading on
// translating addresses. free gives it back.
func largePages(n int) (words []uint64, free func()) {
	b, err := syscall.Mmap(-1, 0, 8*n+largePage, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	if err != nil {
		return make([]uint64, n), func() {}
	}
	free = func() { _ = syscall.Munmap(b) } // at worst it stays until the end
	skip := int(-uintptr(unsafe.Pointer(unsafe.SliceData(b))) & (largePage - 1))
	own := b[skip : skip+8*n]
	_ = syscall.Madvise(own, adviseBig) // a refusal costs speed alone
	return unsafe.Slice((*uint64)(unsafe.Pointer(unsafe.SliceData(own))), n), free
}
