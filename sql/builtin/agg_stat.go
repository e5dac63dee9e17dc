package builtin

import (
	"math"
	"math/big"
	"math/bits"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/types"
)

// statAggs registers sum and avg of numeric, the variance family (chapter
// 9.21), and the regression functions of two floats.
func statAggs(r *registrar) {
	r.agg("sum(numeric)", func([]types.T) Agg { return &numericSumAgg{} })
	r.agg("avg(numeric)", func([]types.T) Agg { return &numericSumAgg{avg: true} })
	for name, m := range moments {
		for _, t := range []string{"int2", "int4", "int8"} {
			r.agg(name+"("+t+")", func([]types.T) Agg { return &intMomentAgg{m: m} })
		}
		r.agg(name+"(numeric)", func([]types.T) Agg { return &numericAgg{final: m.numeric} })
		r.agg(name+"(float4)", func([]types.T) Agg { return &floatMomentAgg{m: m} })
		r.agg(name+"(float8)", func([]types.T) Agg { return &floatMomentAgg{m: m} })
	}
	regressionAggs(r)
}

// moment is a member of the variance family.
type moment struct{ sample, root bool }

var moments = map[string]moment{
	"var_pop": {}, "var_samp": {sample: true}, "variance": {sample: true},
	"stddev_pop": {root: true}, "stddev_samp": {sample: true, root: true}, "stddev": {sample: true, root: true},
}

// numericAgg keeps the count, the sum and the sum of squares, exactly.
type numericAgg struct {
	final   func(n int64, sum, squares types.Datum) (types.Datum, error)
	n       []int64
	sum, sq []types.Datum
}

func (a *numericAgg) Grow(n int) {
	from := len(a.n)
	a.n, a.sum, a.sq = grow(a.n, n), grow(a.sum, n), grow(a.sq, n)
	for i := from; i < n; i++ {
		a.sum[i], a.sq[i] = types.NumericFromInt(0), types.NumericFromInt(0)
	}
}

func (a *numericAgg) Step(_ *Ctx, sel []uint16, groups []uint32, args []*batch.Col) error {
	for _, i := range sel {
		if args[0].Null[i] {
			continue
		}
		g, d := groups[i], args[0].Datum(int(i))
		a.n[g]++
		var err error
		if a.sum[g], err = types.NumericAdd(a.sum[g], d); err != nil {
			return err
		}
		sq, err := types.NumericMul(d, d)
		if err != nil {
			return err
		}
		if a.sq[g], err = types.NumericAdd(a.sq[g], sq); err != nil {
			return err
		}
	}
	return nil
}

func (a *numericAgg) Final(_ *Ctx, g uint32) (types.Datum, error) {
	if a.n[g] == 0 {
		return types.Null, nil
	}
	return a.final(a.n[g], a.sum[g], a.sq[g])
}

func (a *numericAgg) Bytes() int64 { return int64(200 * cap(a.n)) }

// uint192 is a sum of squares of int64s.
type uint192 struct{ lo, mid, hi uint64 }

func (s *uint192) addSquare(v int64) {
	u := uint64(v)
	if v < 0 {
		u = -u
	}
	hi, lo := bits.Mul64(u, u)
	var carry uint64
	s.lo, carry = bits.Add64(s.lo, lo, 0)
	s.mid, carry = bits.Add64(s.mid, hi, carry)
	s.hi += carry
}

func (s *uint192) big() *big.Int {
	b := new(big.Int).SetUint64(s.hi)
	for _, w := range []uint64{s.mid, s.lo} {
		b.Add(b.Lsh(b, 64), new(big.Int).SetUint64(w))
	}
	return b
}

// intMomentAgg is the variance family of integers, exact.
type intMomentAgg struct {
	m   moment
	n   []int64
	sum []int128
	sq  []uint192
}

func (a *intMomentAgg) Grow(n int) { a.n, a.sum, a.sq = grow(a.n, n), grow(a.sum, n), grow(a.sq, n) }

