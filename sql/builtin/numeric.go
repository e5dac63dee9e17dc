package builtin

import (
	"math"
	"math/big"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// numericFuncs registers chapter 9.3 on numeric.
func numericFuncs(r *registrar) {
	two := func(f func(a, b types.Datum) (types.Datum, error)) Eval {
		return func(_ *Ctx, a []types.Datum) (types.Datum, error) { return f(a[0], a[1]) }
	}
	one := func(f func(a types.Datum) (types.Datum, error)) Eval {
		return func(_ *Ctx, a []types.Datum) (types.Datum, error) { return f(a[0]) }
	}
	r.eval("numeric_add", two(types.NumericAdd))
	r.eval("numeric_sub", two(types.NumericSub))
	r.eval("numeric_mul", two(types.NumericMul))
	r.eval("numeric_div", two(types.NumericDiv))
	r.eval("numeric_mod", two(types.NumericMod))
	r.eval("numeric_div_trunc", two(types.NumericDivTrunc))
	r.eval("numeric_power", two(types.NumericPower))
	r.eval("numeric_log", two(types.NumericLog))
	r.eval("numeric_sqrt", one(types.NumericSqrt))
	r.eval("numeric_exp", one(types.NumericExp))
	r.eval("numeric_ln", one(types.NumericLn))
	r.eval("log(numeric)", one(types.NumericLog10))
	r.eval("log10(numeric)", one(types.NumericLog10))
	r.eval("numeric_ceil", one(types.NumericCeil))
	r.eval("numeric_floor", one(types.NumericFloor))
	r.eval("numeric_trim_scale", one(types.NumericTrimScale))
	r.eval("numeric_uminus", one(func(a types.Datum) (types.Datum, error) { return types.NumericNeg(a), nil }))
	r.eval("numeric_uplus", one(func(a types.Datum) (types.Datum, error) { return a, nil }))
	r.eval("numeric_abs", one(func(a types.Datum) (types.Datum, error) { return types.NumericAbs(a), nil }))
	r.eval("numeric_inc", one(func(a types.Datum) (types.Datum, error) { return types.NumericAdd(a, types.NumericFromInt(1)) }))
	r.eval("numeric_sign", one(func(a types.Datum) (types.Datum, error) {
		if types.NumericIsNaN(a) {
			return a, nil
		}
		return types.NumericFromInt(int64(types.NumericSign(a))), nil
	}))
	r.eval("numeric_scale", one(func(a types.Datum) (types.Datum, error) {
		if types.NumericIsNaN(a) || types.NumericIsInf(a) != 0 {
			return null()
		}
		return types.Int(int64(types.NumericScale(a))), nil
	}))
	r.eval("numeric_min_scale", one(func(a types.Datum) (types.Datum, error) {
		if types.NumericIsNaN(a) || types.NumericIsInf(a) != 0 {
			return null()
		}
		return types.Int(int64(types.NumericMinScale(a))), nil
	}))
	toScale := func(f func(types.Datum, int) (types.Datum, error)) Eval {
		return func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			n := int64(0)
			if len(a) > 1 {
				n = a[1].Int()
			}
			return f(a[0], int(n))
		}
	}
	r.evals(toScale(types.NumericRound), "numeric_round", "round(numeric)")
	r.evals(toScale(types.NumericTrunc), "numeric_trunc", "trunc(numeric)")
	r.eval("numeric_gcd", two(numericGcd))
	r.eval("numeric_lcm", two(numericLcm))
	r.eval("numeric_fac", factorial)
	r.eval("width_bucket_numeric", widthBucketNumeric)
	r.eval("width_bucket_array", widthBucketArray)
	numberConversions(r)
}

// numberConversions registers the functions behind the casts among numbers.
func numberConversions(r *registrar) {
	for target, keys := range map[types.OID][]string{
		types.Int2OID:   {"dtoi2", "ftoi2", "i4toi2", "int82", "numeric_int2"},
		types.Int4OID:   {"i2toi4", "dtoi4", "ftoi4", "int84", "numeric_int4", "bool_int4"},
		types.Int8OID:   {"int48", "dtoi8", "ftoi8", "int28", "numeric_int8", "oidtoi8"},
		types.Float4OID: {"i2tof", "dtof", "i4tof", "i8tof", "numeric_float4"},
		types.Float8OID: {"i2tod", "i4tod", "ftod", "i8tod", "numeric_float8"},
		types.NumericOID: {
			"int4_numeric", "float4_numeric", "float8_numeric", "int8_numeric", "int2_numeric", "cash_numeric",
		},
		types.OidOID:   {"i8tooid"},
		types.BoolOID:  {"int4_bool"},
		types.MoneyOID: {"numeric_cash", "int4_cash", "int8_cash"},
	} {
		r.evals(func(c *Ctx, a []types.Datum) (types.Datum, error) {
			return Convert(c, c.argT(0), types.Of(target), a[0], true)
		}, keys...)
	}
	r.eval("numeric", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.ApplyTypmod(types.T{OID: types.NumericOID, Mod: int32(a[1].Int())}, a[0], true)
	})
}

