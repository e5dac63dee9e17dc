package geometry

import (
	"math"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// Calc computes as float8's operators do, which refuse results out of range: the first
// such is kept in Err, and what is computed after it means nothing. The zero Calc is
// ready; it must not be shared.
type Calc struct {
	Err error // 22003, 22012, or what else a function says
	// Stop, if set, is asked in long computations; its error ends them.
	Stop  func() error
	steps uint
}

// between is how many steps are made before Stop is asked again: some tenths of a millisecond.
const between = 1 << 12

// more counts a step and says whether to make another.
func (c *Calc) more() bool {
	if c.steps++; c.steps%between == 0 && c.Stop != nil && c.Err == nil {
		c.Err = c.Stop()
	}
	return c.Err == nil
}

func (c *Calc) fail(code, message string) float64 {
	if c.Err == nil {
		c.Err = pgerr.New(code, message)
	}
	return 0
}

func (c *Calc) overflow() float64 {
	return c.fail(pgerrcode.NumericValueOutOfRange, "value out of range: overflow")
}

func (c *Calc) underflow() float64 {
	return c.fail(pgerrcode.NumericValueOutOfRange, "value out of range: underflow")
}

func isInf(v float64) bool { return math.IsInf(v, 0) }

func (c *Calc) add(a, b float64) float64 {
	r := a + b
	if isInf(r) && !isInf(a) && !isInf(b) {
		return c.overflow()
	}
	return r
}

func (c *Calc) sub(a, b float64) float64 {
	r := a - b
	if isInf(r) && !isInf(a) && !isInf(b) {
		return c.overflow()
	}
	return r
}

func (c *Calc) mul(a, b float64) float64 {
	r := float64(a * b) // not to be fused with an addition
	switch {
	case isInf(r) && !isInf(a) && !isInf(b):
		return c.overflow()
	case r == 0 && a != 0 && b != 0:
		return c.underflow()
	}
	return r
}

func (c *Calc) div(a, b float64) float64 {
	if b == 0 && !math.IsNaN(a) {
		return c.fail(pgerrcode.DivisionByZero, "division by zero")
	}
	r := a / b
	switch {
	case isInf(r) && !isInf(a):
		return c.overflow()
	case r == 0 && a != 0 && !isInf(b):
		return c.underflow()
	}
	return r
}

// hypot is the length of a diagonal. What it is of infinity and of NaN, and that it can
// be out of range, is as in PostgreSQL, and so are the digits.
func (c *Calc) hypot(x, y float64) float64 {
	switch {
	case isInf(x) || isInf(y):
		return math.Inf(1)
	case math.IsNaN(x) || math.IsNaN(y):
		return math.NaN()
	}
	x, y = math.Abs(x), math.Abs(y)
	if x < y {
		x, y = y, x
	}
	if y == 0 {
		return x
	}
	q := y / x
	r := x * math.Sqrt(1+float64(q*q))
	switch {
	case isInf(r):
		return c.overflow()
	case r == 0:
		return c.underflow()
	}
	return r
}

// epsilon is how far coordinates may lie apart and still count as the same.
const epsilon = 1e-6

// The fuzzy comparisons.
func isZero(v float64) bool      { return math.Abs(v) <= epsilon }
func same(a, b float64) bool     { return a == b || math.Abs(a-b) <= epsilon }
func differ(a, b float64) bool   { return a != b && math.Abs(a-b) > epsilon }
func below(a, b float64) bool    { return a+epsilon < b }
func notAbove(a, b float64) bool { return a <= b+epsilon }
func above(a, b float64) bool    { return a > b+epsilon }
func notBelow(a, b float64) bool { return a+epsilon >= b }

// Compare has the comparisons by the ends of the names of functions, of lengths and areas.
var Compare = map[string]func(a, b float64) bool{
	"eq": same, "ne": differ, "lt": below, "le": notAbove, "gt": above, "ge": notBelow,
}

// The exact ones, which have NaN above everything and equal to itself.
func less(a, b float64) bool    { return !math.IsNaN(a) && (math.IsNaN(b) || a < b) }
func greater(a, b float64) bool { return less(b, a) }
func equal(a, b float64) bool   { return a == b || math.IsNaN(a) && math.IsNaN(b) }

func smaller(a, b float64) float64 {
	if less(a, b) {
		return a
	}
	return b
}

func larger(a, b float64) float64 {
	if greater(a, b) {
		return a
	}
	return b
}

// plain is zero for the negative zero that a formula gives.
func plain(v float64) float64 {
	if v == 0 {
		return 0
	}
	return v
}
