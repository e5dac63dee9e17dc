package builtin

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// rangeFuncs registers chapter 9.20: range and multirange types. A range stands for
// the multirange of it wherever both may be given, and nearly every function is
// written once for the lists of ranges.
func rangeFuncs(r *registrar) {
	for rel, suffix := range relationSuffix {
		r.kernel("range_"+suffix, compareAny(relation(rel)))
		r.kernel("multirange_"+suffix, compareAny(relation(rel)))
	}
	r.evals(threeWay, "range_cmp", "multirange_cmp")
	rangeConstructors(r)
	rangeParts(r)
	rangeRelations(r)
	rangeArithmetic(r)
	r.rows("multirange_unnest", func(c *Ctx, a []types.Datum) (RowIter, error) {
		rt := types.MultirangeTypeOf(c.argT(0).OID)
		var list []types.Datum
		for _, x := range rt.RangesOf(a[0]) {
			d, err := rt.Make(x)
			if err != nil {
				return nil, err
			}
			list = append(list, d)
		}
		return &listRows{list: list}, nil
	})
}

// family is the range family of a type, which may be the range or the multirange.
func family(t types.T) *types.RangeType {
	if rt := types.RangeTypeOf(t.OID); rt != nil {
		return rt
	}
	return types.MultirangeTypeOf(t.OID)
}

// rangeList is a range (even an empty one) or multirange as a list.
func rangeList(t types.T, d types.Datum) []types.Range {
	if rt := types.RangeTypeOf(t.OID); rt != nil {
		return []types.Range{rt.RangeOf(d)}
	}
	return types.MultirangeTypeOf(t.OID).RangesOf(d)
}

// span is the range from the first to the last, empty when there are none.
func span(rt *types.RangeType, list []types.Range) types.Range {
	if len(list) == 0 {
		return types.EmptyRange
	}
	return rt.Hull(list[0], list[len(list)-1])
}

func rangeConstructors(r *registrar) {
	bound := func(d types.Datum) types.Bound { return types.Bound{Val: d, Infinite: d.IsNull()} }
	r.eval("range_constructor2", func(c *Ctx, a []types.Datum) (types.Datum, error) {
		x := types.Range{Lower: bound(a[0]), Upper: bound(a[1])}
		x.Lower.Inclusive = true
		return types.RangeTypeOf(c.retT().OID).Make(x)
	})
	r.eval("range_constructor3", func(c *Ctx, a []types.Datum) (types.Datum, error) {
		if a[2].IsNull() {
			return types.Datum{}, pgerr.New(pgerrcode.DataException, "range constructor flags argument must not be null")
		}
		x := types.Range{Lower: bound(a[0]), Upper: bound(a[1])}
		switch flags := a[2].Text(); flags {
		case "[]", "[)", "(]", "()":
			x.Lower.Inclusive, x.Upper.Inclusive = flags[0] == '[', flags[1] == ']'
		default:
			return types.Datum{}, pgerr.New(pgerrcode.SyntaxError, "invalid range bound flags").
				WithHint("Valid values are \"[]\", \"[)\", \"(]\", and \"()\".")
		}
		return types.RangeTypeOf(c.retT().OID).Make(x)
	})
	for _, key := range []string{"int4range_canonical", "int8range_canonical", "daterange_canonical"} {
		r.eval(key, func(c *Ctx, a []types.Datum) (types.Datum, error) { return a[0], nil }) // all are
	}
	r.eval("multirange_constructor0", func(c *Ctx, _ []types.Datum) (types.Datum, error) {
		return types.MultirangeTypeOf(c.retT().OID).MakeMulti(nil), nil
	})
	r.eval("multirange_constructor1", func(c *Ctx, a []types.Datum) (types.Datum, error) {
		rt := types.MultirangeTypeOf(c.retT().OID)
		return rt.MakeMulti([]types.Range{rt.RangeOf(a[0])}), nil
	})
	r.eval("multirange_constructor2", func(c *Ctx, a []types.Datum) (types.Datum, error) {
		if types.ArrayNDims(a[0]) > 1 {
			return types.Datum{}, pgerr.New(pgerrcode.CardinalityViolation, "multiranges cannot be constructed from multidimensional arrays")
		}
		rt := types.MultirangeTypeOf(c.retT().OID)
		var list []types.Range
		for _, d := range elements(a[0]) {
			if d.IsNull() {
				return types.Datum{}, pgerr.New(pgerrcode.NullValueNotAllowedDataException, "multirange values cannot contain null members")
			}
			list = append(list, rt.RangeOf(d))
		}
		return rt.MakeMulti(list), nil
	})
}

