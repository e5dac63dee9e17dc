package bind

import (
	"slices"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// Implies reports that the conditions, taken together, make a predicate true. It
// is conservative: each term of the predicate must be among them, or follow from
// one by what is known of comparisons with constants, lists, OR and NULLs
// (PostgreSQL's predtest.c).
func Implies(conds []expr.Expr, pred expr.Expr) bool {
	for _, p := range logical.Conjuncts(nil, pred) {
		if !slices.ContainsFunc(conds, func(c expr.Expr) bool { return impliesOne(c, p) }) {
			return false
		}
	}
	return true
}

// impliesOne reports that p is true wherever c is.
func impliesOne(c, p expr.Expr) bool {
	if logical.Same(c, p) {
		return true
	}
	switch x := c.(type) { // alternatives must all do
	case *expr.Or:
		if len(x.Args) > 0 && !slices.ContainsFunc(x.Args, func(a expr.Expr) bool { return !impliesAll(a, p) }) {
			return true
		}
	case *expr.InList, *expr.AnyAll:
		if es := alternatives(x); es != nil && !slices.ContainsFunc(es, func(e expr.Expr) bool { return !impliesOne(e, p) }) {
			return true
		}
	}
	switch y := p.(type) {
	case *expr.Or: // one of them is enough
		return slices.ContainsFunc(y.Args, func(a expr.Expr) bool { return impliesOne(c, a) })
	case *expr.And:
		return !slices.ContainsFunc(y.Args, func(a expr.Expr) bool { return !impliesOne(c, a) })
	case *expr.InList, *expr.AnyAll:
		return slices.ContainsFunc(alternatives(y), func(e expr.Expr) bool { return impliesOne(c, e) })
	case *expr.IsNull:
		return y.Not && strictIn(c, y.X)
	case *expr.Call:
		if x, ok := c.(*expr.Call); ok && impliesComparison(x, y) {
			return true
		}
	}
	return p != truth(p) && impliesOne(c, truth(p)) || c != truth(c) && impliesOne(truth(c), p)
}

// truth is x of x = true.
func truth(e expr.Expr) expr.Expr {
	call, ok := e.(*expr.Call)
	if !ok || call.Op == nil || call.Op.Name != "=" || len(call.Args) != 2 {
		return e
	}
	if k, ok := call.Args[1].(*expr.Const); ok && k.T.OID == types.BoolOID && !k.D.IsNull() && k.D.Bool() {
		return call.Args[0]
	}
	return e
}

// impliesAll is impliesOne for a condition that may be several joined by AND.
func impliesAll(c, p expr.Expr) bool {
	return slices.ContainsFunc(logical.Conjuncts(nil, c), func(a expr.Expr) bool { return impliesOne(a, p) })
}

// maxAlternatives bounds the lists that are taken apart, as PostgreSQL does.
const maxAlternatives = 100

// alternatives are x = a, x = b … of x IN (a, b …) or x = ANY of an array of
// constants, of whatever operator; nil if it is neither.
func alternatives(e expr.Expr) (out []expr.Expr) {
	add := func(op *builtin.Operator, l, r expr.Expr) {
		out = append(out, &expr.Call{Fn: op.Func, Op: op, Args: []expr.Expr{l, r}, T: e.Type(), Pos: -1})
	}
	switch l := e.(type) {
	case *expr.InList:
		if l.Not || l.Op == nil || len(l.List) > maxAlternatives {
			return nil
		}
		for _, x := range l.List {
			add(l.Op, l.L, x)
		}
	case *expr.AnyAll:
		k, ok := l.R.(*expr.Const)
		if l.All || !ok || k.D.IsNull() || !k.T.IsArray() {
			return nil
		}
		it := types.NewArrayIter(k.D)
		for d, more := it.Next(); more; d, more = it.Next() {
			if len(out) == maxAlternatives {
				return nil
			}
			add(l.Op, l.L, &expr.Const{T: k.T.Elem(), D: d})
		}
	}
	return out
}

// strictIn reports that c is not true where x is NULL.
func strictIn(c, x expr.Expr) bool {
	switch c := c.(type) {
	case *expr.Call:
		return c.Fn.Strict && slices.ContainsFunc(c.Args, func(a expr.Expr) bool { return logical.Same(a, x) })
	case *expr.InList:
		return !c.Not && logical.Same(c.L, x)
	case *expr.AnyAll:
		return !c.All && c.Op.Func.Strict && logical.Same(c.L, x)
	}
	return false
}

// proofs gives, for "x first a" and "x second b", the operator by which a must
// compare with b for the first to imply the second.
var proofs = map[[2]string]string{
	{"<", "<"}: "<=", {"<", "<="}: "<=", {"<", "<>"}: "<=",
	{"<=", "<"}: "<", {"<=", "<="}: "<=", {"<=", "<>"}: "<",
	{"=", "<"}: "<", {"=", "<="}: "<=", {"=", "="}: "=", {"=", ">="}: ">=", {"=", ">"}: ">", {"=", "<>"}: "<>",
	{">=", ">="}: ">=", {">=", ">"}: ">", {">=", "<>"}: ">",
	{">", ">="}: ">=", {">", ">"}: ">=", {">", "<>"}: ">=",
}

// impliesComparison compares two comparisons of one expression with constants of
// one type.
func impliesComparison(c, p *expr.Call) bool {
	c, p = constantLast(c), constantLast(p)
	if !comparison(c) || !comparison(p) || !logical.Same(c.Args[0], p.Args[0]) {
		return false
	}
	a, b := c.Args[1].(*expr.Const), p.Args[1].(*expr.Const)
	if a.T.OID != b.T.OID || a.D.IsNull() || b.D.IsNull() || c.Op.Left != p.Op.Left || c.Op.Right != p.Op.Right {
		return false
	}
	name, ok := proofs[[2]string{c.Op.Name, p.Op.Name}]
	if !ok {
		return false
	}
	test := builtin.ExactOperator(name, a.T.OID, b.T.OID)
	if test == nil || test.Func.Volatility != builtin.Immutable {
		return false
	}
	v, ok := expr.Fold(&expr.Call{Fn: test.Func, Op: test, Args: []expr.Expr{a, b}, T: p.T, Pos: -1}).(*expr.Const)
	return ok && !v.D.IsNull() && v.D.Bool()
}

// constantLast turns 5 < x into x > 5.
func constantLast(c *expr.Call) *expr.Call {
	if c.Op == nil || len(c.Args) != 2 {
		return c
	}
	if _, ok := c.Args[0].(*expr.Const); !ok {
		return c
	}
	name := map[string]string{"<": ">", "<=": ">=", "=": "=", "<>": "<>", ">=": "<=", ">": "<"}[c.Op.Name]
	op := builtin.ExactOperator(name, c.Op.Right, c.Op.Left)
	if name == "" || op == nil {
		return c
	}
	return &expr.Call{Fn: op.Func, Op: op, Args: []expr.Expr{c.Args[1], c.Args[0]}, T: c.T, Pos: c.Pos}
}

// comparison reports x op constant with an operator of an order, or <>.
func comparison(c *expr.Call) bool {
	if c.Op == nil || len(c.Args) != 2 || c.Op.Strategy == 0 && c.Op.Name != "<>" {
		return false
	}
	_, ok := c.Args[1].(*expr.Const)
	return ok
}
