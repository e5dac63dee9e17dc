//go:build !linux

package segfile

import "errors"

// reserve is not offered on this system; the caller takes ordinary memory.
func reserve(uintptr, int64, int64) error { return errors.ErrUnsupported }

func mapScratch(uintptr, int64, int) ([]byte, func() error, error) {
	return nil, nil, errors.ErrUnsupported
}
