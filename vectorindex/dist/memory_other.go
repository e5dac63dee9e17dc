//go:build !linux

package dist

// preferHugePages has no portable form.
func preferHugePages(b []byte) {}
