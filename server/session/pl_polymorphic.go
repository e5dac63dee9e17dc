package session

import (
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// polyShape is what a polymorphic type is made of.
type polyShape byte

const (
	polyNone polyShape = iota
	polyElement
	polyArray
	polyRange
	polyMultirange
)

// polyOf is the shape of a polymorphic type, and whether it is one of those that arguments of
// several types agree on.
func polyOf(t types.OID) (shape polyShape, compatible bool) {
	switch t {
	case types.AnyElementOID, types.AnyNonArrayOID, types.AnyEnumOID:
		return polyElement, false
	case types.AnyArrayOID:
		return polyArray, false
	case types.AnyRangeOID:
		return polyRange, false
	case types.AnyMultirangeOID:
		return polyMultirange, false
	case types.AnyCompatibleOID, types.AnyCompatibleNonArrayOID:
		return polyElement, true
	case types.AnyCompatibleArrayOID:
		return polyArray, true
	case types.AnyCompatibleRangeOID:
		return polyRange, true
	case types.AnyCompatibleMultiOID:
		return polyMultirange, true
	}
	return polyNone, false
}

// polymorphicOut is the type of an output column that the arguments, of types ts, tell.
func polymorphicOut(f *catalog.Function, i int, ts []types.T) (types.T, error) {
	want := f.Args[i].Type.OID
	shape, compatible := polyOf(want)
	for k, a := range f.Inputs() {
		if a.Type.OID == want {
			return ts[k], nil
		}
	}
	for k, a := range f.Inputs() {
		of, c := polyOf(a.Type.OID)
		if of == polyNone || c != compatible {
			continue
		}
		if t, ok := reshaped(ts[k], of, shape); ok {
			return t, nil
		}
	}
	return types.T{}, pgerr.NotSupported(-1, "results of type %s are not supported", types.TypeName(want))
}

// reshaped is the type of shape to that goes with t, which has shape from: the element of an
// array, the array of a range's elements.
func reshaped(t types.T, from, to polyShape) (types.T, bool) {
	var ranges *types.RangeType
	element := t
	switch from {
	case polyArray:
		element = t.Elem()
	case polyRange:
		ranges = types.RangeTypeOf(t.OID)
	case polyMultirange:
		ranges = types.MultirangeTypeOf(t.OID)
	}
	if ranges != nil {
		element = types.Of(ranges.Elem)
	} else if from == polyRange || from == polyMultirange {
		return t, false
	}
	switch {
	case to == polyElement:
		return element, true
	case to == polyArray && ranges != nil:
		return types.Of(ranges.Subtype()).ArrayOf(), true
	case to == polyArray:
		return element.ArrayOf(), true
	case to == polyRange && ranges != nil:
		return types.Of(ranges.Range), true
	case to == polyMultirange && ranges != nil:
		return types.Of(ranges.Multi), true
	}
	return t, false
}
