// Package libm computes elementary functions of double precision to about a hundred
// bits and rounds once, so that the results are the nearest ones but for a few in 2^40.
// That is what C libraries come close to and math does not.
package libm

import "math"

// dd is a number as the sum of two that do not overlap: hi is the sum rounded.
type dd struct{ hi, lo float64 }

// sum2 is a + b exactly.
func sum2(a, b float64) dd {
	s := a + b
	t := s - a
	return dd{s, (a - (s - t)) + (b - t)}
}

// fast2 is a + b exactly where a is the larger or 0.
func fast2(a, b float64) dd {
	s := a + b
	return dd{s, b - (s - a)}
}

// product is a · b exactly unless it underflows.
func product(a, b float64) dd {
	p := a * b
	return dd{p, math.FMA(a, b, -p)}
}

func (x dd) add(y dd) dd {
	s, t := sum2(x.hi, y.hi), sum2(x.lo, y.lo)
	s = fast2(s.hi, s.lo+t.hi)
	return fast2(s.hi, s.lo+t.lo)
}

func (x dd) addFloat(y float64) dd {
	s := sum2(x.hi, y)
	return fast2(s.hi, s.lo+x.lo)
}

func (x dd) neg() dd { return dd{-x.hi, -x.lo} }

func (x dd) sub(y dd) dd { return x.add(y.neg()) }

func (x dd) mul(y dd) dd {
	p := product(x.hi, y.hi)
	return fast2(p.hi, p.lo+math.FMA(x.hi, y.lo, x.lo*y.hi))
}

func (x dd) mulFloat(y float64) dd {
	p := product(x.hi, y)
	return fast2(p.hi, math.FMA(x.lo, y, p.lo))
}

// scale multiplies by a power of two.
func (x dd) scale(f float64) dd { return dd{x.hi * f, x.lo * f} }

func (x dd) div(y dd) dd {
	q := x.hi / y.hi
	r := x.sub(y.mulFloat(q))
	q2 := r.hi / y.hi
	r = r.sub(y.mulFloat(q2))
	return fast2(q, q2).addFloat(r.hi / y.hi)
}

func (x dd) sqrt() dd {
	if x.hi <= 0 {
		return dd{}
	}
	r := math.Sqrt(x.hi)
	e := x.sub(product(r, r))
	return fast2(r, e.hi/(2*r))
}

func (x dd) float() float64 { return x.hi + x.lo }

// inverses are 1/n!.
var inverses = func() (t [30]dd) {
	t[0] = dd{1, 0}
	for n := 1; n < len(t); n++ {
		t[n] = t[n-1].div(dd{float64(n), 0})
	}
	return t
}()

// The constants in two and three parts.
var (
	ln2 = dd{0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56}
	pi2 = [3]float64{0x1.921fb54442d18p+0, 0x1.1a62633145c07p-54, -0x1.f1976b7ed8fbcp-110}
)
