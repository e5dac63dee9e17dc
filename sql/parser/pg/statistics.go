package pg

import (
	"regexp"

	pgast "github.com/sqlc-dev/oliphant/ast"

	"github.com/loxodb/loxodb/sql/ast"
)

// statisticsStmt converts CREATE STATISTICS and ALTER STATISTICS … SET STATISTICS; nil when
// n is something else.
func (c *conv) statisticsStmt(n *pgast.Node) ast.Stmt {
	switch v := n.Node.(type) {
	case *pgast.Node_CreateStatsStmt:
		s := v.CreateStatsStmt
		if len(s.Defnames) == 0 {
			c.unnamedStatistics()
		}
		out := &ast.CreateStatistics{At: c.here(), Name: c.qname(s.Defnames, -1), IfNotExists: s.IfNotExists, From: c.tables(s.Relations)}
		for _, k := range s.StatTypes {
			out.Kinds = append(out.Kinds, c.str(k))
		}
		for _, x := range s.Exprs {
			e := x.GetStatsElem()
			if e == nil {
				continue
			}
			out.Elems = append(out.Elems, ast.StatElem{Column: e.Name, Expr: c.expr(e.Expr)})
		}
		return out
	case *pgast.Node_AlterStatsStmt:
		s := v.AlterStatsStmt
		return &ast.AlterStatistics{At: c.here(), Name: c.qname(s.Defnames, -1), IfExists: s.MissingOk, Target: int64(s.Stxstattarget.GetInteger().GetIval())}
	}
	return nil
}

// beforeStatsName is what stands before a statistics object's name, and where that would be.
var beforeStatsName = regexp.MustCompile(`(?is)^.*?statistics\s+(?:if\s+not\s+exists\s+)?(on|\()`)

// unnamedStatistics refuses CREATE STATISTICS without a name, which the grammar of later
// versions has.
func (c *conv) unnamedStatistics() {
	src := c.src[min(max(0, int(c.stmtPos)), len(c.src)):]
	if m := beforeStatsName.FindStringSubmatchIndex(src); m != nil {
		c.syntax(int32(len(c.src)-len(src)+m[2]), "syntax error at or near \"%s\"", src[m[2]:m[3]])
	}
	c.syntax(-1, "syntax error at or near \"ON\"")
}
