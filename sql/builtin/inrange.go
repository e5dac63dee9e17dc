package builtin

import (
	"cmp"
	"math"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// inRangeFuncs registers in_range(value, base, offset, sub, less), by which frames
// RANGE … offset PRECEDING/FOLLOWING are found: value <= base ± offset, or >= when
// less is false. Sums that leave the type are compared as what they would be.
func inRangeFuncs(r *registrar) {
	for _, key := range []string{"int8_int8", "int4_int8", "int4_int4", "int4_int2", "int2_int8", "int2_int4", "int2_int2"} {
		r.eval("in_range_"+key, inRangeInt)
	}
	r.evals(inRangeFloat, "in_range_float8_float8", "in_range_float4_float8")
	r.eval("in_range_numeric_numeric", inRangeNumeric)
	r.eval("in_range_interval_interval", inRangeInterval)
	for name, t := range map[string]types.OID{"date": types.DateOID, "timestamp": types.TimestampOID, "timestamptz": types.TimestamptzOID} {
		r.eval("in_range_"+name+"_interval", inRangeTimestamp(t))
	}
	r.eval("in_range_time_interval", inRangeTime)
	r.eval("in_range_timetz_interval", inRangeTimetz)
}

// InRange is the support function by which a column of type column may have offsets
// of type offset, nil when there is none.
func InRange(column, offset types.OID) *Func {
	for _, f := range Functions("pg_catalog", "in_range") {
		if f.Args[0] == column && f.Args[2] == offset {
			return f
		}
	}
	return nil
}

// InRangeOffsets lists the offset types of a column type.
func InRangeOffsets(column types.OID) []types.OID {
	var l []types.OID
	for _, f := range Functions("pg_catalog", "in_range") {
		if f.Args[0] == column {
			l = append(l, f.Args[2])
		}
	}
	return l
}

func badFrameSize() error {
	return pgerr.New(pgerrcode.InvalidPrecedingOrFollowingSize, "invalid preceding or following size in window function")
}

// within is the answer once value is compared with the sum.
func within(order int, less bool) types.Datum {
	if less {
		return types.Bool(order <= 0)
	}
	return types.Bool(order >= 0)
}

func inRangeInt(_ *Ctx, a []types.Datum) (types.Datum, error) {
	v, base, off, sub, less := a[0].Int(), a[1].Int(), a[2].Int(), a[3].Bool(), a[4].Bool()
	if off < 0 {
		return types.Datum{}, badFrameSize()
	}
	sum := base + off
	if sub {
		sum = base - off
	}
	if !sub && sum < base || sub && sum > base { // beyond int8, where no value is
		return types.Bool(sub != less), nil
	}
	return within(cmp.Compare(v, sum), less), nil
}

func inRangeFloat(_ *Ctx, a []types.Datum) (types.Datum, error) {
	v, base, off, sub, less := a[0].Float(), a[1].Float(), a[2].Float(), a[3].Bool(), a[4].Bool()
	switch {
	case math.IsNaN(off) || off < 0:
		return types.Datum{}, badFrameSize()
	case math.IsNaN(v) || math.IsNaN(base): // NaN is beyond everything else
		return within(types.CompareFloats(v, base), less), nil
	}
	if sub {
		off = -off
	}
	sum := base + off
	if math.IsNaN(sum) { // ∞ − ∞: a frame that reaches everything
		return types.Bool(true), nil
	}
	return within(types.CompareFloats(v, sum), less), nil
}

func inRangeNumeric(_ *Ctx, a []types.Datum) (types.Datum, error) {
	v, base, off, sub, less := a[0], a[1], a[2], a[3].Bool(), a[4].Bool()
	switch {
	case types.NumericIsNaN(off) || types.NumericSign(off) < 0:
		return types.Datum{}, badFrameSize()
	case types.NumericIsNaN(v) || types.NumericIsNaN(base):
		return within(types.NumericCmp(v, base), less), nil
	}
	if sub {
		off = types.NumericNeg(off)
	}
	sum, err := types.NumericAdd(base, off)
	if err != nil {
		return types.Datum{}, err
	}
	if types.NumericIsNaN(sum) {
		return types.Bool(true), nil
	}
	return within(types.NumericCmp(v, sum), less), nil
}

func inRangeInterval(_ *Ctx, a []types.Datum) (types.Datum, error) {
	off := types.IntervalOf(a[2])
	if types.CompareIntervals(off, types.Interval{}) < 0 {
		return types.Datum{}, badFrameSize()
	}
	move := types.IntervalAdd
	if a[3].Bool() {
		move = types.IntervalSub
	}
	sum, err := move(types.IntervalOf(a[1]), off)
	if err != nil {
		return types.Datum{}, err
	}
	return within(types.CompareIntervals(types.IntervalOf(a[0]), sum), a[4].Bool()), nil
}

func inRangeTimestamp(t types.OID) Eval {
	return func(c *Ctx, a []types.Datum) (types.Datum, error) {
		off := types.IntervalOf(a[2])
		if types.CompareIntervals(off, types.Interval{}) < 0 {
			return types.Datum{}, badFrameSize()
		}
		if a[3].Bool() {
			var err error
			if off, err = types.IntervalNeg(off); err != nil {
				return types.Datum{}, err
			}
		}
		sum, err := addInterval(c, t, a[1].Int(), off)
		if err != nil {
			return types.Datum{}, err
		}
		v := a[0].Int()
		if t == types.DateOID { // the sum is a timestamp
			if types.IsInfinite(t, v) {
				v = infiniteTimestamp(v)
			} else {
				v *= usPerDay
			}
		}
		return within(cmp.Compare(v, sum.Int()), a[4].Bool()), nil
	}
}

// inRangeTime uses the time part of the offset alone, and the sum does not begin
// again at midnight.
func inRangeTime(_ *Ctx, a []types.Datum) (types.Datum, error) {
	off := types.IntervalOf(a[2]).Micros
	if off < 0 {
		return types.Datum{}, badFrameSize()
	}
	sum, beyond := timeSum(a[1].Int(), off, a[3].Bool())
	if beyond {
		return a[4], nil
	}
	return within(cmp.Compare(a[0].Int(), sum), a[4].Bool()), nil
}

func inRangeTimetz(_ *Ctx, a []types.Datum) (types.Datum, error) {
	off := types.IntervalOf(a[2]).Micros
	if off < 0 {
		return types.Datum{}, badFrameSize()
	}
	us, east := types.TimetzOf(a[1])
	sum, beyond := timeSum(us, off, a[3].Bool())
	if beyond {
		return a[4], nil
	}
	return within(types.Compare(types.Of(types.TimetzOID), a[0], types.MakeTimetz(sum, east)), a[4].Bool()), nil
}

// timeSum is us ± off; beyond reports a sum that no int64 holds.
func timeSum(us, off int64, sub bool) (sum int64, beyond bool) {
	if sub {
		return us - off, false
	}
	return us + off, off > math.MaxInt64-us
}
