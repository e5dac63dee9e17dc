package builtin

import (
	"math"
	"math/big"
	"math/bits"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/types"
)

// sumAggs registers sum and avg of numbers, money and intervals.
func sumAggs(r *registrar) {
	for _, t := range []string{"int2", "int4", "int8"} {
		avg := func([]types.T) Agg { return &intSumAgg{avg: true} }
		r.agg("avg("+t+")", avg)
	}
	r.agg("sum(int2)", func([]types.T) Agg { return &intSumAgg{ret: types.Int8OID} })
	r.agg("sum(int4)", func([]types.T) Agg { return &intSumAgg{ret: types.Int8OID} })
	r.agg("sum(int8)", func([]types.T) Agg { return &intSumAgg{ret: types.NumericOID} })
	r.agg("sum(money)", func([]types.T) Agg { return &intSumAgg{ret: types.MoneyOID} })
	r.agg("sum(float4)", func([]types.T) Agg { return &floatSumAgg{narrow: true} })
	r.agg("sum(float8)", func([]types.T) Agg { return &floatSumAgg{} })
	r.agg("avg(float4)", func([]types.T) Agg { return &floatSumAgg{avg: true} })
	r.agg("avg(float8)", func([]types.T) Agg { return &floatSumAgg{avg: true} })
	r.agg("sum(interval)", func([]types.T) Agg { return &intervalSumAgg{} })
	r.agg("avg(interval)", func([]types.T) Agg { return &intervalSumAgg{avg: true} })
}

// int128 is a sum of int64s: hi·2^64 + lo.
type int128 struct {
	hi int64
	lo uint64
}

func (s *int128) add(v int64) {
	var carry uint64
	s.lo, carry = bits.Add64(s.lo, uint64(v), 0)
	s.hi += v>>63 + int64(carry)
}

func (s *int128) addAll(t int128) {
	var carry uint64
	s.lo, carry = bits.Add64(s.lo, t.lo, 0)
	s.hi += t.hi + int64(carry)
}

func (s *int128) sub(v int64) {
	var borrow uint64
	s.lo, borrow = bits.Sub64(s.lo, uint64(v), 0)
	s.hi -= v>>63 + int64(borrow)
}

// int64 is the sum when it fits.
func (s *int128) int64() (int64, bool) { return int64(s.lo), s.hi == int64(s.lo)>>63 }

func (s *int128) big() *big.Int {
	b := new(big.Int).Lsh(big.NewInt(s.hi), 64)
	return b.Add(b, new(big.Int).SetUint64(s.lo))
}

// intSumAgg sums integers exactly. The result is of type ret, or with avg the
// numeric quotient.
type intSumAgg struct {
	ret types.OID
	avg bool
	n   []int64
	sum []int128
}

func (a *intSumAgg) Grow(n int) { a.n, a.sum = grow(a.n, n), grow(a.sum, n) }

func (a *intSumAgg) Step(_ *Ctx, sel []uint16, groups []uint32, args []*batch.Col) error {
	null, x := args[0].Null, args[0].I
	for _, i := range sel {
		if !null[i] {
			g := groups[i]
			a.n[g]++
			a.sum[g].add(x[i])
			if a.ret == types.MoneyOID { // whose state is a value, not a wider number
				if _, ok := a.sum[g].int64(); !ok {
					return moneyRange()
				}
			}
		}
	}
	return nil
}

// Retract implements Retractor.
func (a *intSumAgg) Retract(_ *Ctx, sel []uint16, groups []uint32, args []*batch.Col) error {
	null, x := args[0].Null, args[0].I
	for _, i := range sel {
		if !null[i] {
			g := groups[i]
			a.n[g]--
			a.sum[g].sub(x[i])
		}
	}
	return nil
}

