package define

import (
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// constraintUsing is ADD PRIMARY KEY or UNIQUE USING INDEX: an index that is there becomes
// the constraint's, and takes its name.
func (e *Env) constraintUsing(t *catalog.Table, c *catalog.Constraint, k *ast.Constraint) (*catalog.Index, error) {
	at, err := e.usedIndex(t, k)
	if err != nil {
		return nil, err
	}
	x := *t.Indexes[at]
	c.Kind = catalog.UniqueConstraint
	if x.Primary = k.Kind == ast.ConPrimary; x.Primary {
		c.Kind = catalog.PrimaryConstraint
	}
	for i := range x.Keys {
		c.Columns = append(c.Columns, x.Keys[i].Attr)
		if x.Primary {
			t.Columns[x.Keys[i].Attr-1].NotNull = true
		}
	}
	if c.Name == "" {
		c.Name = x.Name
	}
	if c.Name != x.Name {
		if e.Catalog.RelationExists(t.Schema, c.Name) {
			return nil, pgerr.Newf(pgerrcode.DuplicateTable, "relation %q already exists", c.Name)
		}
		e.notice("00000", "ALTER TABLE / ADD CONSTRAINT USING INDEX will rename index %q to %q", x.Name, c.Name)
	}
	if x.Primary && (t.PrimaryKey() != nil || prefixPrimary(t) != nil) {
		return nil, multiplePrimary(t)
	}
	x.Name, x.Constraint, c.Index = c.Name, c.ID, x.ID
	t.Indexes[at] = &x
	t.Constraints = append(t.Constraints, c)
	return &x, nil
}

// usedIndex is where the index of USING INDEX is among those of its table.
func (e *Env) usedIndex(t *catalog.Table, k *ast.Constraint) (int, error) {
	at := slices.IndexFunc(t.Indexes, func(x *catalog.Index) bool { return x.Name == k.UsingIndex })
	if at >= 0 {
		return at, usableAsConstraint(t, t.Indexes[at], k)
	}
	if _, ok := e.Catalog.Index(t.Schema, k.UsingIndex); ok {
		return 0, pgerr.Newf(pgerrcode.ObjectNotInPrerequisiteState, "index %q does not belong to table %q", k.UsingIndex, t.Name).At(int(k.Pos))
	}
	return 0, pgerr.Newf(pgerrcode.UndefinedObject, "index %q does not exist", k.UsingIndex).At(int(k.Pos))
}

// usableAsConstraint refuses indexes that no constraint can have (transformIndexConstraint).
func usableAsConstraint(t *catalog.Table, x *catalog.Index, k *ast.Constraint) error {
	const such = "Cannot create a primary key or unique constraint using such an index."
	bad := func(code, format string, args ...any) *pgerr.Error {
		return pgerr.Newf(code, format, args...).At(int(k.Pos))
	}
	switch {
	case x.Constraint != 0:
		return bad(pgerrcode.ObjectNotInPrerequisiteState, "index %q is already associated with a constraint", x.Name)
	case !x.Valid:
		return bad(pgerrcode.ObjectNotInPrerequisiteState, "index %q is not valid", x.Name)
	case !x.Unique:
		return bad(pgerrcode.WrongObjectType, "%q is not a unique index", x.Name).WithDetail(such)
	case slices.ContainsFunc(x.Keys, func(key catalog.IndexKey) bool { return key.Attr == 0 }):
		return bad(pgerrcode.WrongObjectType, "index %q contains expressions", x.Name).WithDetail(such)
	case x.Where != "":
		return bad(pgerrcode.WrongObjectType, "%q is a partial index", x.Name).WithDetail(such)
	case k.Deferrable:
		return pgerr.NotSupported(int(k.Pos), "a deferrable constraint USING INDEX is not supported")
	}
	for i, key := range x.Keys {
		if key.Desc || key.NullsFirst || key.OpClass != "" || key.Collation != t.Columns[key.Attr-1].Collation {
			return bad(pgerrcode.WrongObjectType, "index %q column number %d does not have default sorting behavior", x.Name, i+1).WithDetail(such)
		}
	}
	return nil
}
