package geometry

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// How the boxes around two polygons lie, compared exactly.
func PolygonLeft(a, b Polygon) bool      { return a.Bound.High.X < b.Bound.Low.X }
func PolygonOverLeft(a, b Polygon) bool  { return a.Bound.High.X <= b.Bound.High.X }
func PolygonRight(a, b Polygon) bool     { return a.Bound.Low.X > b.Bound.High.X }
func PolygonOverRight(a, b Polygon) bool { return a.Bound.Low.X >= b.Bound.Low.X }
func PolygonBelow(a, b Polygon) bool     { return a.Bound.High.Y < b.Bound.Low.Y }
func PolygonOverBelow(a, b Polygon) bool { return a.Bound.High.Y <= b.Bound.High.Y }
func PolygonAbove(a, b Polygon) bool     { return a.Bound.Low.Y > b.Bound.High.Y }
func PolygonOverAbove(a, b Polygon) bool { return a.Bound.Low.Y >= b.Bound.Low.Y }

// Path is the closed way around a polygon.
func (p Polygon) Path() Path { return Path{true, p.Points} }

// PolygonsSame reports the same corners in the same order or its reverse, from whichever on.
func PolygonsSame(a, b Polygon) bool {
	n := len(a.Points)
	if n != len(b.Points) {
		return false
	}
	for start := range b.Points {
		if !PointsEqual(b.Points[start], a.Points[0]) {
			continue
		}
		for _, step := range [2]int{1, n - 1} {
			i := 1
			for ; i < n && PointsEqual(b.Points[(start+i*step)%n], a.Points[i]); i++ {
			}
			if i == n {
				return true
			}
		}
	}
	return false
}

// PolygonHas reports a point within, edges included.
func (c *Calc) PolygonHas(p Polygon, at Point) bool { return c.inside(at, p.Points) }

// PolygonsOverlap reports edges that meet, or one within the other.
func (c *Calc) PolygonsOverlap(a, b Polygon) bool {
	if !BoxesOverlap(a.Bound, b.Bound) {
		return false
	}
	met := false
	a.Path().legs(func(s Segment) bool {
		b.Path().legs(func(t Segment) bool {
			_, met = c.SegmentsMeet(s, t)
			return !met && c.more()
		})
		return !met && c.more()
	})
	return met || c.inside(a.Points[0], b.Points) || c.inside(b.Points[0], a.Points)
}

// PolygonsDistance is 0 of polygons that overlap.
func (c *Calc) PolygonsDistance(a, b Polygon) (float64, bool) {
	if c.PolygonsOverlap(a, b) {
		return 0, true
	}
	return c.PathsDistance(a.Path(), b.Path())
}

// PolygonPointDistance is 0 within.
func (c *Calc) PolygonPointDistance(p Polygon, at Point) float64 {
	if c.inside(at, p.Points) {
		return 0
	}
	n := len(p.Points)
	_, dist := c.OnSegment(Segment{p.Points[0], p.Points[n-1]}, at)
	for i := 1; i < n && c.more(); i++ {
		if _, d := c.OnSegment(Segment{p.Points[i-1], p.Points[i]}, at); less(d, dist) {
			dist = d
		}
	}
	return dist
}

// PolygonContains reports that every edge of b is within a.
func (c *Calc) PolygonContains(a, b Polygon) bool {
	if !BoxContains(a.Bound, b.Bound) {
		return false
	}
	within := true
	b.Path().legs(func(s Segment) bool {
		w := walk{c: c, outline: a.Points}
		within = w.inside(s, 0)
		return within && c.more()
	})
	return within
}

// maxSplits bounds how deep a segment is cut at edges that it crosses.
const maxSplits = 100_000

// walk looks where a segment crosses the outline of a polygon.
type walk struct {
	c       *Calc
	outline []Point
	depth   int
}

// inside reports that t, which does not cross edges before start, is within: the parts
// between crossings are if their middles are.
func (w *walk) inside(t Segment, start int) bool {
	if w.depth++; w.depth > maxSplits && w.c.Err == nil {
		w.c.Err = pgerr.New(pgerrcode.StatementTooComplex, "stack depth limit exceeded")
	}
	defer func() { w.depth-- }()
	c, n := w.c, len(w.outline)
	crossed := false
	for i := start; i < n && c.more(); i++ {
		edge := Segment{w.outline[(i+n-1)%n], w.outline[i]}
		switch {
		case c.SegmentHas(edge, t[0]):
			if c.SegmentHas(edge, t[1]) {
				return true
			}
			if !w.fromEdge(t[0], t[1], edge, i+1) {
				return false
			}
		case c.SegmentHas(edge, t[1]):
			if !w.fromEdge(t[1], t[0], edge, i+1) {
				return false
			}
		default:
			if p, ok := c.SegmentsMeet(t, edge); ok {
				crossed = true
				if !w.inside(Segment{t[0], p}, i+1) || !w.inside(Segment{t[1], p}, i+1) {
					return false
				}
			}
		}
	}
	return crossed || c.inside(c.middle(t[0], t[1]), w.outline)
}

// fromEdge reports that the segment from a, which is on an edge, to b, which is not, is
// within; what of it lies along the edge is.
func (w *walk) fromEdge(a, b Point, edge Segment, start int) bool {
	t := Segment{a, b}
	switch {
	case PointsEqual(a, edge[0]):
		if w.c.SegmentHas(t, edge[1]) {
			return w.inside(Segment{b, edge[1]}, start)
		}
	case PointsEqual(a, edge[1]):
		if w.c.SegmentHas(t, edge[0]) {
			return w.inside(Segment{b, edge[0]}, start)
		}
	case w.c.SegmentHas(t, edge[0]):
		return w.inside(Segment{b, edge[0]}, start)
	case w.c.SegmentHas(t, edge[1]):
		return w.inside(Segment{b, edge[1]}, start)
	}
	return true
}

// PolygonCircle is the circle around the mean of the corners, at their mean distance.
func (c *Calc) PolygonCircle(p Polygon) Circle {
	var sum Point
	n := float64(len(p.Points))
	for _, x := range p.Points {
		sum = c.Add(sum, x)
	}
	center := Point{c.div(sum.X, n), c.div(sum.Y, n)}
	radius := 0.0
	for _, x := range p.Points {
		radius = c.add(radius, c.Distance(x, center))
	}
	return Circle{center, c.div(radius, n)}
}
