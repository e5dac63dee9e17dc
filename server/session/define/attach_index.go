package define

import (
	"context"
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// attachIndex is ALTER INDEX … ATTACH PARTITION.
func (e *Env) attachIndex(ctx context.Context, pt *catalog.Table, px *catalog.Index, cmd *ast.AlterCmd) error {
	if !pt.IsPartitioned() {
		return pgerr.Newf(pgerrcode.WrongObjectType, "ALTER action ATTACH PARTITION cannot be performed on relation %q", px.Name).
			WithDetail("This operation is not supported for indexes.")
	}
	t, x, err := e.index(cmd.Of)
	if pgerr.Code(err) == pgerrcode.WrongObjectType {
		return pgerr.Newf(pgerrcode.InvalidObjectDefinition, "%q is not an index", cmd.Of.Name)
	}
	if err != nil {
		return err
	}
	definition := *px // without what only a constraint gives it
	definition.Constraint, definition.Primary, definition.Deferrable = 0, x.Primary, x.Deferrable
	code := pgerrcode.ObjectNotInPrerequisiteState
	fail := func(format string, args ...any) error {
		return pgerr.Newf(code, "cannot attach index %q as a partition of index %q", x.Name, px.Name).WithDetail(format, args...)
	}
	switch {
	case x.Parent == px.ID:
		return nil
	case slices.ContainsFunc(t.Indexes, func(y *catalog.Index) bool { return y.Parent == px.ID }):
		return fail("Another index is already attached for partition %q.", t.Name)
	case x.Parent != 0:
		return fail("Index %q is already attached to another index.", x.Name)
	case !slices.Contains(t.Parents, pt.ID):
		return fail("Index %q is not an index on any partition of table %q.", x.Name, pt.Name)
	case !e.alike(pt, &definition, t, x):
		code = pgerrcode.InvalidObjectDefinition
		return fail("The index definitions do not match.")
	case px.Constraint != 0 && x.Constraint == 0:
		code = pgerrcode.InvalidObjectDefinition
		return fail("The index %q belongs to a constraint in table %q but no constraint exists for index %q.", px.Name, pt.Name, x.Name)
	}
	e.change(ctx)
	if err := e.own(ctx, t); err != nil {
		return err
	}
	n := copyTable(t)
	for i, y := range n.Indexes {
		if y.ID == x.ID {
			c := *y
			c.Parent = px.ID
			n.Indexes[i] = &c
			e.partOfConstraint(n, &c, px)
		}
	}
	if err := e.putTable(n); err != nil {
		return err
	}
	return e.validIndex(ctx, pt.ID, px.ID)
}

// ownInvalid owns the partitioned tables whose index a new part may make valid. Parents come
// first, as where a foreign key changes a whole family: else the two would wait for each other.
func (e *Env) ownInvalid(ctx context.Context, t *catalog.Table, x *catalog.Index) error {
	if x == nil || x.Valid {
		return nil
	}
	if p := e.Catalog.PartitionParent(t); p != nil && x.Parent != 0 {
		if err := e.ownInvalid(ctx, p, p.Index(x.Parent)); err != nil {
			return err
		}
	}
	return e.own(ctx, t)
}

// validIndex makes an index of a partitioned table valid when each partition has its
// part of it.
func (e *Env) validIndex(ctx context.Context, table, index catalog.ID) error {
	t, _ := e.Catalog.TableByID(table)
	x := t.Index(index)
	if x == nil || x.Valid {
		return nil
	}
	for _, id := range t.Children {
		c, _ := e.Catalog.TableByID(id)
		if !slices.ContainsFunc(c.Indexes, func(y *catalog.Index) bool { return y.Parent == index && y.Valid }) {
			return nil
		}
	}
	n := copyTable(t) // which ownInvalid has locked
	for i, y := range n.Indexes {
		if y.ID == index {
			c := *y
			c.Valid = true
			n.Indexes[i] = &c
		}
	}
	if err := e.putTable(n); err != nil {
		return err
	}
	if p := e.Catalog.PartitionParent(n); p != nil && x.Parent != 0 {
		return e.validIndex(ctx, p.ID, x.Parent)
	}
	return nil
}

// partsOfIndex gives each partition its part of a new index; with ONLY they are to be
// attached, and the index is valid when all are.
func (e *Env) partsOfIndex(ctx context.Context, t *catalog.Table, x *catalog.Index, only bool) error {
	if only {
		if len(t.Children) == 0 {
			return nil
		}
		n, invalid := copyTable(t), *x
		invalid.Valid = false
		replaceIndex(n, &invalid)
		return e.putTable(n)
	}
	e.Jobs.Command = "CREATE INDEX"
	for _, id := range t.Children {
		c, _ := e.Catalog.TableByID(id)
		if err := e.own(ctx, c); err != nil {
			return err
		}
		if err := e.cloneIndex(ctx, t, x, id, map[catalog.ID]bool{}); err != nil {
			return err
		}
	}
	return nil
}
