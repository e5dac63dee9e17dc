package builtin

import (
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/types"
)

// countAggs registers count(*) and count(x).
func countAggs(r *registrar) {
	r.agg("count()", func([]types.T) Agg { return &countAgg{} })
	r.agg("count(any)", func([]types.T) Agg { return &countAgg{} })
}

// countAgg counts rows, or with arguments those in which none is NULL.
type countAgg struct{ n []int64 }

func (a *countAgg) Grow(n int) { a.n = grow(a.n, n) }

// grow lengthens s to n zero values.
func grow[V any](s []V, n int) []V {
	if n <= len(s) {
		return s
	}
	if n <= cap(s) {
		return s[:n]
	}
	return append(s, make([]V, n-len(s))...)
}

func (a *countAgg) Step(_ *Ctx, sel []uint16, groups []uint32, args []*batch.Col) error {
	if len(args) == 0 {
		for _, i := range sel {
			a.n[groups[i]]++
		}
		return nil
	}
	null, too := args[0].Null, args[len(args)-1].Null
	for _, i := range sel {
		if !null[i] && !too[i] {
			a.n[groups[i]]++
		}
	}
	return nil
}

// Retract implements Retractor.
func (a *countAgg) Retract(_ *Ctx, sel []uint16, groups []uint32, args []*batch.Col) error {
	for _, i := range sel {
		if len(args) == 0 || !args[0].Null[i] && !args[len(args)-1].Null[i] {
			a.n[groups[i]]--
		}
	}
	return nil
}

func (a *countAgg) Final(_ *Ctx, g uint32) (types.Datum, error) { return types.Int(a.n[g]), nil }
func (a *countAgg) Bytes() int64                                { return int64(8 * cap(a.n)) }

// minmaxAggs registers min and max of every type that has them.
func minmaxAggs(r *registrar) {
	for _, t := range []string{
		"int8", "int4", "int2", "oid", "float4", "float8", "date", "time", "timetz", "money", "timestamp",
		"timestamptz", "interval", "text", "numeric", "anyarray", "bpchar", "tid", "xid8", "pg_lsn", "inet", "anyenum",
		"citext",
	} {
		r.agg("max("+t+")", func(args []types.T) Agg { return newMinMax(args[0], false) })
		r.agg("min("+t+")", func(args []types.T) Agg { return newMinMax(args[0], true) })
	}
}

// newMinMax keeps values in the form in which they are compared.
func newMinMax(t types.T, least bool) Agg {
	switch t.Rep() {
	case types.RepInt:
		return &minMaxOrdered{least: least}
	case types.RepFloat:
		return &minMaxOrdered{least: least, float: true}
	}
	return &minMaxAgg{t: t, least: least, missing: noElements(t.OID, true)}
}

// minMaxAgg keeps the least or greatest non-NULL value of each group, owned.
type minMaxAgg struct {
	t       types.T
	least   bool
	first   bool                       // of equal values the first stays
	cmp     func(a, b types.Datum) int // the order, nil = the type's
	missing error                      // of arrays whose elements have no order: that shows at the second one
	have    []bool
	val     []types.Datum
	size    int64
}

func (a *minMaxAgg) Grow(n int) { a.have, a.val = grow(a.have, n), grow(a.val, n) }

func (a *minMaxAgg) Step(_ *Ctx, sel []uint16, groups []uint32, args []*batch.Col) error {
	col := args[0]
	for _, i := range sel {
		if col.Null[i] {
			continue
		}
		if a.missing != nil && a.have[groups[i]] {
			return a.missing
		}
		a.meet(groups[i], col.Datum(int(i)))
	}
	return nil
}

// meet folds one value.
func (a *minMaxAgg) meet(g uint32, d types.Datum) {
	if a.have[g] {
		c := 0
		if a.cmp != nil {
			c = a.cmp(d, a.val[g])
		} else {
			c = types.Compare(a.t, d, a.val[g])
		}
		// equal values may print differently (1.5 and 1.50): as in PostgreSQL the last stays
		if a.least && c > 0 || !a.least && c < 0 || a.first && c == 0 {
			return
		}
	}
	a.size += int64(len(d.Bytes()) - len(a.val[g].Bytes()))
	if b := d.Bytes(); b != nil {
		d = types.Bytes(append(a.val[g].Bytes()[:0], b...))
		if len(b) == 0 {
			d = types.Bytes([]byte{})
		}
	}
	a.have[g], a.val[g] = true, d
}

