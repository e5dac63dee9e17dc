package planner

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/planner/optimize"
	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// Plan binds and optimises SELECT, VALUES, INSERT, UPDATE and DELETE. Errors are
// *pgerr.Error with byte positions, or that of o.Context when it ends.
func Plan(stmt ast.Stmt, o Options) (*physical.Plan, error) {
	s, err := bind.Bind(stmt, o)
	if err != nil {
		return nil, err
	}
	if err := populated(s, o); err != nil {
		return nil, err
	}
	p, err := optimize.Plan(s, o)
	if err != nil {
		return nil, err
	}
	for i := range p.Out { // a record's modifier numbers its shape inside the server only
		if p.Out[i].Type.OID == types.RecordOID {
			p.Out[i].Type.Mod = -1
		}
	}
	return p, nil
}

// Declarations are how a table of MySQL's dialect has the columns of a query that it is made of.
func Declarations(query *ast.Select, o Options) ([]bind.Declaration, error) {
	o.Declares = true
	s, err := bind.Bind(query, o)
	if err != nil {
		return nil, err
	}
	return bind.Declarations(s), nil
}

// populated refuses to read a materialized view that has not been filled.
func populated(s *bind.Statement, o Options) error {
	if o.Defining {
		return nil
	}
	for _, id := range s.Meta.Tables() {
		if t, ok := o.Catalog.TableByID(id); ok && t.Unpopulated && id != o.Fill {
			return pgerr.Newf(pgerrcode.ObjectNotInPrerequisiteState, "materialized view %q has not been populated", t.Name).
				WithHint("Use the REFRESH MATERIALIZED VIEW command.")
		}
	}
	return nil
}

// BindTableWrite binds everything that writers of a table compute: generated
// columns, checks, index keys and predicates, over the table's row.
func BindTableWrite(t *catalog.Table, o Options) (*physical.TableWrite, error) {
	return bind.TableWrite(t, o)
}

// BindFamilyWrite is BindTableWrite of a partitioned table with its partitions.
func BindFamilyWrite(t *catalog.Table, o Options) (*physical.TableWrite, error) {
	return bind.FamilyWrite(t, o)
}
