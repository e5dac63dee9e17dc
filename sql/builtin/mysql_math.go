package builtin

import (
	"bytes"
	"math"
	"math/bits"
	"math/rand/v2"
	"strconv"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

var mysqlMathFuncs = []mysqlFunc{
	{name: "div", args: "**", by: quotientType, eval: mysqlDiv},
	{name: "int_div", args: "**", ret: types.Int8OID, eval: mysqlIntDiv},
	{name: "mod", args: "**", by: remainderType, eval: mysqlMod},
	{name: "to_bits", args: "b", ret: types.Int8OID, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		v := int64(0)
		for i, b := range a[0].Bytes() {
			if i == 8 || i == 7 && v >= 1<<55 {
				return types.Datum{}, outOfRange("bigint")
			}
			v = v<<8 | int64(b)
		}
		return types.Int(v), nil
	}},
	// to_all_bits is to_bits of 64, which no integer type has all of.
	{name: "to_all_bits", args: "b", ret: types.NumericOID, eval: func(c *Ctx, a []types.Datum) (types.Datum, error) {
		v, raw := uint64(0), bytes.TrimLeft(a[0].Bytes(), "\x00")
		if len(raw) > 8 {
			return types.Datum{}, outOfRange("bigint")
		}
		for _, b := range raw {
			v = v<<8 | uint64(b)
		}
		return unsigned(c, v)
	}},
	{name: "bit_not", args: "*", ret: types.NumericOID, eval: func(c *Ctx, a []types.Datum) (types.Datum, error) {
		return unsigned(c, ^bits64(c, typed{c.argT(0), a[0]}))
	}},
	bitsFunc("bits_and", func(a, b uint64) uint64 { return a & b }),
	bitsFunc("bits_or", func(a, b uint64) uint64 { return a | b }),
	bitsFunc("bits_xor", func(a, b uint64) uint64 { return a ^ b }),
	bitsFunc("bits_left", func(a, b uint64) uint64 { return a << min(b, 64) }),
	bitsFunc("bits_right", func(a, b uint64) uint64 { return a >> min(b, 64) }),
	{name: "bit_count", args: "*", ret: types.Int8OID, eval: func(c *Ctx, a []types.Datum) (types.Datum, error) {
		return types.Int(int64(bits.OnesCount64(bits64(c, typed{c.argT(0), a[0]})))), nil
	}},
	{name: "to_signed", args: "*", ret: types.Int8OID, eval: func(c *Ctx, a []types.Datum) (types.Datum, error) {
		return types.Int(int64(bits64(c, typed{c.argT(0), a[0]}))), nil // one without a sign keeps its bits
	}},
	{name: "to_unsigned", args: "*", ret: types.NumericOID, eval: toUnsigned},
	// difference is a difference of which one side has no sign, so that it has none, either.
	{name: "difference", args: "n", ret: types.NumericOID, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		if types.NumericSign(a[0]) < 0 {
			return types.Datum{}, outOfRange("BIGINT UNSIGNED value")
		}
		return a[0], nil
	}},
	{name: "to_double", args: "f", ret: types.Float8OID, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) { return a[0], nil }},
	{name: "to_decimal", args: "n", ret: types.NumericOID, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) { return a[0], nil }},
	{name: "abs", args: "*", by: numberType, eval: numberFunc(
		func(v int64) (int64, error) {
			if v == math.MinInt64 {
				return 0, outOfRange("bigint")
			}
			return max(v, -v), nil
		},
		func(d types.Datum) (types.Datum, error) { return types.NumericAbs(d), nil }, math.Abs)},
	{name: "sign", args: "*", ret: types.Int4OID, eval: func(c *Ctx, a []types.Datum) (types.Datum, error) {
		f := mysqlFloat(c, typed{c.argT(0), a[0]})
		switch {
		case f > 0:
			return types.Int(1), nil
		case f < 0:
			return types.Int(-1), nil
		}
		return types.Int(0), nil
	}},
	{name: "ceil", args: "*", by: numberType, eval: numberFunc(sameInt, types.NumericCeil, math.Ceil)},
	{name: "floor", args: "*", by: numberType, eval: numberFunc(sameInt, types.NumericFloor, math.Floor)},
	{name: "round", args: "*?i", by: numberType, eval: mysqlRound(false)},
	{name: "truncate", args: "*i", by: numberType, eval: mysqlRound(true)},
	{name: "sqrt", args: "f", ret: types.Float8OID, eval: realFunc(math.Sqrt)},
	{name: "exp", args: "f", ret: types.Float8OID, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) { return inRange("exp", math.Exp(a[0].Float())) }},
	{name: "ln", args: "f", ret: types.Float8OID, eval: realFunc(logOf(math.Log))},
	{name: "log2", args: "f", ret: types.Float8OID, eval: realFunc(logOf(math.Log2))},
	{name: "log10", args: "f", ret: types.Float8OID, eval: realFunc(logOf(math.Log10))},
	{name: "log", args: "f?f", ret: types.Float8OID, eval: func(c *Ctx, a []types.Datum) (types.Datum, error) {
		if len(a) == 1 {
			return realFunc(logOf(math.Log))(c, a)
		}
		base, x := a[0].Float(), a[1].Float()
		if base <= 0 || base == 1 || x <= 0 {
			return null()
		}
		return types.Float(math.Log(x) / math.Log(base)), nil
	}},
	{name: "pow", args: "ff", ret: types.Float8OID, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return inRange("pow", math.Pow(a[0].Float(), a[1].Float()))
	}},
	{name: "sin", args: "f", ret: types.Float8OID, eval: realFunc(math.Sin)},
	{name: "cos", args: "f", ret: types.Float8OID, eval: realFunc(math.Cos)},
	{name: "tan", args: "f", ret: types.Float8OID, eval: realFunc(math.Tan)},
	{name: "cot", args: "f", ret: types.Float8OID, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) { return inRange("cot", 1/math.Tan(a[0].Float())) }},
	{name: "asin", args: "f", ret: types.Float8OID, eval: realFunc(math.Asin)},
	{name: "acos", args: "f", ret: types.Float8OID, eval: realFunc(math.Acos)},
	{name: "atan", args: "f?f", ret: types.Float8OID, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		if len(a) > 1 {
			return types.Float(math.Atan2(a[0].Float(), a[1].Float())), nil
		}
		return types.Float(math.Atan(a[0].Float())), nil
	}},
	{name: "radians", args: "f", ret: types.Float8OID, eval: realFunc(func(x float64) float64 { return x * math.Pi / 180 })},
	{name: "degrees", args: "f", ret: types.Float8OID, eval: realFunc(func(x float64) float64 { return x * 180 / math.Pi })},
	{name: "pi", ret: types.Float8OID, eval: func(*Ctx, []types.Datum) (types.Datum, error) { return types.Float(math.Pi), nil }},
	{name: "interval", args: "nn+", ret: types.Int8OID, nulls: true, eval: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		if a[0].IsNull() {
			return types.Int(-1), nil
		}
		n := int64(0)
		for _, bound := range a[1:] {
			if bound.IsNull() || types.NumericCmp(a[0], bound) >= 0 {
				n++
				continue
			}
			break
		}
		return types.Int(n), nil
	}},
	{name: "rand", args: "?i", ret: types.Float8OID, volatility: Volatile, eval: mysqlRand},
}

