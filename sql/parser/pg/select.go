package pg

import (
	pgast "github.com/sqlc-dev/oliphant/ast"

	"github.com/loxodb/loxodb/sql/ast"
)

// query converts a node that must be a query without INTO.
func (c *conv) query(n *pgast.Node) *ast.Select {
	s := n.GetSelectStmt()
	if s == nil {
		c.fail(-1, "%s is not supported as a query", nodeName(n))
	}
	return c.selectStmt(s)
}

// intoOf is the INTO of a query, which that of set operations has in its first SELECT.
func intoOf(n *pgast.Node) *pgast.IntoClause {
	s := n.GetSelectStmt()
	for s.GetLarg() != nil {
		s = s.GetLarg()
	}
	return s.GetIntoClause()
}

func (c *conv) selectStmt(s *pgast.SelectStmt) *ast.Select {
	c.enter()
	defer c.leave()
	if s.IntoClause != nil {
		c.syntax(s.IntoClause.GetRel().GetLocation(), "SELECT ... INTO is not allowed here")
	}
	out := &ast.Select{At: ast.At{Pos: ast.NoPos}, With: c.with(s.WithClause)}
	if s.Op != pgast.SetOperation_SETOP_NONE {
		out.SetOp = ast.SetOpKind(s.Op - pgast.SetOperation_SETOP_UNION + 1)
		out.SetAll = s.All
		out.Left, out.Right = c.selectStmt(s.Larg), c.selectStmt(s.Rarg)
	} else {
		c.selectBody(s, out)
	}
	out.OrderBy = c.sortBys(s.SortClause)
	out.Limit, out.Offset = c.expr(s.LimitCount), c.expr(s.LimitOffset)
	out.WithTies = s.LimitOption == pgast.LimitOption_LIMIT_OPTION_WITH_TIES
	for _, l := range s.LockingClause {
		out.Locking = append(out.Locking, c.locking(l.GetLockingClause()))
	}
	return out
}

// selectBody converts a plain SELECT or VALUES.
func (c *conv) selectBody(s *pgast.SelectStmt, out *ast.Select) {
	for _, l := range s.ValuesLists {
		row := c.exprs(l.GetList().GetItems())
		out.Values = append(out.Values, row)
	}
	switch d := s.DistinctClause; {
	case len(d) == 1 && (d[0] == nil || d[0].Node == nil):
		out.Distinct = true // a list of one NULL, as PostgreSQL writes it
	case len(d) > 0:
		out.DistinctOn = c.exprs(d)
	}
	out.Targets = c.targets(s.TargetList)
	out.From = c.tables(s.FromClause)
	out.Where = c.expr(s.WhereClause)
	out.GroupBy = c.groupItems(s.GroupClause, true)
	out.GroupAll = s.GroupDistinct
	out.Having = c.expr(s.HavingClause)
	for _, n := range s.WindowClause {
		w := n.GetWindowDef()
		out.Windows = append(out.Windows, ast.NamedWindow{Name: w.Name, Def: c.window(w)})
	}
}

// targets converts a select or RETURNING list.
func (c *conv) targets(list []*pgast.Node) []ast.Target {
	if len(list) == 0 {
		return nil
	}
	out := make([]ast.Target, 0, len(list))
	for _, n := range list {
		t := n.GetResTarget()
		if t == nil || len(t.Indirection) > 0 {
			c.fail(-1, "unexpected %s in a target list", nodeName(n))
		}
		out = append(out, ast.Target{At: at(t.Location), Expr: c.expr(t.Val), Name: t.Name})
	}
	return out
}

// groupItems converts GROUP BY. At the top level a row (a, b) is its items.
func (c *conv) groupItems(list []*pgast.Node, top bool) []ast.GroupItem {
	var out []ast.GroupItem
	for _, n := range list {
		if r := n.GetRowExpr(); r != nil && r.RowFormat == pgast.CoercionForm_COERCE_IMPLICIT_CAST {
			items := c.groupItems(r.Args, false)
			if top {
				out = append(out, items...)
				continue
			}
			out = append(out, ast.GroupItem{At: at(r.Location), Kind: ast.GroupRow, Items: items})
			continue
		}
		g := n.GetGroupingSet()
		if g == nil {
			e := c.expr(n)
			out = append(out, ast.GroupItem{At: ast.At{Pos: e.Position()}, Expr: e})
			continue
		}
		out = append(out, c.groupingSet(g))
	}
	return out
}

func (c *conv) groupingSet(g *pgast.GroupingSet) ast.GroupItem {
	c.enter()
	defer c.leave()
	item := ast.GroupItem{At: at(g.Location)}
	switch g.Kind {
	case pgast.GroupingSetKind_GROUPING_SET_EMPTY:
		item.Kind = ast.GroupEmpty
	case pgast.GroupingSetKind_GROUPING_SET_ROLLUP:
		item.Kind = ast.GroupRollup
	case pgast.GroupingSetKind_GROUPING_SET_CUBE:
		item.Kind = ast.GroupCube
	case pgast.GroupingSetKind_GROUPING_SET_SETS:
		item.Kind = ast.GroupSets
	default:
		c.fail(g.Location, "unknown kind of grouping set")
	}
	item.Items = c.groupItems(g.Content, false)
	return item
}

func (c *conv) locking(l *pgast.LockingClause) ast.Locking {
	out := ast.Locking{At: ast.At{Pos: ast.NoPos}}
	switch l.Strength {
	case pgast.LockClauseStrength_LCS_FORKEYSHARE:
		out.Strength = ast.ForKeyShare
	case pgast.LockClauseStrength_LCS_FORSHARE:
		out.Strength = ast.ForShare
	case pgast.LockClauseStrength_LCS_FORNOKEYUPDATE:
		out.Strength = ast.ForNoKeyUpdate
	case pgast.LockClauseStrength_LCS_FORUPDATE:
		out.Strength = ast.ForUpdate
	default:
		c.fail(-1, "unknown locking clause")
	}
	out.Skip = l.WaitPolicy == pgast.LockWaitPolicy_LockWaitSkip
	out.NoWait = l.WaitPolicy == pgast.LockWaitPolicy_LockWaitError
	if len(l.LockedRels) > 0 {
		out.Of = c.relnames(l.LockedRels)
	}
	return out
}

func (c *conv) with(w *pgast.WithClause) *ast.With {
	if w == nil {
		return nil
	}
	out := &ast.With{At: at(w.Location), Recursive: w.Recursive}
	for _, n := range w.Ctes {
		e := n.GetCommonTableExpr()
		cte := ast.CTE{At: at(e.Location), Name: e.Ctename, Columns: c.strs(e.Aliascolnames), Query: c.dml(e.Ctequery)}
		switch e.Ctematerialized {
		case pgast.CTEMaterialize_CTEMaterializeAlways:
			cte.Materialized = ast.MaterializeAlways
		case pgast.CTEMaterialize_CTEMaterializeNever:
			cte.Materialized = ast.MaterializeNever
		}
		if x := e.SearchClause; x != nil {
			cte.Search = &ast.Search{At: at(x.Location), Breadth: x.SearchBreadthFirst, By: c.strs(x.SearchColList), Set: x.SearchSeqColumn}
		}
		if x := e.CycleClause; x != nil {
			cte.Cycle = &ast.Cycle{At: at(x.Location), Columns: c.strs(x.CycleColList), Set: x.CycleMarkColumn, Using: x.CyclePathColumn,
				To: c.expr(x.CycleMarkValue), Default: c.expr(x.CycleMarkDefault)}
		}
		out.CTEs = append(out.CTEs, cte)
	}
	return out
}
