package types

import (
	"math"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// ArrayBound is a bound of a slice; Absent: the array's own.
type ArrayBound struct {
	At     int
	Absent bool
}

func subscriptError(msg string) error { return pgerr.New(pgerrcode.ArraySubscriptError, msg) }

// ArraySet is the array with another element (array_set_element): one of one
// dimension grows to where the subscript is, NULLs between; an empty one begins there.
func ArraySet(d Datum, elem OID, at []int, v Datum) (Datum, error) {
	if len(at) > MaxArrayDims {
		return Datum{}, tooManyArrayDims(len(at))
	}
	dims := ArrayDims(make([]ArrayDim, 0, MaxArrayDims), d)
	switch {
	case len(dims) == 0:
		for _, s := range at {
			dims = append(dims, ArrayDim{Len: 1, Lower: s})
		}
		if err := checkArrayDims(dims); err != nil {
			return Datum{}, err
		}
		return fillArray(elem, dims, func(int) (Datum, bool) { return v, true })
	case len(dims) != len(at):
		return Datum{}, subscriptError("wrong number of array subscripts")
	}
	grown := dims
	if len(dims) == 1 {
		grown = []ArrayDim{growDim(dims[0], at[0], at[0])}
		if err := checkArrayDims(grown); err != nil {
			return Datum{}, err
		}
	}
	place := 0
	for i, s := range at {
		s -= grown[i].Lower
		if s < 0 || s >= grown[i].Len {
			return Datum{}, subscriptError("array subscript out of range")
		}
		place = place*grown[i].Len + s
	}
	old := arrayIn(d, dims, grown)
	return fillArray(elem, grown, func(i int) (Datum, bool) {
		was, ok := old(i)
		if i == place {
			return v, true
		}
		return was, ok
	})
}

// ArraySetSlice is the array with the elements of src in the place of a slice
// (array_set_slice): src's shape does not matter, and what it has too many is left out.
func ArraySetSlice(d Datum, elem OID, lo, hi []ArrayBound, src Datum) (Datum, error) {
	if len(lo) > MaxArrayDims {
		return Datum{}, tooManyArrayDims(len(lo))
	}
	dims := ArrayDims(make([]ArrayDim, 0, MaxArrayDims), d)
	if len(dims) == 0 {
		return arrayFromSlice(elem, lo, hi, src)
	}
	if len(dims) < len(lo) {
		return Datum{}, subscriptError("wrong number of array subscripts")
	}
	span, grown, err := sliceSpan(dims, lo, hi)
	if err != nil {
		return Datum{}, err
	}
	if err := checkArrayDims(grown); err != nil {
		return Datum{}, err
	}
	if arraySize(span) > ArrayLen(src) {
		return Datum{}, subscriptError("source array too small")
	}
	old, it := arrayIn(d, dims, grown), NewArrayIter(src)
	return fillArray(elem, grown, func(i int) (Datum, bool) {
		was, ok := old(i)
		for k := len(grown) - 1; k >= 0; k-- {
			s := i%grown[k].Len + grown[k].Lower
			if i /= grown[k].Len; s < span[k].Lower || s >= span[k].Lower+span[k].Len {
				return was, ok
			}
		}
		return it.Next()
	})
}

// sliceSpan is what a slice covers, and the dimensions of the array that has it all.
func sliceSpan(dims []ArrayDim, lo, hi []ArrayBound) (span, grown []ArrayDim, err error) {
	span, grown = append(span, dims...), append(grown, dims...)
	for i := range lo {
		from, to := dims[i].Lower, dims[i].Lower+dims[i].Len-1
		if !lo[i].Absent {
			from = lo[i].At
		}
		if !hi[i].Absent {
			to = hi[i].At
		}
		if from > to {
			return nil, nil, subscriptError("upper bound cannot be less than lower bound")
		}
		span[i] = ArrayDim{Len: to - from + 1, Lower: from}
		if len(dims) == 1 {
			grown[i] = growDim(dims[i], from, to)
		} else if from < dims[i].Lower || to >= dims[i].Lower+dims[i].Len {
			return nil, nil, subscriptError("array subscript out of range")
		}
	}
	return span, grown, nil
}

// arrayFromSlice is a slice of an array without elements: the slice alone.
func arrayFromSlice(elem OID, lo, hi []ArrayBound, src Datum) (Datum, error) {
	dims := make([]ArrayDim, len(lo))
	for i := range lo {
		if lo[i].Absent || hi[i].Absent {
			return Datum{}, pgerr.New(pgerrcode.ArraySubscriptError, "array slice subscript must provide both boundaries").
				WithDetail("When assigning to a slice of an empty array value, slice boundaries must be fully specified.")
		}
		dims[i] = ArrayDim{Len: hi[i].At - lo[i].At + 1, Lower: lo[i].At}
		if n := dims[i].Len; n < 0 || n > math.MaxInt32 {
			return Datum{}, arrayTooLarge()
		}
	}
	if err := checkArrayDims(dims); err != nil {
		return Datum{}, err
	}
	if ArrayLen(src) < arraySize(dims) {
		return Datum{}, subscriptError("source array too small")
	}
	it := NewArrayIter(src)
	return fillArray(elem, dims, func(int) (Datum, bool) { return it.Next() })
}

// growDim is a dimension that reaches from from to to, too.
func growDim(d ArrayDim, from, to int) ArrayDim {
	end := max(d.Lower+d.Len, to+1)
	d.Lower = min(d.Lower, from)
	d.Len = end - d.Lower
	return d
}

func arraySize(dims []ArrayDim) int {
	n := 1
	for _, d := range dims {
		n *= d.Len
	}
	return n
}

// checkArrayDims bounds an array before room is made for it.
func checkArrayDims(dims []ArrayDim) error {
	n := 1
	for _, d := range dims {
		if n *= d.Len; d.Len > maxArrayElems || n > maxArrayElems {
			return arrayTooLarge()
		}
	}
	for _, d := range dims {
		if d.Lower+d.Len > math.MaxInt32 {
			return pgerr.Newf(pgerrcode.ProgramLimitExceeded, "array lower bound is too large: %d", d.Lower)
		}
	}
	return nil
}

// arrayIn gives the elements of an array in the order of one that has its dimensions
// or, with one dimension, more; each place is asked for once, in order.
func arrayIn(d Datum, dims, grown []ArrayDim) func(i int) (Datum, bool) {
	it := NewArrayIter(d)
	if len(dims) > 1 {
		return func(int) (Datum, bool) { return it.Next() }
	}
	before := dims[0].Lower - grown[0].Lower
	return func(i int) (Datum, bool) {
		if i < before {
			return Null, true
		}
		if v, ok := it.Next(); ok {
			return v, true
		}
		return Null, true
	}
}

// fillArray builds an array of the dimensions from an element each place.
func fillArray(elem OID, dims []ArrayDim, at func(i int) (Datum, bool)) (Datum, error) {
	var b ArrayBuilder
	b.Reset(elem)
	for i := range arraySize(dims) {
		v, ok := at(i)
		if !ok {
			return Datum{}, subscriptError("wrong number of array subscripts")
		}
		b.Append(v)
	}
	return b.Shaped(dims)
}
