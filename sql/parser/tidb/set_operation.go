package tidb

import (
	tast "github.com/pingcap/tidb/pkg/parser/ast"

	"github.com/loxodb/loxodb/sql/ast"
)

// setOperation converts UNION, EXCEPT and INTERSECT, of which the last binds
// tighter; the list comes flat, each select with the operator before it.
func (c *conv) setOperation(list []tast.Node, w *tast.WithClause, o *tast.OrderByClause, l *tast.Limit) *ast.Select {
	with := c.with(w)
	defer func(ordered bool) { c.ordered = ordered }(c.ordered)
	c.ordered = c.ordered && len(list) == 1
	var out *ast.Select
	for i := 0; i < len(list); {
		kind := operatorBefore(list[i])
		term := c.query(list[i])
		for i++; i < len(list) && isIntersect(operatorBefore(list[i])); i++ {
			term = c.combine(term, c.query(list[i]), operatorBefore(list[i]))
		}
		if out == nil {
			out = term
			continue
		}
		out = c.combine(out, term, kind)
	}
	if out.SetOp == ast.SetNone && with == nil && o == nil && l == nil {
		return out
	}
	if out.SetOp == ast.SetNone { // one select in parentheses, with clauses of its own outside
		out = &ast.Select{At: out.At, Targets: []ast.Target{{At: out.At, Expr: &ast.ColumnRef{At: out.At, Star: true}}},
			From: []ast.TableExpr{&ast.SubqueryRef{At: out.At, Query: out, Alias: &ast.Alias{Name: "q"}}}}
	}
	outer := c.scope
	defer func() { c.scope = outer }()
	c.scope = nil
	if first := firstSelect(out); first.Values == nil {
		c.scope = newScope(first.Targets)
	}
	out.With = with
	out.OrderBy = c.orderBy(o)
	out.Limit, out.Offset = c.limit(l)
	if l != nil && calculates(list[0]) {
		return c.calcFoundRows(out)
	}
	return out
}

// calculates reports SQL_CALC_FOUND_ROWS of the first select of several.
func calculates(n tast.Node) bool {
	switch v := n.(type) {
	case *tast.SelectStmt:
		return v.SelectStmtOpts != nil && v.SelectStmtOpts.CalcFoundRows
	case *tast.SetOprSelectList:
		return calculates(v.Selects[0])
	}
	return false
}

func firstSelect(s *ast.Select) *ast.Select {
	for s.SetOp != ast.SetNone {
		s = s.Left
	}
	return s
}

func (c *conv) combine(l, r *ast.Select, kind *tast.SetOprType) *ast.Select {
	out := &ast.Select{At: l.At, Left: l, Right: r, SetOp: ast.Union, Mixed: !c.recursive}
	if kind == nil {
		return out
	}
	switch *kind {
	case tast.UnionAll:
		out.SetAll = true
	case tast.Except:
		out.SetOp = ast.Except
	case tast.ExceptAll:
		out.SetOp, out.SetAll = ast.Except, true
	case tast.Intersect:
		out.SetOp = ast.Intersect
	case tast.IntersectAll:
		out.SetOp, out.SetAll = ast.Intersect, true
	}
	return out
}

func isIntersect(k *tast.SetOprType) bool {
	return k != nil && (*k == tast.Intersect || *k == tast.IntersectAll)
}

// operatorBefore is the set operator between a select and the one before.
func operatorBefore(n tast.Node) *tast.SetOprType {
	switch v := n.(type) {
	case *tast.SelectStmt:
		return v.AfterSetOperator
	case *tast.SetOprSelectList:
		return v.AfterSetOperator
	}
	return nil
}
