package bind

import (
	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// MadeTypes reports that an expression has values of types that users or extensions made,
// or of arrays over them.
func MadeTypes(x expr.Expr) bool {
	made := false
	logical.Walk(x, func(n expr.Expr) bool {
		t := n.Type()
		made = made || t.OID >= types.VectorOID || t.Elem().OID >= types.VectorOID
		return !made
	})
	return made
}
