package tidb

import (
	tast "github.com/pingcap/tidb/pkg/parser/ast"

	"github.com/loxodb/loxodb/sql/ast"
)

// UPDATE and DELETE of several tables, or of one of several: the binder, which knows their
// columns, makes statements of one table of them (planner/bind, join_write.go).

func (c *conv) updateJoin(s *tast.UpdateStmt, out *ast.Update) ast.Stmt {
	if s.Order != nil || s.Limit != nil {
		c.wrong(s, "Incorrect usage of UPDATE and ORDER BY or LIMIT")
	}
	out.Join = c.tableExpr(s.TableRefs.TableRefs)
	c.once = c.ordered
	for i, a := range s.List {
		out.Set = append(out.Set, ast.Target{At: c.assignedAt(s.List, i), Table: a.Column.Table.L, Name: a.Column.Name.L, Expr: c.expr(a.Expr)})
	}
	c.once = false
	out.Where = c.cond(s.Where)
	out.With = c.withBefore(out.With)
	return out
}

func (c *conv) deleteJoin(s *tast.DeleteStmt, out *ast.Delete) ast.Stmt {
	out.Join = c.tableExpr(s.TableRefs.TableRefs)
	for _, t := range s.Tables.Tables {
		out.Of = append(out.Of, t.Name.L)
	}
	out.Where = c.cond(s.Where)
	out.With = c.withBefore(out.With)
	return out
}