func (a *intSumAgg) Final(_ *Ctx, g uint32) (types.Datum, error) {
	if a.n[g] == 0 {
		return types.Null, nil
	}
	v, ok := a.sum[g].int64()
	switch {
	case a.avg && ok:
		return types.NumericQuotient(v, a.n[g])
	case a.avg:
		return types.NumericDiv(numericFromBig(a.sum[g].big()), types.NumericFromInt(a.n[g]))
	case a.ret == types.NumericOID && ok:
		return types.NumericFromInt(v), nil
	case a.ret == types.NumericOID:
		return numericFromBig(a.sum[g].big()), nil
	case !ok && a.ret == types.Int8OID:
		return types.Datum{}, outOfRange("bigint")
	case !ok:
		return types.Datum{}, moneyRange()
	}
	return types.Int(v), nil
}

func (a *intSumAgg) Bytes() int64 { return int64(24 * cap(a.n)) }

// floatSumAgg sums floats; overflow of finite values is an error.
type floatSumAgg struct {
	avg, narrow bool
	n           []int64
	sum         []float64
	inf         []bool // an infinite value was among them
	q           []float64
}

// largeFloat is where avg begins to add up Σ(x−mean)² as PostgreSQL does all the time: of
// smaller values it cannot overflow, which is all that avg needs to know of it.
const largeFloat = 1e120

// large adds a value to q, given the count and sum with it.
func (a *floatSumAgg) large(g uint32, x, s float64) error {
	n := float64(a.n[g])
	if n == 1 || a.inf[g] {
		return nil
	}
	if int(g) >= len(a.q) {
		a.q = append(a.q, make([]float64, len(a.n)-len(a.q))...)
	}
	t := x*n - s
	if a.q[g] += t * t / (n * (n - 1)); math.IsInf(a.q[g], 0) {
		return floatOverflow()
	}
	return nil
}

func (a *floatSumAgg) Grow(n int) { a.n, a.sum, a.inf = grow(a.n, n), grow(a.sum, n), grow(a.inf, n) }

func (a *floatSumAgg) Step(_ *Ctx, sel []uint16, groups []uint32, args []*batch.Col) error {
	null, x := args[0].Null, args[0].F
	for _, i := range sel {
		if null[i] {
			continue
		}
		g := groups[i]
		a.n[g]++
		s := a.sum[g] + x[i]
		if a.narrow {
			s = float64(float32(s))
		}
		if s-s != 0 {
			a.inf[g] = a.inf[g] || x[i]-x[i] != 0
			if math.IsInf(s, 0) && !a.inf[g] {
				return floatOverflow()
			}
		}
		if a.avg && (math.Abs(s) > largeFloat || math.Abs(a.sum[g]) > largeFloat || math.Abs(x[i]) > largeFloat) {
			if err := a.large(g, x[i], s); err != nil {
				return err
			}
		}
		a.sum[g] = s
	}
	return nil
}

func (a *floatSumAgg) Final(_ *Ctx, g uint32) (types.Datum, error) {
	if a.n[g] == 0 {
		return types.Null, nil
	}
	if a.avg {
		return types.Float(a.sum[g] / float64(a.n[g])), nil
	}
	return types.Float(a.sum[g]), nil
}

func (a *floatSumAgg) Bytes() int64 { return int64(17*cap(a.n) + 8*cap(a.q)) }

// intervalSumAgg is sum and avg of intervals.
type intervalSumAgg struct {
	avg bool
	n   []int64
	sum []types.Interval
}

func (a *intervalSumAgg) Grow(n int) { a.n, a.sum = grow(a.n, n), grow(a.sum, n) }

func (a *intervalSumAgg) Step(_ *Ctx, sel []uint16, groups []uint32, args []*batch.Col) error {
	for _, i := range sel {
		if args[0].Null[i] {
			continue
		}
		g := groups[i]
		s, err := types.IntervalAdd(a.sum[g], types.IntervalOf(args[0].Datum(int(i))))
		if err != nil {
			return err
		}
		a.n[g]++
		a.sum[g] = s
	}
	return nil
}

func (a *intervalSumAgg) Final(_ *Ctx, g uint32) (types.Datum, error) {
	if a.n[g] == 0 {
		return types.Null, nil
	}
	if !a.avg {
		return types.MakeInterval(a.sum[g]), nil
	}
	iv, err := types.IntervalDiv(a.sum[g], float64(a.n[g]))
	return types.MakeInterval(iv), err
}

func (a *intervalSumAgg) Bytes() int64 { return int64(24 * cap(a.n)) }
