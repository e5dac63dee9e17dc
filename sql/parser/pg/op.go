package pg

import (
	pgast "github.com/sqlc-dev/oliphant/ast"

	"github.com/loxodb/loxodb/sql/ast"
)

// aExpr converts the operator node, which PostgreSQL also uses for IN, LIKE,
// BETWEEN and their like.
func (c *conv) aExpr(e *pgast.A_Expr) ast.Expr {
	switch e.Kind {
	case pgast.A_Expr_Kind_AEXPR_OP:
		schema, name := c.opName(e.Name, e.Location)
		return &ast.Op{At: at(e.Location), Schema: schema, Name: name, Left: c.expr(e.Lexpr), Right: c.expr(e.Rexpr)}
	case pgast.A_Expr_Kind_AEXPR_OP_ANY, pgast.A_Expr_Kind_AEXPR_OP_ALL:
		schema, name := c.opName(e.Name, e.Location)
		return &ast.Quantified{At: at(e.Location), All: e.Kind == pgast.A_Expr_Kind_AEXPR_OP_ALL,
			Schema: schema, Op: name, Left: c.expr(e.Lexpr), Right: c.expr(e.Rexpr)}
	case pgast.A_Expr_Kind_AEXPR_DISTINCT, pgast.A_Expr_Kind_AEXPR_NOT_DISTINCT:
		return &ast.Distinct{At: at(e.Location), Not: e.Kind == pgast.A_Expr_Kind_AEXPR_NOT_DISTINCT,
			Left: c.expr(e.Lexpr), Right: c.expr(e.Rexpr)}
	case pgast.A_Expr_Kind_AEXPR_NULLIF:
		return &ast.NullIf{At: at(e.Location), Left: c.expr(e.Lexpr), Right: c.expr(e.Rexpr)}
	case pgast.A_Expr_Kind_AEXPR_IN:
		return &ast.In{At: at(e.Location), Not: c.plainOp(e.Name, e.Location) == "<>",
			Left: c.expr(e.Lexpr), List: c.items(e.Rexpr, e.Location)}
	case pgast.A_Expr_Kind_AEXPR_LIKE, pgast.A_Expr_Kind_AEXPR_ILIKE, pgast.A_Expr_Kind_AEXPR_SIMILAR:
		return c.like(e)
	}
	return c.between(e)
}

func (c *conv) items(n *pgast.Node, loc int32) []ast.Expr {
	l := n.GetList()
	if l == nil {
		c.fail(loc, "unexpected %s where a list belongs", nodeName(n))
	}
	return c.exprs(l.Items)
}

func (c *conv) between(e *pgast.A_Expr) ast.Expr {
	out := &ast.Between{At: at(e.Location)}
	switch e.Kind {
	case pgast.A_Expr_Kind_AEXPR_BETWEEN:
	case pgast.A_Expr_Kind_AEXPR_NOT_BETWEEN:
		out.Not = true
	case pgast.A_Expr_Kind_AEXPR_BETWEEN_SYM:
		out.Symmetric = true
	case pgast.A_Expr_Kind_AEXPR_NOT_BETWEEN_SYM:
		out.Not, out.Symmetric = true, true
	default:
		c.fail(e.Location, "unknown kind of operator expression")
	}
	b := c.items(e.Rexpr, e.Location)
	if len(b) != 2 {
		c.fail(e.Location, "BETWEEN needs two bounds")
	}
	out.X, out.Lo, out.Hi = c.expr(e.Lexpr), b[0], b[1]
	return out
}

// like converts LIKE, ILIKE and SIMILAR TO; the grammar wraps an ESCAPE (and
// every SIMILAR pattern) in a function call, which is undone here.
func (c *conv) like(e *pgast.A_Expr) ast.Expr {
	op := c.plainOp(e.Name, e.Location)
	out := &ast.Like{
		At:       at(e.Location),
		Not:      op[0] == '!',
		CaseFold: e.Kind == pgast.A_Expr_Kind_AEXPR_ILIKE,
		Similar:  e.Kind == pgast.A_Expr_Kind_AEXPR_SIMILAR,
		Left:     c.expr(e.Lexpr),
	}
	wrap := "like_escape"
	if out.Similar {
		wrap = "similar_to_escape"
	}
	f := e.Rexpr.GetFuncCall()
	if f != nil && len(f.Funcname) == 2 && len(f.Args) >= 1 && len(f.Args) <= 2 &&
		c.str(f.Funcname[0]) == "pg_catalog" && c.str(f.Funcname[1]) == wrap {
		out.Pattern = c.expr(f.Args[0])
		if len(f.Args) == 2 {
			out.Escape = c.expr(f.Args[1])
		}
		return out
	}
	out.Pattern = c.expr(e.Rexpr)
	return out
}

// opName is an operator's name and schema, "" when not written.
func (c *conv) opName(list []*pgast.Node, loc int32) (schema, name string) {
	switch len(list) {
	case 1:
		return "", c.str(list[0])
	case 2:
		return c.str(list[0]), c.str(list[1])
	}
	c.fail(loc, "an operator's name may be qualified by a schema only")
	return "", ""
}

// plainOp is an operator's name where only pg_catalog may qualify it.
func (c *conv) plainOp(list []*pgast.Node, loc int32) string {
	schema, name := c.opName(list, loc)
	if schema != "" && schema != "pg_catalog" {
		c.fail(loc, "operator %s.%s is not supported here", schema, name)
	}
	return name
}
