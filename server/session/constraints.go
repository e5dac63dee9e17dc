package session

import (
	"context"
	"errors"
	"maps"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/executor"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/table"
)

// constraintModes is what SET CONSTRAINTS has said in this transaction. It is not
// changed once made: savepoints keep it.
type constraintModes struct {
	set      bool // SET CONSTRAINTS ALL was used, and said deferred
	deferred bool
	each     map[catalog.ID]bool // by name, since then
}

// of reports whether the constraint is checked at the end of the transaction.
func (m *constraintModes) of(con *catalog.Constraint) bool {
	if !con.Deferrable {
		return false
	}
	if v, ok := m.each[con.ID]; ok {
		return v
	}
	if m.set {
		return m.deferred
	}
	return con.Deferred
}

// setConstraints is SET CONSTRAINTS; what becomes immediate is checked at once.
func (s *Session) setConstraints(ctx context.Context, st *ast.SetConstraints) error {
	if !s.tx.inBlock() {
		s.warn(pgerrcode.NoActiveSQLTransaction, "SET CONSTRAINTS can only be used in transaction blocks")
	}
	modes := constraintModes{set: true, deferred: st.Deferred}
	if len(st.Names) > 0 {
		modes = s.tx.constraints
		if modes.each = maps.Clone(modes.each); modes.each == nil {
			modes.each = map[catalog.ID]bool{}
		}
		for i := range st.Names {
			list, err := s.constraintsNamed(&st.Names[i], st.Deferred)
			if err != nil {
				return err
			}
			for _, con := range list {
				modes.each[con.ID] = st.Deferred
			}
		}
	}
	s.tx.constraints = modes
	if st.Deferred {
		return nil
	}
	return s.checkPutOff(ctx, func(con *catalog.Constraint) bool { return !modes.of(con) })
}

// constraintsNamed are the deferrable constraints of the name in the first schema
// of the search path that has any.
func (s *Session) constraintsNamed(n *ast.QName, deferred bool) ([]*catalog.Constraint, error) {
	path := s.SearchPath(true)
	if n.Schema != "" {
		if _, ok := s.Catalog().Schema(n.Schema); !ok {
			return nil, pgerr.Newf(pgerrcode.InvalidSchemaName, "schema %q does not exist", n.Schema)
		}
		path = []string{n.Schema}
	}
	for _, p := range path {
		schema, ok := s.Catalog().Schema(p)
		if !ok {
			continue
		}
		var list []*catalog.Constraint
		found := false
		for _, t := range s.Catalog().Tables() {
			if t.Schema != schema.ID {
				continue
			}
			for _, con := range namedConstraints(t) {
				switch {
				case con.Name != n.Name:
				case con.Deferrable:
					found, list = true, append(list, con)
				case deferred:
					return nil, pgerr.Newf(pgerrcode.WrongObjectType, "constraint %q is not deferrable", n.Name)
				default:
					found = true
				}
			}
		}
		if found {
			return s.withParts(list), nil
		}
	}
	return nil, pgerr.Newf(pgerrcode.UndefinedObject, "constraint %q does not exist", n.Name)
}

// withParts adds to constraints those of partitions that are parts of them.
func (s *Session) withParts(list []*catalog.Constraint) []*catalog.Constraint {
	of := map[catalog.ID]bool{}
	for _, con := range list {
		of[con.ID] = true
	}
	for more := true; more; { // parts of parts
		more = false
		for _, t := range s.Catalog().Tables() {
			if !t.IsPartition() {
				continue
			}
			for _, con := range t.Constraints {
				if con.Parent != 0 && of[con.Parent] && !of[con.ID] {
					of[con.ID], more = true, true
					list = append(list, con)
				}
			}
		}
	}
	return list
}

// namedConstraints are a table's constraints, constraint triggers included.
func namedConstraints(t *catalog.Table) []*catalog.Constraint {
	list := t.Constraints
	for _, g := range t.Triggers {
		if g.Constraint != 0 {
			list = append(list[:len(list):len(list)], g.AsConstraint())
		}
	}
	return list
}

// checkPutOff makes the checks that were put off, of the constraints chosen.
func (s *Session) checkPutOff(ctx context.Context, now func(*catalog.Constraint) bool) error {
	txn := s.tx.txn
	if txn == nil || !txn.HasPutOff() {
		return nil
	}
	mark := txn.Savepoint()
	for tries := 0; ; tries++ {
		if s.tx.iso == kv.ReadCommitted {
			if err := txn.Refresh(ctx); err != nil {
				return err
			}
		}
		err := executor.CheckPutOff(ctx, s.newEnv(ctx, txn, nil), now)
		if !errors.Is(err, table.ErrRestart) || s.tx.iso != kv.ReadCommitted || tries >= maxRestarts {
			return err
		}
		if err := txn.RollbackTo(mark); err != nil {
			return err
		}
	}
}
