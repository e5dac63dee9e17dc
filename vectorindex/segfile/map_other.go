//go:build !unix

package segfile

import "errors"

// mapFile is not offered on this system; the caller reads the file instead.
func mapFile(uintptr, int) ([]byte, func() error, error) { return nil, nil, errors.ErrUnsupported }
