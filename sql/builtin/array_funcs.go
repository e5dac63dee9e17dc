package builtin

import (
	"math"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// arrayFuncs registers chapter 9.19.
func arrayFuncs(r *registrar) {
	r.eval("array_length", arrayDim(func(d types.ArrayDim) int { return d.Len }))
	r.eval("array_lower", arrayDim(func(d types.ArrayDim) int { return d.Lower }))
	r.eval("array_upper", arrayDim(func(d types.ArrayDim) int { return d.Lower + d.Len - 1 }))
	r.eval("array_ndims", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		n := types.ArrayNDims(a[0])
		if n == 0 {
			return null()
		}
		return types.Int(int64(n)), nil
	})
	r.eval("array_cardinality", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.Int(int64(types.ArrayLen(a[0]))), nil
	})
	r.eval("array_dims", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		if types.ArrayNDims(a[0]) == 0 {
			return null()
		}
		return types.Bytes(types.AppendArrayDims(nil, a[0])), nil
	})
	r.eval("array_append", func(c *Ctx, a []types.Datum) (types.Datum, error) { return arrayPush(c, a[0], a[1], false) })
	r.eval("array_prepend", func(c *Ctx, a []types.Datum) (types.Datum, error) { return arrayPush(c, a[1], a[0], true) })
	r.eval("array_cat", arrayCat)
	r.eval("array_position", func(c *Ctx, a []types.Datum) (types.Datum, error) { return arrayPosition(c, a, 1) })
	r.eval("array_position_start", func(c *Ctx, a []types.Datum) (types.Datum, error) { return arrayPosition(c, a, a[2].Int()) })
	r.eval("array_positions", arrayPositions)
	r.eval("array_remove", func(c *Ctx, a []types.Datum) (types.Datum, error) { return arrayReplace(c, a[0], a[1], nil) })
	r.eval("array_replace", func(c *Ctx, a []types.Datum) (types.Datum, error) { return arrayReplace(c, a[0], a[1], &a[2]) })
	r.eval("arrayoverlap", func(c *Ctx, a []types.Datum) (types.Datum, error) { return arraySubset(c, a[0], a[1], false) })
	r.eval("arraycontains", func(c *Ctx, a []types.Datum) (types.Datum, error) { return arraySubset(c, a[1], a[0], true) })
	r.eval("arraycontained", func(c *Ctx, a []types.Datum) (types.Datum, error) { return arraySubset(c, a[0], a[1], true) })
	r.evals(arrayFill, "array_fill", "array_fill_with_lower_bounds")
	r.longer(always, "array_fill", "array_fill_with_lower_bounds")
	r.eval("trim_array", trimArray)
	r.rows("array_unnest", func(_ *Ctx, a []types.Datum) (RowIter, error) {
		it := types.NewArrayIter(a[0])
		return funcRows(func(row []types.Datum) (ok bool, err error) {
			row[0], ok = it.Next()
			return ok, nil
		}), nil
	})
	arrayTextFuncs(r)
}

func arrayDim(f func(types.ArrayDim) int) Eval {
	return func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		var buf [types.MaxArrayDims]types.ArrayDim
		dims, n := types.ArrayDims(buf[:0], a[0]), a[1].Int()
		if n < 1 || n > int64(len(dims)) {
			return null()
		}
		return types.Int(int64(f(dims[n-1]))), nil
	}
}

// elemOID is the element type of array argument i.
func elemOID(c *Ctx, i int, d types.Datum) types.OID {
	if e := elemOf(c.argT(i).OID); e != 0 {
		return e
	}
	return types.ArrayElemOID(d)
}

// arrayPush is array_append and array_prepend.
func arrayPush(c *Ctx, array, elem types.Datum, front bool) (types.Datum, error) {
	var b types.ArrayBuilder
	oid := elemOf(c.retT().OID)
	if oid == 0 {
		oid = types.ArrayElemOID(array)
	}
	b.Reset(oid)
	var dims []types.ArrayDim
	if !array.IsNull() {
		dims = types.ArrayDims(nil, array)
	}
	if len(dims) > 1 {
		return types.Datum{}, pgerr.New(pgerrcode.DataException, "argument must be empty or one-dimensional array")
	}
	lower := 1
	if len(dims) == 1 {
		lower = dims[0].Lower
	}
	if front {
		b.Append(elem)
	}
	if !array.IsNull() {
		appendElements(&b, array)
	}
	if !front {
		b.Append(elem)
	}
	if len(dims) == 1 && lower+b.Len() > math.MaxInt32 {
		return types.Datum{}, outOfRange("integer")
	}
	return b.Shaped([]types.ArrayDim{{Len: b.Len(), Lower: lower}})
}

