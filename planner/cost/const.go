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
