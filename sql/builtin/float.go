package builtin

import (
	"math"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/libm"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// floatFuncs registers arithmetic of float4 and float8 and the functions of
// chapter 9.3 on double precision.
func floatFuncs(r *registrar) {
	for _, p := range []string{"float8", "float48", "float84"} {
		floatArithmetic(r, p, func(v float64) float64 { return v })
	}
	floatArithmetic(r, "float4", func(v float64) float64 { return float64(float32(v)) })
	for _, p := range []string{"float4", "float8"} {
		r.kernel(p+"um", floats1(func(x float64) (float64, error) { return -x, nil }))
		r.kernel(p+"up", floats1(func(x float64) (float64, error) { return x, nil }))
		r.kernel(p+"abs", floats1(func(x float64) (float64, error) { return math.Abs(x), nil }))
	}
	plain := map[string]func(float64) float64{
		"dceil": math.Ceil, "dfloor": math.Floor, "dround": math.RoundToEven, "dtrunc": math.Trunc,
		"dcbrt": libm.Cbrt, "datan": libm.Atan, "dtanh": libm.Tanh,
		"dasinh": libm.Asinh, "degrees": degrees,
		"datand": func(x float64) float64 { return atanDegrees(libm.Atan(x)) },
	}
	for key, f := range map[string]func(float64) float64{"dsinh": libm.Sinh, "dcosh": libm.Cosh} {
		r.kernel(key, floats1(func(x float64) (float64, error) { return f(x), nil })) // infinite where they overflow
	}
	for key, f := range plain {
		r.kernel(key, floats1(func(x float64) (float64, error) { return checkOverflow(f(x), x) }))
	}
	r.kernel("dsign", floats1(func(x float64) (float64, error) {
		switch {
		case x > 0:
			return 1, nil
		case x < 0:
			return -1, nil
		}
		return 0, nil // of NaN, too
	}))
	r.kernel("dsqrt", floats1(func(x float64) (float64, error) {
		if x < 0 {
			return 0, pgerr.New(pgerrcode.InvalidArgumentForPowerFunction, "cannot take square root of a negative number")
		}
		return math.Sqrt(x), nil
	}))
	r.kernel("radians", floats1(func(x float64) (float64, error) {
		v := radians(x)
		if v == 0 && x != 0 {
			return 0, floatUnderflow()
		}
		return v, nil
	}))
	r.kernel("dexp", floats1(floatExp))
	r.kernel("dlog1", floats1(func(x float64) (float64, error) { return floatLog(x, libm.Log) }))
	r.kernel("dlog10", floats1(func(x float64) (float64, error) { return floatLog(x, libm.Log10) }))
	r.kernel("dpow", floats2(floatPow))
	r.eval("dpi", func(*Ctx, []types.Datum) (types.Datum, error) { return types.Float(math.Pi), nil })
	trigFuncs(r)
	r.eval("width_bucket_float8", widthBucketFloat)
}

func degrees(x float64) float64 { return x / (math.Pi / 180) }
func radians(x float64) float64 { return x * (math.Pi / 180) }

func checkOverflow(v float64, args ...float64) (float64, error) {
	if math.IsInf(v, 0) {
		for _, a := range args {
			if math.IsInf(a, 0) {
				return v, nil
			}
		}
		return 0, floatOverflow()
	}
	return v, nil
}

// floatArithmetic registers + - * /; round narrows the result to the type.
func floatArithmetic(r *registrar, prefix string, round func(float64) float64) {
	r.kernel(prefix+"pl", floats2(func(x, y float64) (float64, error) { return checkOverflow(round(x+y), x, y) }))
	r.kernel(prefix+"mi", floats2(func(x, y float64) (float64, error) { return checkOverflow(round(x-y), x, y) }))
	r.kernel(prefix+"mul", floats2(func(x, y float64) (float64, error) {
		v := round(x * y)
		if v == 0 && x != 0 && y != 0 {
			return 0, floatUnderflow()
		}
		return checkOverflow(v, x, y)
	}))
	r.kernel(prefix+"div", floats2(func(x, y float64) (float64, error) {
		if y == 0 && !math.IsNaN(x) {
			return 0, divisionByZero()
		}
		v := round(x / y)
		if v == 0 && x != 0 && !math.IsInf(y, 0) {
			return 0, floatUnderflow()
		}
		return checkOverflow(v, x, y)
	}))
}

func floatExp(x float64) (float64, error) {
	v := libm.Exp(x)
	if v == 0 && !math.IsInf(x, -1) {
		return 0, floatUnderflow()
	}
	return checkOverflow(v, x)
}

func floatLog(x float64, log func(float64) float64) (float64, error) {
	switch {
	case x == 0:
		return 0, pgerr.New(pgerrcode.InvalidArgumentForLogarithm, "cannot take logarithm of zero")
	case x < 0:
		return 0, pgerr.New(pgerrcode.InvalidArgumentForLogarithm, "cannot take logarithm of a negative number")
	}
	return log(x), nil
}

func floatPow(x, y float64) (float64, error) {
	switch {
	case math.IsNaN(x) || math.IsNaN(y):
		if y == 0 || x == 1 {
			return 1, nil
		}
		return math.NaN(), nil
	case x == 0 && y < 0:
		return 0, pgerr.New(pgerrcode.InvalidArgumentForPowerFunction, "zero raised to a negative power is undefined")
	case x < 0 && y != math.Floor(y):
		return 0, pgerr.New(pgerrcode.InvalidArgumentForPowerFunction,
			"a negative number raised to a non-integer power yields a complex result")
	}
	v := libm.Pow(x, y)
	if v == 0 && x != 0 && !math.IsInf(x, 0) && !math.IsInf(y, 0) {
		return 0, floatUnderflow()
	}
	return checkOverflow(v, x, y)
}

func inputOutOfRange() error {
	return pgerr.New(pgerrcode.NumericValueOutOfRange, "input is out of range")
}

// trigFuncs registers the trigonometric functions, in radians and in degrees.
func trigFuncs(r *registrar) {
	finite := func(f func(float64) float64) func(float64) (float64, error) {
		return func(x float64) (float64, error) {
			if math.IsInf(x, 0) {
				return 0, inputOutOfRange()
			}
			return f(x), nil
		}
	}
	unit := func(f func(float64) float64) func(float64) (float64, error) {
		return func(x float64) (float64, error) {
			if x < -1 || x > 1 {
				return 0, inputOutOfRange()
			}
			return f(x), nil
		}
	}
	cot := func(x float64) float64 { return 1 / libm.Tan(x) }
	for key, f := range map[string]func(float64) float64{
		"dsin": libm.Sin, "dcos": libm.Cos, "dtan": libm.Tan, "dcot": cot,
		"dsind": sinDegrees, "dcosd": cosDegrees, "dtand": tanDegrees, "dcotd": cotDegrees,
	} {
		r.kernel(key, floats1(finite(f)))
	}
	for key, f := range map[string]func(float64) float64{
		"dasin": libm.Asin, "dacos": libm.Acos, "datanh": libm.Atanh,
		"dasind": asinDegrees, "dacosd": acosDegrees,
	} {
		r.kernel(key, floats1(unit(f)))
	}
	r.kernel("dacosh", floats1(func(x float64) (float64, error) {
		if x < 1 {
			return 0, inputOutOfRange()
		}
		return libm.Acosh(x), nil
	}))
	r.kernel("datan2", floats2(func(y, x float64) (float64, error) { return libm.Atan2(y, x), nil }))
	r.kernel("datan2d", floats2(func(y, x float64) (float64, error) { return atanDegrees(libm.Atan2(y, x)), nil }))
}

// widthBucketFloat is width_bucket(op, low, high, count).
func widthBucketFloat(_ *Ctx, a []types.Datum) (types.Datum, error) {
	op, lo, hi, n := a[0].Float(), a[1].Float(), a[2].Float(), a[3].Int()
	bad := func(msg string) (types.Datum, error) {
		return types.Datum{}, pgerr.New(pgerrcode.InvalidArgumentForWidthBucketFunction, msg)
	}
	switch {
	case n <= 0:
		return bad("count must be greater than zero")
	case math.IsNaN(op) || math.IsNaN(lo) || math.IsNaN(hi):
		return bad("operand, lower bound, and upper bound cannot be NaN")
	case math.IsInf(lo, 0) || math.IsInf(hi, 0):
		return bad("lower and upper bounds must be finite")
	case lo == hi:
		return bad("lower bound cannot equal upper bound")
	}
	if lo > hi {
		op, lo, hi = -op, -lo, -hi
	}
	switch {
	case op < lo:
		return types.Int(0), nil
	case op >= hi:
		if n >= math.MaxInt32 {
			return types.Datum{}, outOfRange("integer")
		}
		return types.Int(n + 1), nil
	}
	share := (op - lo) / (hi - lo)
	if math.IsInf(hi-lo, 0) {
		share = (op/2 - lo/2) / (hi/2 - lo/2)
	}
	v := int64(float64(n) * share)
	return types.Int(min(v, n-1) + 1), nil
}
