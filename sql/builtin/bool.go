package builtin

import (
	"github.com/loxodb/loxodb/sql/types"
)

// boolFuncs registers what boolean has beyond comparison; AND, OR and NOT are
// expression nodes.
func boolFuncs(r *registrar) {
	r.kernel("booland_statefunc", ints2(func(x, y int64) (int64, error) { return x & y, nil }))
	r.kernel("boolor_statefunc", ints2(func(x, y int64) (int64, error) { return x | y, nil }))
	r.eval("booltext", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		if a[0].Bool() {
			return types.String("true"), nil
		}
		return types.String("false"), nil
	})
	r.eval("coalesce_identity", func(_ *Ctx, a []types.Datum) (types.Datum, error) { return a[0], nil })
	r.eval("pg_num_nulls", func(c *Ctx, a []types.Datum) (types.Datum, error) { return countNulls(c, a, true) })
	r.eval("pg_num_nonnulls", func(c *Ctx, a []types.Datum) (types.Datum, error) { return countNulls(c, a, false) })
}

// countNulls is num_nulls and num_nonnulls; with VARIADIC it counts elements.
func countNulls(c *Ctx, a []types.Datum, nulls bool) (types.Datum, error) {
	list, ok := variadicAny(c, a, 0)
	if !ok {
		return null()
	}
	n := 0
	for _, v := range list {
		if v.d.IsNull() == nulls {
			n++
		}
	}
	return types.Int(int64(n)), nil
}

// typed is a value with its type.
type typed struct {
	t types.T
	d types.Datum
}

// variadicAny gives the arguments of a VARIADIC "any" parameter from position
// from on, taken out of the array when VARIADIC was written; ok is false for a
// NULL array.
func variadicAny(c *Ctx, a []types.Datum, from int) (list []typed, ok bool) {
	if c.Site != nil && c.Site.Variadic {
		array := a[len(a)-1]
		if array.IsNull() {
			return nil, false
		}
		elem := types.Of(types.ArrayElemOID(array))
		it := types.NewArrayIter(array)
		for d, more := it.Next(); more; d, more = it.Next() {
			list = append(list, typed{elem, d})
		}
		return list, true
	}
	for i := from; i < len(a); i++ {
		list = append(list, typed{c.argT(i), a[i]})
	}
	return list, true
}

// appendText prints a value as its output function does.
func appendText(dst []byte, c *Ctx, v typed) []byte {
	if v.t.OID == types.UnknownOID {
		return append(dst, v.d.Bytes()...)
	}
	return types.AppendText(dst, v.t, v.d, c.Format)
}
