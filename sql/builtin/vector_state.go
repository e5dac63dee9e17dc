package builtin

import (
	"math"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// vectorStates registers the transition functions behind avg, for calls by name.
// A state is a float8[]: the count, then the sum of each component. The aggregate
// itself keeps its sums in memory (agg_vector.go).
func vectorStates(r *registrar) {
	for _, t := range []*vectorType{vectorT, halfvecT} {
		r.eval(t.name+"_accum", func(c *Ctx, a []types.Datum) (types.Datum, error) { return accumulate(c, t, a) })
		r.eval(t.name+"_avg", func(c *Ctx, a []types.Datum) (types.Datum, error) { return average(c, t, a) })
	}
	r.eval("vector_combine", combineStates)
}

// state reads a transition state.
func state(d types.Datum, caller string) ([]float64, error) {
	if types.ArrayNDims(d) != 1 || types.ArrayLen(d) < 1 || types.ArrayHasNull(d) {
		return nil, pgerr.Newf(pgerrcode.InternalError, "%s: expected state array", caller)
	}
	var v []float64
	for it := types.NewArrayIter(d); ; {
		e, ok := it.Next()
		if !ok {
			return v, nil
		}
		v = append(v, e.Float())
	}
}

func stateDatum(v []float64) types.Datum {
	var ab types.ArrayBuilder
	ab.Reset(types.Float8OID)
	for _, x := range v {
		ab.Append(types.Float(x))
	}
	return ab.Array()
}

func accumulate(c *Ctx, t *vectorType, a []types.Datum) (types.Datum, error) {
	s, err := state(a[0], t.name+"_accum")
	if err != nil {
		return types.Datum{}, err
	}
	x, _ := remembered(c, newOperands).load(t, a[1].Bytes(), nil)
	if len(s) == 1 {
		s = append(s, make([]float64, len(x))...)
	}
	if len(s) != len(x)+1 {
		return types.Datum{}, expectedDims(len(s)-1, len(x))
	}
	s[0]++
	for i, v := range x {
		if s[i+1] += float64(v); math.IsInf(s[i+1], 0) {
			return types.Datum{}, floatOverflow()
		}
	}
	return stateDatum(s), nil
}

func expectedDims(want, got int) error {
	return pgerr.Newf(pgerrcode.DataException, "expected %d dimensions, not %d", want, got)
}

func combineStates(_ *Ctx, a []types.Datum) (types.Datum, error) {
	x, err := state(a[0], "vector_combine")
	if err != nil {
		return types.Datum{}, err
	}
	y, err := state(a[1], "vector_combine")
	if err != nil {
		return types.Datum{}, err
	}
	n := x[0] + y[0]
	if len(x) == 1 {
		x, y = y, x
	}
	if len(x) > 1 {
		if err := types.CheckVectorDims(types.VectorOID, len(x)-1); err != nil {
			return types.Datum{}, err
		}
	}
	if len(y) > 1 && len(y) != len(x) {
		return types.Datum{}, expectedDims(len(x)-1, len(y)-1)
	}
	for i := 1; i < len(y); i++ {
		if x[i] += y[i]; math.IsInf(x[i], 0) {
			return types.Datum{}, floatOverflow()
		}
	}
	x[0] = n
	return stateDatum(x), nil
}

func average(c *Ctx, t *vectorType, a []types.Datum) (types.Datum, error) {
	s, err := state(a[0], t.name+"_avg")
	if err != nil || s[0] == 0 {
		return types.Null, err
	}
	if err := types.CheckVectorDims(t.oid, len(s)-1); err != nil {
		return types.Datum{}, err
	}
	out := make([]float32, len(s)-1)
	for i := range out {
		out[i] = float32(s[i+1] / s[0])
	}
	return types.VectorFrom(t.oid, out, nil)
}
