//go:build !linux

package hnsw

// preferHugePages has no portable form.
func preferHugePages(b []byte) {}
