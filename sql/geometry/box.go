package geometry

// How two boxes lie, edges compared fuzzily: the first seen from the second.
func BoxesSame(a, b Box) bool { return PointsEqual(a.High, b.High) && PointsEqual(a.Low, b.Low) }

// BoxesOverlap counts common edges.
func BoxesOverlap(a, b Box) bool {
	return notAbove(a.Low.X, b.High.X) && notAbove(b.Low.X, a.High.X) &&
		notAbove(a.Low.Y, b.High.Y) && notAbove(b.Low.Y, a.High.Y)
}

// Strictly to one side, and not beyond the other's edge at one side.
func BoxLeft(a, b Box) bool      { return below(a.High.X, b.Low.X) }
func BoxOverLeft(a, b Box) bool  { return notAbove(a.High.X, b.High.X) }
func BoxRight(a, b Box) bool     { return above(a.Low.X, b.High.X) }
func BoxOverRight(a, b Box) bool { return notBelow(a.Low.X, b.Low.X) }
func BoxBelow(a, b Box) bool     { return below(a.High.Y, b.Low.Y) }
func BoxOverBelow(a, b Box) bool { return notAbove(a.High.Y, b.High.Y) }
func BoxAbove(a, b Box) bool     { return above(a.Low.Y, b.High.Y) }
func BoxOverAbove(a, b Box) bool { return notBelow(a.Low.Y, b.Low.Y) }

// BoxBelowTouching and BoxAboveTouching allow a common edge.
func BoxBelowTouching(a, b Box) bool { return notAbove(a.High.Y, b.Low.Y) }
func BoxAboveTouching(a, b Box) bool { return notBelow(a.Low.Y, b.High.Y) }

// BoxContains reports that b is within a.
func BoxContains(a, b Box) bool {
	return notBelow(a.High.X, b.High.X) && notAbove(a.Low.X, b.Low.X) &&
		notBelow(a.High.Y, b.High.Y) && notAbove(a.Low.Y, b.Low.Y)
}

// Has compares exactly, edges included.
func (b Box) Has(p Point) bool {
	return b.High.X >= p.X && b.Low.X <= p.X && b.High.Y >= p.Y && b.Low.Y <= p.Y
}

// HasSegment reports that both ends are within.
func (b Box) HasSegment(s Segment) bool { return b.Has(s[0]) && b.Has(s[1]) }

// Width, Height and Area measure a box.
func (c *Calc) Width(b Box) float64 { return c.sub(b.High.X, b.Low.X) }

// Height is the vertical size.
func (c *Calc) Height(b Box) float64 { return c.sub(b.High.Y, b.Low.Y) }

// BoxArea is width × height.
func (c *Calc) BoxArea(b Box) float64 { return c.mul(c.Width(b), c.Height(b)) }

// BoxCenter is halfway between the corners.
func (c *Calc) BoxCenter(b Box) Point { return c.middle(b.High, b.Low) }

// BoxesDistance is that of the centers.
func (c *Calc) BoxesDistance(a, b Box) float64 { return c.Distance(c.BoxCenter(a), c.BoxCenter(b)) }

// Intersect is what two boxes have in common, if they overlap.
func Intersect(a, b Box) (Box, bool) {
	if !BoxesOverlap(a, b) {
		return Box{}, false
	}
	return Box{
		High: Point{smaller(a.High.X, b.High.X), smaller(a.High.Y, b.High.Y)},
		Low:  Point{larger(a.Low.X, b.Low.X), larger(a.Low.Y, b.Low.Y)},
	}, true
}

// edges are the four sides: left, upper, lower, right.
func (b Box) edges() [4]Segment {
	upper, lower := Point{b.Low.X, b.High.Y}, Point{b.High.X, b.Low.Y}
	return [4]Segment{{b.Low, upper}, {b.High, upper}, {b.Low, lower}, {b.High, lower}}
}

// BoxMeetsSegment counts a segment within.
func (c *Calc) BoxMeetsSegment(b Box, s Segment) bool {
	if !BoxesOverlap(MakeBox(s[0], s[1]), b) {
		return false
	}
	if b.Has(s[0]) || b.Has(s[1]) {
		return true
	}
	for _, e := range b.edges() {
		if _, ok := c.SegmentsMeet(e, s); ok {
			return true
		}
	}
	return false
}

// LineMeetsBox reports that the line meets a side.
func (c *Calc) LineMeetsBox(l Line, b Box) bool {
	left, right := Point{b.Low.X, b.High.Y}, Point{b.High.X, b.Low.Y}
	for _, e := range [4]Segment{{b.Low, left}, {b.High, left}, {b.High, right}, {b.Low, right}} {
		if _, ok := c.SegmentMeetsLine(e, l); ok {
			return true
		}
	}
	return false
}

// BoxCircle is the circle through the corners.
func (c *Calc) BoxCircle(b Box) Circle {
	center := c.BoxCenter(b)
	return Circle{center, c.Distance(center, b.High)}
}