// quotientType is decimal for exact numbers, double when one is a float, a text or a document.
func quotientType(args []types.OID) types.OID {
	for _, a := range args {
		if isReal(a) {
			return types.Float8OID
		}
	}
	return types.NumericOID
}

// remainderType is bigint for integers, else as for a quotient.
func remainderType(args []types.OID) types.OID {
	for _, a := range args {
		if !isInt(a) && a != types.BoolOID {
			return quotientType(args)
		}
	}
	return types.Int8OID
}

// numberType is the type of a number that a function gives back as it came; what is
// no number is a double.
func numberType(args []types.OID) types.OID {
	switch {
	case isInt(args[0]) || args[0] == types.BoolOID:
		return types.Int8OID
	case args[0] == types.NumericOID:
		return types.NumericOID
	}
	return types.Float8OID
}

func sameInt(v int64) (int64, error) { return v, nil }

// numberFunc is a function with code for each of the three kinds of number.
func numberFunc(i func(int64) (int64, error), n func(types.Datum) (types.Datum, error), f func(float64) float64) Eval {
	return func(c *Ctx, a []types.Datum) (types.Datum, error) {
		v := typed{c.argT(0), a[0]}
		switch numberType([]types.OID{v.t.OID}) {
		case types.Int8OID:
			x, err := i(mysqlInteger(c, v))
			return types.Int(x), err
		case types.NumericOID:
			return n(a[0])
		}
		return types.Float(f(mysqlFloat(c, v))), nil
	}
}

