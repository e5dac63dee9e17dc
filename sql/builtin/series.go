package builtin

import (
	"github.com/loxodb/loxodb/sql/types"
)

// seriesFuncs registers generate_series and generate_subscripts (chapter 9.25).
func seriesFuncs(r *registrar) {
	for _, k := range []string{"generate_series_int4", "generate_series_step_int4", "generate_series_int8", "generate_series_step_int8"} {
		r.rows(k, intSeries)
	}
	r.rows("generate_series_numeric", numericSeries)
	r.rows("generate_series_step_numeric", numericSeries)
	r.rows("generate_series_timestamp", func(c *Ctx, a []types.Datum) (RowIter, error) {
		return stampSeries(c, types.TimestampOID, a)
	})
	r.rows("generate_series_timestamptz", func(c *Ctx, a []types.Datum) (RowIter, error) {
		return stampSeries(c, types.TimestamptzOID, a)
	})
	r.rows("generate_subscripts", subscripts)
	r.rows("generate_subscripts_nodir", subscripts)
}

func zeroStep() error { return badParam("step size cannot equal zero") }

func intSeries(_ *Ctx, a []types.Datum) (RowIter, error) {
	at, end, step := a[0].Int(), a[1].Int(), int64(1)
	if len(a) > 2 {
		if step = a[2].Int(); step == 0 {
			return nil, zeroStep()
		}
	}
	done := false
	return funcRows(func(row []types.Datum) (bool, error) {
		if done || step > 0 && at > end || step < 0 && at < end {
			return false, nil
		}
		row[0] = types.Int(at)
		next := at + step
		done = (at^next)&(step^next) < 0 // overflow ends the series
		at = next
		return true, nil
	}), nil
}

func numericSeries(_ *Ctx, a []types.Datum) (RowIter, error) {
	step := types.NumericFromInt(1)
	if len(a) > 2 {
		step = a[2]
	}
	for i, d := range []types.Datum{a[0], a[1], step} {
		what := []string{"start value", "stop value", "step size"}[i]
		if types.NumericIsNaN(d) {
			return nil, badParam("%s cannot be NaN", what)
		}
		if types.NumericIsInf(d) != 0 {
			return nil, badParam("%s cannot be infinity", what)
		}
	}
	sign := types.NumericSign(step)
	if sign == 0 {
		return nil, zeroStep()
	}
	at, end := a[0].Clone(), a[1].Clone()
	step = step.Clone()
	return funcRows(func(row []types.Datum) (bool, error) {
		if types.NumericCmp(at, end)*sign > 0 {
			return false, nil
		}
		row[0] = at
		var err error
		at, err = types.NumericAdd(at, step)
		return true, err
	}), nil
}

func stampSeries(c *Ctx, t types.OID, a []types.Datum) (RowIter, error) {
	at, end, step := a[0].Int(), a[1].Int(), types.IntervalOf(a[2])
	sign := types.CompareIntervals(step, types.Interval{})
	if sign == 0 {
		return nil, zeroStep()
	}
	format := *c.Format
	own := &Ctx{Context: c.Context, Format: &format}
	return funcRows(func(row []types.Datum) (bool, error) {
		if sign > 0 && at > end || sign < 0 && at < end {
			return false, nil
		}
		row[0] = types.Int(at)
		next, err := addInterval(own, t, at, step)
		at = next.Int()
		return true, err
	}), nil
}

// subscripts is generate_subscripts(array, dim [, reverse]).
func subscripts(_ *Ctx, a []types.Datum) (RowIter, error) {
	dims, n := types.ArrayDims(nil, a[0]), a[1].Int()
	if n < 1 || n > int64(len(dims)) {
		return &listRows{}, nil
	}
	lo := dims[n-1].Lower
	hi := lo + dims[n-1].Len - 1
	reverse := len(a) > 2 && a[2].Bool()
	return funcRows(func(row []types.Datum) (bool, error) {
		if lo > hi {
			return false, nil
		}
		if reverse {
			row[0] = types.Int(int64(hi))
			hi--
		} else {
			row[0] = types.Int(int64(lo))
			lo++
		}
		return true, nil
	}), nil
}
