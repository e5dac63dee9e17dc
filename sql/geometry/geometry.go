// Package geometry computes with PostgreSQL's geometric types (chapters 8.8 and
// 9.11): what they measure, where they meet, which lies within which, to the digit.
// How values are written, sent and kept is the business of sql/types.
package geometry

// Point is a place in the plane.
type Point struct{ X, Y float64 }

// Segment is an lseg: the straight way between two points, which may be the same.
type Segment [2]Point

// Line is A·x + B·y + C = 0.
type Line struct{ A, B, C float64 }

// Box is a rectangle along the axes: no coordinate of Low is above that of High.
type Box struct{ High, Low Point }

// Path is a way through points, at least one; a closed one leads back to the first.
type Path struct {
	Closed bool
	Points []Point
}

// Polygon is the corners of an area, at least one, and the least box around them.
type Polygon struct {
	Bound  Box
	Points []Point
}

// Circle is a center and a radius.
type Circle struct {
	Center Point
	Radius float64
}

// MakeBox is the box between two opposite corners, whichever they are.
func MakeBox(p, q Point) Box {
	b := Box{High: q, Low: p}
	if greater(p.X, q.X) {
		b.High.X, b.Low.X = p.X, q.X
	}
	if greater(p.Y, q.Y) {
		b.High.Y, b.Low.Y = p.Y, q.Y
	}
	return b
}

// BoundOf is the least box around points, of which there is one at least.
func BoundOf(points []Point) Box {
	b := Box{points[0], points[0]}
	for _, p := range points[1:] { // of equal coordinates the first counts, as zero has a sign
		b.High = Point{larger(p.X, b.High.X), larger(p.Y, b.High.Y)}
		b.Low = Point{smaller(p.X, b.Low.X), smaller(p.Y, b.Low.Y)}
	}
	return b
}

// MakePolygon is the polygon with these corners, which it keeps.
func MakePolygon(points []Point) Polygon { return Polygon{BoundOf(points), points} }

// Bound is the least box around two.
func (b Box) Bound(o Box) Box {
	return Box{
		High: Point{larger(b.High.X, o.High.X), larger(b.High.Y, o.High.Y)},
		Low:  Point{smaller(b.Low.X, o.Low.X), smaller(b.Low.Y, o.Low.Y)},
	}
}

// Diagonal leads from the upper right corner to the lower left one.
func (b Box) Diagonal() Segment { return Segment{b.High, b.Low} }

// Polygon is the box as one, from the lower left corner clockwise.
func (b Box) Polygon() Polygon {
	return Polygon{b, []Point{b.Low, {b.Low.X, b.High.Y}, b.High, {b.High.X, b.Low.Y}}}
}
