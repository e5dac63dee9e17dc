package builtin

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// collectAggs registers aggregates that keep their input: string_agg, array_agg.
func collectAggs(r *registrar) {
	r.agg("string_agg(text,text)", func([]types.T) Agg { return &stringAgg{} })
	r.agg("string_agg(bytea,bytea)", func([]types.T) Agg { return &stringAgg{} })
	r.agg("array_agg(anynonarray)", func(args []types.T) Agg { return &arrayAgg{t: args[0]} })
	r.agg("array_agg(anyarray)", func(args []types.T) Agg { return &nestedArrayAgg{t: args[0]} })
}

// stringAgg joins non-NULL values, each after its own row's delimiter.
type stringAgg struct {
	have []bool
	buf  [][]byte
	size int64
}

func (a *stringAgg) Grow(n int) { a.have, a.buf = grow(a.have, n), grow(a.buf, n) }

func (a *stringAgg) Step(c *Ctx, sel []uint16, groups []uint32, args []*batch.Col) error {
	v, sep := args[0], args[1]
	p := progress{c: c}
	for _, i := range sel {
		if v.Null[i] {
			continue
		}
		g := groups[i]
		before := cap(a.buf[g])
		if a.have[g] && !sep.Null[i] {
			if err := a.add(g, sep.B[i]); err != nil {
				return err
			}
		}
		a.have[g] = true
		if err := a.add(g, v.B[i]); err != nil {
			return err
		}
		if err := p.add(len(v.B[i]) + cap(a.buf[g]) - before); err != nil { // it may have been copied
			return err
		}
		a.size += int64(cap(a.buf[g]) - before)
	}
	return nil
}

func (a *stringAgg) add(g uint32, more []byte) error {
	if err := types.Grow(len(a.buf[g]), len(more)); err != nil {
		return err
	}
	a.buf[g] = append(a.buf[g], more...)
	return nil
}

func (a *stringAgg) Final(_ *Ctx, g uint32) (types.Datum, error) {
	if !a.have[g] {
		return types.Null, nil
	}
	if a.buf[g] == nil {
		return types.Bytes([]byte{}), nil
	}
	return types.Bytes(a.buf[g]), nil
}

func (a *stringAgg) Bytes() int64 { return int64(25*cap(a.buf)) + a.size }

// arrayAgg collects values, NULLs too, into an array.
type arrayAgg struct {
	t    types.T
	b    []types.ArrayBuilder
	size int64
}

func (a *arrayAgg) Grow(n int) {
	from := len(a.b)
	a.b = grow(a.b, n)
	for i := from; i < n; i++ {
		a.b[i].Reset(a.t.OID)
	}
}

func (a *arrayAgg) Step(_ *Ctx, sel []uint16, groups []uint32, args []*batch.Col) error {
	for _, i := range sel {
		d := args[0].Datum(int(i))
		if err := a.b[groups[i]].Collect(d); err != nil {
			return err
		}
		a.size += int64(len(d.Bytes()) + 12)
	}
	return nil
}

func (a *arrayAgg) Final(_ *Ctx, g uint32) (types.Datum, error) {
	if a.b[g].Len() == 0 {
		return types.Null, nil
	}
	return a.b[g].Array(), nil
}

func (a *arrayAgg) Bytes() int64 { return int64(48*cap(a.b)) + a.size }

// nestedArrayAgg collects arrays of one shape into an array with a dimension more.
type nestedArrayAgg struct {
	t     types.T
	n     []int
	dims  [][]types.ArrayDim
	b     []types.ArrayBuilder
	total int64
}

func (a *nestedArrayAgg) Grow(n int) {
	from := len(a.b)
	a.n, a.dims, a.b = grow(a.n, n), grow(a.dims, n), grow(a.b, n)
	for i := from; i < n; i++ {
		a.b[i].Reset(a.t.Elem().OID)
	}
}

func (a *nestedArrayAgg) Step(_ *Ctx, sel []uint16, groups []uint32, args []*batch.Col) error {
	for _, i := range sel {
		if err := a.add(groups[i], args[0].Datum(int(i))); err != nil {
			return err
		}
	}
	return nil
}

func (a *nestedArrayAgg) add(g uint32, d types.Datum) error {
	if a.t.OID == types.AnyArrayOID {
		return pgerr.New(pgerrcode.DatatypeMismatch, "data type anyarray is not an array type")
	}
	if d.IsNull() {
		return pgerr.New(pgerrcode.NullValueNotAllowedDataException, "cannot accumulate null arrays")
	}
	dims := types.ArrayDims(nil, d)
	switch {
	case len(dims) == 0 && a.n[g] == 0:
		return pgerr.New(pgerrcode.ArraySubscriptError, "cannot accumulate empty arrays")
	case a.n[g] == 0:
		a.dims[g] = dims
	case !sameDims(a.dims[g], dims):
		return pgerr.New(pgerrcode.ArraySubscriptError, "cannot accumulate arrays of different dimensionality")
	}
	a.n[g]++
	it := types.NewArrayIter(d)
	for e, ok := it.Next(); ok; e, ok = it.Next() {
		if err := a.b[g].Collect(e); err != nil {
			return err
		}
	}
	a.total += int64(len(d.Bytes()))
	return nil
}

// Collector makes one array of values that come one by one, as ARRAY(SELECT …) does: of
// elements, or of arrays of one shape. Of nothing it is empty.
type Collector struct {
	elems  types.ArrayBuilder
	arrays *nestedArrayAgg
	t      types.T
}

// NewCollector makes an array of type t.
func NewCollector(t types.T, nested bool) (c Collector) {
	c.t = t
	if nested {
		c.arrays = &nestedArrayAgg{t: t}
		c.arrays.Grow(1)
	}
	c.elems.Reset(t.Elem().OID)
	return c
}

// Add takes the next value, copying it.
func (c *Collector) Add(d types.Datum) error {
	if c.arrays != nil {
		return c.arrays.add(0, d)
	}
	return c.elems.Collect(d)
}

// Array is the array of all values.
func (c *Collector) Array() (types.Datum, error) {
	if c.arrays != nil && c.arrays.n[0] > 0 {
		return c.arrays.Final(nil, 0)
	}
	return c.elems.Array(), nil
}

func (a *nestedArrayAgg) Final(_ *Ctx, g uint32) (types.Datum, error) {
	if a.n[g] == 0 {
		return types.Null, nil
	}
	return a.b[g].Shaped(append([]types.ArrayDim{{Len: a.n[g], Lower: 1}}, a.dims[g]...))
}

func (a *nestedArrayAgg) Bytes() int64 { return int64(80*cap(a.b)) + a.total }
