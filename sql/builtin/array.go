package builtin

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// MakeArray builds an array of type t from its elements; nested says that they
// are arrays of t's element type, which become one with a dimension more.
func MakeArray(_ *Ctx, t types.T, elems []types.Datum, nested bool) (types.Datum, error) {
	elem := t.Elem().OID
	var b types.ArrayBuilder
	b.Reset(elem)
	if !nested {
		for _, e := range elems {
			b.Append(e)
		}
		return b.Array(), nil
	}
	var dims []types.ArrayDim
	empty := 0
	for k, e := range elems {
		if e.IsNull() || types.ArrayNDims(e) == 0 {
			empty++
			continue
		}
		inner := types.ArrayDims(nil, e)
		if dims == nil {
			dims = append([]types.ArrayDim{{Len: len(elems), Lower: 1}}, inner...)
		}
		if k != 0 && !sameDims(dims[1:], inner) {
			return types.Datum{}, unevenArrays()
		}
		appendElements(&b, e)
	}
	switch {
	case empty == len(elems):
		return types.EmptyArray(elem), nil
	case empty > 0:
		return types.Datum{}, unevenArrays()
	}
	return b.Shaped(dims)
}

func unevenArrays() error {
	return pgerr.New(pgerrcode.ArraySubscriptError, "multidimensional arrays must have array expressions with matching dimensions")
}

func sameDims(a, b []types.ArrayDim) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// appendElements adds all elements of an array.
func appendElements(b *types.ArrayBuilder, array types.Datum) {
	it := types.NewArrayIter(array)
	for d, ok := it.Next(); ok; d, ok = it.Next() {
		b.Append(d)
	}
}

// elements collects an array's elements, borrowed.
func elements(array types.Datum) []types.Datum {
	l := make([]types.Datum, 0, types.ArrayLen(array))
	it := types.NewArrayIter(array)
	for d, ok := it.Next(); ok; d, ok = it.Next() {
		l = append(l, d)
	}
	return l
}

// ArraySlice is x[lo:hi]… with bounds lo, hi of each dimension in turn; absent
// bounds are the array's own. The result's lower bounds are 1.
func ArraySlice(x types.Datum, bounds []int, absent []bool) types.Datum {
	dims := types.ArrayDims(nil, x)
	elem := types.ArrayElemOID(x)
	if len(dims) == 0 || len(bounds)/2 > len(dims) {
		return types.EmptyArray(elem)
	}
	lo, n := make([]int, len(dims)), make([]types.ArrayDim, len(dims))
	for k, d := range dims {
		from, to := d.Lower, d.Lower+d.Len-1
		if 2*k < len(bounds) {
			if !absent[2*k] {
				from = max(from, bounds[2*k])
			}
			if !absent[2*k+1] {
				to = min(to, bounds[2*k+1])
			}
		}
		if from > to {
			return types.EmptyArray(elem)
		}
		lo[k], n[k] = from-d.Lower, types.ArrayDim{Len: to - from + 1, Lower: 1}
	}
	var b types.ArrayBuilder
	b.Reset(elem)
	all := elements(x)
	var walk func(k, at int)
	walk = func(k, at int) {
		for i := range n[k].Len {
			p := at*dims[k].Len + lo[k] + i
			if k == len(dims)-1 {
				b.Append(all[p])
			} else {
				walk(k+1, p)
			}
		}
	}
	walk(0, 0)
	b.MayHoldNulls(x)
	d, err := b.Shaped(n)
	if err != nil {
		return types.EmptyArray(elem)
	}
	return d
}
