//go:build unix && !solaris && !aix

package boot

import (
	"errors"
	"os"
	"syscall"
)

// privateFiles makes what this process creates readable by its own user only, also
// the files of the store, which asks for less.
func privateFiles() { syscall.Umask(0o077) }

// lock takes the file for this process until it is closed or the process ends.
func lock(f *os.File) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return errInUse
	}
	return err
}
