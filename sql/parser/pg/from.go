package pg

import (
	pgast "github.com/sqlc-dev/oliphant/ast"

	"github.com/loxodb/loxodb/sql/ast"
)

func (c *conv) tables(list []*pgast.Node) []ast.TableExpr {
	if len(list) == 0 {
		return nil
	}
	out := make([]ast.TableExpr, 0, len(list))
	for _, n := range list {
		out = append(out, c.table(n))
	}
	return out
}

// table converts an item of FROM.
func (c *conv) table(n *pgast.Node) ast.TableExpr {
	c.enter()
	defer c.leave()
	switch v := n.Node.(type) {
	case *pgast.Node_RangeVar:
		t := c.tableRef(v.RangeVar)
		return &t
	case *pgast.Node_JoinExpr:
		return c.join(v.JoinExpr)
	case *pgast.Node_RangeSubselect:
		s := v.RangeSubselect
		q := c.query(s.Subquery)
		if s.Alias == nil { // newer grammars can do without
			panic(bail{noAlias(q.Values != nil).At(c.parenthesis(firstPlace(q)))})
		}
		return &ast.SubqueryRef{At: ast.At{Pos: q.Pos}, Query: q, Lateral: s.Lateral, Alias: c.alias(s.Alias)}
	case *pgast.Node_RangeFunction:
		return c.rangeFunction(v.RangeFunction)
	case *pgast.Node_RangeTableSample:
		s := v.RangeTableSample
		return &ast.Sample{At: at(s.Location), Table: c.table(s.Relation), Method: c.qname(s.Method, s.Location),
			Args: c.exprs(s.Args), Repeatable: c.expr(s.Repeatable)}
	case *pgast.Node_RangeTableFunc:
		c.fail(v.RangeTableFunc.Location, "XMLTABLE is not supported")
	case *pgast.Node_JsonTable:
		c.fail(v.JsonTable.Location, "JSON_TABLE is not supported")
	}
	c.fail(-1, "%s is not supported in FROM", nodeName(n))
	return nil
}

func (c *conv) tableRef(r *pgast.RangeVar) ast.TableRef {
	return ast.TableRef{At: at(r.Location), Name: c.relname(r), Only: !r.Inh, Alias: c.alias(r.Alias)}
}

func (c *conv) alias(a *pgast.Alias) *ast.Alias {
	if a == nil {
		return nil
	}
	return &ast.Alias{Name: a.Aliasname, Columns: c.strs(a.Colnames)}
}

func (c *conv) join(j *pgast.JoinExpr) ast.TableExpr {
	out := &ast.Join{
		Natural: j.IsNatural, Left: c.table(j.Larg), Right: c.table(j.Rarg),
		Using: c.strs(j.UsingClause), On: c.expr(j.Quals), Alias: c.alias(j.Alias),
	}
	out.Pos = out.Left.Position()
	if j.JoinUsingAlias != nil {
		out.UsingAlias = j.JoinUsingAlias.Aliasname
	}
	switch j.Jointype {
	case pgast.JoinType_JOIN_INNER:
		out.Kind = ast.InnerJoin
	case pgast.JoinType_JOIN_LEFT:
		out.Kind = ast.LeftJoin
	case pgast.JoinType_JOIN_RIGHT:
		out.Kind = ast.RightJoin
	case pgast.JoinType_JOIN_FULL:
		out.Kind = ast.FullJoin
	default:
		c.fail(int32(out.Pos), "unknown kind of join")
	}
	return out
}

func (c *conv) rangeFunction(f *pgast.RangeFunction) ast.TableExpr {
	out := &ast.FuncRef{RowsFrom: f.IsRowsfrom, Lateral: f.Lateral, Ordinality: f.Ordinality, Alias: c.alias(f.Alias)}
	for _, n := range f.Functions {
		pair := n.GetList().GetItems()
		if len(pair) == 0 {
			c.fail(-1, "unexpected %s in FROM", nodeName(n))
		}
		item := ast.FuncItem{Call: c.expr(pair[0])}
		if len(pair) > 1 {
			item.ColDefs = c.colDefs(pair[1].GetList().GetItems())
		}
		out.Funcs = append(out.Funcs, item)
	}
	out.Pos = out.Funcs[0].Call.Position()
	if len(f.Coldeflist) > 0 {
		if out.Alias == nil {
			out.Alias = &ast.Alias{}
		}
		out.Alias.ColDefs = c.colDefs(f.Coldeflist)
	}
	return out
}

func (c *conv) colDefs(list []*pgast.Node) []ast.ColumnDef {
	var out []ast.ColumnDef
	for _, n := range list {
		out = append(out, c.columnDef(n.GetColumnDef()))
	}
	return out
}
