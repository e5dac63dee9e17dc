package builtin

import (
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// Arrays can be compared by their type whatever their elements are. That these have no
// operator for it shows when they are: for arrays that other things tell apart it never does.

// noElements is 42883 for arrays whose elements have no equality or, ordered, no order; nil
// for others.
func noElements(array types.OID, ordered bool) error {
	i := types.Lookup(array)
	switch {
	case i == nil || !i.IsArray:
	case ordered && !HasOrder(i.Elem):
		return pgerr.Newf(pgerrcode.UndefinedFunction, "could not identify a comparison function for type %s", TypeName(i.Elem))
	case !ordered && !HasEquality(i.Elem):
		return pgerr.Newf(pgerrcode.UndefinedFunction, "could not identify an equality operator for type %s", TypeName(i.Elem))
	}
	return nil
}

// OrderedBy is the error that sorting has for two values of a type, neither NULL, where their
// type does not say whether they can be compared: records, whose columns show it, and arrays
// of them. It is nil for all other types.
func OrderedBy(t types.T) func(a, b types.Datum) error {
	switch t.OID {
	case types.RecordOID:
		return func(a, b types.Datum) error { return sameColumns(a, b, true) }
	case types.RecordArrayOID:
		return func(a, b types.Datum) error { return sameElements(a, b, true) }
	}
	return nil
}

// sameElements is sameColumns of arrays of records; what differs behind the first elements that
// are not equal does not matter.
func sameElements(a, b types.Datum, ordered bool) error {
	record := types.Of(types.RecordOID)
	ia, ib := types.NewArrayIter(a), types.NewArrayIter(b)
	for {
		x, oka := ia.Next()
		y, okb := ib.Next()
		if !oka || !okb || x.IsNull() != y.IsNull() {
			return nil
		}
		if x.IsNull() {
			continue
		}
		if err := sameColumns(x, y, ordered); err != nil {
			return err
		}
		if types.Compare(record, x, y) != 0 {
			return nil
		}
	}
}

// compareArrays compares arrays. Those of unlike shapes are not equal, of whatever elements.
func compareArrays(rel relation) Kernel {
	ordered := rel != eq && rel != ne
	compare := compareAny(rel)
	return func(c *Ctx, sel []uint16, out *batch.Col, args []*batch.Col) error {
		missing := noElements(args[0].T.OID, ordered)
		if args[0].T.OID == types.RecordArrayOID {
			for _, i := range sel {
				if a, b := args[0].Datum(int(i)), args[1].Datum(int(i)); ordered || sameShape(a, b) {
					if err := sameElements(a, b, ordered); err != nil {
						return err
					}
				}
			}
		}
		if missing == nil {
			return compare(c, sel, out, args)
		}
		for _, i := range sel {
			if ordered || sameShape(args[0].Datum(int(i)), args[1].Datum(int(i))) {
				return missing
			}
			out.I[i] = bit(rel == ne)
		}
		return nil
	}
}

func sameShape(a, b types.Datum) bool {
	var x, y [types.MaxArrayDims]types.ArrayDim
	return slices.Equal(types.ArrayDims(x[:0], a), types.ArrayDims(y[:0], b))
}

// ordersElements is f for arrays whose elements have an order.
func ordersElements(f Eval) Eval {
	return func(c *Ctx, a []types.Datum) (types.Datum, error) {
		if err := noElements(c.argT(0).OID, true); err != nil {
			return types.Datum{}, err
		}
		return f(c, a)
	}
}

// DistinctBy is what IS DISTINCT FROM tells values of a type apart by where their type does
// not say that they can be: rows, arrays of what has no equality, and types whose = is of
// no operator class. The values are not
// NULL; equal is false with an error 42883. It is nil for all other types.
func DistinctBy(t types.T) func(f *types.Format, a, b types.Datum) (equal bool, err error) {
	switch {
	case t.OID == types.RecordOID, types.IsComposite(t.OID) && !HasEquality(t.OID):
		return func(f *types.Format, a, b types.Datum) (bool, error) {
			a, b = types.AsRecord(t.OID, a, f), types.AsRecord(t.OID, b, f)
			if err := sameColumns(a, b, false); err != nil {
				return false, err
			}
			return types.Equal(types.Of(types.RecordOID), a, b), nil
		}
	case t.IsArray() && !HasEquality(t.OID):
		return func(_ *types.Format, a, b types.Datum) (bool, error) {
			if !sameShape(a, b) {
				return false, nil
			}
			return false, noElements(t.OID, false)
		}
	}
	return ownEquality(t.OID)
}

// ownEquality calls the operator = of a type for which it is not the one by which values
// are told apart elsewhere, such as of boxes, which are equal by their areas; nil for others.
func ownEquality(t types.OID) func(f *types.Format, a, b types.Datum) (bool, error) {
	op := ExactOperator("=", t, t)
	if op == nil || op.Func.Eval == nil || HasEquality(t) {
		return nil
	}
	return func(f *types.Format, a, b types.Datum) (bool, error) {
		d, err := op.Func.Eval(&Ctx{Format: f}, []types.Datum{a, b})
		return d.Bool(), err
	}
}
