package logical

import (
	"bytes"
	"reflect"
	"slices"

	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// Same reports that two expressions are the same computation on the same
// columns. Positions and names do not matter; subqueries are the same when they
// are written the same and use the same columns of the outer query. MySQL's strict mode does
// not matter either: keys of indexes, which are not computed in it, are found by it.
func Same(a, b expr.Expr) bool {
	if a == b {
		return true
	}
	if a == nil || b == nil || reflect.TypeOf(a) != reflect.TypeOf(b) || a.Type() != b.Type() || !sameNode(a, b) {
		return false
	}
	ca, cb := children(a), children(b)
	if len(ca) != len(cb) {
		return false
	}
	for i := range ca {
		if !Same(ca[i], cb[i]) {
			return false
		}
	}
	return true
}

// sameNode compares what is not a child.
func sameNode(a, b expr.Expr) bool {
	switch x := a.(type) {
	case *expr.Column:
		return x.Index == b.(*expr.Column).Index
	case *expr.Const:
		return SameDatum(x.T, x.D, b.(*expr.Const).D)
	case *expr.Param:
		return x.N == b.(*expr.Param).N
	case *expr.Exec:
		return x.N == b.(*expr.Exec).N
	case *expr.Call:
		y := b.(*expr.Call)
		return x.Fn.Lenient() == y.Fn.Lenient() && x.Variadic == y.Variadic && x.Collation == y.Collation
	case *expr.IsNull:
		y := b.(*expr.IsNull)
		return x.Not == y.Not && x.Whole == y.Whole
	case *expr.IsBool:
		y := b.(*expr.IsBool)
		return x.Not == y.Not && x.Want == y.Want
	case *expr.IsDistinct:
		return x.Not == b.(*expr.IsDistinct).Not
	case *expr.MinMax:
		return x.Least == b.(*expr.MinMax).Least
	case *expr.Cast:
		return x.Explicit == b.(*expr.Cast).Explicit
	case *expr.RowOrder:
		y := b.(*expr.RowOrder)
		return slices.Equal(x.Ops, y.Ops) && slices.Equal(x.Eq, y.Eq)
	case *expr.AnyAll:
		y := b.(*expr.AnyAll)
		return x.All == y.All && x.Op == y.Op
	case *expr.InList:
		y := b.(*expr.InList)
		return x.Not == y.Not && x.Op == y.Op
	case *expr.Relabel:
		y := b.(*expr.Relabel)
		return x.Domain == y.Domain && sameCollation(x.Collation, y.Collation)
	case *expr.ToDomain:
		y := b.(*expr.ToDomain)
		return x.Domain.ID == y.Domain.ID && x.Check == y.Check && (x.Cond == nil) == (y.Cond == nil) && x.Parts == y.Parts
	case *expr.Field:
		return x.N == b.(*expr.Field).N
	case *expr.Subscript:
		y := b.(*expr.Subscript)
		return x.Slice == y.Slice && len(x.Index) == len(y.Index) && slices.EqualFunc(x.Lo, y.Lo, bothOpen) && slices.EqualFunc(x.Hi, y.Hi, bothOpen)
	case *expr.Assign:
		return x.SameSteps(b.(*expr.Assign))
	case *expr.Case:
		return (x.Else == nil) == (b.(*expr.Case).Else == nil)
	case *Subquery:
		return sameSubquery(x, b.(*Subquery))
	case *expr.SubPlan:
		return false
	}
	return true
}

// bothOpen reports bounds of slices that are both written, or both left out.
func bothOpen(a, b expr.Expr) bool { return (a == nil) == (b == nil) }

// sameCollation compares what is written with COLLATE, wherever it stands.
func sameCollation(a, b *expr.Collation) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.OID == b.OID && a.Implicit == b.Implicit && slices.EqualFunc(a.Among, b.Among, Same)
}

func sameSubquery(a, b *Subquery) bool {
	if a.Kind != b.Kind || a.Source == nil || b.Source == nil || !slices.Equal(outerColumns(a), outerColumns(b)) {
		return false
	}
	return a.Source() == b.Source()
}

// outerColumns are the columns of outer queries that a subquery's tree uses.
func outerColumns(s *Subquery) []ColID {
	var list []ColID
	FreeTree(s.Tree, func(c ColID) { list = append(list, c) })
	return list
}

// SameDatum compares two values of a type byte by byte.
func SameDatum(t types.T, a, b types.Datum) bool {
	if a.IsNull() || b.IsNull() {
		return a.IsNull() == b.IsNull()
	}
	if t.Rep() == types.RepBytes {
		return bytes.Equal(a.Bytes(), b.Bytes())
	}
	return a.Int() == b.Int()
}

func children(e expr.Expr) []expr.Expr {
	var l []expr.Expr
	Map(e, func(c expr.Expr) expr.Expr {
		l = append(l, c)
		return c
	})
	return l
}
