//go:build !linux

package segfile

import "context"

// warm has no portable form.
func warm(context.Context, uintptr, int) {}
