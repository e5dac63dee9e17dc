package stats

import (
	"math"

	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// defaultSet is the number of rows assumed of a set-returning function.
const defaultSet = 1000

// SetRows is the number of rows that a call returns each time, at least one.
func (s *Estimator) SetRows(c *expr.Call) float64 {
	n := float64(defaultSet)
	switch c.Fn.Src {
	case "generate_series_int4", "generate_series_step_int4", "generate_series_int8", "generate_series_step_int8":
		n = s.seriesRows(c.Args)
	case "array_unnest":
		n = 0
		for _, a := range c.Args { // of several the longest counts
			n = math.Max(n, s.arrayLen(a))
		}
	}
	return math.Max(n, 1)
}

func (s *Estimator) seriesRows(args []expr.Expr) float64 {
	var at [3]float64
	at[2] = 1
	known := true
	for i, a := range args {
		d, _, ok := s.value(a)
		if ok && d.IsNull() {
			return 0
		}
		if known = known && ok; ok {
			at[i] = float64(d.Int())
		}
	}
	if !known || at[2] == 0 {
		return defaultSet
	}
	return math.Floor((at[1] - at[0] + at[2]) / at[2])
}

// arrayLen is the number of elements of an array.
func (s *Estimator) arrayLen(e expr.Expr) float64 {
	if d, _, ok := s.value(e); ok {
		if d.IsNull() {
			return 0
		}
		return float64(types.ArrayLen(d))
	}
	if a, ok := strip(e).(*expr.ArrayOf); ok && !a.Nested {
		return float64(len(a.Elems))
	}
	return defaultArray
}
