package tidb

import (
	"fmt"
	"slices"

	tast "github.com/pingcap/tidb/pkg/parser/ast"

	"github.com/loxodb/loxodb/sql/ast"
)

// Variables that a query assigns (@n := @n + 1). The items of a select list are computed row
// after row, each row from the left to the right and after the rows are sorted, so an
// assignment there has one meaning. A derived table with assignments is read to its end before
// the query around it, and so is SELECT @n := 0 beside a table, whatever the plan makes of the
// join. Everywhere else — conditions, groups, arguments of aggregates, subqueries — an
// assignment is refused: how often and in which order it happened would be the plan's choice.

// derivedTable converts a query in FROM.
func (c *conv) derivedTable(t *tast.TableSource) ast.TableExpr {
	outer := c.assigns
	c.assigns = false
	q := c.below(t.Source, c.ordered && !t.Lateral)
	assigns := c.assigns
	c.assigns = outer
	alias := c.derivedAlias(t)
	at := c.at(t.Source)
	if assigns {
		return &ast.TableRef{At: at, Name: ast.QName{At: at, Name: c.readBefore(q)}, Alias: alias}
	}
	return &ast.SubqueryRef{At: at, Query: q, Lateral: t.Lateral, Alias: alias}
}

// readBefore makes a query be read before the present one, and gives its name. Queries without
// tables, which give variables their first values, go before the others.
func (c *conv) readBefore(q *ast.Select) string {
	c.queries++
	name := fmt.Sprintf("assigned %d", c.queries)
	at := len(c.before)
	if q.From == nil {
		for at = 0; at < len(c.before) && c.before[at].Query.(*ast.Select).From == nil; at++ {
		}
	}
	c.before = slices.Insert(c.before, at, ast.CTE{At: placeless, Name: name, Query: q, Materialized: ast.MaterializeFirst})
	return name
}

// withBefore is a WITH clause and what is read before; c.before is empty afterwards.
func (c *conv) withBefore(w *ast.With) *ast.With {
	if len(c.before) == 0 {
		return w
	}
	if w == nil {
		w = &ast.With{At: placeless}
	}
	w.CTEs = append(w.CTEs, c.before...)
	c.before = nil
	return w
}

// assigning reports that an expression assigns a variable.
func assigning(e ast.Expr) bool {
	found := false
	ast.Walk(e, func(n ast.Node) bool {
		f, ok := n.(*ast.Func)
		found = found || ok && f.Name.Schema == own && f.Name.Name == "assign"
		return !found
	})
	return found
}

// refuseTwice refuses to write an assignment in a second place of the statement, as the
// meaning of an alias, or of a column that was given a value.
func (c *conv) refuseTwice(n tast.Node, e ast.Expr) {
	if c.assigns && assigning(e) {
		c.fail(n, "the value of an assignment in this place is not supported")
	}
}

// havingAssigned puts the condition of a HAVING without groups over a query that assigns: it
// sees the values that the select list gave.
func (c *conv) havingAssigned(s *tast.SelectStmt, q *ast.Select) *ast.Select {
	if s.OrderBy != nil || s.SelectStmtOpts != nil && s.SelectStmtOpts.CalcFoundRows || s.LockInfo != nil {
		c.fail(s.Having.Expr, "HAVING with ORDER BY in a query that assigns variables is not supported")
	}
	q.With = c.withBefore(q.With)
	given := make([]ast.Target, len(q.Targets))
	for i, t := range q.Targets {
		given[i] = ast.Target{At: t.At, Name: t.Name}
		if t.Name != "" {
			given[i].Expr = &ast.ColumnRef{At: t.At, Parts: []string{t.Name}}
		}
	}
	c.scope = newScope(given)
	out := &ast.Select{At: q.At, Targets: []ast.Target{{At: q.At, Expr: &ast.ColumnRef{At: q.At, Star: true}}}}
	out.Where = c.cond(s.Having.Expr)
	out.From = []ast.TableExpr{&ast.TableRef{At: q.At, Name: ast.QName{At: q.At, Name: c.readBefore(q)}}}
	out.Limit, out.Offset = c.limit(s.Limit)
	out.With = c.withBefore(nil)
	return out
}

// updateAssigned makes an UPDATE whose values assign variables one that takes them from a
// query, which computes them in the order that ORDER BY says.
func (c *conv) updateAssigned(s *tast.UpdateStmt, out *ast.Update) ast.Stmt {
	at := c.here()
	rowOf := func() ast.Expr { return &ast.ColumnRef{At: at, Parts: []string{calledAs(&out.Table), "ctid"}} }
	q := &ast.Select{At: at, Targets: []ast.Target{{At: at, Name: "r", Expr: rowOf()}}, From: []ast.TableExpr{&out.Table},
		Where: c.cond(s.Where), OrderBy: c.orderBy(s.Order)}
	q.Limit, q.Offset = c.limit(s.Limit)
	name := c.readBefore(q)
	for i := range out.Set {
		if _, ok := out.Set[i].Expr.(*ast.Default); ok {
			continue
		}
		column := fmt.Sprintf("v%d", i)
		q.Targets = append(q.Targets, ast.Target{At: at, Name: column, Expr: out.Set[i].Expr})
		out.Set[i].Expr = &ast.ColumnRef{At: at, Parts: []string{name, column}}
	}
	out.With = c.withBefore(out.With)
	out.From = []ast.TableExpr{&ast.TableRef{At: at, Name: ast.QName{At: at, Name: name}}}
	out.Where = &ast.Op{At: at, Schema: system, Name: "=", Left: rowOf(), Right: &ast.ColumnRef{At: at, Parts: []string{name, "r"}}}
	return out
}
