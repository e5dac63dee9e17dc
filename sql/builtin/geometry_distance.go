package builtin

import (
	"github.com/loxodb/loxodb/sql/geometry"
	"github.com/loxodb/loxodb/sql/types"
)

// closestFuncs registers the operator ##.
func closestFuncs(r *registrar) {
	point, line, segment, box := types.PointOf, types.LineOf, types.SegmentOf, types.BoxOf
	closest(r, "close_pl", point, line, swapAlso(calc.CloseLine))
	closest(r, "close_ps", point, segment, swapAlso(calc.CloseSegment))
	closest(r, "close_pb", point, box, swapAlso(calc.CloseBox))
	closest(r, "close_sb", segment, box, swapAlso(calc.CloseBoxSegment))
	closest(r, "close_ls", line, segment, swapAlso(calc.CloseSegmentLine))
	closest(r, "close_lseg", segment, segment, calc.CloseSegments)
}

func closest[A, B any](r *registrar, key string, a func(types.Datum) A, b func(types.Datum) B, f func(*geometry.Calc, A, B) (geometry.Point, bool)) {
	maybe(r, key, a, b, types.MakePoint, f)
}

// swapAlso is swapped of a function that can have no result.
func swapAlso[A, B any](f func(*geometry.Calc, A, B) (geometry.Point, bool)) func(*geometry.Calc, B, A) (geometry.Point, bool) {
	return func(c *geometry.Calc, x B, y A) (geometry.Point, bool) { return f(c, y, x) }
}

// geometricDistances registers the operator <-> between shapes.
func geometricDistances(r *registrar) {
	point, line, segment, box := types.PointOf, types.LineOf, types.SegmentOf, types.BoxOf
	path, polygon, circle := types.PathOf, types.PolygonOf, types.CircleOf
	apart(r, "dist_lp", "dist_pl", line, point, far(calc.OnLine))
	apart(r, "dist_sp", "dist_ps", segment, point, far(calc.OnSegment))
	apart(r, "dist_bp", "dist_pb", box, point, far(calc.InBox))
	apart(r, "dist_sl", "dist_ls", segment, line, far(calc.OnSegmentNearLine))
	apart(r, "dist_bs", "dist_sb", box, segment, far(calc.InBoxNearSegment))
	apart(r, "dist_pathp", "dist_ppath", path, point, calc.PathPointDistance)
	apart(r, "dist_polyp", "dist_ppoly", polygon, point, calc.PolygonPointDistance)
	apart(r, "dist_cpoint", "dist_pc", circle, point, calc.CirclePointDistance)
	apart(r, "dist_cpoly", "dist_polyc", circle, polygon, calc.CirclePolygonDistance)
	apart(r, "line_distance", "", line, line, calc.LinesDistance)
	apart(r, "lseg_distance", "", segment, segment, far(calc.OnSegmentNearSegment))
	apart(r, "box_distance", "", box, box, calc.BoxesDistance)
	apart(r, "circle_distance", "", circle, circle, calc.CirclesDistance)
	maybe(r, "path_distance", path, path, types.Float, calc.PathsDistance)
	maybe(r, "poly_distance", polygon, polygon, types.Float, calc.PolygonsDistance)
}

// apart registers a distance both ways.
func apart[A, B any](r *registrar, key, back string, a func(types.Datum) A, b func(types.Datum) B, f func(*geometry.Calc, A, B) float64) {
	ofPair(r, a, b, types.Float, pairs[A, B, float64]{key: f})
	if back != "" {
		ofPair(r, b, a, types.Float, pairs[B, A, float64]{back: swapped(f)})
	}
}

// far is the distance without the point where it was measured.
func far[A, B any](f func(*geometry.Calc, A, B) (geometry.Point, float64)) func(*geometry.Calc, A, B) float64 {
	return func(c *geometry.Calc, x A, y B) float64 {
		_, d := f(c, x, y)
		return d
	}
}

// geometricCasts registers the functions behind casts, for calls by name.
func geometricCasts(r *registrar) {
	to := func(c *Ctx, a []types.Datum) (types.Datum, error) {
		return Convert(c, c.argT(0), types.Of(c.retT().OID), a[0], true)
	}
	r.evals(to, "point_box", "box_circle", "box_poly", "path_poly", "poly_path", "poly_box", "spg_poly_quad_compress", "poly_circle", "circle_box", "polygon(circle)")
}
