package tidb

import (
	"slices"
	"strconv"
	"strings"

	tast "github.com/pingcap/tidb/pkg/parser/ast"
	driver "github.com/pingcap/tidb/pkg/parser/test_driver"

	"github.com/loxodb/loxodb/sql/ast"
)

// MySQL has no Boolean type: conditions are the numbers 1 and 0, and any value
// may stand for a condition. The tree has it, so every expression is converted for
// its place: expr where a value is asked for, cond where a condition is.

// expr converts an expression to a value; nil for nil.
func (c *conv) expr(n tast.ExprNode) ast.Expr {
	if n == nil {
		return nil
	}
	e, condition := c.any(n)
	if condition {
		return number(e)
	}
	return e
}

// cond converts an expression to a condition; nil for nil.
func (c *conv) cond(n tast.ExprNode) ast.Expr {
	if n == nil {
		return nil
	}
	e, condition := c.any(n)
	if condition {
		return e
	}
	if l, ok := e.(*ast.Lit); ok {
		switch l.Kind {
		case ast.LitNull:
			return cast(l, typed(l.At, "bool"))
		case ast.LitInt:
			return &ast.Lit{At: l.At, Kind: ast.LitBool, Bool: l.Int != 0}
		}
	}
	return call(ast.At{Pos: e.Position()}, "truth", textual(e))
}

// number is a condition as 1, 0 or NULL.
func number(e ast.Expr) ast.Expr {
	at := ast.At{Pos: e.Position()}
	if l, ok := e.(*ast.Lit); ok && l.Kind == ast.LitBool {
		n := &ast.Lit{At: at, Kind: ast.LitInt, Truth: true}
		if l.Bool {
			n.Int = 1
		}
		return n
	}
	return cast(e, typed(at, "int4"))
}

func (c *conv) exprs(list []tast.ExprNode) []ast.Expr {
	if len(list) == 0 {
		return nil
	}
	out := make([]ast.Expr, len(list))
	for i, n := range list {
		out[i] = c.expr(n)
	}
	return out
}

// any converts an expression and reports whether it came out as a condition.
func (c *conv) any(n tast.ExprNode) (e ast.Expr, condition bool) {
	c.enter()
	defer c.leave()
	switch v := n.(type) {
	case *driver.ValueExpr:
		return c.literal(v)
	case *driver.ParamMarkerExpr:
		return &ast.Param{At: c.at(v), N: v.Order + 1}, false
	case *tast.ParenthesesExpr:
		return c.any(v.Expr)
	case *tast.ColumnNameExpr:
		return c.columnExpr(v), false
	case *tast.BinaryOperationExpr:
		return c.binary(v)
	case *tast.UnaryOperationExpr:
		return c.unary(v)
	case *tast.FuncCallExpr:
		return c.funcCall(v)
	case *tast.AggregateFuncExpr:
		defer func(once bool) { c.once = once }(c.once)
		c.once = false
		return c.aggregate(v), false
	case *tast.WindowFuncExpr:
		defer func(once bool) { c.once = once }(c.once)
		c.once = false
		return c.windowFunc(v), false
	case *tast.FuncCastExpr:
		return c.castExpr(v), false
	case *tast.CaseExpr:
		return c.caseExpr(v), false
	case *tast.SubqueryExpr:
		return &ast.Subquery{At: c.at(v), Kind: ast.ScalarSub, Query: c.subquery(v)}, false
	case *tast.RowExpr:
		return &ast.Row{At: c.at(v), Args: c.exprs(v.Values)}, false
	case *tast.VariableExpr:
		return c.variable(v), false
	case *tast.DefaultExpr:
		if v.Name == nil {
			return &ast.Default{At: c.at(v)}, false
		}
		if c.stored {
			c.fail(v, "DEFAULT(column) in a definition is not supported")
		}
		return &ast.Default{At: c.at(v), Of: c.column(v.Name)}, false
	case *tast.ValuesExpr:
		if c.target == "" {
			c.fail(v, "VALUES(column) is not supported outside of ON DUPLICATE KEY UPDATE")
		}
		return &ast.ColumnRef{At: c.at(v), Parts: []string{"excluded", v.Column.Name.Name.L}}, false
	case *tast.SetCollationExpr:
		return c.collate(v), false
	}
	return c.test(n), true
}

