//go:build !linux

package host

// largePages is n words of memory; it knows no way to ask for large pages here.
func largePages(n int) (words []uint64, free func()) { return make([]uint64, n), func() {} }
