package builtin

import (
	"github.com/loxodb/loxodb/sql/geometry"
	"github.com/loxodb/loxodb/sql/types"
)

// geometryFuncs registers chapter 9.11: points, segments, lines, boxes, paths, polygons
// and circles. What they compute is sql/geometry's.
func geometryFuncs(r *registrar) {
	pointFuncs(r)
	segmentFuncs(r)
	lineFuncs(r)
	boxFuncs(r)
	pathFuncs(r)
	polygonFuncs(r)
	circleFuncs(r)
	closestFuncs(r)
	geometricDistances(r)
	geometricCasts(r)
}

// shapes is what functions of one argument compute, by their keys; pairs is that of two.
type (
	shapes[A, R any]   = map[string]func(*geometry.Calc, A) R
	pairs[A, B, R any] = map[string]func(*geometry.Calc, A, B) R
)

// calcOf is the call's calculator, kept from row to row.
func calcOf(c *Ctx) *geometry.Calc {
	if c.Site == nil {
		return &geometry.Calc{Stop: c.goOn}
	}
	x, ok := c.Site.Cache.(*geometry.Calc)
	if !ok {
		x = &geometry.Calc{Stop: c.goOn}
		c.Site.Cache = x
	}
	x.Err = nil
	return x
}

func ofShape[A, R any](r *registrar, a func(types.Datum) A, to func(R) types.Datum, list shapes[A, R]) {
	for key, f := range list {
		r.eval(key, func(c *Ctx, args []types.Datum) (types.Datum, error) {
			x := calcOf(c)
			out := f(x, a(args[0]))
			if x.Err != nil {
				return types.Datum{}, x.Err
			}
			return to(out), nil
		})
	}
}

func ofPair[A, B, R any](r *registrar, a func(types.Datum) A, b func(types.Datum) B, to func(R) types.Datum, list pairs[A, B, R]) {
	for key, f := range list {
		r.eval(key, func(c *Ctx, args []types.Datum) (types.Datum, error) {
			x := calcOf(c)
			out := f(x, a(args[0]), b(args[1]))
			if x.Err != nil {
				return types.Datum{}, x.Err
			}
			return to(out), nil
		})
	}
}

// maybe registers a function of two that can have no result.
func maybe[A, B, R any](r *registrar, key string, a func(types.Datum) A, b func(types.Datum) B, to func(R) types.Datum, f func(*geometry.Calc, A, B) (R, bool)) {
	ofPair(r, a, b, func(d types.Datum) types.Datum { return d }, pairs[A, B, types.Datum]{
		key: func(c *geometry.Calc, x A, y B) types.Datum {
			if out, ok := f(c, x, y); ok {
				return to(out)
			}
			return types.Null
		},
	})
}

// meets registers whether f finds a point.
func meets[A, B any](f func(*geometry.Calc, A, B) (geometry.Point, bool)) func(*geometry.Calc, A, B) bool {
	return func(c *geometry.Calc, x A, y B) bool {
		_, ok := f(c, x, y)
		return ok
	}
}

// exact and exactly are functions that no result can be out of range of.
func exact[A, R any](f func(A) R) func(*geometry.Calc, A) R {
	return func(_ *geometry.Calc, x A) R { return f(x) }
}

func exactly[A, B, R any](f func(A, B) R) func(*geometry.Calc, A, B) R {
	return func(_ *geometry.Calc, x A, y B) R { return f(x, y) }
}

// negated and swapped are made of other functions.
func negated[A, B any](f func(*geometry.Calc, A, B) bool) func(*geometry.Calc, A, B) bool {
	return func(c *geometry.Calc, x A, y B) bool { return !f(c, x, y) }
}

func swapped[A, B, R any](f func(*geometry.Calc, A, B) R) func(*geometry.Calc, B, A) R {
	return func(c *geometry.Calc, x B, y A) R { return f(c, y, x) }
}

// compared registers the fuzzy comparisons of what a function measures.
func compared[A any](r *registrar, prefix string, of func(types.Datum) A, suffixes []string, measure func(*geometry.Calc, A) float64) {
	for _, s := range suffixes {
		compare := geometry.Compare[s]
		ofPair(r, of, of, types.Bool, pairs[A, A, bool]{
			prefix + s: func(c *geometry.Calc, x, y A) bool { return compare(measure(c, x), measure(c, y)) },
		})
	}
}

// toCount is an integer's datum.
func toCount(n int) types.Datum { return types.Int(int64(n)) }

func self(d types.Datum) types.Datum { return d }
