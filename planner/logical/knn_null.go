package logical

import (
	"slices"

	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/expr"
)

// A distance by angle from a vector of zeros is NaN, and in MySQL's dialect NULL: there
// builtin.NullIfNaN stands around the distance. NaN is the greatest number and sorts beside
// the NULLs that come last, and no bound from above lets it pass, as none lets NULL pass. So
// in an order and in a bound the distance itself does as well, which indexes serve.

// PlainDistance is the distance inside builtin.NullIfNaN; nil for every other expression.
func PlainDistance(e expr.Expr) expr.Expr {
	c, ok := e.(*expr.Call)
	if !ok || c.Fn.Schema != builtin.MySQLSchema || c.Fn.Name != builtin.NullIfNaN || len(c.Args) != 1 {
		return nil
	}
	return c.Args[0]
}

// plainBound is a condition that rows must pass, with the distance itself where it is
// bounded from above.
func plainBound(e expr.Expr) expr.Expr {
	switch x := e.(type) {
	case *expr.And:
		return &expr.And{Args: plainBounds(x.Args)}
	case *expr.Or:
		return &expr.Or{Args: plainBounds(x.Args)}
	case *expr.Call:
		if x.Op == nil || len(x.Args) != 2 {
			return e
		}
		side := 0
		switch x.Op.Strategy { // of a btree: <, <=, =, >=, >
		case 1, 2:
		case 4, 5:
			side = 1
		default:
			return e
		}
		d := PlainDistance(x.Args[side])
		if d == nil {
			return e
		}
		c := *x
		c.Args = slices.Clone(x.Args)
		c.Args[side] = d
		return &c
	}
	return e
}

func plainBounds(list []expr.Expr) []expr.Expr {
	out := make([]expr.Expr, len(list))
	for i, e := range list {
		out[i] = plainBound(e)
	}
	return out
}
