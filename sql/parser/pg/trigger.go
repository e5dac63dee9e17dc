package pg

import (
	pgast "github.com/sqlc-dev/oliphant/ast"

	"github.com/loxodb/loxodb/sql/ast"
)

// The bits of CreateTrigStmt (PostgreSQL's pg_trigger.h).
const (
	trigBefore  = 1 << 1
	trigInstead = 1 << 6
)

var trigEvents = []struct {
	bit  int32
	name string
}{{1 << 2, "INSERT"}, {1 << 3, "DELETE"}, {1 << 4, "UPDATE"}, {1 << 5, "TRUNCATE"}}

func (c *conv) createTrigger(s *pgast.CreateTrigStmt) ast.Stmt {
	out := &ast.CreateTrigger{At: c.here(), Replace: s.Replace, Constraint: s.Isconstraint, Name: s.Trigname,
		Table: c.relname(s.Relation), Row: s.Row, Function: c.qname(s.Funcname, -1), When: c.expr(s.WhenClause),
		Deferrable: s.Deferrable, InitiallyDeferred: s.Initdeferred}
	switch out.Timing = "AFTER"; {
	case s.Timing&trigBefore != 0:
		out.Timing = "BEFORE"
	case s.Timing&trigInstead != 0:
		out.Timing = "INSTEAD OF"
	}
	for _, e := range trigEvents {
		if s.Events&e.bit != 0 {
			out.Events = append(out.Events, e.name)
		}
	}
	for _, n := range s.Columns {
		out.Columns = append(out.Columns, c.str(n))
	}
	for _, n := range s.Args {
		out.Args = append(out.Args, c.str(n))
	}
	for _, n := range s.TransitionRels {
		t := n.GetTriggerTransition()
		out.Transitions = append(out.Transitions, ast.TriggerTransition{Name: t.Name, New: t.IsNew, IsTable: t.IsTable})
	}
	if s.Constrrel != nil {
		from := c.relname(s.Constrrel)
		out.From = &from
	}
	return out
}