// test converts the nodes that are conditions.
func (c *conv) test(n tast.ExprNode) ast.Expr {
	switch v := n.(type) {
	case *tast.IsNullExpr:
		return &ast.IsTest{At: c.at(v), X: textual(c.expr(v.Expr)), What: ast.IsNull, Not: v.Not}
	case *tast.IsTruthExpr:
		out := &ast.IsTest{At: c.at(v), X: c.cond(v.Expr), What: ast.IsTrue, Not: v.Not}
		if v.True == 0 {
			out.What = ast.IsFalse
		}
		return out
	case *tast.BetweenExpr:
		return &ast.Between{At: c.at(v), Schema: own, Not: v.Not, X: c.expr(v.Expr), Lo: c.expr(v.Left), Hi: c.expr(v.Right)}
	case *tast.PatternInExpr:
		out := &ast.In{At: c.at(v), Schema: own, Not: v.Not, Left: c.expr(v.Expr), List: c.exprs(v.List)}
		if v.Sel != nil {
			out.Sub = c.subquery(v.Sel)
		}
		return out
	case *tast.PatternLikeOrIlikeExpr:
		return c.like(v)
	case *tast.PatternRegexpExpr:
		e := ast.Expr(call(c.at(v), "regexp_like", textual(c.expr(v.Expr)), textual(c.expr(v.Pattern))))
		if v.Not {
			e = not(e)
		}
		return e
	case *tast.ExistsSubqueryExpr:
		e := ast.Expr(&ast.Subquery{At: c.at(v), Kind: ast.ExistsSub, Query: c.subquery(v.Sel)})
		if v.Not {
			e = not(e)
		}
		return e
	case *tast.CompareSubqueryExpr:
		op, ok := comparisons[v.Op]
		if !ok {
			c.fail(v, "this comparison with a subquery is not supported")
		}
		return &ast.Quantified{At: c.at(v), Schema: own, All: v.All, Op: op, Left: c.expr(v.L), Sub: c.subquery(v.R)}
	case *tast.MatchAgainst:
		c.fail(v, "full-text search (MATCH ... AGAINST) is not supported")
	case *tast.JSONSumCrc32Expr:
		c.fail(v, "function JSON_SUM_CRC32 is not supported")
	}
	c.fail(n, "%s is not supported in an expression", nodeName(n))
	return nil
}

func not(e ast.Expr) ast.Expr {
	return &ast.BoolOp{At: ast.At{Pos: e.Position()}, Kind: ast.Not, Args: []ast.Expr{e}}
}

// subquery converts a query in an expression.
func (c *conv) subquery(n tast.ExprNode) *ast.Select {
	s, ok := n.(*tast.SubqueryExpr)
	if !ok {
		c.fail(n, "%s is not supported as a subquery", nodeName(n))
	}
	return c.inner(s.Query)
}

// inner converts a query below another one.
func (c *conv) inner(n tast.ResultSetNode) *ast.Select { return c.below(n, false) }

// below is inner for one whose rows may be computed one after the other, before the others.
func (c *conv) below(n tast.ResultSetNode, ordered bool) *ast.Select {
	c.nested++
	scope, target, assigned, once, outer := c.scope, c.target, c.assigned, c.once, c.ordered
	defer func() {
		c.nested--
		c.scope, c.target, c.assigned, c.once, c.ordered = scope, target, assigned, once, outer
	}()
	c.scope, c.target, c.assigned, c.once, c.ordered = nil, "", nil, false, ordered // the query has names of its own
	return c.query(n)
}

// columnExpr converts a column's name: $n is a parameter, as PostgreSQL's drivers
// write it.
func (c *conv) columnExpr(v *tast.ColumnNameExpr) ast.Expr {
	n := v.Name
	if n.Table.L == "" && strings.HasPrefix(n.Name.L, "$") {
		if k, err := strconv.Atoi(n.Name.L[1:]); err == nil && k > 0 && k <= 65535 {
			if c.markers {
				c.wrong(v, "parameters are written as ? or as $n, not both")
			}
			return &ast.Param{At: c.at(v), N: k}
		}
	}
	ref := c.column(n)
	ref.At = c.at(v)
	if n.Table.L == c.updated && n.Table.L != "" {
		if e, ok := c.assigned[n.Name.L]; ok {
			c.refuseTwice(v, e)
			return e
		}
	}
	if n.Table.L == "" && !c.proposable(n.Name.L) {
		if e, ok := c.assigned[n.Name.L]; ok {
			c.refuseTwice(v, e)
			return e
		}
		if c.target != "" {
			if !c.sourced {
				ref.Parts = []string{c.target, n.Name.L}
			}
		} else if e := c.scope.resolve(n.Name.L); e != nil {
			c.refuseTwice(v, e)
			return e
		}
	}
	if c.adding {
		return &ast.Stored{At: ref.At, Column: n.Name.L, X: ref}
	}
	return ref
}

func (c *conv) caseExpr(v *tast.CaseExpr) ast.Expr {
	out := &ast.Case{At: c.at(v), X: c.expr(v.Value), Else: c.expr(v.ElseClause), Mixed: c.mixes()}
	for _, w := range v.WhenClauses {
		when := ast.When{Result: c.expr(w.Result)}
		if v.Value == nil {
			when.Cond = c.cond(w.Expr)
		} else {
			when.Cond = c.expr(w.Expr)
		}
		out.Whens = append(out.Whens, when)
	}
	if c.mixes() {
		out.Mixed = !c.viewed || out.X != nil || !allWords(out)
		return out
	}
	results := []*ast.Expr{&out.Else}
	for i := range out.Whens {
		results = append(results, &out.Whens[i].Result)
	}
	if out.Else == nil {
		results = results[1:]
	}
	unify(results...)
	return out
}

// allWords reports a CASE of which each result is a literal text: they are of one type as it is.
func allWords(v *ast.Case) bool {
	return (v.Else == nil || isWord(v.Else)) && !slices.ContainsFunc(v.Whens, func(w ast.When) bool { return !isWord(w.Result) })
}

func (c *conv) like(v *tast.PatternLikeOrIlikeExpr) ast.Expr {
	out := &ast.Like{At: c.at(v), Not: v.Not, CaseFold: !v.IsLike, Mixed: true,
		Left: c.expr(v.Expr), Pattern: c.expr(v.Pattern)}
	if v.EscapeExplicit && v.Escape != '\\' {
		esc := ""
		if v.Escape != 0 {
			esc = string(v.Escape)
		}
		out.Escape = text(out.At, esc)
	}
	return out
}
