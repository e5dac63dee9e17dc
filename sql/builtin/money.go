package builtin

import (
	"math"
	"math/bits"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

func moneyRange() error { return pgerr.New(pgerrcode.NumericValueOutOfRange, "money out of range") }

// moneyFuncs registers arithmetic of money, which is in cents.
func moneyFuncs(r *registrar) {
	r.kernel("cash_pl", ints2(func(x, y int64) (int64, error) {
		v := x + y
		if (x^v)&(y^v) < 0 {
			return 0, moneyRange()
		}
		return v, nil
	}))
	r.kernel("cash_mi", ints2(func(x, y int64) (int64, error) {
		v := x - y
		if (x^y)&(x^v) < 0 {
			return 0, moneyRange()
		}
		return v, nil
	}))
	for _, p := range []string{"int8", "int4", "int2"} {
		r.kernel("cash_mul_"+p, ints2(moneyTimes))
		r.kernel(p+"_mul_cash", ints2(moneyTimes))
		r.kernel("cash_div_"+p, ints2(func(x, y int64) (int64, error) {
			switch {
			case y == 0:
				return 0, divisionByZero()
			case y == -1 && x == math.MinInt64:
				return 0, moneyRange()
			}
			return x / y, nil
		}))
	}
	for _, p := range []string{"flt8", "flt4"} {
		r.eval("cash_mul_"+p, func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			return centsTimes(a[0].Int(), a[1].Float())
		})
		r.eval(p+"_mul_cash", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			return centsTimes(a[1].Int(), a[0].Float())
		})
		r.eval("cash_div_"+p, func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			if a[1].Float() == 0 {
				return types.Datum{}, divisionByZero()
			}
			v := float64(a[0].Int()) / a[1].Float()
			if math.IsInf(v, 0) {
				return types.Datum{}, errFloatOverflow
			}
			return wholeCents(v)
		})
	}
	r.eval("cash_div_cash", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		if a[1].Int() == 0 {
			return types.Datum{}, divisionByZero()
		}
		return types.Float(float64(a[0].Int()) / float64(a[1].Int())), nil
	})
	r.eval("cash_words", func(_ *Ctx, a []types.Datum) (types.Datum, error) { return types.String(moneyWords(a[0].Int())), nil })
}

func moneyTimes(x, y int64) (int64, error) {
	v := x * y
	hi, lo := bits.Mul64(magnitude(x), magnitude(y))
	if hi != 0 || lo > 1<<63 || lo == 1<<63 && v > 0 || (v < 0) != (x < 0 != (y < 0)) && v != 0 {
		return 0, moneyRange()
	}
	return v, nil
}

func magnitude(v int64) uint64 {
	if v < 0 {
		return -uint64(v)
	}
	return uint64(v)
}

func centsTimes(cents int64, by float64) (types.Datum, error) {
	v := float64(cents) * by
	if math.IsInf(v, 0) && !math.IsInf(by, 0) {
		return types.Datum{}, errFloatOverflow
	}
	return wholeCents(v)
}

// wholeCents rounds an amount, half to even.
func wholeCents(v float64) (types.Datum, error) {
	v = math.RoundToEven(v)
	if v != v || v >= 1<<63 || v < -1<<63 {
		return types.Datum{}, moneyRange()
	}
	return types.Int(int64(v)), nil
}

var (
	smallNumbers = strings.Fields("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty")
	tenNumbers   = strings.Fields("zero ten twenty thirty forty fifty sixty seventy eighty ninety")
)

// belowThousand spells a number below 1000 as PostgreSQL does: "and" stands only
// before what has one word.
func belowThousand(n uint64) string {
	hundreds := ""
	if n >= 100 {
		hundreds = smallNumbers[n/100] + " hundred"
		if n %= 100; n == 0 {
			return hundreds
		}
		hundreds += " "
		if n < 20 && (n < 10 || n%10 != 0) || n == 10 {
			hundreds += "and "
		}
	}
	switch {
	case n <= 20:
		return hundreds + smallNumbers[n]
	case n%10 == 0:
		return hundreds + tenNumbers[n/10]
	}
	return hundreds + tenNumbers[n/10] + " " + smallNumbers[n%10]
}

// moneyWords spells an amount, as on a check.
func moneyWords(cents int64) string {
	var b strings.Builder
	if cents < 0 {
		b.WriteString("minus ")
	}
	amount := magnitude(cents)
	dollars, rest := amount/100, amount%100
	start := b.Len()
	unit := uint64(1e15)
	for _, name := range []string{" quadrillion ", " trillion ", " billion ", " million ", " thousand "} {
		if n := dollars / unit % 1000; n > 0 {
			b.WriteString(belowThousand(n) + name)
		}
		unit /= 1000
	}
	if n := dollars % 1000; n > 0 {
		b.WriteString(belowThousand(n))
	}
	if b.Len() == start {
		b.WriteString("zero")
	}
	b.WriteString(map[bool]string{true: " dollar and ", false: " dollars and "}[dollars == 1])
	b.WriteString(belowThousand(rest))
	b.WriteString(map[bool]string{true: " cent", false: " cents"}[rest == 1])
	s := b.String()
	return strings.ToUpper(s[:1]) + s[1:]
}
