package geometry

import "math"

// The functions here find the point of the first that is nearest to the second, and its
// distance, which is NaN where coordinates are that let none be found.

// closer keeps the nearer of what was found and another.
func closer(p *Point, dist *float64, q Point, d float64) {
	if less(d, *dist) {
		*p, *dist = q, d
	}
}

// OnLine drops a perpendicular on the line.
func (c *Calc) OnLine(l Line, p Point) (Point, float64) {
	at, ok := c.LinesMeet(c.lineOf(p, c.uprightOn(l)), l)
	if !ok {
		return p, math.NaN()
	}
	return at, c.Distance(at, p)
}

// OnSegment is near a point.
func (c *Calc) OnSegment(s Segment, p Point) (Point, float64) {
	at, _ := c.OnSegmentNearLine(s, c.lineOf(p, c.crossSlope(s[0], s[1])))
	return at, c.Distance(at, p)
}

// OnSegmentNearLine is where they meet, or an end.
func (c *Calc) OnSegmentNearLine(s Segment, l Line) (Point, float64) {
	if at, ok := c.SegmentMeetsLine(s, l); ok {
		return at, 0
	}
	_, d0 := c.OnLine(l, s[0])
	_, d1 := c.OnLine(l, s[1])
	if d0 < d1 {
		return s[0], d0
	}
	return s[1], d1
}

// OnSegmentNearSegment is on s.
func (c *Calc) OnSegmentNearSegment(s, t Segment) (Point, float64) {
	if at, ok := c.SegmentsMeet(s, t); ok {
		return at, 0
	}
	at, dist := c.OnSegment(s, t[0])
	q, d := c.OnSegment(s, t[1])
	closer(&at, &dist, q, d)
	for _, end := range s {
		_, d = c.OnSegment(t, end)
		closer(&at, &dist, end, d)
	}
	return at, dist
}

// InBox is p itself within the box, else on a side.
func (c *Calc) InBox(b Box, p Point) (Point, float64) {
	if b.Has(p) {
		return p, 0
	}
	return nearestEdge(b, func(e Segment) (Point, float64) { return c.OnSegment(e, p) })
}

// InBoxNearSegment is, of a segment that meets the box, its point nearest to the center.
func (c *Calc) InBoxNearSegment(b Box, s Segment) (Point, float64) {
	if c.BoxMeetsSegment(b, s) {
		at, _ := c.OnSegment(s, c.BoxCenter(b))
		return at, 0
	}
	return nearestEdge(b, func(e Segment) (Point, float64) { return c.OnSegmentNearSegment(e, s) })
}

// nearestEdge is the nearest of the points that at finds on the box's sides, each with its
// distance.
func nearestEdge(b Box, at func(Segment) (Point, float64)) (Point, float64) {
	edges := b.edges()
	p, dist := at(edges[0])
	for _, e := range edges[1:] {
		q, d := at(e)
		closer(&p, &dist, q, d)
	}
	return p, dist
}

// found is the result of the operator ##, which the functions from here on are: the point, and
// whether there is one.
func found(p Point, d float64) (Point, bool) { return p, !math.IsNaN(d) }

// CloseLine is the point of a line nearest to p.
func (c *Calc) CloseLine(l Line, p Point) (Point, bool) { return found(c.OnLine(l, p)) }

// CloseSegment is the point of a segment nearest to p.
func (c *Calc) CloseSegment(s Segment, p Point) (Point, bool) { return found(c.OnSegment(s, p)) }

// CloseBox is the point of a box nearest to p.
func (c *Calc) CloseBox(b Box, p Point) (Point, bool) { return found(c.InBox(b, p)) }

// CloseBoxSegment is the point of a box nearest to a segment.
func (c *Calc) CloseBoxSegment(b Box, s Segment) (Point, bool) {
	return found(c.InBoxNearSegment(b, s))
}

// CloseSegmentLine is the point of a segment nearest to a line; there is none of parallels.
func (c *Calc) CloseSegmentLine(s Segment, l Line) (Point, bool) {
	if c.slopeOf(s) == c.slopeOfLine(l) {
		return Point{}, false
	}
	return found(c.OnSegmentNearLine(s, l))
}

// CloseSegments is the point of t nearest to s; there is none of parallels.
func (c *Calc) CloseSegments(s, t Segment) (Point, bool) {
	if c.slopeOf(s) == c.slopeOf(t) {
		return Point{}, false
	}
	return found(c.OnSegmentNearSegment(t, s))
}
