package tidb

import (
	"slices"

	tast "github.com/pingcap/tidb/pkg/parser/ast"

	"github.com/loxodb/loxodb/sql/ast"
)

// dmlStmt converts queries and changes of rows; nil when n is something else.
func (c *conv) dmlStmt(n tast.StmtNode) ast.Stmt {
	switch v := n.(type) {
	case *tast.SelectStmt, *tast.SetOprStmt:
		return c.query(v)
	case *tast.InsertStmt:
		return c.insert(v)
	case *tast.UpdateStmt:
		return c.update(v)
	case *tast.DeleteStmt:
		return c.delete(v)
	}
	return nil
}

// insert converts INSERT and REPLACE. A key that is there is a conflict on any
// unique key of the table: an upsert, a skip, or a replacement.
func (c *conv) insert(s *tast.InsertStmt) ast.Stmt {
	ref, ok := c.plainTable(s.Table)
	if !ok {
		c.fail(s, "INSERT into this is not supported")
	}
	ref.Parts = partNames(s.PartitionNames)
	out := &ast.Insert{At: c.here(), Table: ref, Ignore: s.IgnoreErr, Mixed: true}
	out.Whole = len(s.Columns) == 0
	for i, n := range s.Columns {
		out.Columns = append(out.Columns, ast.Target{At: c.listedAt(s, i), Name: n.Name.L})
	}
	switch {
	case s.Select != nil:
		c.nested++
		out.Query = c.query(s.Select)
		c.nested--
	case len(s.Lists) > 0 && len(s.Lists[0]) == 0: // VALUES ()
		out.Columns = nil
		if len(s.Lists) > 1 {
			out.Columns, out.Query = []ast.Target{}, c.emptyRows(s)
		}
	default:
		out.Query = &ast.Select{At: c.here()}
		for _, row := range s.Lists {
			if len(row) == 0 {
				c.wrong(s, "VALUES lists must all be the same length")
			}
			out.Query.Values = append(out.Query.Values, c.exprs(row))
		}
	}
	c.proposed(s, out)
	switch {
	case s.IsReplace:
		out.OnConflict = &ast.OnConflict{At: c.here(), AnyKey: true, Replace: true}
	case len(s.OnDuplicate) > 0:
		out.OnConflict = &ast.OnConflict{At: c.here(), AnyKey: true, DoUpdate: true}
		c.target, c.updated = calledAs(&ref), calledAs(&ref)
		c.sourced = s.Select != nil
		out.OnConflict.Set = c.assignments(s.OnDuplicate)
		c.target, c.sourced = "", false
	case s.IgnoreErr:
		out.OnConflict = &ast.OnConflict{At: c.here()}
	}
	return out
}

// emptyRows is a query of as many rows without columns as there are lists.
func (c *conv) emptyRows(s *tast.InsertStmt) *ast.Select {
	for _, row := range s.Lists {
		if len(row) > 0 {
			c.wrong(s, "VALUES lists must all be the same length")
		}
	}
	rows := syscall(placeless, "generate_series", integer(placeless, 1), integer(placeless, int64(len(s.Lists))))
	return &ast.Select{At: c.here(), From: []ast.TableExpr{&ast.FuncRef{At: placeless, Funcs: []ast.FuncItem{{Call: rows}}}}}
}

// assignments converts SET. MySQL assigns from the left to the right, and later
// values see what earlier ones gave.
func (c *conv) assignments(list []*tast.Assignment) []ast.Target {
	outer := c.assigned
	defer func() { c.assigned = outer }()
	given := map[string]ast.Expr{}
	var out []ast.Target
	for i, a := range list {
		c.assigned = given
		t := ast.Target{At: c.assignedAt(list, i), Name: a.Column.Name.L, Expr: c.expr(a.Expr)}
		if i := slices.IndexFunc(out, func(o ast.Target) bool { return o.Name == t.Name }); i >= 0 {
			out[i] = t // the last assignment counts, which knows the one before
		} else {
			out = append(out, t)
		}
		given[t.Name] = &ast.Stored{At: ast.At{Pos: t.Expr.Position()}, Column: t.Name, X: t.Expr}
	}
	return out
}

func (c *conv) update(s *tast.UpdateStmt) ast.Stmt {
	out := &ast.Update{At: c.here(), With: c.with(s.With), Ignore: s.IgnoreErr, Mixed: true, Unlimited: s.Limit == nil}
	ref, ok := c.plainTable(s.TableRefs)
	if !ok {
		return c.updateJoin(s, out)
	}
	out.Table = ref
	c.updated = calledAs(&ref)
	c.once = c.ordered
	out.Set = c.assignments(s.List)
	if c.once = false; c.assigns {
		return c.updateAssigned(s, out)
	}
	out.Where, out.OrderBy = c.cond(s.Where), c.orderBy(s.Order)
	out.Limit, _ = c.limit(s.Limit) // the grammar has no offset here
	return out
}

func (c *conv) delete(s *tast.DeleteStmt) ast.Stmt {
	out := &ast.Delete{At: c.here(), With: c.with(s.With), Ignore: s.IgnoreErr, Mixed: true, Unlimited: s.Limit == nil}
	if !s.IsMultiTable {
		ref, ok := c.plainTable(s.TableRefs)
		if !ok {
			c.fail(s, "DELETE from this is not supported")
		}
		out.Table = ref
		out.Where, out.OrderBy = c.cond(s.Where), c.orderBy(s.Order)
		out.Limit, _ = c.limit(s.Limit)
		return out
	}
	return c.deleteJoin(s, out)
}

// both is the conjunction of two conditions, either of which may be nil.
func both(a, b ast.Expr) ast.Expr {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return &ast.BoolOp{At: ast.At{Pos: a.Position()}, Kind: ast.And, Args: []ast.Expr{a, b}}
}