// real is a double, NULL where there is none.
func real(f float64) (types.Datum, error) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return null()
	}
	return types.Float(f), nil
}

// inRange is the result of a function that has an error where no number is one; real has NULL
// there.
func inRange(name string, f float64) (types.Datum, error) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return types.Datum{}, pgerr.Newf(pgerrcode.NumericValueOutOfRange, "DOUBLE value is out of range in '%s'", name)
	}
	return types.Float(f), nil
}

func realFunc(f func(float64) float64) Eval {
	return func(_ *Ctx, a []types.Datum) (types.Datum, error) { return real(f(a[0].Float())) }
}

// logOf makes a logarithm not a number where it is not defined.
func logOf(f func(float64) float64) func(float64) float64 {
	return func(x float64) float64 {
		if x <= 0 {
			return math.NaN()
		}
		return f(x)
	}
}

// divIncrement is how many digits a quotient has more than its dividend
// (div_precision_increment).
const divIncrement = 4

func mysqlDiv(c *Ctx, a []types.Datum) (types.Datum, error) {
	x, y := typed{c.argT(0), a[0]}, typed{c.argT(1), a[1]}
	if c.retT().OID == types.Float8OID {
		d := mysqlFloat(c, y)
		if d == 0 {
			return byZero(c)
		}
		return types.Float(mysqlFloat(c, x) / d), nil
	}
	n, d, err := mysqlNumerics(c, x, y)
	if err != nil {
		return types.Datum{}, err
	}
	if types.NumericSign(d) == 0 {
		return byZero(c)
	}
	return types.NumericDivAt(n, d, min(types.NumericScale(n)+divIncrement, maxScale), true)
}

// mysqlNumerics are two values as decimal numbers.
func mysqlNumerics(c *Ctx, x, y typed) (n, d types.Datum, err error) {
	if n, err = mysqlNumeric(c, x); err != nil {
		return n, d, err
	}
	d, err = mysqlNumeric(c, y)
	return n, d, err
}

func mysqlIntDiv(c *Ctx, a []types.Datum) (types.Datum, error) {
	x, y := typed{c.argT(0), a[0]}, typed{c.argT(1), a[1]}
	if isInt(x.t.OID) && isInt(y.t.OID) {
		if y.d.Int() == 0 {
			return byZero(c)
		}
		if x.d.Int() == math.MinInt64 && y.d.Int() == -1 {
			return types.Datum{}, outOfRange("bigint")
		}
		return types.Int(x.d.Int() / y.d.Int()), nil
	}
	n, d, err := mysqlNumerics(c, x, y)
	if err != nil {
		return types.Datum{}, err
	}
	if types.NumericSign(d) == 0 {
		return byZero(c)
	}
	q, err := types.NumericDivTrunc(n, d)
	if err != nil {
		return types.Datum{}, err
	}
	v, ok := types.NumericToInt64(q)
	if !ok {
		return types.Datum{}, outOfRange("bigint")
	}
	return types.Int(v), nil
}

func mysqlMod(c *Ctx, a []types.Datum) (types.Datum, error) {
	x, y := typed{c.argT(0), a[0]}, typed{c.argT(1), a[1]}
	switch c.retT().OID {
	case types.Int8OID:
		n, d := mysqlInteger(c, x), mysqlInteger(c, y)
		switch d {
		case 0:
			return byZero(c)
		case -1:
			return types.Int(0), nil
		}
		return types.Int(n % d), nil
	case types.Float8OID:
		d := mysqlFloat(c, y)
		if d == 0 {
			return byZero(c)
		}
		return types.Float(math.Mod(mysqlFloat(c, x), d)), nil
	}
	n, d, err := mysqlNumerics(c, x, y)
	if err != nil {
		return types.Datum{}, err
	}
	if types.NumericSign(d) == 0 {
		return byZero(c)
	}
	return types.NumericMod(n, d)
}