func (a *intMomentAgg) Step(_ *Ctx, sel []uint16, groups []uint32, args []*batch.Col) error {
	null, x := args[0].Null, args[0].I
	for _, i := range sel {
		if !null[i] {
			g := groups[i]
			a.n[g]++
			a.sum[g].add(x[i])
			a.sq[g].addSquare(x[i])
		}
	}
	return nil
}

func (a *intMomentAgg) Final(_ *Ctx, g uint32) (types.Datum, error) {
	if a.n[g] == 0 {
		return types.Null, nil
	}
	return a.m.numeric(a.n[g], numericFromBig(a.sum[g].big()), numericFromBig(a.sq[g].big()))
}

func (a *intMomentAgg) Bytes() int64 { return int64(48 * cap(a.n)) }

// numeric is numeric_stddev_internal: (n·Σx² − (Σx)²) / (n·(n−1) or n²).
func (m moment) numeric(n int64, sum, squares types.Datum) (types.Datum, error) {
	if m.sample && n <= 1 {
		return null()
	}
	if types.NumericIsNaN(sum) || types.NumericIsInf(sum) != 0 {
		return types.NumericNaN(), nil
	}
	count := types.NumericFromInt(n)
	a, err := types.NumericMul(count, squares)
	if err != nil {
		return a, err
	}
	b, err := types.NumericMul(sum, sum)
	if err != nil {
		return b, err
	}
	top, err := types.NumericSub(a, b)
	if err != nil {
		return top, err
	}
	if types.NumericSign(top) <= 0 {
		return types.NumericFromInt(0), nil
	}
	under := new(big.Int).Mul(big.NewInt(n), big.NewInt(n))
	if m.sample {
		under.Mul(big.NewInt(n), big.NewInt(n-1))
	}
	v, err := types.NumericDiv(top, numericFromBig(under))
	if err != nil || !m.root {
		return v, err
	}
	return types.NumericSqrtTo(v, types.NumericScale(v))
}

// floatMomentAgg accumulates by Youngs and Cramer's updating formula, as
// float8_accum does.
type floatMomentAgg struct {
	m       moment
	n, x, q []float64 // count, Σx, Σ(x−mean)²
}

func (a *floatMomentAgg) Grow(n int) { a.n, a.x, a.q = grow(a.n, n), grow(a.x, n), grow(a.q, n) }

func (a *floatMomentAgg) Step(_ *Ctx, sel []uint16, groups []uint32, args []*batch.Col) error {
	for _, i := range sel {
		if args[0].Null[i] {
			continue
		}
		g := groups[i]
		if err := addMoment(&a.n[g], &a.x[g], &a.q[g], args[0].F[i]); err != nil {
			return err
		}
	}
	return nil
}

func (a *floatMomentAgg) Final(_ *Ctx, g uint32) (types.Datum, error) {
	n := a.n[g]
	if n == 0 || a.m.sample && n <= 1 {
		return types.Null, nil
	}
	v := a.q[g] / n
	if a.m.sample {
		v = a.q[g] / (n - 1)
	}
	if a.m.root {
		v = math.Sqrt(v)
	}
	return types.Float(v), nil
}

func (a *floatMomentAgg) Bytes() int64 { return int64(24 * cap(a.n)) }

