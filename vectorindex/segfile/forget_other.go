//go:build !linux

package segfile

// forget does nothing: the system takes pages back when it needs them.
func forget([]byte) {}

// smallPages does nothing.
func smallPages([]byte) {}
