package builtin

import (
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/typehash"
	"github.com/loxodb/loxodb/sql/types"
)

// hashFunctions registers hashtext and the like with PostgreSQL's own values:
// users take advisory locks and split tables by them.
func hashFunctions(r *registrar) {
	r.kernel("hashtext", lengths(func(b []byte) int { return int(int32(typehash.Bytes(b, 0))) }))
	r.kernel("hashvarlena", lengths(func(b []byte) int { return int(int32(typehash.Bytes(b, 0))) }))
	r.kernel("hashname", lengths(func(b []byte) int { return int(int32(typehash.Bytes(b, 0))) }))
	for _, k := range []string{"hashtextextended", "hashvarlenaextended"} {
		r.eval(k, func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			return types.Int(int64(typehash.Bytes(a[0].Bytes(), uint64(a[1].Int())))), nil
		})
	}
	ints := func(fold func(v int64) uint32) Kernel {
		return func(_ *Ctx, sel []uint16, out *batch.Col, args []*batch.Col) error {
			for _, i := range sel {
				out.I[i] = int64(int32(typehash.Word(fold(args[0].I[i]), 0)))
			}
			return nil
		}
	}
	for _, k := range []string{"hashint2", "hashint4", "hashoid"} {
		r.kernel(k, ints(func(v int64) uint32 { return uint32(v) }))
	}
	r.kernel("hashint8", ints(func(v int64) uint32 {
		hi := uint32(v >> 32)
		if v < 0 {
			hi = ^hi
		}
		return uint32(v) ^ hi
	}))
}
