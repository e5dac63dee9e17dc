package geometry

import "math"

// legs calls f for each leg of a path until it answers false: of a closed one the way
// from the last point to the first comes first, be there one point only.
func (p Path) legs(f func(Segment) bool) {
	n := len(p.Points)
	for i := range p.Points {
		switch {
		case i > 0:
			if !f(Segment{p.Points[i-1], p.Points[i]}) {
				return
			}
		case p.Closed && !f(Segment{p.Points[n-1], p.Points[0]}):
			return
		}
	}
}

// PathLength is that of all legs.
func (c *Calc) PathLength(p Path) float64 {
	sum := 0.0
	p.legs(func(s Segment) bool {
		sum = c.add(sum, c.SegmentLength(s))
		return c.more()
	})
	return sum
}

// PathArea is the area that a closed path goes around.
func (c *Calc) PathArea(p Path) float64 {
	area := 0.0
	for i, a := range p.Points {
		b := p.Points[(i+1)%len(p.Points)]
		area = c.sub(c.add(area, c.mul(a.X, b.Y)), c.mul(a.Y, b.X))
	}
	return c.div(math.Abs(area), 2)
}

// PathsMeet reports that a leg of one meets a leg of the other.
func (c *Calc) PathsMeet(p, q Path) bool {
	if !BoxesOverlap(BoundOf(p.Points), BoundOf(q.Points)) {
		return false
	}
	met := false
	p.legs(func(s Segment) bool {
		q.legs(func(t Segment) bool {
			_, met = c.SegmentsMeet(s, t)
			return !met && c.more()
		})
		return !met && c.more()
	})
	return met
}

// least is the least of distances; ok is false where there was none.
type least struct {
	d  float64
	ok bool
}

func (l *least) take(d float64) {
	if !l.ok || less(d, l.d) {
		l.d, l.ok = d, true
	}
}

// PathsDistance is the least distance of legs; ok is false where one has no leg.
func (c *Calc) PathsDistance(p, q Path) (dist float64, ok bool) {
	var min least
	p.legs(func(s Segment) bool {
		q.legs(func(t Segment) bool {
			_, d := c.OnSegmentNearSegment(s, t)
			min.take(d)
			return c.more()
		})
		return c.more()
	})
	return min.d, min.ok
}

// PathPointDistance is 0 of a path without legs.
func (c *Calc) PathPointDistance(p Path, at Point) float64 {
	var min least
	p.legs(func(s Segment) bool {
		_, d := c.OnSegment(s, at)
		min.take(d)
		return c.more()
	})
	return min.d
}

// PathHas reports a point on an open path, or within a closed one.
func (c *Calc) PathHas(p Path, at Point) bool {
	if p.Closed {
		return c.inside(at, p.Points)
	}
	on := false
	p.legs(func(s Segment) bool {
		on = same(c.add(c.Distance(at, s[0]), c.Distance(at, s[1])), c.SegmentLength(s))
		return !on && c.more()
	})
	return on
}

// MovePath puts each point where f puts it.
func MovePath(p Path, f func(Point) Point) Path {
	out := Path{p.Closed, make([]Point, len(p.Points))}
	for i, x := range p.Points {
		out.Points[i] = f(x)
	}
	return out
}
