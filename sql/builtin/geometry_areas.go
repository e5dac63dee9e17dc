package builtin

import (
	"github.com/loxodb/loxodb/sql/geometry"
	"github.com/loxodb/loxodb/sql/types"
)

func pathFuncs(r *registrar) {
	of, point := types.PathOf, types.PointOf
	ofShape(r, of, types.Float, shapes[geometry.Path, float64]{"path_length": calc.PathLength})
	ofShape(r, types.PathPoints, toCount, shapes[int, int]{"path_npoints": exact(func(n int) int { return n })})
	ofShape(r, of, types.Bool, shapes[geometry.Path, bool]{
		"path_isclosed": exact(func(p geometry.Path) bool { return p.Closed }),
		"path_isopen":   exact(func(p geometry.Path) bool { return !p.Closed }),
	})
	ofShape(r, of, types.MakePath, shapes[geometry.Path, geometry.Path]{
		"path_close": exact(func(p geometry.Path) geometry.Path { return geometry.Path{Closed: true, Points: p.Points} }),
		"path_open":  exact(func(p geometry.Path) geometry.Path { return geometry.Path{Points: p.Points} }),
	})
	ofShape(r, of, self, shapes[geometry.Path, types.Datum]{
		"path_area": func(c *geometry.Calc, p geometry.Path) types.Datum {
			if !p.Closed {
				return types.Null
			}
			return types.Float(c.PathArea(p))
		},
	})
	ofPair(r, of, of, types.Bool, pairs[geometry.Path, geometry.Path, bool]{"path_inter": calc.PathsMeet})
	for rel, suffix := range relationSuffix {
		if relation(rel) == ne {
			continue
		}
		ofPair(r, types.PathPoints, types.PathPoints, types.Bool, pairs[int, int, bool]{
			"path_n_" + suffix: exactly(func(n, m int) bool { return relation(rel).holds(n - m) }),
		})
	}
	ofPair(r, point, of, types.Bool, pairs[geometry.Point, geometry.Path, bool]{"on_ppath": swapped(calc.PathHas)})
	ofPair(r, of, point, types.Bool, pairs[geometry.Path, geometry.Point, bool]{"path_contain_pt(path,point)": calc.PathHas})
	ofPair(r, of, of, self, pairs[geometry.Path, geometry.Path, types.Datum]{"path_add": joinPaths})
	moved := func(f func(*geometry.Calc, geometry.Point, geometry.Point) geometry.Point) func(*geometry.Calc, geometry.Path, geometry.Point) geometry.Path {
		return func(c *geometry.Calc, path geometry.Path, by geometry.Point) geometry.Path {
			return geometry.MovePath(path, func(p geometry.Point) geometry.Point { return f(c, p, by) })
		}
	}
	ofPair(r, of, point, types.MakePath, pairs[geometry.Path, geometry.Point, geometry.Path]{
		"path_add_pt": moved(calc.Add), "path_sub_pt": moved(calc.Sub), "path_mul_pt": moved(calc.Mul), "path_div_pt": moved(calc.Div),
	})
}

// joinPaths is one open path after the other, NULL where one is closed.
func joinPaths(c *geometry.Calc, p, q geometry.Path) types.Datum {
	if p.Closed || q.Closed {
		return types.Null
	}
	if size := 16 + 16*(len(p.Points)+len(q.Points)); size > types.MaxText {
		c.Err = types.AllocTooLarge(size)
		return types.Null
	}
	points := make([]geometry.Point, 0, len(p.Points)+len(q.Points))
	return types.MakePath(geometry.Path{Points: append(append(points, p.Points...), q.Points...)})
}

