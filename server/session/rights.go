package session

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// mayUse refuses a plan that needs privileges which its user, or the owner of a view in
// it, lacks now.
func (s *Session) mayUse(uses []physical.Use) error {
	snap, user := s.Catalog(), s.current().ID
	for i := range uses {
		u := &uses[i]
		role := u.As
		if role == 0 {
			role = user
		}
		if !mayUse(snap, u, role) {
			return pgerr.Newf(pgerrcode.InsufficientPrivilege, "permission denied for %s %s", u.Kind, u.Name)
		}
	}
	return nil
}

// mayUse reports that a role has the privileges of a use: on the whole object, or of
// SELECT, INSERT and UPDATE on each column, on any where none is named.
func mayUse(snap *catalog.Snapshot, u *physical.Use, role catalog.ID) bool {
	if snap.Super(role) {
		return true
	}
	owner := catalog.ID(catalog.BootstrapRoleID)
	t, isTable := snap.TableByID(u.ID)
	switch {
	case u.Class == catalog.RelationClass && isTable:
		owner = t.Owner
	case u.Class == catalog.SequenceClass:
		q, ok := snap.SequenceByID(u.ID)
		if !ok {
			return false
		}
		owner = q.Owner
	case u.Class == catalog.FunctionClass:
		if f, ok := snap.FunctionByID(u.ID); ok { // else the system's or an extension's
			owner = f.Owner
		}
	}
	lacks := u.Need &^ snap.Allowed(u.Object, owner, role, u.Need)
	if lacks == 0 {
		return true
	}
	const ofColumns = catalog.PrivSelect | catalog.PrivInsert | catalog.PrivUpdate
	if !isTable || lacks&^ofColumns != 0 {
		return false
	}
	for _, c := range []struct {
		p     catalog.Priv
		attrs []int16
	}{{catalog.PrivSelect, u.Select}, {catalog.PrivInsert, u.Insert}, {catalog.PrivUpdate, u.Update}} {
		if lacks&c.p != 0 && !mayUseColumns(snap, t, role, c.p, c.attrs) {
			return false
		}
	}
	return true
}

func mayUseColumns(snap *catalog.Snapshot, t *catalog.Table, role catalog.ID, p catalog.Priv, attrs []int16) bool {
	for _, a := range attrs {
		if snap.AllowedColumn(t, a, role, p) == 0 {
			return false
		}
	}
	if len(attrs) > 0 {
		return true
	}
	for i := range t.Columns {
		if c := &t.Columns[i]; !c.Dropped && snap.AllowedColumn(t, c.Num, role, p) != 0 {
			return true
		}
	}
	return false
}

// mayExecute refuses a function or procedure without EXECUTE.
func (s *Session) mayExecute(f *catalog.Function) error {
	o := catalog.Object{Class: catalog.FunctionClass, ID: f.ID}
	if user := s.current(); user.Super || user.ID == 0 || s.Catalog().Allowed(o, f.Owner, user.ID, catalog.PrivExecute) != 0 {
		return nil
	}
	kind := "function"
	if f.IsProcedure() {
		kind = "procedure"
	}
	return pgerr.Newf(pgerrcode.InsufficientPrivilege, "permission denied for %s %s", kind, f.Name)
}

// mayCall refuses an expression with functions that the user may not call.
func (s *Session) mayCall(e expr.Expr) (err error) {
	if s.current().Super {
		return nil
	}
	expr.Walk(e, func(n expr.Expr) bool {
		if c, ok := n.(*expr.Call); ok && c.Fn.User != nil && err == nil {
			err = s.mayExecute(c.Fn.User)
		}
		return err == nil
	})
	return err
}

// mayDraw refuses a sequence of which the user has none of the privileges. Those of
// identity columns are asked for by inserting, which needs no privilege of theirs: only
// what names them does.
func (s *Session) mayDraw(q *catalog.Sequence, any catalog.Priv) error {
	user := s.current()
	if user.Super || s.Catalog().Allowed(catalog.Object{Class: catalog.SequenceClass, ID: q.ID}, q.Owner, user.ID, any) != 0 {
		return nil
	}
	return pgerr.Newf(pgerrcode.InsufficientPrivilege, "permission denied for sequence %s", q.Name)
}

// mayMaintain reports that the user may VACUUM or ANALYZE a table, and warns if not.
func (s *Session) mayMaintain(t *catalog.Table, tag string) bool {
	user := s.current()
	if user.Super || s.Catalog().Owns(user.ID, t.Owner) || s.Catalog().Owns(user.ID, s.Catalog().DatabaseOwner()) {
		return true
	}
	s.warn(pgerrcode.Warning, "skipping \""+t.Name+"\" --- only table or database owner can "+lower(tag)+" it")
	return false
}

// mayUseSchema refuses a schema that is there and that the current user may not use.
func (s *Session) mayUseSchema(name string) error {
	user, snap := s.current(), s.Catalog()
	x, ok := snap.Schema(name)
	if !ok || user.Super || user.ID == 0 || snap.MayUseSchema(x, user.ID, catalog.PrivUsage) {
		return nil
	}
	return pgerr.Newf(pgerrcode.InsufficientPrivilege, "permission denied for schema %s", x.Name)
}