// regressionAggs registers corr, covar_* and regr_* of (Y, X).
func regressionAggs(r *registrar) {
	for name, f := range map[string]func(s *regression) (float64, bool){
		"regr_sxx":  func(s *regression) (float64, bool) { return s.sxx, s.n > 0 },
		"regr_syy":  func(s *regression) (float64, bool) { return s.syy, s.n > 0 },
		"regr_sxy":  func(s *regression) (float64, bool) { return s.sxy, s.n > 0 },
		"regr_avgx": func(s *regression) (float64, bool) { return s.sx / s.n, s.n > 0 },
		"regr_avgy": func(s *regression) (float64, bool) { return s.sy / s.n, s.n > 0 },
		"covar_pop": func(s *regression) (float64, bool) { return s.sxy / s.n, s.n > 0 },
		"covar_samp": func(s *regression) (float64, bool) {
			return s.sxy / (s.n - 1), s.n > 1
		},
		"corr": func(s *regression) (float64, bool) {
			return s.sxy / math.Sqrt(s.sxx*s.syy), s.n > 0 && s.sxx != 0 && s.syy != 0
		},
		"regr_r2": func(s *regression) (float64, bool) {
			if s.syy == 0 {
				return 1, s.n > 0 && s.sxx != 0
			}
			return s.sxy * s.sxy / (s.sxx * s.syy), s.n > 0 && s.sxx != 0
		},
		"regr_slope": func(s *regression) (float64, bool) { return s.sxy / s.sxx, s.n > 0 && s.sxx != 0 },
		"regr_intercept": func(s *regression) (float64, bool) {
			return (s.sy - s.sx*s.sxy/s.sxx) / s.n, s.n > 0 && s.sxx != 0
		},
	} {
		r.agg(name+"(float8,float8)", func([]types.T) Agg { return &regressionAgg{f: f} })
	}
	r.agg("regr_count(float8,float8)", func([]types.T) Agg { return &countAgg{} })
}

// regression holds the sums of pairs: counts, Σx, Σ(x−x̄)², and so on.
type regression struct{ n, sx, sxx, sy, syy, sxy float64 }

type regressionAgg struct {
	f func(s *regression) (float64, bool)
	s []regression
}

func (a *regressionAgg) Grow(n int) { a.s = grow(a.s, n) }

func (a *regressionAgg) Step(_ *Ctx, sel []uint16, groups []uint32, args []*batch.Col) error {
	for _, i := range sel {
		if args[0].Null[i] || args[1].Null[i] {
			continue
		}
		if err := a.s[groups[i]].add(args[0].F[i], args[1].F[i]); err != nil {
			return err
		}
	}
	return nil
}

// add adds a pair. The error is 22003 for a sum of finite values that is none.
func (s *regression) add(y, x float64) error {
	old, sx, sy := s.n, s.sx, s.sy
	s.n++
	s.sx += x
	s.sy += y
	if old == 0 {
		if x-x != 0 {
			s.sxx, s.sxy = math.NaN(), math.NaN()
		}
		if y-y != 0 {
			s.syy, s.sxy = math.NaN(), math.NaN()
		}
		return nil
	}
	tx, ty := x*s.n-s.sx, y*s.n-s.sy
	scale := 1 / (s.n * old)
	s.sxx += tx * tx * scale
	s.syy += ty * ty * scale
	s.sxy += tx * ty * scale
	if s.sxx-s.sxx != 0 || s.syy-s.syy != 0 || s.sxy-s.sxy != 0 || s.sx-s.sx != 0 || s.sy-s.sy != 0 {
		return s.overflow(math.IsInf(sx, 0) || math.IsInf(x, 0), math.IsInf(sy, 0) || math.IsInf(y, 0))
	}
	return nil
}

// overflow is 22003 for sums that have become infinite without an infinite value among
// the x and y; other infinite products have no value.
func (s *regression) overflow(xInf, yInf bool) error {
	inf := func(f float64) bool { return math.IsInf(f, 0) }
	if (inf(s.sx) || inf(s.sxx)) && !xInf || (inf(s.sy) || inf(s.syy)) && !yInf || inf(s.sxy) && !xInf && !yInf {
		return floatOverflow()
	}
	for _, p := range []*float64{&s.sxx, &s.syy, &s.sxy} {
		if inf(*p) {
			*p = math.NaN()
		}
	}
	return nil
}

func (a *regressionAgg) Final(_ *Ctx, g uint32) (types.Datum, error) {
	v, ok := a.f(&a.s[g])
	if !ok {
		return types.Null, nil
	}
	return types.Float(v), nil
}

func (a *regressionAgg) Bytes() int64 { return int64(48 * cap(a.s)) }