// rangeParts registers lower, upper and the questions about bounds.
func rangeParts(r *registrar) {
	each := func(name string, f func(x types.Range) types.Datum) {
		eval := func(c *Ctx, a []types.Datum) (types.Datum, error) {
			t := c.argT(0)
			return f(span(family(t), rangeList(t, a[0]))), nil
		}
		r.evals(eval, "range_"+name, "multirange_"+name)
	}
	value := func(x types.Range, b types.Bound) types.Datum {
		if x.Empty || b.Infinite {
			return types.Null
		}
		return b.Val
	}
	each("lower", func(x types.Range) types.Datum { return value(x, x.Lower) })
	each("upper", func(x types.Range) types.Datum { return value(x, x.Upper) })
	each("empty", func(x types.Range) types.Datum { return types.Bool(x.Empty) })
	each("lower_inc", func(x types.Range) types.Datum { return types.Bool(!x.Empty && x.Lower.Inclusive) })
	each("upper_inc", func(x types.Range) types.Datum { return types.Bool(!x.Empty && x.Upper.Inclusive) })
	each("lower_inf", func(x types.Range) types.Datum { return types.Bool(!x.Empty && x.Lower.Infinite) })
	each("upper_inf", func(x types.Range) types.Datum { return types.Bool(!x.Empty && x.Upper.Infinite) })
}

// rangeRelations registers the tests of two operands, each for every mixture of
// ranges and multiranges.
func rangeRelations(r *registrar) {
	type lists = []types.Range
	positional := func(f func(rt *types.RangeType, a, b types.Range) bool) func(*types.RangeType, lists, lists) bool {
		return func(rt *types.RangeType, a, b lists) bool {
			x, y := span(rt, a), span(rt, b)
			return !x.Empty && !y.Empty && f(rt, x, y)
		}
	}
	for name, f := range map[string]func(rt *types.RangeType, a, b lists) bool{
		"overlaps": func(rt *types.RangeType, a, b lists) bool { return len(rt.IntersectMulti(a, b)) > 0 },
		"before":   positional(func(rt *types.RangeType, a, b types.Range) bool { return rt.Before(a, b) }),
		"after":    positional(func(rt *types.RangeType, a, b types.Range) bool { return rt.Before(b, a) }),
		"adjacent": positional(func(rt *types.RangeType, a, b types.Range) bool { return rt.Adjacent(a, b) }),
		"overleft": positional(func(rt *types.RangeType, a, b types.Range) bool { return rt.CompareBounds(a.Upper, b.Upper) <= 0 }),
		"overright": positional(func(rt *types.RangeType, a, b types.Range) bool {
			return rt.CompareBounds(a.Lower, b.Lower) >= 0
		}),
		"contains":     containsAll,
		"contained_by": func(rt *types.RangeType, a, b lists) bool { return containsAll(rt, b, a) },
	} {
		eval := func(c *Ctx, a []types.Datum) (types.Datum, error) {
			return types.Bool(f(family(c.argT(0)), rangeList(c.argT(0), a[0]), rangeList(c.argT(1), a[1]))), nil
		}
		r.evals(eval, "range_"+name, "range_"+name+"_multirange", "multirange_"+name+"_range", "multirange_"+name+"_multirange")
	}
	has := func(c *Ctx, list, elem int, a []types.Datum) (types.Datum, error) {
		rt := family(c.argT(list))
		for _, x := range rangeList(c.argT(list), a[list]) {
			if rt.Has(x, a[elem]) {
				return types.Bool(true), nil
			}
		}
		return types.Bool(false), nil
	}
	contains := func(c *Ctx, a []types.Datum) (types.Datum, error) { return has(c, 0, 1, a) }
	contained := func(c *Ctx, a []types.Datum) (types.Datum, error) { return has(c, 1, 0, a) }
	r.evals(contains, "range_contains_elem", "multirange_contains_elem")
	r.evals(contained, "elem_contained_by_range", "elem_contained_by_multirange")
}

