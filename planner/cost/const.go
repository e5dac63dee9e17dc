package cost

import (
	"github.com/loxodb/loxodb/sql/expr"
)

// constInt is the value of an integer constant, 0 when e is none.
func constInt(e expr.Expr) int64 {
	c, ok := e.(*expr.Const)
	if !ok || c.D.IsNull() {
		return 0
	}
	return c.D.Int()
}

func hasSubPlan(e expr.Expr) bool {
	found := false
	expr.Walk(e, func(n expr.Expr) bool {
		if _, ok := n.(*expr.SubPlan); ok {
			found = true
		}
		return !found
	})
	return found
}
