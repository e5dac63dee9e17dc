package pg

import (
	pgast "github.com/sqlc-dev/oliphant/ast"

	"github.com/loxodb/loxodb/sql/ast"
)

// stmt converts a whole statement.
func (c *conv) stmt(n *pgast.Node) ast.Stmt {
	if s := n.GetSelectStmt(); s != nil {
		if into := leftmostInto(s); into != nil {
			return c.selectInto(s, into)
		}
	}
	switch n.Node.(type) {
	case *pgast.Node_SelectStmt, *pgast.Node_InsertStmt, *pgast.Node_UpdateStmt, *pgast.Node_DeleteStmt, *pgast.Node_MergeStmt:
		return c.dml(n)
	}
	for _, family := range []func(*pgast.Node) ast.Stmt{
		c.sessionStmt, c.cursorStmt, c.createStmt, c.alterStmt, c.objectStmt, c.maintStmt, c.roleStmt, c.functionStmt, c.rightsStmt, c.statisticsStmt,
	} {
		if s := family(n); s != nil {
			return s
		}
	}
	return c.other(n)
}

// dml converts what may stand in a CTE or under EXPLAIN, PREPARE and COPY.
func (c *conv) dml(n *pgast.Node) ast.Stmt {
	var s ast.Stmt
	switch v := n.Node.(type) {
	case *pgast.Node_SelectStmt:
		q := c.selectStmt(v.SelectStmt)
		if q.Pos == ast.NoPos {
			q.Pos = c.stmtPos
		}
		s = q
	case *pgast.Node_InsertStmt:
		s = c.insert(v.InsertStmt)
	case *pgast.Node_UpdateStmt:
		s = c.update(v.UpdateStmt)
	case *pgast.Node_DeleteStmt:
		s = c.delete(v.DeleteStmt)
	case *pgast.Node_MergeStmt:
		s = c.merge(v.MergeStmt)
	default:
		c.fail(-1, "%s is not supported here", nodeName(n))
	}
	return s
}

// leftmostInto finds SELECT … INTO, which the grammar leaves on the leftmost
// SELECT of a set operation.
func leftmostInto(s *pgast.SelectStmt) *pgast.IntoClause {
	for s.Op != pgast.SetOperation_SETOP_NONE && s.Larg != nil {
		s = s.Larg
	}
	return s.IntoClause
}

func (c *conv) selectInto(s *pgast.SelectStmt, into *pgast.IntoClause) ast.Stmt {
	leaf := s
	for leaf.Op != pgast.SetOperation_SETOP_NONE && leaf.Larg != nil {
		leaf = leaf.Larg
	}
	leaf.IntoClause = nil
	out := c.createAs(into)
	q := c.selectStmt(s)
	q.Pos = c.stmtPos
	out.Query, out.SelectInto = q, true
	return out
}
