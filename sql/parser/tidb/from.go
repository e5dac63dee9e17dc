package tidb

import (
	tast "github.com/pingcap/tidb/pkg/parser/ast"

	"github.com/loxodb/loxodb/sql/ast"
)

// from converts FROM; FROM DUAL is none.
func (c *conv) from(f *tast.TableRefsClause) []ast.TableExpr {
	if f == nil || f.TableRefs == nil {
		return nil
	}
	return []ast.TableExpr{c.tableExpr(f.TableRefs)}
}

// tableExpr converts an item of FROM.
func (c *conv) tableExpr(n tast.ResultSetNode) ast.TableExpr {
	c.enter()
	defer c.leave()
	switch v := n.(type) {
	case *tast.Join:
		return c.join(v)
	case *tast.TableSource:
		return c.tableSource(v)
	case *tast.TableName:
		return c.tableRef(v, "")
	}
	c.fail(n, "%s is not supported in FROM", nodeName(n))
	return nil
}

func (c *conv) join(j *tast.Join) ast.TableExpr {
	if j.Right == nil {
		return c.tableExpr(j.Left)
	}
	out := &ast.Join{At: c.at(j), Natural: j.NaturalJoin, Left: c.tableExpr(j.Left), Right: c.tableExpr(j.Right)}
	switch j.Tp {
	case tast.LeftJoin:
		out.Kind = ast.LeftJoin
	case tast.RightJoin:
		out.Kind = ast.RightJoin
		if j.NaturalJoin || len(j.Using) > 0 { // the columns of the right side come first
			out.Kind, out.Left, out.Right = ast.LeftJoin, out.Right, out.Left
		}
	}
	for _, u := range j.Using {
		out.Using = append(out.Using, u.Name.L)
	}
	if j.On != nil {
		out.On = c.cond(j.On.Expr)
	}
	return out
}

func (c *conv) tableSource(t *tast.TableSource) ast.TableExpr {
	switch v := t.Source.(type) {
	case *tast.TableName:
		return c.tableRef(v, t.AsName.L)
	case *tast.SelectStmt, *tast.SetOprStmt, *tast.SubqueryExpr:
		if j := c.jsonTable(t); j != nil {
			return j
		}
		return c.derivedTable(t)
	case *tast.Join:
		return c.tableExpr(v)
	}
	c.fail(t, "%s is not supported in FROM", nodeName(t.Source))
	return nil
}

// tableRef converts a table, or the partitions of it that are named; the relations of
// information_schema are MySQL's. Index hints are hints.
func (c *conv) tableRef(t *tast.TableName, alias string) ast.TableExpr {
	chosen := partNames(t.PartitionNames)
	name := c.undivided(t)
	if name.Schema == "information_schema" && len(chosen) == 0 {
		return c.informationSchema(name, alias)
	}
	if c.stored && chosen != nil { // in PostgreSQL's dialect a partition is a table of its own, which columns know by the whole's name
		if len(chosen) > 1 {
			c.failAt("partition", "PARTITION (...) of several partitions is not supported in a view")
		}
		if alias == "" {
			alias = name.Name
		}
		at := name.At
		name = partitionName(name, chosen[0])
		name.At, chosen = at, nil
	}
	out := &ast.TableRef{At: name.At, Name: name, Parts: chosen}
	if alias != "" {
		out.Alias = &ast.Alias{Name: alias}
	}
	return out
}

// partNames are the names of PARTITION (...).
func partNames(list []tast.CIStr) (names []string) {
	for _, n := range list {
		names = append(names, n.L)
	}
	return names
}

// plainTable is the one table that a statement writes.
func (c *conv) plainTable(f *tast.TableRefsClause) (ref ast.TableRef, ok bool) {
	j := f.TableRefs
	for j.Right == nil {
		switch l := j.Left.(type) {
		case *tast.Join:
			j = l
		case *tast.TableSource:
			t, isTable := l.Source.(*tast.TableName)
			if !isTable {
				return ref, false
			}
			r, isRef := c.tableRef(t, l.AsName.L).(*ast.TableRef)
			if !isRef {
				c.fail(t, "changing information_schema is not supported")
			}
			return *r, true
		default:
			return ref, false
		}
	}
	return ref, false
}

// calledAs is the name by which a statement's clauses know a table.
func calledAs(r *ast.TableRef) string {
	if r.Alias != nil {
		return r.Alias.Name
	}
	return r.Name.Name
}
