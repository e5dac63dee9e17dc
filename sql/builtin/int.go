package builtin

import (
	"math"
	"math/bits"
	"strconv"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/types"
)

// intWidth is the range of an integer type.
type intWidth struct {
	prefix, name string
	min, max     int64
	bits         uint
}

var (
	width2 = intWidth{"int2", "smallint", math.MinInt16, math.MaxInt16, 16}
	width4 = intWidth{"int4", "integer", math.MinInt32, math.MaxInt32, 32}
	width8 = intWidth{"int8", "bigint", math.MinInt64, math.MaxInt64, 64}
)

// intFuncs registers arithmetic and bit operators of int2, int4 and int8.
func intFuncs(r *registrar) {
	for _, w := range []intWidth{width2, width4, width8} {
		intArithmetic(r, w.prefix, w)
		r.kernel(w.prefix+"mod", ints2(intMod))
		r.kernel(w.prefix+"um", ints1(w.negate))
		r.kernel(w.prefix+"up", ints1(func(x int64) (int64, error) { return x, nil }))
		r.kernel(w.prefix+"abs", ints1(func(x int64) (int64, error) {
			if x < 0 {
				return w.negate(x)
			}
			return x, nil
		}))
		r.kernel(w.prefix+"and", ints2(func(x, y int64) (int64, error) { return x & y, nil }))
		r.kernel(w.prefix+"or", ints2(func(x, y int64) (int64, error) { return x | y, nil }))
		r.kernel(w.prefix+"xor", ints2(func(x, y int64) (int64, error) { return x ^ y, nil }))
		r.kernel(w.prefix+"not", ints1(func(x int64) (int64, error) { return ^x, nil }))
		r.kernel(w.prefix+"shl", ints2(func(x, n int64) (int64, error) { return w.wrap(x << w.shift(n)), nil }))
		r.kernel(w.prefix+"shr", ints2(func(x, n int64) (int64, error) { return x >> w.shift(n), nil }))
	}
	intArithmetic(r, "int24", width4)
	intArithmetic(r, "int42", width4)
	for _, p := range []string{"int28", "int82", "int48", "int84"} {
		intArithmetic(r, p, width8)
	}
	r.kernel("int4inc", ints1(func(x int64) (int64, error) { return width4.add(x, 1) }))
	r.kernel("int8inc", ints1(func(x int64) (int64, error) { return width8.add(x, 1) }))
	r.kernel("int8dec", ints1(func(x int64) (int64, error) { return width8.sub(x, 1) }))
	r.kernel("int4gcd", ints2(width4.gcd))
	r.kernel("int8gcd", ints2(width8.gcd))
	r.kernel("int4lcm", ints2(width4.lcm))
	r.kernel("int8lcm", ints2(width8.lcm))
	r.eval("to_hex32", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.Bytes(strconv.AppendUint(nil, uint64(uint32(a[0].Int())), 16)), nil
	})
	r.eval("to_hex64", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.Bytes(strconv.AppendUint(nil, uint64(a[0].Int()), 16)), nil
	})
	moneyFuncs(r)
	countingSteps(r)
}

func (w intWidth) check(v int64) (int64, error) {
	if v < w.min || v > w.max {
		return 0, outOfRange(w.name)
	}
	return v, nil
}

func (w intWidth) wrap(v int64) int64 {
	switch w.bits {
	case 16:
		return int64(int16(v))
	case 32:
		return int64(int32(v))
	}
	return v
}

// shift is the count as the processor takes it: C's int promotion makes int2
// shift like int4.
func (w intWidth) shift(n int64) uint {
	if w.bits == 64 {
		return uint(n) & 63
	}
	return uint(n) & 31
}

func (w intWidth) negate(x int64) (int64, error) {
	if x == w.min {
		return 0, outOfRange(w.name)
	}
	return -x, nil
}

func (w intWidth) add(x, y int64) (int64, error) {
	v := x + y
	if (x^v)&(y^v) < 0 || v < w.min || v > w.max {
		return 0, outOfRange(w.name)
	}
	return v, nil
}

