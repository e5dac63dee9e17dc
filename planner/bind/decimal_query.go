package bind

import (
	"slices"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/expr"
)

// A number of MySQL's that hides digits keeps them through a query that is a value, and
// through one in FROM that MySQL merges into the query around it. What it stores between,
// as the rows of DISTINCT, GROUP BY, LIMIT and UNION, has the digits that show.

// unshown is a comparison of MySQL's over the values of its operands, and not over what
// they show: BETWEEN, CASE … WHEN and IN with several values compare so.
func unshown(e expr.Expr) expr.Expr {
	if c, ok := e.(*expr.Call); ok && c.Op != nil {
		for i, a := range c.Args {
			c.Args[i] = precise(a)
		}
	}
	return e
}

// preciseColumn is output column i of a query with all its digits, of which d show; nil
// where it hides none.
func (b *binder) preciseColumn(q *query, i int) (e expr.Expr, d digits) {
	p := topProject(q.tree)
	if p == nil {
		return nil, d
	}
	j := slices.Index(p.Out, q.out[i].id)
	if j < 0 || precise(p.Exprs[j]) == p.Exprs[j] {
		return nil, d
	}
	d, ok := digitsOf(p.Exprs[j])
	if !ok {
		return nil, d
	}
	all := precise(p.Exprs[j])
	id := b.meta.Add(logical.ColInfo{Name: q.out[i].name, T: all.Type()})
	p.Exprs, p.Out = append(slices.Clip(p.Exprs), all), append(slices.Clip(p.Out), id)
	return &expr.Column{Index: id, T: all.Type(), Name: q.out[i].name}, d
}

// preciseCols makes columns of a query in FROM hand on the digits that they hide.
func (b *binder) preciseCols(q *query, cols []nsCol) error {
	p := topProject(q.tree)
	if p == nil || !slices.ContainsFunc(p.Exprs, func(e expr.Expr) bool { return precise(e) != e }) || !merged(q.tree) {
		return nil
	}
	for i := range q.out {
		e, d := b.preciseColumn(q, i)
		if e == nil {
			continue
		}
		shown, err := b.shown(e, d, ast.NoPos)
		if err != nil {
			return err
		}
		cols[i].e = shown
	}
	return nil
}

// merged reports a query that MySQL makes a part of the one around it.
func merged(n logical.Node) bool {
	if s, ok := n.(*logical.Sort); ok {
		n = s.Input
	}
	p, ok := n.(*logical.Project)
	if !ok {
		return false
	}
	n = p.Input
	for {
		switch x := n.(type) {
		case *logical.Filter:
			n = x.Input
		case *logical.Scan, *logical.Join, *logical.Project:
			return true
		default: // groups, windows; rows without a table are stored too
			return false
		}
	}
}