func numericFromBig(v *big.Int) types.Datum {
	d, err := types.NumericFromBig(v, 0)
	if err != nil {
		return types.NumericNaN() // a 128-bit number always fits
	}
	return d
}

func bothFinite(a, b types.Datum) bool {
	return !types.NumericIsNaN(a) && !types.NumericIsNaN(b) && types.NumericIsInf(a) == 0 && types.NumericIsInf(b) == 0
}

// scaledInts gives both as integers at their larger scale.
func scaledInts(a, b types.Datum) (x, y *big.Int, scale int) {
	x, sx := types.NumericUnscaled(a)
	y, sy := types.NumericUnscaled(b)
	scale = max(sx, sy)
	raise := func(v *big.Int, by int) *big.Int {
		ten := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(by)), nil)
		return ten.Mul(ten, v)
	}
	return raise(x, scale-sx), raise(y, scale-sy), scale
}

func numericGcd(a, b types.Datum) (types.Datum, error) {
	if !bothFinite(a, b) {
		return types.NumericNaN(), nil
	}
	x, y, scale := scaledInts(a, b)
	return types.NumericFromBig(new(big.Int).GCD(nil, nil, x, y), scale)
}

func numericLcm(a, b types.Datum) (types.Datum, error) {
	if !bothFinite(a, b) {
		return types.NumericNaN(), nil
	}
	x, y, scale := scaledInts(a, b)
	if x.Sign() == 0 || y.Sign() == 0 {
		return types.NumericFromBig(new(big.Int), scale)
	}
	g := new(big.Int).GCD(nil, nil, x, y)
	return types.NumericFromBig(x.Mul(x.Div(x, g), y), scale)
}

func factorial(_ *Ctx, a []types.Datum) (types.Datum, error) {
	n := a[0].Int()
	switch {
	case n < 0:
		return types.Datum{}, pgerr.New(pgerrcode.NumericValueOutOfRange, "factorial of a negative number is undefined")
	case n > 32177:
		return types.Datum{}, pgerr.New(pgerrcode.NumericValueOutOfRange, "value overflows numeric format")
	}
	return numericFromBig(new(big.Int).MulRange(1, max(n, 1))), nil
}

// widthBucketNumeric is width_bucket(op, low, high, count).
func widthBucketNumeric(_ *Ctx, a []types.Datum) (types.Datum, error) {
	op, lo, hi, n := a[0], a[1], a[2], a[3].Int()
	bad := func(msg string) (types.Datum, error) {
		return types.Datum{}, pgerr.New(pgerrcode.InvalidArgumentForWidthBucketFunction, msg)
	}
	switch {
	case n <= 0:
		return bad("count must be greater than zero")
	case types.NumericIsNaN(op) || types.NumericIsNaN(lo) || types.NumericIsNaN(hi):
		return bad("operand, lower bound, and upper bound cannot be NaN")
	case types.NumericIsInf(lo) != 0 || types.NumericIsInf(hi) != 0:
		return bad("lower and upper bounds must be finite")
	}
	order := types.NumericCmp(lo, hi)
	if order == 0 {
		return bad("lower bound cannot equal upper bound")
	}
	if types.NumericCmp(op, lo)*order > 0 {
		return types.Int(0), nil
	}
	if types.NumericCmp(op, hi)*order <= 0 {
		if n == math.MaxInt32 {
			return types.Datum{}, outOfRange("integer")
		}
		return types.Int(n + 1), nil
	}
	num, err := types.NumericSub(op, lo)
	if err != nil {
		return num, err
	}
	den, err := types.NumericSub(hi, lo)
	if err != nil {
		return den, err
	}
	if num, err = types.NumericMul(num, types.NumericFromInt(n)); err != nil {
		return num, err
	}
	q, err := types.NumericDiv(num, den) // rounded, as PostgreSQL's: perhaps to the next bucket
	if err != nil {
		return q, err
	}
	if q, err = types.NumericFloor(q); err != nil {
		return q, err
	}
	v, _ := types.NumericToInt64(q)
	return types.Int(v + 1), nil
}

// widthBucketArray is width_bucket(op, thresholds): how many thresholds are ≤ op.
func widthBucketArray(c *Ctx, a []types.Datum) (types.Datum, error) {
	if types.ArrayNDims(a[1]) > 1 {
		return types.Datum{}, pgerr.New(pgerrcode.ArraySubscriptError, "thresholds must be one-dimensional array")
	}
	if types.ArrayHasNull(a[1]) {
		return types.Datum{}, pgerr.New(pgerrcode.NullValueNotAllowedDataException, "thresholds array must not contain NULLs")
	}
	if err := noElements(c.argT(1).OID, true); err != nil {
		return types.Datum{}, err
	}
	list := elements(a[1])
	lo, hi := 0, len(list)
	for lo < hi {
		mid := (lo + hi) / 2
		if types.Compare(c.argT(0), a[0], list[mid]) < 0 {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	return types.Int(int64(lo)), nil
}
