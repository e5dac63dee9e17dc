package builtin

import (
	"sync"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// HasEquality reports that values of a type are known to be equal or not: its own operator
// = is one of btree or hash, and so are those of an array's elements and a row's columns.
// Of record it is known only of each value.
func HasEquality(t types.OID) bool { return hasOwn("=", t) }

// HasOrder does so of btree's order, by the operator <.
func HasOrder(t types.OID) bool { return hasOwn("<", t) }

// ownKey is an operator's name and the type on both of its sides.
type ownKey struct {
	op string
	t  types.OID
}

// owns has the own operators of built-in types, which do not change: ownKey to *ResolvedOp,
// nil where there is none.
var owns sync.Map

// OwnOperator is an operator of a type with itself, < or =: where the type is, it is too. A
// type of an extension can have another name for it, which the type's btree operator class
// tells. Errors: 42883 and 42725, without position.
func OwnOperator(op string, t types.OID) (*ResolvedOp, error) {
	if o := OrderOperator(op, t); o != nil {
		return &ResolvedOp{Op: o, Left: t, Right: t, Ret: o.Ret}, nil
	}
	k := ownKey{op, t}
	if r, ok := owns.Load(k); ok && r.(*ResolvedOp) != nil {
		return r.(*ResolvedOp), nil
	}
	r, err := AllExtensions.ResolveOp("", op, t, t)
	if err != nil {
		r = nil
	}
	if t < types.FirstTypeOID {
		owns.Store(k, r)
	}
	return r, err
}

func hasOwn(op string, t types.OID) bool {
	switch t {
	case types.Int4OID, types.Int8OID, types.TextOID, types.Float8OID, types.VectorOID, types.TimestamptzOID, types.UUIDOID, types.BoolOID:
		return true
	}
	i := types.Lookup(t)
	switch {
	case i == nil:
		return ownOperator(op, t)
	case i.Composite != nil:
		for _, f := range i.Composite.Fields {
			if !f.Dropped && !hasOwn(op, f.T.OID) {
				return false
			}
		}
		return true
	case i.IsArray:
		return hasOwn(op, i.Elem)
	case i.Base.OID != 0:
		return hasOwn(op, i.Base.OID)
	case i.Enum != nil || i.Range != nil:
		return true
	}
	return ownOperator(op, t)
}

// ownOperator reports an operator of a btree or hash family over two values of a type.
func ownOperator(op string, t types.OID) bool {
	if r, ok := owns.Load(ownKey{op, t}); ok && r.(*ResolvedOp) == nil {
		return false
	}
	r, err := OwnOperator(op, t)
	return err == nil && (r.Op.Strategy != 0 || op == "=" && r.Op.Hashes)
}

// InBtree reports that an operator, or what it negates, is known to compare as an operator
// class of btree does. An operator of types that are told apart by something else is taken
// to be of one.
func InBtree(o *Operator) bool {
	if o.Strategy != 0 || o.Left == 0 || HasOrder(o.Left) {
		return true
	}
	n := ExactOperator(o.Negator, o.Left, o.Right)
	return n != nil && n.Strategy != 0
}

// HasHash reports a type with a hash operator class, as that of the rows has which a
// recursive UNION keeps. Of record it is known only of each value.
func HasHash(t types.OID) bool {
	i := types.Lookup(t)
	switch {
	case i == nil:
	case t == types.RecordOID || i.Enum != nil:
		return true
	case i.Composite != nil:
		for _, f := range i.Composite.Fields {
			if !f.Dropped && !HasHash(f.T.OID) {
				return false
			}
		}
		return true
	case i.IsArray:
		return HasHash(i.Elem)
	case i.Base.OID != 0:
		return HasHash(i.Base.OID)
	}
	if r := types.RangeTypeOf(t); r != nil {
		return HasHash(r.Elem)
	}
	if r := types.MultirangeTypeOf(t); r != nil {
		return HasHash(r.Elem)
	}
	r, err := OwnOperator("=", t)
	return err == nil && r.Op.Hashes
}

// Incomparable is 42883 for what is kept in an index of a method, btree or hash, though its
// elements or columns have no operator class for that; nil for other types.
func Incomparable(t types.OID, method string) error {
	has, what := HasOrder, "a comparison"
	if method == "hash" {
		has, what = HasHash, "a hash"
	}
	i := types.Lookup(t)
	switch {
	case i == nil || has(t):
	case i.Composite != nil:
		for _, f := range i.Composite.Fields {
			if !f.Dropped && !has(f.T.OID) {
				return noFunction(what, f.T.OID)
			}
		}
	case i.IsArray:
		return noFunction(what, i.Elem)
	}
	return nil
}

func noFunction(what string, t types.OID) error {
	return pgerr.Newf(pgerrcode.UndefinedFunction, "could not identify %s function for type %s", what, TypeName(t))
}
