package geometry

import (
	"errors"
	"math"
	"testing"

	"github.com/loxodb/loxodb/sql/pgerr"
)

var (
	square = MakePolygon([]Point{{0, 0}, {0, 4}, {4, 4}, {4, 0}})
	bow    = MakePolygon([]Point{{0, 0}, {4, 4}, {0, 4}, {4, 0}})
	notch  = MakePolygon([]Point{{0, 0}, {0, 4}, {2, 1}, {4, 4}, {4, 0}})
	unit   = Circle{Point{0, 0}, 1}
)

// TestMeasures has PostgreSQL 15's results.
func TestMeasures(t *testing.T) {
	var c Calc
	diagonal, across := Segment{{0, 0}, {4, 4}}, Segment{{6, 0}, {6, 9}}
	_, toSegment := c.OnSegment(diagonal, Point{4, 0})
	_, toEnd := c.OnSegment(diagonal, Point{5, 6})
	_, between := c.OnSegmentNearSegment(diagonal, across)
	_, toLine := c.OnLine(Line{1, -1, 0}, Point{4, 0})
	_, toBox := c.InBox(square.Bound, Point{7, 8})
	paths, _ := c.PathsDistance(square.Path(), Path{Points: []Point{{6, 6}, {9, 9}}})
	for _, x := range []struct {
		what      string
		got, want float64
	}{
		{"distance", c.Distance(Point{1, 1}, Point{4, 5}), 5},
		{"slope", c.Slope(Point{1, 1}, Point{3, 2}), 0.5},
		{"upright slope", c.Slope(Point{1, 1}, Point{1, 2}), math.Inf(1)},
		{"length", c.SegmentLength(diagonal), 5.656854249492381},
		{"point to segment", toSegment, 2.8284271247461903},
		{"point to end", toEnd, 2.23606797749979},
		{"segment to segment", between, 2},
		{"point to line", toLine, 2.8284271247461903},
		{"parallel lines", c.LinesDistance(Line{1, -1, 0}, Line{2, -2, 7}), 2.4748737341529163},
		{"point to box", toBox, 5},
		{"boxes", c.BoxesDistance(square.Bound, Box{Point{8, 8}, Point{6, 6}}), 7.0710678118654755},
		{"area of box", c.BoxArea(square.Bound), 16},
		{"length of closed path", c.PathLength(square.Path()), 16},
		{"area of path", c.PathArea(notch.Path()), 10},
		{"paths", paths, 2.8284271247461903},
		{"point to polygon", c.PolygonPointDistance(notch, Point{2, 2}), 0.5547001962252291},
		{"area of circle", c.CircleArea(unit), math.Pi},
		{"circles", c.CirclesDistance(unit, Circle{Point{3, 4}, 1}), 3},
		{"circle to polygon", c.CirclePolygonDistance(Circle{Point{7, 2}, 1}, square), 2},
		{"mean radius", c.PolygonCircle(square).Radius, 2.8284271247461903},
	} {
		if x.got != x.want {
			t.Errorf("%s: %v, want %v", x.what, x.got, x.want)
		}
	}
	if c.Err != nil {
		t.Error(c.Err)
	}
}

