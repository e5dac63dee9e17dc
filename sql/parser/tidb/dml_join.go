package tidb

import (
	"fmt"

	tast "github.com/pingcap/tidb/pkg/parser/ast"

	"github.com/loxodb/loxodb/sql/ast"
)

// UPDATE and DELETE over a join. One table of inner joins is changed with the others
// beside it, as PostgreSQL writes it. Everything else goes in two steps within one
// statement: a query over the join as it is written notes the rows of each table and
// their new values, once, and then each table takes what is noted of it.

// noted is the name of that query; no name that MySQL lets through has a space at its end.
const noted = "noted "

// updateJoin converts UPDATE of several tables, or of one of several.
func (c *conv) updateJoin(s *tast.UpdateStmt, out *ast.Update) ast.Stmt {
	if s.Order != nil || s.Limit != nil {
		c.wrong(s, "Incorrect usage of UPDATE and ORDER BY or LIMIT")
	}
	var names []string
	for _, a := range s.List {
		t := a.Column.Table.L
		if t == "" {
			c.fail(s, "a column without its table in UPDATE of several tables is not supported")
		}
		names = appendNew(names, t)
	}
	if tables, cond, ok := c.innerTables(s.TableRefs.TableRefs); ok && len(names) == 1 {
		rest, ref := split(tables, names[0])
		out.Table, out.From = *c.among(s, ref, names[0]), rest
		for _, a := range s.List {
			out.Set = append(out.Set, ast.Target{At: placeless, Name: a.Column.Name.L, Expr: c.expr(a.Expr)})
		}
		out.Where = both(cond, c.cond(s.Where))
		return out
	}
	n := c.note(s, s.TableRefs, s.Where, out.With, names)
	updates := make([]*ast.Update, len(names))
	for i := range names {
		updates[i] = &ast.Update{At: c.here(), Table: *n.refs[i], Where: n.row(i, false),
			From: []ast.TableExpr{&ast.TableRef{At: placeless, Name: ast.QName{At: placeless, Name: noted}}}}
	}
	for k, a := range s.List {
		e := c.expr(a.Expr)
		if _, isDefault := e.(*ast.Default); !isDefault {
			e = n.value(fmt.Sprintf("v%d", k), e)
		}
		for i, name := range names {
			if name == a.Column.Table.L {
				updates[i].Set = append(updates[i].Set, ast.Target{At: placeless, Name: a.Column.Name.L, Expr: e})
			}
		}
	}
	last := updates[len(updates)-1]
	for i, u := range updates[:len(updates)-1] {
		n.with.CTEs = append(n.with.CTEs, ast.CTE{At: placeless, Name: fmt.Sprintf("%s%d", noted, i), Query: u})
	}
	last.With = n.with
	return last
}

// deleteJoin converts DELETE from several tables, or from one of several.
func (c *conv) deleteJoin(s *tast.DeleteStmt, out *ast.Delete) ast.Stmt {
	var names []string
	for _, t := range s.Tables.Tables {
		names = appendNew(names, t.Name.L)
	}
	if tables, cond, ok := c.innerTables(s.TableRefs.TableRefs); ok && len(names) == 1 {
		rest, ref := split(tables, names[0])
		out.Table, out.Using = *c.among(s, ref, names[0]), rest
		out.Where = both(cond, c.cond(s.Where))
		return out
	}
	n := c.note(s, s.TableRefs, s.Where, out.With, names)
	for i := range names {
		d := &ast.Delete{At: c.here(), Table: *n.refs[i], Where: n.row(i, true)}
		if i == len(names)-1 {
			d.With = n.with
			return d
		}
		n.with.CTEs = append(n.with.CTEs, ast.CTE{At: placeless, Name: fmt.Sprintf("%s%d", noted, i), Query: d})
	}
	return nil // the grammar gives at least one table
}

// notes is the query that notes rows and values.
type notes struct {
	query *ast.Select
	with  *ast.With
	refs  []*ast.TableRef // the tables to change
}

