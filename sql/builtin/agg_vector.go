package builtin

import (
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/types"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// vectorAggs registers avg and sum of vectors.
func vectorAggs(r *registrar) {
	r.agg("avg(vector)", func([]types.T) Agg { return &vectorAgg{avg: true} })
	r.agg("sum(vector)", func([]types.T) Agg { return &vectorAgg{} })
}

// vectorAgg sums components: in float64 for avg, in float32 for sum, as pgvector does.
type vectorAgg struct {
	avg  bool
	n    []int64
	sum  [][]float64
	out  []float32
	held int64
}

func (a *vectorAgg) Grow(n int) { a.n, a.sum = grow(a.n, n), grow(a.sum, n) }

func (a *vectorAgg) Step(_ *Ctx, sel []uint16, groups []uint32, args []*batch.Col) error {
	for _, i := range sel {
		if args[0].Null[i] {
			continue
		}
		g, v := groups[i], types.Float32s(args[0].B[i])
		s := a.sum[g]
		if a.n[g] == 0 {
			s = make([]float64, len(v))
			a.sum[g] = s
			a.held += int64(8 * len(v))
		}
		if len(s) != len(v) {
			if a.avg {
				return pgerr.Newf(pgerrcode.DataException, "expected %d dimensions, not %d", len(s), len(v))
			}
			return differentDims(len(s), len(v))
		}
		a.n[g]++
		for k, x := range v {
			t := s[k] + float64(x)
			if !a.avg {
				t = float64(float32(t))
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
	a.out = grow(a.out[:0], len(a.sum[g]))
	n := 1.0
	if a.avg {
		n = float64(a.n[g])
	}
	for k, x := range a.sum[g] {
		a.out[k] = float32(x / n)
		if a.out[k]-a.out[k] != 0 {
			return types.Datum{}, floatOverflow()
		}
	}
	return types.Bytes(types.Float32Bytes(a.out)), nil
}

func (a *vectorAgg) Bytes() int64 { return int64(32*cap(a.n)) + a.held }
