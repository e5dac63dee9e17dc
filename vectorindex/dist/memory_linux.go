//go:build linux

package dist

import (
	"syscall"
	"unsafe"
)

const (
	adviseHuge = 14 // MADV_HUGEPAGE of <sys/mman.h>
	adviseDrop = 4  // MADV_DONTNEED
)

// preferHugePages asks for 2 MiB pages under b, which is all zero and used by
// nobody else: a walk jumps all over it, and with 4 KiB pages most steps miss the
// TLB. Memory that the allocator hands out a second time has its small pages still;
// they are given back first, and come anew, as zeros, with the first touch. It is a
// hint; where the kernel refuses, nothing is lost but speed.
func preferHugePages(b []byte) {
	if len(b) < hugeFromSize {
		return
	}
	skip := int(-uintptr(unsafe.Pointer(unsafe.SliceData(b))) & (hugePage - 1))
	n := (len(b) - skip) &^ (hugePage - 1)
	if n > 0 {
		if syscall.Madvise(b[skip:skip+n], adviseHuge) == nil {
			_ = syscall.Madvise(b[skip:skip+n], adviseDrop)
		}
	}
}
