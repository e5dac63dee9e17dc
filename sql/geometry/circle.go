package geometry

import (
	"fmt"
	"math"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/libm"
)

// CirclesSame is of center and radius.
func CirclesSame(a, b Circle) bool {
	return (math.IsNaN(a.Radius) && math.IsNaN(b.Radius) || same(a.Radius, b.Radius)) && PointsEqual(a.Center, b.Center)
}

// The coordinates where a circle ends.
func (c *Calc) rightOf(a Circle) float64  { return c.add(a.Center.X, a.Radius) }
func (c *Calc) leftOf(a Circle) float64   { return c.sub(a.Center.X, a.Radius) }
func (c *Calc) topOf(a Circle) float64    { return c.add(a.Center.Y, a.Radius) }
func (c *Calc) bottomOf(a Circle) float64 { return c.sub(a.Center.Y, a.Radius) }

// How two circles lie: the first seen from the second.
func (c *Calc) CircleLeft(a, b Circle) bool     { return below(c.rightOf(a), c.leftOf(b)) }
func (c *Calc) CircleOverLeft(a, b Circle) bool { return notAbove(c.rightOf(a), c.rightOf(b)) }
func (c *Calc) CircleRight(a, b Circle) bool    { return above(c.leftOf(a), c.rightOf(b)) }
func (c *Calc) CircleOverRight(a, b Circle) bool {
	return notBelow(c.leftOf(a), c.leftOf(b))
}
func (c *Calc) CircleBelow(a, b Circle) bool     { return below(c.topOf(a), c.bottomOf(b)) }
func (c *Calc) CircleOverBelow(a, b Circle) bool { return notAbove(c.topOf(a), c.topOf(b)) }
func (c *Calc) CircleAbove(a, b Circle) bool     { return above(c.bottomOf(a), c.topOf(b)) }
func (c *Calc) CircleOverAbove(a, b Circle) bool {
	return notBelow(c.bottomOf(a), c.bottomOf(b))
}

// CirclesOverlap counts those that touch.
func (c *Calc) CirclesOverlap(a, b Circle) bool {
	return notAbove(c.Distance(a.Center, b.Center), c.add(a.Radius, b.Radius))
}

// CircleContains reports that b is within a.
func (c *Calc) CircleContains(a, b Circle) bool {
	return notAbove(c.Distance(a.Center, b.Center), c.sub(a.Radius, b.Radius))
}

// CircleHas compares exactly.
func (c *Calc) CircleHas(a Circle, p Point) bool { return c.Distance(a.Center, p) <= a.Radius }

// CircleArea is that of the disk.
func (c *Calc) CircleArea(a Circle) float64 { return c.mul(c.mul(a.Radius, a.Radius), math.Pi) }

// Diameter is twice the radius.
func (c *Calc) Diameter(a Circle) float64 { return c.mul(a.Radius, 2) }

func notNegative(d float64) float64 {
	if d < 0 {
		return 0
	}
	return d
}

// CirclesDistance is that of the edges, 0 of circles that overlap.
func (c *Calc) CirclesDistance(a, b Circle) float64 {
	return notNegative(c.sub(c.Distance(a.Center, b.Center), c.add(a.Radius, b.Radius)))
}

// CirclePointDistance is 0 within.
func (c *Calc) CirclePointDistance(a Circle, p Point) float64 {
	return notNegative(c.sub(c.Distance(p, a.Center), a.Radius))
}

// CirclePolygonDistance is 0 where they overlap.
func (c *Calc) CirclePolygonDistance(a Circle, p Polygon) float64 {
	return notNegative(c.sub(c.PolygonPointDistance(p, a.Center), a.Radius))
}

// MulCircle turns and stretches a circle.
func (c *Calc) MulCircle(a Circle, p Point) Circle {
	return Circle{c.Mul(a.Center, p), c.mul(a.Radius, c.hypot(p.X, p.Y))}
}

// DivCircle is MulCircle's inverse.
func (c *Calc) DivCircle(a Circle, p Point) Circle {
	return Circle{c.Div(a.Center, p), c.div(a.Radius, c.hypot(p.X, p.Y))}
}

// CircleBox is the box whose corners are on the circle.
func (c *Calc) CircleBox(a Circle) Box {
	d := c.div(a.Radius, math.Sqrt2)
	return Box{
		High: Point{c.add(a.Center.X, d), c.add(a.Center.Y, d)},
		Low:  Point{c.sub(a.Center.X, d), c.sub(a.Center.Y, d)},
	}
}

// maxPoints is the most corners of a polygon whose size PostgreSQL can tell in an
// integer. That a value cannot be so large is for those who make it to say.
const maxPoints = (1<<31 - 1 - polygonHead) / 16

// maxValue is the most bytes that a value may take.
const maxValue = 1<<30 - 1

// polygonHead is what PostgreSQL keeps before the corners, in bytes.
const polygonHead = 40

// CirclePolygon has so many corners on the circle, from the leftmost on. Errors: 0A000 of
// radius zero, 22023 of fewer than two, 54000 of too many.
func (c *Calc) CirclePolygon(n int64, a Circle) Polygon {
	fail := func(code, message string) Polygon {
		c.fail(code, message)
		return Polygon{}
	}
	switch {
	case isZero(a.Radius):
		return fail(pgerrcode.FeatureNotSupported, "cannot convert circle with radius zero to polygon")
	case n < 2:
		return fail(pgerrcode.InvalidParameterValue, "must request at least 2 points")
	case n > maxPoints:
		return fail(pgerrcode.ProgramLimitExceeded, "too many points requested")
	case polygonHead+16*n > maxValue:
		return fail(pgerrcode.InternalError, fmt.Sprintf("invalid memory alloc request size %d", polygonHead+16*n))
	}
	step := c.div(2*math.Pi, float64(n))
	points := make([]Point, n)
	for i := range points {
		angle := c.mul(step, float64(i))
		points[i] = Point{
			c.sub(a.Center.X, c.mul(a.Radius, libm.Cos(angle))),
			c.add(a.Center.Y, c.mul(a.Radius, libm.Sin(angle))),
		}
		if !c.more() {
			return Polygon{}
		}
	}
	return MakePolygon(points)
}

// AddCircle and SubCircle move a circle.
func (c *Calc) AddCircle(a Circle, p Point) Circle { return Circle{c.Add(a.Center, p), a.Radius} }

// SubCircle is AddCircle's inverse.
func (c *Calc) SubCircle(a Circle, p Point) Circle { return Circle{c.Sub(a.Center, p), a.Radius} }
