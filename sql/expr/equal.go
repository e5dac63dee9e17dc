package expr

import (
	"bytes"
	"slices"

	"github.com/loxodb/loxodb/sql/types"
)

// Equal reports that a and b are the same expression: same shape, functions,
// columns and constants. Written positions and display names do not count.
func Equal(a, b Expr) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	if a == b {
		return true
	}
	if a.Type() != b.Type() || !sameNode(a, b) {
		return false
	}
	x, y := children(a), children(b)
	if len(x) != len(y) {
		return false
	}
	for i := range x {
		if !Equal(x[i], y[i]) {
			return false
		}
	}
	return true
}

// sameNode compares the nodes without their children.
func sameNode(a, b Expr) bool {
	switch a := a.(type) {
	case *Const:
		b, ok := b.(*Const)
		return ok && sameConst(a.D, b.D)
	case *Column:
		b, ok := b.(*Column)
		return ok && a.Index == b.Index
	case *Param:
		b, ok := b.(*Param)
		return ok && a.N == b.N
	case *Exec:
		b, ok := b.(*Exec)
		return ok && a.N == b.N
	case *Call:
		b, ok := b.(*Call)
		return ok && a.Fn == b.Fn && a.Variadic == b.Variadic && a.Collation == b.Collation
	case *And:
		_, ok := b.(*And)
		return ok
	case *Or:
		_, ok := b.(*Or)
		return ok
	case *Not:
		_, ok := b.(*Not)
		return ok
	case *IsNull:
		b, ok := b.(*IsNull)
		return ok && a.Not == b.Not && a.Whole == b.Whole
	case *IsBool:
		b, ok := b.(*IsBool)
		return ok && a.Not == b.Not && a.Want == b.Want
	case *IsDistinct:
		b, ok := b.(*IsDistinct)
		return ok && a.Not == b.Not
	case *Case:
		b, ok := b.(*Case)
		return ok && len(a.Whens) == len(b.Whens)
	case *Coalesce:
		_, ok := b.(*Coalesce)
		return ok
	case *MinMax:
		b, ok := b.(*MinMax)
		return ok && a.Least == b.Least
	}
	return sameNodeRest(a, b)
}

func sameNodeRest(a, b Expr) bool {
	switch a := a.(type) {
	case *Cast:
		b, ok := b.(*Cast)
		return ok && a.Explicit == b.Explicit
	case *Relabel:
		b, ok := b.(*Relabel)
		return ok && (a.Collation == nil) == (b.Collation == nil) && (a.Collation == nil || a.Collation.OID == b.Collation.OID)
	case *ToDomain:
		b, ok := b.(*ToDomain)
		return ok && a.Domain == b.Domain && a.Check == b.Check && a.Parts == b.Parts && a.Free == b.Free && Equal(a.Cond, b.Cond)
	case *ArrayOf:
		b, ok := b.(*ArrayOf)
		return ok && a.Nested == b.Nested
	case *RowOf:
		_, ok := b.(*RowOf)
		return ok
	case *RowOrder:
		b, ok := b.(*RowOrder)
		return ok && slices.Equal(a.Ops, b.Ops) && slices.Equal(a.Eq, b.Eq)
	case *AnyAll:
		b, ok := b.(*AnyAll)
		return ok && a.All == b.All && a.Op == b.Op
	case *InList:
		b, ok := b.(*InList)
		return ok && a.Not == b.Not && a.Op == b.Op
	case *Subscript:
		b, ok := b.(*Subscript)
		return ok && a.Slice == b.Slice && len(a.Index) == len(b.Index) && len(a.Lo) == len(b.Lo)
	case *Assign:
		b, ok := b.(*Assign)
		return ok && a.SameSteps(b)
	case *Field:
		b, ok := b.(*Field)
		return ok && a.N == b.N
	}
	return false // subplans are equal only when identical
}

func sameConst(a, b types.Datum) bool {
	if a.IsNull() || b.IsNull() {
		return a.IsNull() && b.IsNull()
	}
	return a.Int() == b.Int() && bytes.Equal(a.Bytes(), b.Bytes())
}

// SameSteps reports that two assignments lead the same way, subscripts aside.
func (e *Assign) SameSteps(o *Assign) bool {
	return slices.EqualFunc(e.Steps, o.Steps, func(a, b Step) bool {
		return a.T == b.T && a.Row == b.Row && a.Field == b.Field && a.Slice == b.Slice && len(a.Index) == len(b.Index) && len(a.Lo) == len(b.Lo)
	})
}
