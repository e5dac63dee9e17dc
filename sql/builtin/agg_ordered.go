package builtin

import (
	"math"
	"slices"
	"strconv"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// OrderedAgg is the state of an ordered-set aggregate. Every group is begun before its
// rows come, if it has any, in the order of WITHIN GROUP. For other
// than hypothetical-set aggregates rows with a NULL to aggregate do not count.
type OrderedAgg interface {
	Agg
	// Begin is given the number of the group's rows and the direct arguments.
	Begin(group uint32, rows int64, direct []types.Datum) error
}

// ColumnOrder is how WITHIN GROUP orders one of its columns.
type ColumnOrder struct {
	T                types.T
	Desc, NullsFirst bool
}

// Compare orders two values of the column.
func (o *ColumnOrder) Compare(a, b types.Datum) int {
	if a.IsNull() || b.IsNull() {
		switch {
		case a.IsNull() && b.IsNull():
			return 0
		case a.IsNull() == o.NullsFirst:
			return -1
		}
		return 1
	}
	c := types.Compare(o.T, a, b)
	if o.Desc {
		return -c
	}
	return c
}

// HypotheticalAgg is an OrderedAgg that compares its direct arguments with the rows.
type HypotheticalAgg interface {
	OrderedAgg
	Order(columns []ColumnOrder)
}

// orderedAggs registers the aggregates that are called with WITHIN GROUP.
func orderedAggs(r *registrar) {
	r.agg("mode(anyelement)", func(args []types.T) Agg { return &modeAgg{t: args[0]} })
	disc := func(args []types.T) Agg { return &percentileAgg{t: args[0]} }
	r.agg("percentile_disc(float8,anyelement)", disc)
	r.agg("percentile_disc(_float8,anyelement)", disc)
	number := func(args []types.T) Agg { return &percentileAgg{t: args[0], between: betweenFloats} }
	r.agg("percentile_cont(float8,float8)", number)
	r.agg("percentile_cont(_float8,float8)", number)
	interval := func(args []types.T) Agg { return &percentileAgg{t: args[0], between: betweenIntervals} }
	r.agg("percentile_cont(float8,interval)", interval)
	r.agg("percentile_cont(_float8,interval)", interval)

	hypothetical := func(peers, distinct bool, value func(before, rows int64) types.Datum) NewAgg {
		return func([]types.T) Agg { return &hypotheticalAgg{peers: peers, distinct: distinct, value: value} }
	}
	place := func(before, _ int64) types.Datum { return types.Int(before + 1) }
	r.agg("rank(any)", hypothetical(false, false, place))
	r.agg("dense_rank(any)", hypothetical(false, true, place))
	r.agg("percent_rank(any)", hypothetical(false, false, func(before, rows int64) types.Datum {
		if rows == 0 {
			return types.Float(0)
		}
		return types.Float(float64(before) / float64(rows))
	}))
	r.agg("cume_dist(any)", hypothetical(true, false, func(before, rows int64) types.Datum {
		return types.Float(float64(before+1) / float64(rows+1))
	}))
}

// own copies a value that is kept beyond its batch.
func own(dst *types.Datum, d types.Datum) {
	if b := d.Bytes(); b != nil && !d.IsNull() {
		d = types.Bytes(append(dst.Bytes()[:0:cap(dst.Bytes())], b...))
		if len(b) == 0 {
			d = types.Bytes([]byte{})
		}
	}
	*dst = d
}

// modeAgg finds the most frequent value, the first in order of several.
type modeAgg struct {
	t      types.T
	groups []modeGroup
	size   int64
}

type modeGroup struct {
	best, last types.Datum
	most, run  int64
}

func (a *modeAgg) Grow(n int) { a.groups = grow(a.groups, n) }

func (a *modeAgg) Begin(uint32, int64, []types.Datum) error { return nil }

func (a *modeAgg) Step(_ *Ctx, sel []uint16, groups []uint32, args []*batch.Col) error {
	for _, i := range sel {
		g, d := &a.groups[groups[i]], args[0].Datum(int(i))
		if g.run > 0 && types.Equal(a.t, g.last, d) {
			g.run++
		} else {
			g.run = 1
			own(&g.last, d)
		}
		if g.run > g.most {
			g.most = g.run
			if g.run == 1 || !types.Equal(a.t, g.best, g.last) {
				own(&g.best, g.last)
				a.size += int64(2 * len(d.Bytes()))
			}
		}
	}
	return nil
}

func (a *modeAgg) Final(_ *Ctx, g uint32) (types.Datum, error) {
	if a.groups[g].most == 0 {
		return types.Null, nil
	}
	return a.groups[g].best, nil
}

func (a *modeAgg) Bytes() int64 { return int64(96*cap(a.groups)) + a.size }

// percentileAgg finds the values at given shares of the rows: those that are there,
// or when between is set what lies between two of them.
type percentileAgg struct {
	t       types.T
	between func(lo, hi types.Datum, share float64) (types.Datum, error)
	groups  []percentileGroup
	size    int64
}

// percentileGroup notes which rows of a group are wanted, and has those that have come.
type percentileGroup struct {
	direct types.Datum // a number or an array of them
	array  bool
	rows   int64
	at     int64
	want   []int64 // ascending
	have   []types.Datum
}

func (a *percentileAgg) Grow(n int) { a.groups = grow(a.groups, n) }

// Begin checks the shares and computes the rows that they need.
func (a *percentileAgg) Begin(group uint32, rows int64, direct []types.Datum) error {
	g := &a.groups[group]
	g.rows = rows
	own(&g.direct, direct[0])
	g.array = direct[0].Bytes() != nil
	if direct[0].IsNull() || g.array && rows == 0 { // a list is not looked at then, one share is
		return nil
	}
	for _, p := range g.shares() {
		if p.IsNull() {
			continue
		}
		if v := p.Float(); !(v >= 0 && v <= 1) {
			return pgerr.Newf(pgerrcode.NumericValueOutOfRange, "percentile value %s is not between 0 and 1", strconv.FormatFloat(v, 'g', 6, 64))
		}
		if rows > 0 {
			lo, hi, _ := a.rowsOf(g, p.Float())
			g.want = append(g.want, lo, hi)
		}
	}
	slices.Sort(g.want)
	g.want = slices.Compact(g.want)
	a.size += int64(len(g.want) * 32)
	return nil
}

// shares are the direct argument's numbers.
func (g *percentileGroup) shares() []types.Datum {
	if !g.array {
		return []types.Datum{g.direct}
	}
	var l []types.Datum
	it := types.NewArrayIter(g.direct)
	for d, ok := it.Next(); ok; d, ok = it.Next() {
		l = append(l, d)
	}
	return l
}

// rowsOf are the rows, from 0, between which a share falls, and how far it is from the first.
func (a *percentileAgg) rowsOf(g *percentileGroup, p float64) (lo, hi int64, share float64) {
	if a.between == nil {
		lo = max(int64(math.Ceil(p*float64(g.rows))), 1) - 1
		return lo, lo, 0
	}
	at := p * float64(g.rows-1)
	return int64(math.Floor(at)), int64(math.Ceil(at)), at - math.Floor(at)
}

func (a *percentileAgg) Step(_ *Ctx, sel []uint16, groups []uint32, args []*batch.Col) error {
	for _, i := range sel {
		g := &a.groups[groups[i]]
		if n := len(g.have); n < len(g.want) && g.want[n] == g.at {
			var d types.Datum
			own(&d, args[0].Datum(int(i)))
			a.size += int64(len(d.Bytes()))
			g.have = append(g.have, d)
		}
		g.at++
	}
	return nil
}

func (a *percentileAgg) Final(_ *Ctx, group uint32) (types.Datum, error) {
	g := &a.groups[group]
	if g.rows == 0 || g.direct.IsNull() {
		return types.Null, nil
	}
	if !g.array {
		return a.value(g, g.direct)
	}
	var out types.ArrayBuilder
	out.Reset(a.t.OID)
	for _, p := range g.shares() {
		v, err := a.value(g, p)
		if err != nil {
			return types.Null, err
		}
		out.Append(v)
	}
	return out.Shaped(types.ArrayDims(nil, g.direct))
}

func (a *percentileAgg) value(g *percentileGroup, p types.Datum) (types.Datum, error) {
	if p.IsNull() {
		return types.Null, nil
	}
	lo, hi, share := a.rowsOf(g, p.Float())
	row := func(n int64) types.Datum {
		at, _ := slices.BinarySearch(g.want, n)
		return g.have[at]
	}
	if lo == hi {
		return row(lo), nil
	}
	return a.between(row(lo), row(hi), share)
}

func (a *percentileAgg) Bytes() int64 { return int64(120*cap(a.groups)) + a.size }

func betweenFloats(lo, hi types.Datum, share float64) (types.Datum, error) {
	return types.Float(lo.Float() + share*(hi.Float()-lo.Float())), nil
}

func betweenIntervals(lo, hi types.Datum, share float64) (types.Datum, error) {
	first := types.IntervalOf(lo)
	d, err := types.IntervalSub(types.IntervalOf(hi), first)
	if err == nil {
		if d, err = types.IntervalMul(d, share); err == nil {
			d, err = types.IntervalAdd(first, d)
		}
	}
	return types.MakeInterval(d), err
}

// hypotheticalAgg says what a window function would for a row of the direct arguments
// among the rows of the group.
type hypotheticalAgg struct {
	peers    bool // rows equal to it count as before it
	distinct bool // equal rows count once
	value    func(before, rows int64) types.Datum
	order    []ColumnOrder
	groups   []hypotheticalGroup
	size     int64
}

type hypotheticalGroup struct {
	row, last    []types.Datum
	before, rows int64
}

func (a *hypotheticalAgg) Grow(n int) { a.groups = grow(a.groups, n) }

func (a *hypotheticalAgg) Order(columns []ColumnOrder) { a.order = columns }

func (a *hypotheticalAgg) Begin(group uint32, rows int64, direct []types.Datum) error {
	g := &a.groups[group]
	g.rows, g.row = rows, make([]types.Datum, len(direct))
	for k, d := range direct {
		own(&g.row[k], d)
		a.size += int64(64 + 2*len(d.Bytes()))
	}
	return nil
}

func (a *hypotheticalAgg) Step(_ *Ctx, sel []uint16, groups []uint32, args []*batch.Col) error {
	for _, i := range sel {
		g := &a.groups[groups[i]]
		c := a.compare(args, int(i), g.row)
		if c > 0 || c == 0 && !a.peers {
			continue
		}
		if a.distinct {
			if g.last != nil && a.compare(args, int(i), g.last) == 0 {
				continue
			}
			if g.last == nil {
				g.last = make([]types.Datum, len(args))
			}
			for k := range args {
				own(&g.last[k], args[k].Datum(int(i)))
			}
		}
		g.before++
	}
	return nil
}

// compare orders row i against another.
func (a *hypotheticalAgg) compare(args []*batch.Col, i int, row []types.Datum) int {
	for k := range a.order {
		if c := a.order[k].Compare(args[k].Datum(i), row[k]); c != 0 {
			return c
		}
	}
	return 0
}

func (a *hypotheticalAgg) Final(_ *Ctx, group uint32) (types.Datum, error) {
	g := &a.groups[group]
	return a.value(g.before, g.rows), nil
}

func (a *hypotheticalAgg) Bytes() int64 { return int64(64*cap(a.groups)) + a.size }