// arrayCat is ||: arrays of equal rank are joined along their first dimension;
// one a rank lower becomes an element of the other.
func arrayCat(_ *Ctx, a []types.Datum) (types.Datum, error) {
	x, y := a[0], a[1]
	switch {
	case x.IsNull():
		return y, nil
	case y.IsNull():
		return x, nil
	case types.ArrayNDims(x) == 0:
		return y, nil
	case types.ArrayNDims(y) == 0:
		return x, nil
	}
	dx, dy := types.ArrayDims(nil, x), types.ArrayDims(nil, y)
	bad := func(detail string) (types.Datum, error) {
		return types.Datum{}, pgerr.New(pgerrcode.ArraySubscriptError, "cannot concatenate incompatible arrays").WithDetail("%s", detail)
	}
	var dims []types.ArrayDim
	switch len(dx) - len(dy) {
	case 0:
		for i := 1; i < len(dx); i++ {
			if dx[i] != dy[i] {
				return bad("Arrays with differing element dimensions are not compatible for concatenation.")
			}
		}
		dims = dx
		dims[0].Len += dy[0].Len
	case 1:
		if !sameDims(dx[1:], dy) {
			return bad("Arrays with differing dimensions are not compatible for concatenation.")
		}
		dims = dx
		dims[0].Len++
	case -1:
		if !sameDims(dy[1:], dx) {
			return bad("Arrays with differing dimensions are not compatible for concatenation.")
		}
		dims = dy
		dims[0].Len++
	default:
		return types.Datum{}, pgerr.New(pgerrcode.ArraySubscriptError, "cannot concatenate incompatible arrays").WithDetail(
			"Arrays of %d and %d dimensions are not compatible for concatenation.", len(dx), len(dy))
	}
	var b types.ArrayBuilder
	b.Reset(types.ArrayElemOID(x))
	appendElements(&b, x)
	appendElements(&b, y)
	return b.Shaped(dims)
}

// sameElement is IS NOT DISTINCT FROM of elements.
func sameElement(t types.T, x, y types.Datum) bool {
	if x.IsNull() || y.IsNull() {
		return x.IsNull() && y.IsNull()
	}
	return types.Equal(t, x, y)
}

func arrayPosition(c *Ctx, a []types.Datum, from int64) (types.Datum, error) {
	if a[0].IsNull() {
		return null()
	}
	dims := types.ArrayDims(nil, a[0])
	if len(dims) > 1 {
		return types.Datum{}, pgerr.New(pgerrcode.FeatureNotSupported,
			"searching for elements in multidimensional arrays is not supported")
	}
	if len(dims) == 0 || a[1].IsNull() && !types.ArrayHasNull(a[0]) {
		return null()
	}
	if len(a) > 2 && a[2].IsNull() {
		return types.Datum{}, pgerr.New(pgerrcode.NullValueNotAllowedDataException, "initial position must not be null")
	}
	if err := noElements(c.argT(0).OID, false); err != nil {
		return types.Datum{}, err
	}
	t := types.Of(elemOID(c, 0, a[0]))
	at := int64(dims[0].Lower)
	it := types.NewArrayIter(a[0])
	for d, ok := it.Next(); ok; d, ok = it.Next() {
		if (at >= from || len(a) < 3) && sameElement(t, d, a[1]) {
			return types.Int(at), nil
		}
		at++
	}
	return null()
}

func arrayPositions(c *Ctx, a []types.Datum) (types.Datum, error) {
	if a[0].IsNull() {
		return null()
	}
	dims := types.ArrayDims(nil, a[0])
	if len(dims) > 1 {
		return types.Datum{}, pgerr.New(pgerrcode.FeatureNotSupported,
			"searching for elements in multidimensional arrays is not supported")
	}
	var b types.ArrayBuilder
	b.Reset(types.Int4OID)
	if len(dims) == 0 || a[1].IsNull() && !types.ArrayHasNull(a[0]) {
		return b.Array(), nil
	}
	if err := noElements(c.argT(0).OID, false); err != nil {
		return types.Datum{}, err
	}
	t := types.Of(elemOID(c, 0, a[0]))
	it, done := types.NewArrayIter(a[0]), progress{c: c}
	for at := 0; ; at++ {
		d, ok := it.Next()
		if !ok {
			return b.Array(), nil
		}
		if err := done.add(1); err != nil {
			return types.Datum{}, err
		}
		if sameElement(t, d, a[1]) {
			b.Append(types.Int(int64(dims[0].Lower + at)))
		}
	}
}

