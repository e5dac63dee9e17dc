package geometry

// SegmentsEqual has the same ends in the same order.
func SegmentsEqual(s, t Segment) bool { return PointsEqual(s[0], t[0]) && PointsEqual(s[1], t[1]) }

// Vertical and Horizontal are within epsilon.
func (s Segment) Vertical() bool { return same(s[0].X, s[1].X) }

// Horizontal is Vertical of the other direction.
func (s Segment) Horizontal() bool { return same(s[0].Y, s[1].Y) }

// SegmentLength is the distance of the ends.
func (c *Calc) SegmentLength(s Segment) float64 { return c.Distance(s[0], s[1]) }

// SegmentCenter is halfway between the ends.
func (c *Calc) SegmentCenter(s Segment) Point { return c.middle(s[0], s[1]) }

func (c *Calc) slopeOf(s Segment) float64 { return c.Slope(s[0], s[1]) }

// SegmentsParallel compares slopes.
func (c *Calc) SegmentsParallel(s, t Segment) bool { return same(c.slopeOf(s), c.slopeOf(t)) }

// SegmentsPerpendicular compares one's slope with what is upright on the other.
func (c *Calc) SegmentsPerpendicular(s, t Segment) bool {
	return same(c.slopeOf(s), c.crossSlope(t[0], t[1]))
}

// through is the line that a segment is a part of.
func (c *Calc) through(s Segment) Line { return c.lineOf(s[0], c.slopeOf(s)) }

// SegmentHas reports that the way over p is no longer than the segment.
func (c *Calc) SegmentHas(s Segment, p Point) bool {
	return same(c.Distance(p, s[0])+c.Distance(p, s[1]), c.Distance(s[0], s[1]))
}

// SegmentMeetsLine finds where; near an end it is that end.
func (c *Calc) SegmentMeetsLine(s Segment, l Line) (Point, bool) {
	p, ok := c.LinesMeet(c.through(s), l)
	if !ok || !c.SegmentHas(s, p) {
		return Point{}, false
	}
	switch {
	case PointsEqual(s[0], p):
		p = s[0]
	case PointsEqual(s[1], p):
		p = s[1]
	}
	return p, true
}

// SegmentsMeet finds where; parallel ones do not.
func (c *Calc) SegmentsMeet(s, t Segment) (Point, bool) {
	p, ok := c.SegmentMeetsLine(s, c.through(t))
	if !ok || !c.SegmentHas(t, p) {
		return Point{}, false
	}
	return p, true
}
