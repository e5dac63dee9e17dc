package builtin

import (
	"github.com/loxodb/loxodb/sql/types"
)

// Convert converts a value to another type and applies the target's modifier.
func Convert(c *Ctx, from, to types.T, d types.Datum, explicit bool) (types.Datum, error) {
	if d.IsNull() {
		return d, nil
	}
	return types.Cast(from, to, d, c.Format, explicit)
}
