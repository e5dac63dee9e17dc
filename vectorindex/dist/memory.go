package dist

import "unsafe"

// Aligned returns n zero bytes that start at a multiple of 64, in huge pages where they
// are many and the system grants it.
func Aligned(n int) []byte {
	b := make([]byte, n+63)
	preferHugePages(b)
	skip := int(-uintptr(unsafe.Pointer(unsafe.SliceData(b))) & 63)
	return b[skip : skip+n : skip+n]
}
