package builtin

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// typmodFuncs registers the typmodout functions: a modifier as it is written behind
// its type's name.
func typmodFuncs(r *registrar) {
	for name, oid := range map[string]types.OID{
		"bpchar": types.BpcharOID, "varchar": types.VarcharOID, "bit": types.BitOID, "varbit": types.VarbitOID,
		"numeric": types.NumericOID, "interval": types.IntervalOID, "time": types.TimeOID, "timetz": types.TimetzOID,
		"timestamp": types.TimestampOID, "timestamptz": types.TimestamptzOID,
	} {
		r.eval(name+"typmodout", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			mod := int32(a[0].Int())
			if oid == types.IntervalOID && mod >= 0 && !types.IntervalFields(mod) {
				return types.Datum{}, pgerr.Newf(pgerrcode.InternalError, "invalid INTERVAL typmod: 0x%x", mod)
			}
			text := types.TypmodOut(types.T{OID: oid, Mod: mod})
			if _, zone, ok := types.TimeMod(oid); ok && mod < 0 {
				if text = " without time zone"; zone != "" {
					text = " with time zone"
				}
			}
			return types.String(text), nil
		})
	}
}
