package executor

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// compute fills out with the call's result for each row of the partition.
func (c *windowCall) compute(env *Env, p *partitionRows) error {
	if c.def.Fn.Kind == 'a' {
		return c.aggregate(env, p)
	}
	switch c.def.Fn.Name {
	case "ntile":
		return c.ntile(p)
	case "row_number":
		for i := range p.hi - p.lo {
			c.addInt(int64(i) + 1)
		}
		return nil
	case "rank":
		for g, first := range p.starts[:len(p.starts)-1] {
			for range p.starts[g+1] - first {
				c.addInt(int64(first-p.lo) + 1)
			}
		}
		return nil
	case "dense_rank":
		for _, g := range p.group {
			c.addInt(int64(g) + 1)
		}
		return nil
	}
	for i := p.lo; i < p.hi; i++ {
		d, err := c.value(env, p, i)
		if err != nil {
			return err
		}
		c.add(d)
	}
	return nil
}

// add appends a result; bytes are borrowed.
func (c *windowCall) add(d types.Datum) {
	n := len(c.out.Null)
	c.out.Null = append(c.out.Null, false)
	switch {
	case c.out.I != nil:
		c.out.I = append(c.out.I, 0)
	case c.out.F != nil:
		c.out.F = append(c.out.F, 0)
	default:
		c.out.B = append(c.out.B, nil)
	}
	c.out.Set(n, d)
}

func (c *windowCall) addInt(v int64) {
	c.out.Null, c.out.I = append(c.out.Null, false), append(c.out.I, v)
}

// value is the result of a window function for row i.
func (c *windowCall) value(env *Env, p *partitionRows, i int) (types.Datum, error) {
	first, last := p.peers(i)
	n := p.hi - p.lo
	switch c.def.Fn.Name {
	case "percent_rank":
		if n <= 1 {
			return types.Float(0), nil
		}
		return types.Float(float64(first-p.lo) / float64(n-1)), nil
	case "cume_dist":
		return types.Float(float64(last-p.lo) / float64(n)), nil
	case "lag":
		return c.neighbour(p, i, -1), nil
	case "lead":
		return c.neighbour(p, i, 1), nil
	case "first_value":
		return c.at(c.nth(env, p, i, 1))
	case "last_value":
		return c.at(c.nth(env, p, i, -1))
	case "nth_value":
		k := c.store.datum(i, 1)
		if k.IsNull() {
			return types.Null, nil
		}
		if k.Int() <= 0 {
			return types.Null, pgerr.New(pgerrcode.InvalidArgumentForNthValueFunction, "argument of nth_value must be greater than zero")
		}
		return c.at(c.nth(env, p, i, k.Int()))
	}
	return types.Null, pgerr.NotSupported(-1, "window function %s is not supported", c.def.Fn.Name)
}

// at is the first argument's value in row j, NULL for no row.
func (c *windowCall) at(j int, err error) (types.Datum, error) {
	if err != nil || j < 0 {
		return types.Null, err
	}
	return c.store.datum(j, 0), nil
}

// neighbour is lag and lead: the value some rows away, or the default.
func (c *windowCall) neighbour(p *partitionRows, i, sign int) types.Datum {
	off := int64(1)
	if len(c.types) > 1 {
		d := c.store.datum(i, 1)
		if d.IsNull() {
			return types.Null
		}
		off = d.Int()
	}
	j := int64(i) + int64(sign)*off
	if j >= int64(p.lo) && j < int64(p.hi) {
		return c.store.datum(int(j), 0)
	}
	if len(c.types) > 2 {
		return c.store.datum(i, 2)
	}
	return types.Null
}

// ntile numbers buckets of sizes that differ by at most one, larger ones first. The number of
// buckets is that of the first row where it is not NULL; those before have NULL.
func (c *windowCall) ntile(p *partitionRows) error {
	n := int64(p.hi - p.lo)
	bucket, filled, size, larger := int64(0), int64(0), int64(0), int64(0)
	for i := p.lo; i < p.hi; i++ {
		if bucket == 0 {
			k := c.store.datum(i, 0)
			if k.IsNull() {
				c.add(types.Null)
				continue
			}
			if k.Int() <= 0 {
				return pgerr.New(pgerrcode.InvalidArgumentForNtileFunction, "argument of ntile must be greater than zero")
			}
			bucket, size, larger = 1, n/k.Int(), n%k.Int()
			if size == 0 {
				size, larger = 1, 0
			} else if larger > 0 {
				size++
			}
		}
		if filled++; filled > size {
			if bucket == larger { // the rest are smaller by one
				larger = 0
				size--
			}
			bucket, filled = bucket+1, 1
		}
		c.addInt(bucket)
	}
	return nil
}
