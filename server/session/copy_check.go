package session

import (
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// checkCopied looks at the table of a COPY, its columns and the condition on its rows,
// all of which PostgreSQL does before it looks at the options.
func (s *Session) checkCopied(st *ast.Copy) error {
	if st.Table == nil {
		return nil
	}
	t, err := s.findTable(st.Table)
	if err != nil {
		if _, e := (names{s: s}).relationIn(st.Table.Schema, st.Table.Name); e == nil && !st.From {
			return nil // a system relation
		}
		return err
	}
	if t.Kind == catalog.KindComposite {
		return pgerr.Newf(pgerrcode.WrongObjectType, "%q is a composite type", t.Name)
	}
	if st.From {
		if _, err := s.copyCondition(st, t); err != nil {
			return err
		}
	}
	if _, err := copyColumns(t, st.Columns); err != nil || st.From {
		return err
	}
	what := ""
	switch {
	case t.Kind == catalog.KindView:
		what = "view"
	case t.Kind == catalog.KindMatView:
		what = "materialized view"
	case t.IsPartitioned():
		what = "partitioned table"
	default:
		return nil
	}
	if err := s.mayCopy(t, what, st.Columns); err != nil {
		return err
	}
	return pgerr.Newf(pgerrcode.WrongObjectType, "cannot copy from %s %q", what, t.Name).
		WithHint("Try the COPY (SELECT ...) TO variant.")
}

// mayCopy asks for SELECT on a relation, or on the columns that are copied (nil: all).
func (s *Session) mayCopy(t *catalog.Table, what string, columns []string) error {
	user, snap := s.current(), s.Catalog()
	o := catalog.Object{Class: catalog.RelationClass, ID: t.ID}
	if user.Super || user.ID == 0 || snap.Allowed(o, t.Owner, user.ID, catalog.PrivSelect) != 0 {
		return nil
	}
	for i := range t.Columns {
		c := &t.Columns[i]
		wanted := columns == nil || slices.Contains(columns, c.Name)
		if wanted && !c.Dropped && snap.AllowedColumn(t, c.Num, user.ID, catalog.PrivSelect) == 0 {
			if what == "partitioned table" {
				what = "table"
			}
			return pgerr.Newf(pgerrcode.InsufficientPrivilege, "permission denied for %s %s", what, t.Name)
		}
	}
	return nil
}
