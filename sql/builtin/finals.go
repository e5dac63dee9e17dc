package builtin

import (
	"math"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// finalFuncs registers the final functions of aggregates whose state is an array,
// which can be called like any other.
func finalFuncs(r *registrar) {
	// {N, Sx, Sxx}
	for key, f := range map[string]func(n, sx, sxx float64) (float64, bool){
		"float8_avg":         func(n, sx, _ float64) (float64, bool) { return sx / n, n != 0 },
		"float8_var_pop":     func(n, _, sxx float64) (float64, bool) { return sxx / n, n != 0 },
		"float8_var_samp":    func(n, _, sxx float64) (float64, bool) { return sxx / (n - 1), n > 1 },
		"float8_stddev_pop":  func(n, _, sxx float64) (float64, bool) { return math.Sqrt(sxx / n), n != 0 },
		"float8_stddev_samp": func(n, _, sxx float64) (float64, bool) { return math.Sqrt(sxx / (n - 1)), n > 1 },
	} {
		r.eval(key, floatFinal(key, 3, func(s []float64) (float64, bool) { return f(s[0], s[1], s[2]) }))
	}
	// {N, Sx, Sxx, Sy, Syy, Sxy}
	for key, f := range map[string]func(n, sx, sxx, sy, syy, sxy float64) (float64, bool){
		"float8_regr_sxx":   func(n, _, sxx, _, _, _ float64) (float64, bool) { return sxx, n >= 1 },
		"float8_regr_syy":   func(n, _, _, _, syy, _ float64) (float64, bool) { return syy, n >= 1 },
		"float8_regr_sxy":   func(n, _, _, _, _, sxy float64) (float64, bool) { return sxy, n >= 1 },
		"float8_regr_avgx":  func(n, sx, _, _, _, _ float64) (float64, bool) { return sx / n, n >= 1 },
		"float8_regr_avgy":  func(n, _, _, sy, _, _ float64) (float64, bool) { return sy / n, n >= 1 },
		"float8_covar_pop":  func(n, _, _, _, _, sxy float64) (float64, bool) { return sxy / n, n >= 1 },
		"float8_covar_samp": func(n, _, _, _, _, sxy float64) (float64, bool) { return sxy / (n - 1), n >= 2 },
		"float8_corr": func(n, _, sxx, _, syy, sxy float64) (float64, bool) {
			return sxy / math.Sqrt(sxx*syy), n >= 1 && sxx != 0 && syy != 0
		},
		"float8_regr_r2": func(n, _, sxx, _, syy, sxy float64) (float64, bool) {
			if syy == 0 {
				return 1, n >= 1 && sxx != 0
			}
			return sxy * sxy / (sxx * syy), n >= 1 && sxx != 0
		},
		"float8_regr_slope": func(n, _, sxx, _, _, sxy float64) (float64, bool) { return sxy / sxx, n >= 1 && sxx != 0 },
		"float8_regr_intercept": func(n, sx, sxx, sy, _, sxy float64) (float64, bool) {
			return (sy - sx*sxy/sxx) / n, n >= 1 && sxx != 0
		},
	} {
		r.eval(key, floatFinal(key, 6, func(s []float64) (float64, bool) { return f(s[0], s[1], s[2], s[3], s[4], s[5]) }))
	}
	r.eval("int8_avg", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		n, sum, err := countAndSum(a[0])
		if err != nil || n == 0 {
			return types.Null, err
		}
		return types.NumericDiv(types.NumericFromInt(sum), types.NumericFromInt(n))
	})
	r.eval("int2int4_sum", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		n, sum, err := countAndSum(a[0])
		if err != nil || n == 0 {
			return types.Null, err
		}
		return types.Int(sum), nil
	})
	r.eval("int8_sum", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		switch {
		case a[1].IsNull():
			return a[0], nil
		case a[0].IsNull():
			return types.NumericFromInt(a[1].Int()), nil
		}
		return types.NumericAdd(a[0], types.NumericFromInt(a[1].Int()))
	})
}

// floatFinal computes from a state of so many numbers; NULL where f has no result.
func floatFinal(key string, size int, f func(s []float64) (float64, bool)) Eval {
	return func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		state, err := floatState(a[0], key, size)
		if err != nil {
			return types.Datum{}, err
		}
		v, ok := f(state)
		if !ok {
			return types.Null, nil
		}
		return types.Float(v), nil
	}
}

// countAndSum reads the state of sums and averages of integers.
func countAndSum(d types.Datum) (n, sum int64, err error) {
	list := elements(d)
	if len(list) != 2 || list[0].IsNull() || list[1].IsNull() {
		return 0, 0, pgerr.New(pgerrcode.InternalError, "expected 2-element int8 array")
	}
	return list[0].Int(), list[1].Int(), nil
}
