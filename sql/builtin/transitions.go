package builtin

import (
	"math"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// The transition and combine functions of aggregates whose states are arrays can be called as
// any function, and be those of users' aggregates. The built-in aggregates have code of their
// own.

func transitionFuncs(r *registrar) {
	for _, key := range []string{"float4_accum", "float8_accum"} {
		r.eval(key, func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			s, err := floatState(a[0], key, 3)
			if err != nil {
				return types.Datum{}, err
			}
			err = addMoment(&s[0], &s[1], &s[2], a[1].Float())
			return floatArray(s), err
		})
	}
	r.eval("float8_combine", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		x, y, err := floatStates(a, "float8_combine", 3)
		if err != nil || x[0] == 0 {
			return floatArray(y), err
		}
		if y[0] != 0 {
			err = combineMoments(x, y)
		}
		return floatArray(x), err
	})
	r.eval("float8_regr_accum", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		s, err := floatState(a[0], "float8_regr_accum", 6)
		if err != nil {
			return types.Datum{}, err
		}
		g := regression{s[0], s[1], s[2], s[3], s[4], s[5]}
		err = g.add(a[1].Float(), a[2].Float())
		return floatArray([]float64{g.n, g.sx, g.sxx, g.sy, g.syy, g.sxy}), err
	})
	r.eval("float8_regr_combine", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		x, y, err := floatStates(a, "float8_regr_combine", 6)
		if err != nil || x[0] == 0 {
			return floatArray(y), err
		}
		if y[0] != 0 {
			err = combineRegressions(x, y)
		}
		return floatArray(x), err
	})
	for _, key := range []string{"int2_avg_accum", "int4_avg_accum"} {
		r.eval(key, countMore(1))
		r.eval(key+"_inv", countMore(-1))
	}
	r.eval("int4_avg_combine", func(*Ctx, []types.Datum) (types.Datum, error) {
		return types.Datum{}, pgerr.New(pgerrcode.InternalError, "aggregate function called in non-aggregate context")
	})
}

// countMore adds a value to the count and sum of a state, or takes it away.
func countMore(sign int64) Eval {
	return func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		n, sum, err := countAndSum(a[0])
		if err != nil {
			return types.Datum{}, err
		}
		var b types.ArrayBuilder
		b.Reset(types.Int8OID)
		b.Append(types.Int(n + sign))
		b.Append(types.Int(sum + sign*a[1].Int()))
		return b.Array(), nil
	}
}

// addMoment adds a value to a count, a sum, and the sum of the squares of the distances from
// the mean (Youngs and Cramer). The error is 22003 for a sum of finite values that is none.
func addMoment(n, sum, squares *float64, v float64) error {
	count, sx := *n+1, *sum+v
	if *n > 0 {
		t := v*count - sx
		*squares += t * t / (count * *n)
		if math.IsInf(sx, 0) || math.IsInf(*squares, 0) {
			if !math.IsInf(*sum, 0) && !math.IsInf(v, 0) {
				return floatOverflow()
			}
			*squares = math.NaN()
		}
	} else if v-v != 0 {
		*squares = math.NaN()
	}
	*n, *sum = count, sx
	return nil
}

// combineMoments adds the state {N, Sx, Sxx} of y to that of x, neither of nothing.
func combineMoments(x, y []float64) error {
	n := x[0] + y[0]
	d := x[1]/x[0] - y[1]/y[0]
	sx, sxx := x[1]+y[1], x[2]+y[2]+x[0]*y[0]*d*d/n
	if becameInf(sx, x[1], y[1]) || becameInf(sxx, x[2], y[2]) {
		return floatOverflow()
	}
	x[0], x[1], x[2] = n, sx, sxx
	return nil
}

// combineRegressions adds the state {N, Sx, Sxx, Sy, Syy, Sxy} of y to that of x, neither of
// nothing.
func combineRegressions(x, y []float64) error {
	both := x[0] * y[0]
	n := x[0] + y[0]
	dx, dy := x[1]/x[0]-y[1]/y[0], x[3]/x[0]-y[3]/y[0]
	more := []float64{0, 0, both * dx * dx / n, 0, both * dy * dy / n, both * dx * dy / n}
	for i := 1; i < len(more); i++ {
		sum := x[i] + y[i] + more[i]
		if becameInf(sum, x[i], y[i]) {
			return floatOverflow()
		}
		x[i] = sum
	}
	x[0] = n
	return nil
}

func becameInf(sum, a, b float64) bool {
	return math.IsInf(sum, 0) && !math.IsInf(a, 0) && !math.IsInf(b, 0)
}

// floatState reads a state of so many numbers. The error is what PostgreSQL's function of the
// name says of other arrays.
func floatState(d types.Datum, name string, size int) ([]float64, error) {
	list := elements(d)
	state := make([]float64, 0, size)
	for _, e := range list {
		if !e.IsNull() {
			state = append(state, e.Float())
		}
	}
	if len(list) != size || len(state) != size || types.ArrayNDims(d) != 1 {
		return nil, pgerr.Newf(pgerrcode.InternalError, "%s: expected %d-element float8 array", name, size)
	}
	return state, nil
}

// floatStates reads two states.
func floatStates(a []types.Datum, name string, size int) (x, y []float64, err error) {
	if x, err = floatState(a[0], name, size); err == nil {
		y, err = floatState(a[1], name, size)
	}
	return x, y, err
}

func floatArray(list []float64) types.Datum {
	var b types.ArrayBuilder
	b.Reset(types.Float8OID)
	for _, v := range list {
		b.Append(types.Float(v))
	}
	return b.Array()
}
