package catalog

import "slices"

// AwaitingConstraint is a foreign key to a table that is not there: see Awaited.
const AwaitingConstraint ConstraintKind = 'w'

// Awaited is what a foreign key refers to that MySQL's dialect has made, with foreign_key_checks
// = 0, before the table is there, or whose table was dropped so. The key is a constraint of its
// table, of which pg_constraint and all but the writers of rows know nothing until the table
// comes.
type Awaited struct {
	Schema, Table string
	Columns       []string // nil = its primary key
}

// Refers reports a foreign key, also one whose table is not there.
func (c *Constraint) Refers() bool {
	return c.Kind == ForeignConstraint || c.Kind == AwaitingConstraint
}

// Awaiting are the tables that have foreign keys to tables which are not there, in OID order.
func (s *Snapshot) Awaiting() []*Table {
	if len(s.shared.awaiting) == 0 {
		return nil
	}
	return sorted(func(x *Table) ID { return x.ID }, s.shared.awaiting)
}

func (t *Table) awaits() bool {
	return slices.ContainsFunc(t.Constraints, func(c *Constraint) bool { return c.Kind == AwaitingConstraint })
}
