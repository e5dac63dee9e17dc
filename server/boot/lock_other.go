//go:build !unix || solaris || aix

package boot

import "os"

// privateFiles leaves it to the directory's own rights.
func privateFiles() {}

// lock leaves it to the store's own lock to refuse a second server.
func lock(*os.File) error { return nil }