// containsAll reports whether every range of b lies in one of a.
func containsAll(rt *types.RangeType, a, b []types.Range) bool {
	at := 0
	for _, y := range b {
		if y.Empty {
			continue
		}
		for at < len(a) && (a[at].Empty || rt.Before(a[at], y)) {
			at++
		}
		if at == len(a) || !rt.Contains(a[at], y) {
			return false
		}
	}
	return true
}

func rangeArithmetic(r *registrar) {
	simple := func(f func(rt *types.RangeType, a, b types.Range) (types.Range, error)) Eval {
		return func(c *Ctx, a []types.Datum) (types.Datum, error) {
			rt := types.RangeTypeOf(c.argT(0).OID)
			x, err := f(rt, rt.RangeOf(a[0]), rt.RangeOf(a[1]))
			if err != nil {
				return types.Datum{}, err
			}
			return rt.Make(x)
		}
	}
	intersect := func(rt *types.RangeType, a, b types.Range) (types.Range, error) { return rt.Intersect(a, b), nil }
	r.eval("range_union", simple((*types.RangeType).Union))
	r.eval("range_minus", simple((*types.RangeType).Minus))
	r.eval("range_intersect", simple(intersect))
	r.eval("range_merge", simple(func(rt *types.RangeType, a, b types.Range) (types.Range, error) { return rt.Hull(a, b), nil }))
	r.eval("range_merge_from_multirange", func(c *Ctx, a []types.Datum) (types.Datum, error) {
		rt := types.MultirangeTypeOf(c.argT(0).OID)
		return rt.Make(span(rt, rt.RangesOf(a[0])))
	})
	multi := func(f func(rt *types.RangeType, a, b []types.Range) []types.Range) Eval {
		return func(c *Ctx, a []types.Datum) (types.Datum, error) {
			rt := types.MultirangeTypeOf(c.argT(0).OID)
			list, err := rt.Canonical(f(rt, rt.RangesOf(a[0]), rt.RangesOf(a[1])))
			return rt.MakeMulti(list), err
		}
	}
	r.eval("multirange_union", multi(func(_ *types.RangeType, a, b []types.Range) []types.Range { return append(a, b...) }))
	r.eval("multirange_minus", multi((*types.RangeType).MinusMulti))
	r.eval("multirange_intersect", multi((*types.RangeType).IntersectMulti))
	for _, key := range []string{"range_intersect_agg_transfn", "multirange_intersect_agg_transfn"} {
		r.eval(key, func(*Ctx, []types.Datum) (types.Datum, error) {
			return types.Datum{}, pgerr.Newf(pgerrcode.InternalError, "%s called in non-aggregate context", key)
		})
	}
	for key, scale := range map[string]float64{
		"int4": 1, "int8": 1, "date": 1, "ts": 1e6, "tstz": 1e6,
	} {
		r.eval(key+"range_subdiff", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			return types.Float((float64(a[0].Int()) - float64(a[1].Int())) / scale), nil
		})
	}
	r.eval("numrange_subdiff", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		d, err := types.NumericSub(a[0], a[1])
		if err != nil {
			return types.Datum{}, err
		}
		return types.Float(types.NumericToFloat(d)), nil // infinite where it overflows
	})
}