// mysqlRound is ROUND and TRUNCATE: exact numbers round half away from zero.
func mysqlRound(cut bool) Eval {
	return func(c *Ctx, a []types.Datum) (types.Datum, error) {
		n := 0
		if len(a) > 1 {
			n = int(min(max(a[1].Int(), -65), 30))
		}
		v := typed{c.argT(0), a[0]}
		exact := types.NumericRound
		if cut {
			exact = types.NumericTrunc
		}
		switch c.retT().OID {
		case types.NumericOID:
			return shownDigits(c, v.d, n, exact)
		case types.Int8OID:
			if n >= 0 {
				return types.Int(mysqlInteger(c, v)), nil
			}
			r, err := exact(types.NumericFromInt(mysqlInteger(c, v)), n)
			if err != nil {
				return types.Datum{}, err
			}
			i, ok := types.NumericToInt64(r)
			if !ok {
				return types.Datum{}, outOfRange("bigint")
			}
			return types.Int(i), nil
		}
		f := mysqlFloat(c, v)
		p := math.Pow10(n)
		switch {
		case n < 0:
			p = math.Pow10(-n)
			f /= p
		case math.IsInf(f*p, 0): // so large a number has no digits there
			return types.Float(f), nil
		default:
			f *= p
		}
		if cut {
			f = math.Trunc(f)
		} else {
			f = math.RoundToEven(f)
		}
		if n < 0 {
			return types.Float(f * p), nil
		}
		return types.Float(f / p), nil
	}
}

// shownDigits rounds by a function to n digits, of which the result shows as many as its type
// says; where that does not, no digits that were not there.
func shownDigits(c *Ctx, d types.Datum, n int, round func(types.Datum, int) (types.Datum, error)) (types.Datum, error) {
	_, scale, limited := types.DecimalDigits(c.retT())
	if !limited {
		scale = types.NumericScale(d)
	}
	d, err := round(d, min(n, scale))
	if err != nil || !limited || types.NumericScale(d) == scale {
		return d, err
	}
	return types.NumericRound(d, scale)
}

func unsigned(c *Ctx, v uint64) (types.Datum, error) {
	if v <= math.MaxInt64 {
		return types.NumericFromInt(int64(v)), nil
	}
	high, err := types.NumericMul(types.NumericFromInt(int64(v>>1)), types.NumericFromInt(2))
	if err != nil {
		return types.Datum{}, err
	}
	return types.NumericAdd(high, types.NumericFromInt(int64(v&1)))
}

// toUnsigned is CAST(x AS UNSIGNED): negative integers wrap around.
// maxUnsigned is the greatest number of 64 bits.
var maxUnsigned = func() types.Datum {
	d, _ := types.ParseText(types.Of(types.NumericOID), strconv.FormatUint(math.MaxUint64, 10), types.DefaultFormat)
	return d
}()

func toUnsigned(c *Ctx, a []types.Datum) (types.Datum, error) {
	v := typed{c.argT(0), a[0]}
	if v.t.OID == types.NumericOID && types.NumericSign(a[0]) >= 0 {
		d, err := types.NumericRound(a[0], 0)
		if err == nil && types.NumericCmp(d, maxUnsigned) > 0 {
			return maxUnsigned, nil
		}
		return d, err
	}
	if v.t.OID == types.NumericOID && types.NumericScale(a[0]) > 0 { // a whole number keeps its bits
		return types.NumericFromInt(0), nil
	}
	return unsigned(c, uint64(mysqlInteger(c, v)))
}

// mysqlRand is RAND, or with a seed a number that the seed decides.
func mysqlRand(c *Ctx, a []types.Datum) (types.Datum, error) {
	if len(a) == 0 {
		return types.Float(rand.Float64()), nil
	}
	r := remembered(c, func() *rand.Rand { return rand.New(rand.NewPCG(uint64(a[0].Int()), 0)) })
	return types.Float(r.Float64()), nil
}

// bitsFunc is an operator of unsigned numbers of 64 bits.
func bitsFunc(name string, f func(a, b uint64) uint64) mysqlFunc {
	return mysqlFunc{name: name, args: "**", ret: types.NumericOID, eval: func(c *Ctx, a []types.Datum) (types.Datum, error) {
		return unsigned(c, f(bits64(c, typed{c.argT(0), a[0]}), bits64(c, typed{c.argT(1), a[1]})))
	}}
}

// bits64 is a value as such a number; a negative one is its two's complement.
func bits64(c *Ctx, v typed) uint64 {
	if v.t.OID == types.NumericOID {
		if u, err := strconv.ParseUint(mysqlString(c, v).Text(), 10, 64); err == nil {
			return u
		}
	}
	return uint64(mysqlInteger(c, v))
}
