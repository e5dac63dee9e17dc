package optimize

import (
	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// withTies plans FETCH FIRST k ROWS WITH TIES: rows whose rank in the order is at
// most offset + k, without the first offset ones.
func (p *planner) withTies(x *logical.Limit, need *logical.ColSet) (*rel, error) {
	in := x.Input
	if s, ok := in.(*logical.Sort); ok { // the window sorts by the same keys
		in = s.Input
	}
	int8T := types.Of(types.Int8OID)
	w := &logical.Window{Input: in, Order: append([]logical.SortKey(nil), x.WithTies...)}
	for _, name := range []string{"rank", "row_number"} {
		id := p.meta.Add(logical.ColInfo{Name: name, T: int8T})
		w.Out = append(w.Out, id)
		w.Calls = append(w.Calls, physical.WindowCall{Fn: builtin.Functions("pg_catalog", name)[0], T: int8T})
	}
	last := x.Limit
	var conds []expr.Expr
	if x.Offset != nil {
		off := &expr.Coalesce{Args: []expr.Expr{x.Offset, &expr.Const{T: int8T, D: types.Int(0)}}, T: int8T}
		last = int8Op("+", x.Limit, off)
		conds = append(conds, int8Op(">", p.meta.Column(w.Out[1]), off))
	}
	conds = append(conds, &expr.Or{Args: []expr.Expr{&expr.IsNull{X: x.Limit}, int8Op("<=", p.meta.Column(w.Out[0]), last)}})
	for i, c := range conds {
		conds[i] = expr.Fold(c)
	}
	return p.filter(&logical.Filter{Input: w, Conds: conds}, need)
}

// int8Op is an operator call on two int8 values.
func int8Op(name string, l, r expr.Expr) expr.Expr {
	o := builtin.ExactOperator(name, types.Int8OID, types.Int8OID)
	return &expr.Call{Fn: o.Func, Op: o, Args: []expr.Expr{l, r}, T: types.Of(o.Ret), Pos: -1}
}
