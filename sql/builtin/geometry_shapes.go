package builtin

import (
	"github.com/loxodb/loxodb/sql/geometry"
	"github.com/loxodb/loxodb/sql/types"
)

type calc = *geometry.Calc

func pointFuncs(r *registrar) {
	of := types.PointOf
	ofPair(r, of, of, types.Bool, pairs[geometry.Point, geometry.Point, bool]{
		"point_eq": exactly(geometry.PointsEqual), "point_ne": negated(exactly(geometry.PointsEqual)),
		"point_left": exactly(geometry.PointLeft), "point_right": exactly(geometry.PointRight),
		"point_above": exactly(geometry.PointAbove), "point_below": exactly(geometry.PointBelow),
		"point_vert": exactly(geometry.PointsVertical), "point_horiz": exactly(geometry.PointsHorizontal),
	})
	ofPair(r, of, of, types.Float, pairs[geometry.Point, geometry.Point, float64]{
		"point_distance": calc.Distance, "point_slope": calc.Slope,
	})
	ofPair(r, of, of, types.MakePoint, pairs[geometry.Point, geometry.Point, geometry.Point]{
		"point_add": calc.Add, "point_sub": calc.Sub, "point_mul": calc.Mul, "point_div": calc.Div,
	})
	ofPair(r, types.Datum.Float, types.Datum.Float, types.MakePoint, pairs[float64, float64, geometry.Point]{
		"construct_point": exactly(func(x, y float64) geometry.Point { return geometry.Point{X: x, Y: y} }),
	})
}

func segmentFuncs(r *registrar) {
	of, point := types.SegmentOf, types.PointOf
	ofShape(r, of, types.Bool, shapes[geometry.Segment, bool]{
		"lseg_vertical": exact(geometry.Segment.Vertical), "lseg_horizontal": exact(geometry.Segment.Horizontal),
	})
	ofShape(r, of, types.Float, shapes[geometry.Segment, float64]{"lseg_length": calc.SegmentLength})
	ofShape(r, of, types.MakePoint, shapes[geometry.Segment, geometry.Point]{"lseg_center": calc.SegmentCenter})
	ofPair(r, point, point, types.MakeSegment, pairs[geometry.Point, geometry.Point, geometry.Segment]{
		"lseg_construct": exactly(func(p, q geometry.Point) geometry.Segment { return geometry.Segment{p, q} }),
	})
	ofPair(r, of, of, types.Bool, pairs[geometry.Segment, geometry.Segment, bool]{
		"lseg_eq": exactly(geometry.SegmentsEqual), "lseg_ne": negated(exactly(geometry.SegmentsEqual)),
		"lseg_parallel": calc.SegmentsParallel, "lseg_perp": calc.SegmentsPerpendicular,
		"lseg_intersect": meets(calc.SegmentsMeet),
	})
	maybe(r, "lseg_interpt", of, of, types.MakePoint, calc.SegmentsMeet)
	compared(r, "lseg_", of, []string{"lt", "le", "gt", "ge"}, calc.SegmentLength)
	ofPair(r, point, of, types.Bool, pairs[geometry.Point, geometry.Segment, bool]{"on_ps": swapped(calc.SegmentHas)})
}

func lineFuncs(r *registrar) {
	of, point, segment := types.LineOf, types.PointOf, types.SegmentOf
	ofShape(r, of, types.Bool, shapes[geometry.Line, bool]{
		"line_vertical": exact(geometry.Line.Vertical), "line_horizontal": exact(geometry.Line.Horizontal),
	})
	ofPair(r, point, point, types.MakeLine, pairs[geometry.Point, geometry.Point, geometry.Line]{"line_construct_pp": calc.LineThrough})
	ofPair(r, of, of, types.Bool, pairs[geometry.Line, geometry.Line, bool]{
		"line_eq": calc.LinesEqual, "line_perp": calc.LinesPerpendicular,
		"line_intersect": meets(calc.LinesMeet), "line_parallel": negated(meets(calc.LinesMeet)),
	})
	maybe(r, "line_interpt", of, of, types.MakePoint, calc.LinesMeet)
	ofPair(r, point, of, types.Bool, pairs[geometry.Point, geometry.Line, bool]{"on_pl": swapped(calc.LineHas)})
	ofPair(r, segment, of, types.Bool, pairs[geometry.Segment, geometry.Line, bool]{
		"inter_sl": meets(calc.SegmentMeetsLine),
		"on_sl": func(c *geometry.Calc, s geometry.Segment, l geometry.Line) bool {
			return c.LineHas(l, s[0]) && c.LineHas(l, s[1])
		},
	})
	ofPair(r, of, types.BoxOf, types.Bool, pairs[geometry.Line, geometry.Box, bool]{"inter_lb": calc.LineMeetsBox})
}