// note begins the query: the join and, for each of the named tables, its rows.
func (c *conv) note(s tast.Node, from *tast.TableRefsClause, where tast.ExprNode, with *ast.With, names []string) *notes {
	n := &notes{with: with, query: &ast.Select{At: c.here(), From: c.from(from), Where: c.cond(where)}}
	if n.with == nil {
		n.with = &ast.With{At: placeless}
	}
	for i, name := range names {
		ref := c.among(s, findTable(n.query.From[0], name), name)
		n.refs = append(n.refs, ref)
		n.query.Targets = append(n.query.Targets, ast.Target{At: placeless, Name: fmt.Sprintf("r%d", i), Expr: ctid(name)})
	}
	n.with.CTEs = append(n.with.CTEs, ast.CTE{At: placeless, Name: noted, Query: n.query, Materialized: ast.MaterializeAlways})
	return n
}

// value notes one more value and is what stands for it.
func (n *notes) value(name string, e ast.Expr) ast.Expr {
	n.query.Targets = append(n.query.Targets, ast.Target{At: placeless, Name: name, Expr: e})
	return &ast.ColumnRef{At: placeless, Parts: []string{noted, name}}
}

// row is the condition that a row of a table is noted: one row of the note if it is
// beside the table, else any.
func (n *notes) row(i int, any bool) ast.Expr {
	name := fmt.Sprintf("r%d", i)
	if !any {
		return &ast.Op{At: placeless, Name: "=", Left: ctid(calledAs(n.refs[i])), Right: &ast.ColumnRef{At: placeless, Parts: []string{noted, name}}}
	}
	return &ast.In{At: placeless, Left: ctid(calledAs(n.refs[i])), Sub: &ast.Select{At: placeless,
		Targets: []ast.Target{{At: placeless, Expr: &ast.ColumnRef{At: placeless, Parts: []string{name}}}},
		From:    []ast.TableExpr{&ast.TableRef{At: placeless, Name: ast.QName{At: placeless, Name: noted}}}}}
}

// ctid is the place of a table's row.
func ctid(table string) ast.Expr {
	return &ast.ColumnRef{At: placeless, Parts: []string{table, "ctid"}}
}

func appendNew(list []string, s string) []string {
	for _, have := range list {
		if have == s {
			return list
		}
	}
	return append(list, s)
}

// among refuses a table that is to be changed and is none of the join's.
func (c *conv) among(s tast.Node, ref *ast.TableRef, name string) *ast.TableRef {
	if ref == nil {
		c.wrong(s, "Unknown table '%s' among those of the statement", name)
	}
	return ref
}

// findTable is the table of a name in a tree of joins.
func findTable(t ast.TableExpr, name string) *ast.TableRef {
	switch v := t.(type) {
	case *ast.TableRef:
		if calledAs(v) == name {
			return v
		}
	case *ast.Join:
		if r := findTable(v.Left, name); r != nil {
			return r
		}
		return findTable(v.Right, name)
	}
	return nil
}

// innerTables takes a tree of inner joins apart into its tables and conditions; ok is
// false for other trees.
func (c *conv) innerTables(n tast.ResultSetNode) (tables []ast.TableExpr, cond ast.Expr, ok bool) {
	j, isJoin := n.(*tast.Join)
	if !isJoin {
		return []ast.TableExpr{c.tableExpr(n)}, nil, true
	}
	if j.Right == nil {
		return c.innerTables(j.Left)
	}
	if j.Tp != tast.CrossJoin || j.NaturalJoin || len(j.Using) > 0 {
		return nil, nil, false
	}
	l, lc, lok := c.innerTables(j.Left)
	r, rc, rok := c.innerTables(j.Right)
	if !lok || !rok {
		return nil, nil, false
	}
	cond = both(lc, rc)
	if j.On != nil {
		cond = both(cond, c.cond(j.On.Expr))
	}
	return append(l, r...), cond, true
}

// split takes the table of a name out of a list.
func split(tables []ast.TableExpr, name string) (rest []ast.TableExpr, ref *ast.TableRef) {
	for _, t := range tables {
		if r, ok := t.(*ast.TableRef); ok && ref == nil && calledAs(r) == name {
			ref = r
			continue
		}
		rest = append(rest, t)
	}
	return rest, ref
}