func (w intWidth) sub(x, y int64) (int64, error) {
	v := x - y
	if (x^y)&(x^v) < 0 || v < w.min || v > w.max {
		return 0, outOfRange(w.name)
	}
	return v, nil
}

func (w intWidth) mul(x, y int64) (int64, error) {
	if w.bits < 64 {
		return w.check(x * y)
	}
	hi, lo := bits.Mul64(uint64(x), uint64(y))
	if x < 0 {
		hi -= uint64(y)
	}
	if y < 0 {
		hi -= uint64(x)
	}
	if v := int64(lo); int64(hi) == v>>63 {
		return v, nil
	}
	return 0, outOfRange(w.name)
}

func (w intWidth) div(x, y int64) (int64, error) {
	switch {
	case y == 0:
		return 0, divisionByZero()
	case y == -1:
		return w.negate(x)
	}
	return x / y, nil
}

func intMod(x, y int64) (int64, error) {
	switch y {
	case 0:
		return 0, divisionByZero()
	case -1:
		return 0, nil
	}
	return x % y, nil
}

// gcd is never negative; gcd(0, 0) is 0.
func (w intWidth) gcd(x, y int64) (int64, error) {
	for y != 0 {
		if y == -1 {
			return 1, nil
		}
		x, y = y, x%y
	}
	if x < 0 {
		return w.negate(x)
	}
	return x, nil
}

func (w intWidth) lcm(x, y int64) (int64, error) {
	if x == 0 || y == 0 {
		return 0, nil
	}
	g, err := w.gcd(x, y)
	if err != nil {
		return 0, err
	}
	v, err := w.mul(x/g, y)
	if err == nil && v < 0 {
		return w.negate(v)
	}
	return v, err
}

// intArithmetic registers + - * / under prefix with results of width w.
func intArithmetic(r *registrar, prefix string, w intWidth) {
	r.kernel(prefix+"pl", addInts(w))
	r.kernel(prefix+"mi", subInts(w))
	r.kernel(prefix+"mul", ints2(w.mul))
	r.kernel(prefix+"div", ints2(w.div))
}

// addInts is written out: it is a hot kernel.
func addInts(w intWidth) Kernel {
	return func(_ *Ctx, sel []uint16, out *batch.Col, args []*batch.Col) error {
		x, y, o := args[0].I, args[1].I, out.I
		for _, i := range sel {
			v := x[i] + y[i]
			if (x[i]^v)&(y[i]^v) < 0 || v < w.min || v > w.max {
				return outOfRange(w.name)
			}
			o[i] = v
		}
		return nil
	}
}

func subInts(w intWidth) Kernel {
	return func(_ *Ctx, sel []uint16, out *batch.Col, args []*batch.Col) error {
		x, y, o := args[0].I, args[1].I, out.I
		for _, i := range sel {
			v := x[i] - y[i]
			if (x[i]^y[i])&(x[i]^v) < 0 || v < w.min || v > w.max {
				return outOfRange(w.name)
			}
			o[i] = v
		}
		return nil
	}
}

// countingSteps registers the transition functions of sum and count, which can be
// called like any other.
func countingSteps(r *registrar) {
	for _, key := range []string{"int2_sum", "int4_sum"} {
		r.eval(key, func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			switch {
			case a[0].IsNull():
				return a[1], nil
			case a[1].IsNull():
				return a[0], nil
			}
			return types.Int(a[0].Int() + a[1].Int()), nil // wraps around, as PostgreSQL's does
		})
	}
	for key, step := range map[string]int64{"int8inc_any": 1, "int8inc_float8_float8": 1, "int8dec_any": -1} {
		r.eval(key, func(_ *Ctx, a []types.Datum) (types.Datum, error) { return addInt8(a[0].Int(), step) })
	}
}

func addInt8(x, y int64) (types.Datum, error) {
	v := x + y
	if (x^v)&(y^v) < 0 {
		return types.Datum{}, outOfRange("bigint")
	}
	return types.Int(v), nil
}
