package dist

import "unsafe"

// Aligned returns n zero bytes that start at a multiple of 64. Many of them start at one of
// 2 MiB and are in pages of that size where the system grants it.
func Aligned(n int) []byte {
	to := 64
	if n >= hugeFromSize {
		to = hugePage
	}
	b := make([]byte, n+to-1)
	skip := int(-uintptr(unsafe.Pointer(unsafe.SliceData(b))) & uintptr(to-1))
	b = b[skip : skip+n : skip+n]
	preferHugePages(b)
	return b
}

const (
	hugePage     = 2 << 20
	hugeFromSize = 4 << 20
)
