package planner

import (
	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/planner/optimize"
	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
)

// Plan binds and optimises SELECT, VALUES, INSERT, UPDATE and DELETE. Errors are
// *pgerr.Error with byte positions.
func Plan(stmt ast.Stmt, o Options) (*physical.Plan, error) {
	s, err := bind.Bind(stmt, o)
	if err != nil {
		return nil, err
	}
	return optimize.Plan(s, o)
}

// BindTableWrite binds everything that writers of a table compute: generated
// columns, checks, index keys and predicates, over the table's row.
func BindTableWrite(t *catalog.Table, o Options) (*physical.TableWrite, error) {
	return bind.TableWrite(t, o)
}