// arrayReplace is array_replace, or array_remove when there is no replacement.
func arrayReplace(c *Ctx, array, old types.Datum, repl *types.Datum) (types.Datum, error) {
	if array.IsNull() {
		return null()
	}
	dims := types.ArrayDims(nil, array)
	if repl == nil && len(dims) > 1 {
		return types.Datum{}, pgerr.New(pgerrcode.FeatureNotSupported,
			"removing elements from multidimensional arrays is not supported")
	}
	if len(dims) > 0 {
		if err := noElements(c.argT(0).OID, false); err != nil {
			return types.Datum{}, err
		}
	}
	elem := elemOID(c, 0, array)
	var b types.ArrayBuilder
	b.Reset(elem)
	it, done := types.NewArrayIter(array), progress{c: c}
	for d, ok := it.Next(); ok; d, ok = it.Next() {
		if err := done.add(1); err != nil {
			return types.Datum{}, err
		}
		switch {
		case !sameElement(types.Of(elem), d, old):
			b.Append(d)
		case repl != nil:
			b.Append(*repl)
		}
	}
	if repl == nil && len(dims) == 1 {
		dims[0].Len = b.Len()
	}
	return b.Shaped(dims)
}

// arraySubset reports that all (or with all false, any) elements of x are in y;
// NULLs match nothing.
func arraySubset(c *Ctx, x, y types.Datum, all bool) (types.Datum, error) {
	if err := noElements(c.argT(0).OID, false); err != nil {
		return types.Datum{}, err
	}
	t := types.Of(elemOID(c, 0, x))
	list := elements(y)
	it, done := types.NewArrayIter(x), progress{c: c}
next:
	for d, ok := it.Next(); ok; d, ok = it.Next() {
		if err := done.add(len(list)); err != nil {
			return types.Datum{}, err
		}
		if !d.IsNull() {
			for _, e := range list {
				if !e.IsNull() && types.Equal(t, d, e) {
					if !all {
						return types.Bool(true), nil
					}
					continue next
				}
			}
		}
		if all {
			return types.Bool(false), nil
		}
	}
	return types.Bool(all), nil
}

func arrayFill(c *Ctx, a []types.Datum) (types.Datum, error) {
	bad := func(msg string) (types.Datum, error) {
		return types.Datum{}, pgerr.New(pgerrcode.NullValueNotAllowedDataException, msg)
	}
	if a[1].IsNull() || len(a) > 2 && a[2].IsNull() {
		return bad("dimension array or low bound array cannot be null")
	}
	for _, list := range a[1:] {
		if types.ArrayNDims(list) > 1 {
			return types.Datum{}, pgerr.New(pgerrcode.ArraySubscriptError, "wrong number of array subscripts").
				WithDetail("Dimension array must be one dimensional.")
		}
		if types.ArrayHasNull(list) {
			return bad("dimension values cannot be null")
		}
	}
	var dims []types.ArrayDim
	for _, d := range elements(a[1]) {
		dims = append(dims, types.ArrayDim{Len: int(d.Int()), Lower: 1})
	}
	if len(a) > 2 {
		lows := elements(a[2])
		if len(lows) != len(dims) {
			return types.Datum{}, pgerr.New(pgerrcode.ArraySubscriptError, "wrong number of array subscripts").
				WithDetail("Low bound array has different size than dimensions array.")
		}
		for i, l := range lows {
			dims[i].Lower = int(l.Int())
		}
	}
	total := int64(1)
	for _, d := range dims {
		if d.Len < 0 || total*int64(d.Len) > 134_217_727 {
			return types.Datum{}, pgerr.Newf(pgerrcode.ProgramLimitExceeded, "array size exceeds the maximum allowed (%d)", 134_217_727)
		}
		total *= int64(d.Len)
	}
	elem := c.argT(0).OID
	if len(dims) == 0 || total == 0 {
		return types.EmptyArray(elem), nil
	}
	if err := sized(total * int64(len(a[0].Bytes())+12)); err != nil {
		return types.Datum{}, err
	}
	var b types.ArrayBuilder
	b.Reset(elem)
	p := progress{c: c}
	for range total {
		b.Append(a[0])
		if err := p.add(len(a[0].Bytes()) + 12); err != nil {
			return types.Datum{}, err
		}
	}
	return b.Shaped(dims)
}

func trimArray(_ *Ctx, a []types.Datum) (types.Datum, error) {
	dims, n := types.ArrayDims(nil, a[0]), a[1].Int()
	length := 0
	if len(dims) > 0 {
		length = dims[0].Len
	}
	if n < 0 || n > int64(length) {
		return types.Datum{}, pgerr.Newf(pgerrcode.ArraySubscriptError, "number of elements to trim must be between 0 and %d", length)
	}
	if n == 0 {
		return a[0], nil
	}
	hi := dims[0].Lower + length - 1 - int(n)
	return ArraySlice(a[0], []int{0, hi}, []bool{true, false}), nil
}
