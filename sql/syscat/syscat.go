// Package syscat is pg_catalog and information_schema: relations whose rows are
// made by code from a catalog snapshot, and views written in SQL over them. The
// planner and executor treat both like any relation. It must not know planning,
// execution or the server.
package syscat

import (
	"context"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

// Table is a system relation made by code. Immutable.
type Table struct {
	OID     catalog.ID
	Schema  string
	Name    string
	Kind    byte // pg_class.relkind as PostgreSQL shows it: 'r' table, 'v' view
	Own     bool // it is LoxoDB's own
	Steady  bool // its rows are the same as long as the catalog is
	Columns []Column
	RowType types.OID // the composite type of its rows, 0 for LoxoDB's own relations
	// Rows hands every row (one datum a column, borrowed for the call) to emit and stops
	// at its first error. nil: the relation is always empty.
	Rows func(ctx context.Context, env Env, emit func(row []types.Datum) error) error

	attr map[string]int // column by name
}

// Column is a column of a system relation.
type Column struct {
	Name    string
	Type    types.T
	Shown   types.T // the type that the catalogs show: a domain over Type, or one that is not there
	NotNull bool
}

// View is a system view as SQL text, expanded by the binder like any view.
type View struct {
	OID          catalog.ID
	Schema, Name string
	SQL          string
}