func boxFuncs(r *registrar) {
	of, point := types.BoxOf, types.PointOf
	ofShape(r, of, types.Float, shapes[geometry.Box, float64]{
		"box_area": calc.BoxArea, "box_width": calc.Width, "box_height": calc.Height,
	})
	ofShape(r, of, types.MakePoint, shapes[geometry.Box, geometry.Point]{"box_center": calc.BoxCenter})
	ofShape(r, of, types.MakeSegment, shapes[geometry.Box, geometry.Segment]{"box_diagonal": exact(geometry.Box.Diagonal)})
	compared(r, "box_", of, []string{"eq", "lt", "le", "gt", "ge"}, calc.BoxArea)
	ofPair(r, of, of, types.Bool, pairs[geometry.Box, geometry.Box, bool]{
		"box_same": exactly(geometry.BoxesSame), "box_overlap": exactly(geometry.BoxesOverlap),
		"box_left": exactly(geometry.BoxLeft), "box_overleft": exactly(geometry.BoxOverLeft),
		"box_right": exactly(geometry.BoxRight), "box_overright": exactly(geometry.BoxOverRight),
		"box_below": exactly(geometry.BoxBelow), "box_overbelow": exactly(geometry.BoxOverBelow),
		"box_above": exactly(geometry.BoxAbove), "box_overabove": exactly(geometry.BoxOverAbove),
		"box_below_eq": exactly(geometry.BoxBelowTouching), "box_above_eq": exactly(geometry.BoxAboveTouching),
		"box_contain": exactly(geometry.BoxContains), "box_contained": swapped(exactly(geometry.BoxContains)),
	})
	ofPair(r, of, of, types.MakeBox, pairs[geometry.Box, geometry.Box, geometry.Box]{"boxes_bound_box": exactly(geometry.Box.Bound)})
	maybe(r, "box_intersect", of, of, types.MakeBox, func(_ *geometry.Calc, a, b geometry.Box) (geometry.Box, bool) {
		return geometry.Intersect(a, b)
	})
	ofPair(r, point, point, types.MakeBox, pairs[geometry.Point, geometry.Point, geometry.Box]{"points_box": exactly(geometry.MakeBox)})
	ofPair(r, of, point, types.Bool, pairs[geometry.Box, geometry.Point, bool]{"box_contain_pt": exactly(geometry.Box.Has)})
	ofPair(r, point, of, types.Bool, pairs[geometry.Point, geometry.Box, bool]{"on_pb": swapped(exactly(geometry.Box.Has))})
	ofPair(r, types.SegmentOf, of, types.Bool, pairs[geometry.Segment, geometry.Box, bool]{
		"on_sb": swapped(exactly(geometry.Box.HasSegment)), "inter_sb": swapped(calc.BoxMeetsSegment),
	})
	moved := func(f func(*geometry.Calc, geometry.Point, geometry.Point) geometry.Point) func(*geometry.Calc, geometry.Box, geometry.Point) geometry.Box {
		return func(c *geometry.Calc, b geometry.Box, p geometry.Point) geometry.Box {
			return geometry.Box{High: f(c, b.High, p), Low: f(c, b.Low, p)}
		}
	}
	turned := func(f func(*geometry.Calc, geometry.Point, geometry.Point) geometry.Point) func(*geometry.Calc, geometry.Box, geometry.Point) geometry.Box {
		return func(c *geometry.Calc, b geometry.Box, p geometry.Point) geometry.Box {
			return geometry.MakeBox(f(c, b.High, p), f(c, b.Low, p))
		}
	}
	ofPair(r, of, point, types.MakeBox, pairs[geometry.Box, geometry.Point, geometry.Box]{
		"box_add": moved(calc.Add), "box_sub": moved(calc.Sub), "box_mul": turned(calc.Mul), "box_div": turned(calc.Div),
	})
}
