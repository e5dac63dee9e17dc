package geometry

import (
	"math"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// TwoPoints is what is wrong with a line through one point only.
const TwoPoints = "invalid line specification: must be two distinct points"

// lineOf is the line through p with a slope.
func (c *Calc) lineOf(p Point, slope float64) Line {
	switch {
	case isInf(slope):
		return Line{-1, 0, p.X}
	case slope == 0:
		return Line{0, -1, p.Y}
	}
	return Line{slope, -1, plain(c.sub(p.Y, c.mul(slope, p.X)))}
}

// LineThrough is the line through two points. Errors: 22023 when they are the same.
func (c *Calc) LineThrough(p, q Point) Line {
	if PointsEqual(p, q) {
		if c.Err == nil {
			c.Err = pgerr.New(pgerrcode.InvalidParameterValue, TwoPoints)
		}
		return Line{}
	}
	return c.through(Segment{p, q})
}

// Valid reports that not both of A and B are zero.
func (l Line) Valid() bool { return !isZero(l.A) || !isZero(l.B) }

// Vertical and Horizontal are within epsilon.
func (l Line) Vertical() bool { return isZero(l.B) }

// Horizontal is Vertical of the other direction.
func (l Line) Horizontal() bool { return isZero(l.A) }

func (l Line) nan() bool { return math.IsNaN(l.A) || math.IsNaN(l.B) || math.IsNaN(l.C) }

// LinesEqual compares proportions of the factors, with NaN like NaN only.
func (c *Calc) LinesEqual(l, m Line) bool {
	if l.nan() || m.nan() {
		return equal(l.A, m.A) && equal(l.B, m.B) && equal(l.C, m.C)
	}
	ratio := 1.0
	switch {
	case !isZero(m.A):
		ratio = c.div(l.A, m.A)
	case !isZero(m.B):
		ratio = c.div(l.B, m.B)
	case !isZero(m.C):
		ratio = c.div(l.C, m.C)
	}
	return same(l.A, c.mul(ratio, m.A)) && same(l.B, c.mul(ratio, m.B)) && same(l.C, c.mul(ratio, m.C))
}

// LinesPerpendicular reports a right angle.
func (c *Calc) LinesPerpendicular(l, m Line) bool {
	switch {
	case isZero(l.A):
		return isZero(m.B)
	case isZero(m.A):
		return isZero(l.B)
	case isZero(l.B):
		return isZero(m.A)
	case isZero(m.B):
		return isZero(l.A)
	}
	return same(c.div(c.mul(l.A, m.A), c.mul(l.B, m.B)), -1)
}

func (c *Calc) slopeOfLine(l Line) float64 {
	switch {
	case isZero(l.A):
		return 0
	case isZero(l.B):
		return math.Inf(1)
	}
	return c.div(l.A, -l.B)
}

// uprightOn is the slope of what stands upright on a line.
func (c *Calc) uprightOn(l Line) float64 {
	switch {
	case isZero(l.A):
		return math.Inf(1)
	case isZero(l.B):
		return 0
	}
	return c.div(l.B, l.A)
}

// LinesMeet finds where; parallel ones do not.
func (c *Calc) LinesMeet(l, m Line) (Point, bool) {
	if isZero(l.B) {
		if l, m = m, l; isZero(l.B) {
			return Point{}, false // both vertical
		}
	}
	if same(m.A, c.mul(l.A, c.div(m.B, l.B))) {
		return Point{}, false
	}
	x := c.div(c.sub(c.mul(l.B, m.C), c.mul(m.B, l.C)), c.sub(c.mul(l.A, m.B), c.mul(m.A, l.B)))
	y := c.div(-c.add(c.mul(l.A, x), l.C), l.B)
	return Point{plain(x), plain(y)}, true
}

// LineHas reports that p is on the line.
func (c *Calc) LineHas(l Line, p Point) bool {
	return isZero(c.add(c.add(c.mul(l.A, p.X), c.mul(l.B, p.Y)), l.C))
}

// LinesDistance is 0 of lines that meet.
func (c *Calc) LinesDistance(l, m Line) float64 {
	if _, ok := c.LinesMeet(l, m); ok {
		return 0
	}
	counts := func(a, b float64) bool { return !isZero(a) && !math.IsNaN(a) && !isZero(b) && !math.IsNaN(b) }
	ratio := 1.0
	switch {
	case counts(l.A, m.A):
		ratio = c.div(l.A, m.A)
	case counts(l.B, m.B):
		ratio = c.div(l.B, m.B)
	}
	return c.div(math.Abs(c.sub(l.C, c.mul(ratio, m.C))), c.hypot(l.A, l.B))
}