func TestRelations(t *testing.T) {
	var c Calc
	meet := func(s, t Segment) bool { _, ok := c.SegmentsMeet(s, t); return ok }
	small := MakePolygon([]Point{{1, 0.2}, {3, 0.2}, {2, 0.5}})
	over := MakePolygon([]Point{{1, 2}, {3, 2}, {2, 0.5}}) // leaves the notch's outline
	turned := MakePolygon([]Point{{4, 0}, {4, 4}, {0, 4}, {0, 0}})
	for what, x := range map[string][2]bool{
		"points within epsilon":        {PointsEqual(Point{0, 0}, Point{1e-6, -1e-6}), true},
		"points beyond epsilon":        {PointsEqual(Point{0, 0}, Point{1.1e-6, 0}), false},
		"NaN like NaN":                 {PointsEqual(Point{math.NaN(), 1}, Point{math.NaN(), 1}), true},
		"NaN, others exactly":          {PointsEqual(Point{math.NaN(), 1}, Point{math.NaN(), 1 + 1e-9}), false},
		"crossing segments":            {meet(Segment{{0, 0}, {4, 4}}, Segment{{0, 4}, {4, 0}}), true},
		"parallel segments":            {meet(Segment{{0, 0}, {4, 4}}, Segment{{1, 1}, {5, 5}}), false},
		"segments that stop before":    {meet(Segment{{0, 0}, {1, 1}}, Segment{{0, 4}, {4, 0}}), false},
		"perpendicular lines":          {c.LinesPerpendicular(Line{1, -1, 0}, Line{1, 1, 5}), true},
		"the same line":                {c.LinesEqual(Line{1, -1, 2}, Line{-2, 2, -4}), true},
		"point in notch":               {c.PolygonHas(notch, Point{2, 2}), false},
		"point beside notch":           {c.PolygonHas(notch, Point{0.5, 2}), true},
		"point on edge":                {c.PolygonHas(notch, Point{4, 2}), true},
		"point between wings":          {c.PolygonHas(bow, Point{0.5, 2}), false},
		"polygon in polygon":           {c.PolygonContains(notch, small), true},
		"polygon over notch":           {c.PolygonContains(notch, over), false},
		"overlap":                      {c.PolygonsOverlap(notch, over), true},
		"overlap of one within":        {c.PolygonsOverlap(square, small), true},
		"no overlap of boxes that do":  {c.PolygonsOverlap(notch, MakePolygon([]Point{{1.9, 3}, {2.1, 3}, {2, 2}})), false},
		"same corners turned":          {PolygonsSame(square, turned), true},
		"same corners in other orders": {PolygonsSame(square, bow), false},
		"point on open path":           {c.PathHas(Path{Points: square.Points}, Point{2, 4}), true},
		"point in open path":           {c.PathHas(Path{Points: square.Points}, Point{2, 2}), false},
		"point in closed path":         {c.PathHas(square.Path(), Point{2, 2}), true},
		"box meets line":               {c.LineMeetsBox(Line{1, -1, 0}, square.Bound), true},
		"box misses segment":           {c.BoxMeetsSegment(square.Bound, Segment{{3, 6}, {6, 3}}), false},
		"circles that touch":           {c.CirclesOverlap(unit, Circle{Point{2, 0}, 1}), true},
	} {
		if x[0] != x[1] {
			t.Errorf("%s: %v", what, x[0])
		}
	}
	if c.Err != nil {
		t.Error(c.Err)
	}
}

func TestRanges(t *testing.T) {
	for what, x := range map[string]struct {
		f    func(c *Calc)
		code string
	}{
		"overflow":        {func(c *Calc) { c.Mul(Point{1e300, 0}, Point{1e300, 0}) }, "22003"},
		"underflow":       {func(c *Calc) { c.Mul(Point{1e-300, 0}, Point{1e-300, 0}) }, "22003"},
		"no divisor":      {func(c *Calc) { c.Div(Point{1, 1}, Point{}) }, "22012"},
		"length":          {func(c *Calc) { c.Distance(Point{1.7e308, 0}, Point{0, 1.7e308}) }, "22003"},
		"one point":       {func(c *Calc) { c.LineThrough(Point{1, 1}, Point{1, 1}) }, "22023"},
		"no radius":       {func(c *Calc) { c.CirclePolygon(4, Circle{}) }, "0A000"},
		"one corner":      {func(c *Calc) { c.CirclePolygon(1, unit) }, "22023"},
		"infinite is not": {func(c *Calc) { c.Add(Point{math.Inf(1), 0}, Point{1, 1}) }, ""},
	} {
		var c Calc
		x.f(&c)
		if got := pgerr.Code(c.Err); c.Err == nil && x.code != "" || c.Err != nil && got != x.code {
			t.Errorf("%s: %v", what, c.Err)
		}
	}
}

// TestStop ends what takes the product of two numbers of points.
func TestStop(t *testing.T) {
	long := Path{Points: make([]Point, 1000)}
	for i := range long.Points {
		long.Points[i] = Point{float64(i), float64(i % 7)}
	}
	ended, asked := errors.New("ended"), 0
	c := Calc{Stop: func() error {
		if asked++; asked == 3 {
			return ended
		}
		return nil
	}}
	c.PathsDistance(long, long)
	if c.Err != ended || asked != 3 {
		t.Errorf("asked %d times: %v", asked, c.Err)
	}
}
