package geometry

import "math"

// PointsEqual is ~= and =: within epsilon, but NaN is only like NaN.
func PointsEqual(p, q Point) bool {
	if math.IsNaN(p.X) || math.IsNaN(p.Y) || math.IsNaN(q.X) || math.IsNaN(q.Y) {
		return equal(p.X, q.X) && equal(p.Y, q.Y)
	}
	return same(p.X, q.X) && same(p.Y, q.Y)
}

// PointLeft, PointRight, PointAbove and PointBelow are of the first seen from the
// second; PointsVertical are one above the other, PointsHorizontal beside each other.
func PointLeft(p, q Point) bool        { return below(p.X, q.X) }
func PointRight(p, q Point) bool       { return above(p.X, q.X) }
func PointAbove(p, q Point) bool       { return above(p.Y, q.Y) }
func PointBelow(p, q Point) bool       { return below(p.Y, q.Y) }
func PointsVertical(p, q Point) bool   { return same(p.X, q.X) }
func PointsHorizontal(p, q Point) bool { return same(p.Y, q.Y) }

// Distance is how far two points are apart.
func (c *Calc) Distance(p, q Point) float64 { return c.hypot(c.sub(p.X, q.X), c.sub(p.Y, q.Y)) }

// Slope is that of the line through two points, infinite of a vertical one.
func (c *Calc) Slope(p, q Point) float64 {
	switch {
	case same(p.X, q.X):
		return math.Inf(1)
	case same(p.Y, q.Y):
		return 0
	}
	return c.div(c.sub(p.Y, q.Y), c.sub(p.X, q.X))
}

// crossSlope is the slope of what stands upright on the line through two points.
func (c *Calc) crossSlope(p, q Point) float64 {
	switch {
	case same(p.X, q.X):
		return 0
	case same(p.Y, q.Y):
		return math.Inf(1)
	}
	return c.div(c.sub(p.X, q.X), c.sub(q.Y, p.Y))
}

// Add, Sub, Mul and Div compute with points as with complex numbers.
func (c *Calc) Add(p, q Point) Point { return Point{c.add(p.X, q.X), c.add(p.Y, q.Y)} }

// Sub is Add's inverse.
func (c *Calc) Sub(p, q Point) Point { return Point{c.sub(p.X, q.X), c.sub(p.Y, q.Y)} }

// Mul turns and stretches.
func (c *Calc) Mul(p, q Point) Point {
	return Point{
		c.sub(c.mul(p.X, q.X), c.mul(p.Y, q.Y)),
		c.add(c.mul(p.X, q.Y), c.mul(p.Y, q.X)),
	}
}

// Div is Mul's inverse.
func (c *Calc) Div(p, q Point) Point {
	d := c.add(c.mul(q.X, q.X), c.mul(q.Y, q.Y))
	return Point{
		c.div(c.add(c.mul(p.X, q.X), c.mul(p.Y, q.Y)), d),
		c.div(c.sub(c.mul(q.X, p.Y), c.mul(p.X, q.Y)), d),
	}
}

// middle is halfway between two points.
func (c *Calc) middle(p, q Point) Point {
	return Point{c.div(c.add(p.X, q.X), 2), c.div(c.add(p.Y, q.Y), 2)}
}
