package bind

import (
	"strings"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/collate"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

func (a *collator) minMax(x *expr.MinMax) (expr.Expr, collation) {
	args, in := a.list(x.Args)
	out := a.result(x.T, in, ast.NoPos)
	m := &expr.MinMax{Least: x.Least, Args: args, T: x.T}
	if typeCollation(x.T) == 0 {
		return m, out
	}
	if undecided(args, in) {
		m.Args = append([]expr.Expr{noCollation(args[0], "string comparison")}, args[1:]...)
		return m, out
	}
	order, name, keyed := a.order(in)
	if !keyed {
		return m, out
	}
	keys := make([]expr.Expr, len(args))
	for i, e := range args {
		keys[i] = beside(e, order, name)
	}
	return textOf(&expr.MinMax{Least: x.Least, Args: keys, T: types.Of(types.CollatedOID)}, x.T), out
}

// anyAll compares with each element of an array.
func (a *collator) anyAll(x *expr.AnyAll, in collation) expr.Expr {
	if typeCollation(x.L.Type()) == 0 || strings.Trim(x.Op.Name, "<>=") != "" || a.illegalMix(in, x.Op.Name) {
		return x
	}
	if undecided([]expr.Expr{x.L}, in) {
		x.L = noCollation(x.L, "string comparison")
		return x
	}
	order, name, keyed := a.order(in)
	if !keyed || (x.Op.Name == "=" || x.Op.Name == "<>") && collate.Deterministic(order) || x.L.Type().IsArray() {
		return x
	}
	return &expr.AnyAll{All: x.All, Op: builtin.ExactOperator(x.Op.Name, types.ByteaOID, types.ByteaOID),
		L: collationKey(x.L, order, name), R: collationKey(x.R, order, name)}
}

// extreme is min or max of texts by their keys; other aggregates stay.
func (a *collator) extreme(fn *builtin.Func, args []expr.Expr, in collation) (*builtin.Func, []expr.Expr) {
	if fn.Name != "min" && fn.Name != "max" || fn.Kind != 'a' || len(args) != 1 || typeCollation(args[0].Type()) == 0 {
		return fn, args
	}
	if a.illegalMix(in, fn.Name+"(") {
		return fn, args
	}
	if undecided(args, in) {
		return fn, []expr.Expr{noCollation(args[0], "string comparison")}
	}
	order, name, keyed := a.order(in)
	if !keyed {
		return fn, args
	}
	least, first := fn.Name == "min", firstStays(args[0].Type(), order)
	out := builtin.CollatedMax
	switch {
	case least && first:
		out = builtin.CollatedMinFirst
	case least:
		out = builtin.CollatedMin
	case first:
		out = builtin.CollatedMaxFirst
	}
	return out, []expr.Expr{beside(args[0], order, name)}
}

func (a *collator) aggCall(g *logical.AggCall) collation {
	args, in := a.list(g.Args)
	var direct collation
	g.Direct, direct = a.list(g.Direct)
	if g.Filter != nil {
		g.Filter, _ = a.expr(g.Filter)
	}
	if g.Fn.AggKind == 'o' || g.Fn.AggKind == 'h' {
		a.merge(&in, direct)
		if _, _, keyed := a.order(in); keyed {
			a.fail(pgerr.NotSupported(-1, "WITHIN GROUP in a collation that is not C is not supported"))
		}
		g.Args = args
		for i := range g.OrderBy {
			e, c := a.expr(g.OrderBy[i].Expr)
			a.decided(c)
			g.OrderBy[i].Expr = e
		}
		return a.result(g.T, in, ast.NoPos)
	}
	for _, e := range g.Args {
		if _, c := a.expr(e); g.Distinct {
			a.decided(c)
		}
	}
	sorted := len(g.OrderBy) > 0
	a.sortKeys(g.OrderBy)
	if g.Distinct && !sorted && len(args) > 0 { // PostgreSQL sorts to find what is distinct
		var keys []logical.SortKey
		other := false
		for _, e := range args {
			_, c := a.expr(e)
			k := a.orderKey(e, c)
			other = other || k != e
			keys = append(keys, logical.SortKey{Expr: k})
		}
		if other && g.Fn.Name != "min" && g.Fn.Name != "max" && g.Fn.Name != "count" {
			g.OrderBy = keys
		}
	}
	if g.Fn.Name != "min" && g.Fn.Name != "max" && g.Distinct {
		args = a.distinctArgs(g, args)
	}
	g.Fn, g.Args = a.extreme(g.Fn, args, in)
	return a.result(g.T, in, ast.NoPos)
}
