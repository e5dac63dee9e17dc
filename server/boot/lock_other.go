//go:build !unix || solaris || aix

package boot

import "os"

// lock leaves it to the store's own lock to refuse a second server.
func lock(*os.File) error { return nil }
