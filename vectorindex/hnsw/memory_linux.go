//go:build linux

package hnsw

import (
	"syscall"
	"unsafe"
)

const (
	hugePage     = 2 << 20
	adviseHuge   = 14 // MADV_HUGEPAGE of <sys/mman.h>
	hugeFromSize = 8 << 20
)

// preferHugePages asks for 2 MiB pages under b, which was not touched yet: a walk
// jumps all over it, and with 4 KiB pages most steps miss the TLB. It is a hint;
// where the kernel refuses, nothing is lost but speed.
func preferHugePages(b []byte) {
	if len(b) < hugeFromSize {
		return
	}
	skip := int(-uintptr(unsafe.Pointer(unsafe.SliceData(b))) & (hugePage - 1))
	n := (len(b) - skip) &^ (hugePage - 1)
	if n > 0 {
		_ = syscall.Madvise(b[skip:skip+n], adviseHuge)
	}
}
