package builtin

import (
	"sync"

	"github.com/loxodb/loxodb/sql/types"
)

// HasEquality reports that values of a type are known to be equal or not: its own operator
// = is one of btree or hash, and so are those of an array's elements and a row's columns.
// Of record it is known only of each value.
func HasEquality(t types.OID) bool { return hasOwn("=", t) }

// HasOrder does so of btree's order, by the operator <.
func HasOrder(t types.OID) bool { return hasOwn("<", t) }

// comparableKey is an operator's name and the type on both of its sides.
type comparableKey struct {
	op string
	t  types.OID
}

// comparables has what is known of built-in types, which do not change.
var comparables sync.Map // comparableKey to bool

func hasOwn(op string, t types.OID) bool {
	switch t {
	case types.Int4OID, types.Int8OID, types.TextOID, types.Float8OID, types.VectorOID, types.TimestamptzOID, types.UUIDOID, types.BoolOID:
		return true
	case types.XidOID, types.CidOID, types.ACLItemOID: // of hash alone
		return op == "="
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
	case t >= types.FirstTypeOID:
		return ownOperator(op, t)
	}
	k := comparableKey{op, t}
	if has, ok := comparables.Load(k); ok {
		return has.(bool)
	}
	has := ownOperator(op, t)
	comparables.Store(k, has)
	return has
}

// ownOperator reports an operator of a btree or hash family over two values of a type.
func ownOperator(op string, t types.OID) bool {
	if o := OrderOperator(op, t); o != nil {
		return o.Strategy != 0
	}
	r, err := AllExtensions.ResolveOp("", op, t, t)
	return err == nil && r.Op.Strategy != 0
}
