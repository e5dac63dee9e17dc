package pg

import (
	pgast "github.com/sqlc-dev/oliphant/ast"

	"github.com/loxodb/loxodb/sql/ast"
)

// createAggregate converts CREATE AGGREGATE: the grammar gives the parameters and how
// many of them are direct.
func (c *conv) createAggregate(s *pgast.DefineStmt) ast.Stmt {
	out := &ast.CreateAggregate{At: c.here(), Replace: s.Replace, Old: s.Oldstyle, Direct: -1, Name: c.qname(s.Defnames, -1), Defs: c.definitions(s.Definition)}
	if len(s.Args) == 2 {
		for _, n := range s.Args[0].GetList().GetItems() {
			out.Params = append(out.Params, c.parameter(n))
		}
		if n := s.Args[1].GetInteger(); n != nil {
			out.Direct = int(n.Ival)
		}
	}
	return out
}
