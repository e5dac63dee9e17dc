package pg

import (
	"strings"

	pgast "github.com/sqlc-dev/oliphant/ast"

	"github.com/loxodb/loxodb/sql/ast"
)

func (c *conv) insert(s *pgast.InsertStmt) ast.Stmt {
	out := &ast.Insert{At: c.here(), With: c.with(s.WithClause), Table: c.tableRef(s.Relation), Returning: c.returning(s.ReturningClause)}
	for _, n := range s.Cols {
		out.Columns = append(out.Columns, c.column(n.GetResTarget()))
	}
	if s.SelectStmt != nil {
		out.Query = c.query(s.SelectStmt)
	}
	out.Overriding = overriding(s.Override)
	if s.OnConflictClause != nil {
		out.OnConflict = c.onConflict(s.OnConflictClause)
	}
	return out
}

func overriding(o pgast.OverridingKind) ast.Overriding {
	switch o {
	case pgast.OverridingKind_OVERRIDING_USER_VALUE:
		return ast.OverridingUser
	case pgast.OverridingKind_OVERRIDING_SYSTEM_VALUE:
		return ast.OverridingSystem
	}
	return ast.OverridingNone
}

// mergeReturning refuses RETURNING where PostgreSQL 15's grammar does: at the word.
func (c *conv) mergeReturning(s *pgast.MergeStmt) {
	end, word := int(s.ReturningClause.Exprs[0].GetResTarget().GetLocation()), lexeme{}
	for _, t := range lexemes(c.src[:end]) {
		if strings.EqualFold(t.of(c.src), "returning") {
			word = t
		}
	}
	c.syntax(int32(word.start), "syntax error at or near \"%s\"", word.of(c.src))
}

// merge converts MERGE as PostgreSQL 15 has it.
func (c *conv) merge(s *pgast.MergeStmt) ast.Stmt {
	out := &ast.Merge{At: c.here(), With: c.with(s.WithClause), Table: c.tableRef(s.Relation), Source: c.table(s.SourceRelation), On: c.expr(s.JoinCondition)}
	if s.ReturningClause != nil {
		c.mergeReturning(s)
	}
	for _, n := range s.MergeWhenClauses {
		w := n.GetMergeWhenClause()
		when := ast.MergeWhen{Matched: w.MatchKind == pgast.MergeMatchKind_MERGE_WHEN_MATCHED, Cond: c.expr(w.Condition)}
		if w.MatchKind == pgast.MergeMatchKind_MERGE_WHEN_NOT_MATCHED_BY_SOURCE {
			c.fail(s.Relation.GetLocation(), "WHEN NOT MATCHED BY SOURCE is not supported")
		}
		switch w.CommandType {
		case pgast.CmdType_CMD_UPDATE:
			when.Action, when.Set = ast.MergeUpdate, c.setList(w.TargetList)
		case pgast.CmdType_CMD_DELETE:
			when.Action = ast.MergeDelete
		case pgast.CmdType_CMD_INSERT:
			when.Action, when.Values, when.Overriding = ast.MergeInsert, c.exprs(w.Values), overriding(w.Override)
			for _, t := range w.TargetList {
				when.Columns = append(when.Columns, c.column(t.GetResTarget()))
			}
		}
		out.Whens = append(out.Whens, when)
	}
	return out
}

func (c *conv) onConflict(o *pgast.OnConflictClause) *ast.OnConflict {
	out := &ast.OnConflict{At: at(o.Location), Set: c.setList(o.TargetList), SetWhere: c.expr(o.WhereClause)}
	out.DoUpdate = o.Action == pgast.OnConflictAction_ONCONFLICT_UPDATE
	if i := o.Infer; i != nil {
		out.Target, out.TargetAt = c.indexElems(i.IndexElems), ast.Pos(i.Location)
		out.Where = c.expr(i.WhereClause)
		out.Constraint = i.Conname
	}
	return out
}

func (c *conv) update(s *pgast.UpdateStmt) ast.Stmt {
	out := &ast.Update{At: c.here(), With: c.with(s.WithClause), Table: c.tableRef(s.Relation), Set: c.setList(s.TargetList),
		From: c.tables(s.FromClause), Returning: c.returning(s.ReturningClause)}
	out.Where, out.CurrentOf = c.whereOrCursor(s.WhereClause)
	return out
}

func (c *conv) delete(s *pgast.DeleteStmt) ast.Stmt {
	out := &ast.Delete{At: c.here(), With: c.with(s.WithClause), Table: c.tableRef(s.Relation),
		Using: c.tables(s.UsingClause), Returning: c.returning(s.ReturningClause)}
	out.Where, out.CurrentOf = c.whereOrCursor(s.WhereClause)
	return out
}

// whereOrCursor splits WHERE from WHERE CURRENT OF cursor.
func (c *conv) whereOrCursor(n *pgast.Node) (ast.Expr, string) {
	if cur := n.GetCurrentOfExpr(); cur != nil {
		return nil, cur.CursorName
	}
	return c.expr(n), ""
}

func (c *conv) returning(r *pgast.ReturningClause) []ast.Target {
	if r == nil {
		return nil
	}
	for _, o := range r.Options {
		c.fail(o.GetReturningOption().GetLocation(), "RETURNING WITH (OLD, NEW) is not supported")
	}
	return c.targets(r.Exprs)
}

// column is a target column with its subscripts, without a value.
func (c *conv) column(t *pgast.ResTarget) ast.Target {
	out := ast.Target{At: at(t.Location), Name: t.Name}
	for _, n := range t.Indirection {
		step := ast.Step{Field: n.GetString_().GetSval(), Star: n.GetAStar() != nil}
		if i := n.GetAIndices(); i != nil {
			x := c.index(i)
			step.Sub = &x
		}
		out.Path = append(out.Path, step)
	}
	return out
}

// setList converts SET. The columns of (a, b) = source share one source.
func (c *conv) setList(list []*pgast.Node) []ast.Target {
	var out []ast.Target
	var lastNode *pgast.Node
	var last ast.Expr
	for _, n := range list {
		t := n.GetResTarget()
		col := c.column(t)
		m := t.Val.GetMultiAssignRef()
		if m == nil {
			col.Expr = c.expr(t.Val)
			out = append(out, col)
			continue
		}
		if m.Source != lastNode {
			lastNode, last = m.Source, c.expr(m.Source)
		}
		col.Multi, col.MultiCol = last, int(m.Colno)
		out = append(out, col)
	}
	return out
}