func (a *minMaxAgg) Final(_ *Ctx, g uint32) (types.Datum, error) {
	if !a.have[g] {
		return types.Null, nil
	}
	return a.val[g], nil
}

func (a *minMaxAgg) Bytes() int64 { return int64(41*cap(a.val)) + a.size }

// minMaxOrdered is minMaxAgg for integers and floats.
type minMaxOrdered struct {
	least, float bool
	have         []bool
	ints         []int64
	floats       []float64
}

func (a *minMaxOrdered) Grow(n int) {
	a.have = grow(a.have, n)
	if a.float {
		a.floats = grow(a.floats, n)
	} else {
		a.ints = grow(a.ints, n)
	}
}

func (a *minMaxOrdered) Step(_ *Ctx, sel []uint16, groups []uint32, args []*batch.Col) error {
	if a.float {
		a.stepFloats(sel, groups, args[0])
	} else {
		a.stepInts(sel, groups, args[0])
	}
	return nil
}

func (a *minMaxOrdered) stepInts(sel []uint16, groups []uint32, col *batch.Col) {
	for _, i := range sel {
		if col.Null[i] {
			continue
		}
		g, x := groups[i], col.I[i]
		if a.have[g] {
			if best := a.ints[g]; a.least && x >= best || !a.least && x <= best {
				continue
			}
		}
		a.have[g], a.ints[g] = true, x
	}
}

func (a *minMaxOrdered) stepFloats(sel []uint16, groups []uint32, col *batch.Col) {
	for _, i := range sel {
		if col.Null[i] {
			continue
		}
		g, x := groups[i], col.F[i]
		if a.have[g] {
			// of equal values that print differently (0 and -0) the last stays, as in PostgreSQL
			best := a.floats[g]
			if a.least && x > best || !a.least && x < best {
				continue
			}
			if c := types.CompareFloats(x, best); a.least && c > 0 || !a.least && c < 0 { // NaN
				continue
			}
		}
		a.have[g], a.floats[g] = true, x
	}
}

func (a *minMaxOrdered) Final(_ *Ctx, g uint32) (types.Datum, error) {
	switch {
	case !a.have[g]:
		return types.Null, nil
	case a.float:
		return types.Float(a.floats[g]), nil
	}
	return types.Int(a.ints[g]), nil
}

func (a *minMaxOrdered) Bytes() int64 { return int64(9 * cap(a.have)) }

// boolAggs registers bool_and, bool_or, every, and bit_and, bit_or, bit_xor of integers.
func boolAggs(r *registrar) {
	and := func(x, y int64) int64 { return x & y }
	or := func(x, y int64) int64 { return x | y }
	xor := func(x, y int64) int64 { return x ^ y }
	for key, f := range map[string]func(x, y int64) int64{
		"bool_and(bool)": and, "every(bool)": and, "bool_or(bool)": or,
		"bit_and(int2)": and, "bit_and(int4)": and, "bit_and(int8)": and,
		"bit_or(int2)": or, "bit_or(int4)": or, "bit_or(int8)": or,
		"bit_xor(int2)": xor, "bit_xor(int4)": xor, "bit_xor(int8)": xor,
	} {
		r.agg(key, func([]types.T) Agg { return &intFoldAgg{f: f} })
	}
}

// intFoldAgg folds non-NULL integers with f, beginning with the first.
type intFoldAgg struct {
	f    func(x, y int64) int64
	have []bool
	v    []int64
}

func (a *intFoldAgg) Grow(n int) { a.have, a.v = grow(a.have, n), grow(a.v, n) }

func (a *intFoldAgg) Step(_ *Ctx, sel []uint16, groups []uint32, args []*batch.Col) error {
	for _, i := range sel {
		if args[0].Null[i] {
			continue
		}
		g, x := groups[i], args[0].I[i]
		if a.have[g] {
			x = a.f(a.v[g], x)
		}
		a.have[g], a.v[g] = true, x
	}
	return nil
}

func (a *intFoldAgg) Final(_ *Ctx, g uint32) (types.Datum, error) {
	if !a.have[g] {
		return types.Null, nil
	}
	return types.Int(a.v[g]), nil
}

func (a *intFoldAgg) Bytes() int64 { return int64(9 * cap(a.v)) }
