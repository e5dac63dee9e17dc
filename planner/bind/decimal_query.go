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

// preciseColumn is output column i of a query with all its digits, of which d show; 0 where
// it hides none.
func (b *binder) preciseColumn(q *query, i int) (id logical.ColID, d digits) {
	p := topProject(q.tree)
	if p == nil {
		return 0, d
	}
	j := slices.Index(p.Out, q.out[i].id)
	if j < 0 || precise(p.Exprs[j]) == p.Exprs[j] {
		return 0, d
	}
	d, ok := digitsOf(p.Exprs[j])
	if !ok {
		return 0, d
	}
	all := precise(p.Exprs[j])
	id = b.meta.Add(logical.ColInfo{Name: q.out[i].name, T: all.Type()})
	p.Exprs, p.Out = append(slices.Clip(p.Exprs), all), append(slices.Clip(p.Out), id)
	return id, d
}

// preciseCols makes columns of a query in FROM hand on the digits that they hide.
func (b *binder) preciseCols(q *query, cols []nsCol) (err error) {
	for _, h := range b.hiddenDigits(q) {
		if cols[h.col].e, err = b.shown(b.meta.Column(h.id), h.shown, ast.NoPos); err != nil {
			return err
		}
	}
	return nil
}

// hiddenColumn is a column of a query that shows fewer digits than it has: id has all.
type hiddenColumn struct {
	col   int
	id    logical.ColID
	shown digits
}

// hiddenDigits adds what such columns hide to a query that MySQL merges.
func (b *binder) hiddenDigits(q *query) (out []hiddenColumn) {
	if p := topProject(q.tree); p == nil || !slices.ContainsFunc(p.Exprs, func(e expr.Expr) bool { return precise(e) != e }) || !merged(q.tree) {
		return nil
	}
	for i := range q.out {
		if id, d := b.preciseColumn(q, i); id != 0 {
			out = append(out, hiddenColumn{i, id, d})
		}
	}
	return out
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
