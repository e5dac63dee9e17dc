package builtin

import (
	"math"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/types"
)

// vectorAggs registers avg and sum of vectors; int8vecs go to those of vector.
func vectorAggs(r *registrar) {
	for _, t := range []*vectorType{vectorT, halfvecT} {
		r.agg("avg("+t.name+")", func([]types.T) Agg { return &vectorAgg{t: t, avg: true} })
		r.agg("sum("+t.name+")", func([]types.T) Agg { return &vectorAgg{t: t} })
	}
}

// vectorAgg sums components: in float64 for avg, in the type's own numbers for
// sum, as pgvector does.
type vectorAgg struct {
	t    *vectorType
	avg  bool
	in   operands
	n    []int64
	sum  [][]float64
	out  []byte
	held int64
}

func (a *vectorAgg) Grow(n int) { a.n, a.sum = grow(a.n, n), grow(a.sum, n) }

func (a *vectorAgg) Step(_ *Ctx, sel []uint16, groups []uint32, args []*batch.Col) error {
	for _, i := range sel {
		if args[0].Null[i] {
			continue
		}
		g := groups[i]
		v, _ := a.in.load(a.t, args[0].B[i], nil)
		s := a.sum[g]
		if a.n[g] == 0 {
			s = make([]float64, len(v))
			for k := range s {
				s[k] = math.Copysign(0, -1) // the zero that leaves -0 as it is
			}
			a.sum[g] = s
			a.held += int64(8 * len(v))
		}
		if len(s) != len(v) {
			if a.avg {
				return expectedDims(len(s), len(v))
			}
			return a.t.differentDims(len(s), len(v))
		}
		a.n[g]++
		for k, x := range v {
			t := s[k] + float64(x)
			if !a.avg {
				t = float64(a.t.stored(float32(t)))
			}
			if t-t != 0 {
				return floatOverflow()
			}
			s[k] = t
		}
	}
	return nil
}

func (a *vectorAgg) Final(_ *Ctx, g uint32) (types.Datum, error) {
	if a.n[g] == 0 {
		return types.Null, nil
	}
	out := a.in.room(len(a.sum[g]))
	n := 1.0
	if a.avg {
		n = float64(a.n[g])
	}
	for k, x := range a.sum[g] {
		out[k] = float32(x / n)
	}
	d, err := types.VectorFrom(a.t.oid, out, a.out)
	a.out = d.Bytes()
	return d, err
}

func (a *vectorAgg) Bytes() int64 { return int64(32*cap(a.n)) + a.held }