func polygonFuncs(r *registrar) {
	of, point := types.PolygonOf, types.PointOf
	ofShape(r, types.PolygonPoints, toCount, shapes[int, int]{"poly_npoints": exact(func(n int) int { return n })})
	ofShape(r, of, types.MakePoint, shapes[geometry.Polygon, geometry.Point]{
		"poly_center": func(c *geometry.Calc, p geometry.Polygon) geometry.Point { return c.PolygonCircle(p).Center },
	})
	ofPair(r, of, of, types.Bool, pairs[geometry.Polygon, geometry.Polygon, bool]{
		"poly_same": exactly(geometry.PolygonsSame), "poly_overlap": calc.PolygonsOverlap,
		"poly_left": exactly(geometry.PolygonLeft), "poly_overleft": exactly(geometry.PolygonOverLeft),
		"poly_right": exactly(geometry.PolygonRight), "poly_overright": exactly(geometry.PolygonOverRight),
		"poly_below": exactly(geometry.PolygonBelow), "poly_overbelow": exactly(geometry.PolygonOverBelow),
		"poly_above": exactly(geometry.PolygonAbove), "poly_overabove": exactly(geometry.PolygonOverAbove),
		"poly_contain": calc.PolygonContains, "poly_contained": swapped(calc.PolygonContains),
	})
	ofPair(r, of, point, types.Bool, pairs[geometry.Polygon, geometry.Point, bool]{"poly_contain_pt": calc.PolygonHas})
	ofPair(r, point, of, types.Bool, pairs[geometry.Point, geometry.Polygon, bool]{"pt_contained_poly": swapped(calc.PolygonHas)})
	ofPair(r, types.Datum.Int, types.CircleOf, types.MakePolygon, pairs[int64, geometry.Circle, geometry.Polygon]{
		"circle_poly": calc.CirclePolygon,
	})
}

func circleFuncs(r *registrar) {
	of, point := types.CircleOf, types.PointOf
	ofShape(r, of, types.Float, shapes[geometry.Circle, float64]{
		"circle_area": calc.CircleArea, "circle_diameter": calc.Diameter,
		"circle_radius": exact(func(a geometry.Circle) float64 { return a.Radius }),
	})
	ofShape(r, of, types.MakePoint, shapes[geometry.Circle, geometry.Point]{
		"circle_center": exact(func(a geometry.Circle) geometry.Point { return a.Center }),
	})
	ofPair(r, point, types.Datum.Float, types.MakeCircle, pairs[geometry.Point, float64, geometry.Circle]{
		"cr_circle": exactly(func(p geometry.Point, radius float64) geometry.Circle {
			return geometry.Circle{Center: p, Radius: radius}
		}),
	})
	compared(r, "circle_", of, []string{"eq", "ne", "lt", "le", "gt", "ge"}, calc.CircleArea)
	ofPair(r, of, of, types.Bool, pairs[geometry.Circle, geometry.Circle, bool]{
		"circle_same": exactly(geometry.CirclesSame), "circle_overlap": calc.CirclesOverlap,
		"circle_left": calc.CircleLeft, "circle_overleft": calc.CircleOverLeft,
		"circle_right": calc.CircleRight, "circle_overright": calc.CircleOverRight,
		"circle_below": calc.CircleBelow, "circle_overbelow": calc.CircleOverBelow,
		"circle_above": calc.CircleAbove, "circle_overabove": calc.CircleOverAbove,
		"circle_contain": calc.CircleContains, "circle_contained": swapped(calc.CircleContains),
	})
	ofPair(r, of, point, types.Bool, pairs[geometry.Circle, geometry.Point, bool]{"circle_contain_pt": calc.CircleHas})
	ofPair(r, point, of, types.Bool, pairs[geometry.Point, geometry.Circle, bool]{"pt_contained_circle": swapped(calc.CircleHas)})
	ofPair(r, of, point, types.MakeCircle, pairs[geometry.Circle, geometry.Point, geometry.Circle]{
		"circle_add_pt": calc.AddCircle, "circle_sub_pt": calc.SubCircle,
		"circle_mul_pt": calc.MulCircle, "circle_div_pt": calc.DivCircle,
	})
}
