package bind

import (
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/expr"
)

// rowOrder is an order of rows, each pair of columns in its collation. Pairs that are ordered
// by keys are equal where their keys are.
func (a *collator) rowOrder(x *expr.RowOrder) expr.Expr {
	n := x.With(x.Parts())
	n.Ops, n.Eq = append([]*builtin.Operator(nil), x.Ops...), append([]*builtin.Operator(nil), x.Eq...)
	for i := range x.L {
		e, _ := a.call(x.Pair(i))
		c, ok := e.(*expr.Call)
		if !ok || c.Op == nil || len(c.Args) != 2 { // an error that has been noted
			continue
		}
		keyed := c.Op != n.Ops[i]
		n.L[i], n.R[i], n.Ops[i] = c.Args[0], c.Args[1], c.Op
		if keyed && i < len(n.Eq) {
			n.Eq[i] = builtin.ExactOperator("=", c.Op.Left, c.Op.Right)
		}
	}
	return n
}
