package builtin

import (
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/types"
)

// rangeAggs registers range_agg and range_intersect_agg of ranges and multiranges.
func rangeAggs(r *registrar) {
	for _, t := range []string{"anyrange", "anymultirange"} {
		r.agg("range_agg("+t+")", func(args []types.T) Agg { return &rangeAgg{t: args[0]} })
		r.agg("range_intersect_agg("+t+")", func(args []types.T) Agg { return &rangeAgg{t: args[0], intersect: true} })
	}
}

// rangeAgg gathers the ranges of each group, owned: all of them, or what all have in
// common. A union is settled whenever the list has doubled, so that ranges that
// overlap take no more room than their union.
type rangeAgg struct {
	t         types.T
	intersect bool
	groups    []rangeGroup
	size      int64
}

type rangeGroup struct {
	seen    bool // a value
	val     types.Datum
	pending []types.Range
	settled int
}

func (a *rangeAgg) Grow(n int) { a.groups = grow(a.groups, n) }

func (a *rangeAgg) Step(_ *Ctx, sel []uint16, groups []uint32, args []*batch.Col) error {
	rt := family(a.t)
	for _, i := range sel {
		g := &a.groups[groups[i]]
		if args[0].Null[i] {
			continue
		}
		d := args[0].Datum(int(i))
		switch {
		case !a.intersect:
			d = d.Clone()
			a.size += int64(len(d.Bytes())) + 64
			g.pending = append(g.pending, rangeList(a.t, d)...)
			if len(g.pending) > 2*g.settled+64 {
				g.pending = rt.RangesOf(rt.MakeMulti(g.pending))
				g.settled = len(g.pending)
			}
		case !g.seen:
			g.val = d.Clone()
			a.size += int64(len(d.Bytes()))
		default:
			both, err := rt.Canonical(rt.IntersectMulti(rangeList(a.t, g.val), rangeList(a.t, d)))
			if err != nil {
				return err
			}
			if a.t.OID == rt.Multi {
				g.val = rt.MakeMulti(both)
			} else if g.val, err = rt.Make(span(rt, both)); err != nil {
				return err
			}
		}
		g.seen = true
	}
	return nil
}

func (a *rangeAgg) Final(_ *Ctx, group uint32) (types.Datum, error) {
	g := &a.groups[group]
	switch {
	case !g.seen:
		return types.Null, nil
	case a.intersect:
		return g.val, nil
	}
	return family(a.t).MakeMulti(g.pending), nil
}

func (a *rangeAgg) Bytes() int64 { return int64(72*cap(a.groups)) + a.size }
