package define

import (
	"context"
	"slices"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// With foreign_key_checks = 0 a foreign key of MySQL's dialect may refer to a table that is not
// there, and a table may go that others refer to. The key waits then (catalog.Awaited) and is
// made when a table of that name comes, by whatever statement, which fails where it cannot be: as
// in MySQL, such a table must have the key that is referred to.

// mayAwait reports a table whose foreign keys can wait; those of partitions are several.
func mayAwait(t *catalog.Table) bool {
	return !t.Temp && !t.IsPartitioned() && !t.IsPartition()
}

// await makes c a foreign key to a table that is not there; t is ours to change.
func (e *Env) await(t *catalog.Table, c *catalog.Constraint, k *ast.Constraint) error {
	if len(k.RefColumns) > 0 && len(k.RefColumns) != len(c.Columns) {
		return columnsDisagree()
	}
	w := &catalog.Awaited{Schema: k.RefTable.Schema, Table: k.RefTable.Name, Columns: k.RefColumns}
	if w.Schema == "" {
		w.Schema = e.Catalog.SchemaName(t.Schema)
	}
	c.Kind, c.Awaited, c.Validated = catalog.AwaitingConstraint, w, false
	if c.Name == "" {
		c.Name = unnamed(t, k, c.Columns, "fkey")
	}
	t.Constraints = append(t.Constraints, c)
	return nil
}

// makeAwaited makes the foreign keys that wait for a table which is there after a statement.
func (e *Env) makeAwaited(ctx context.Context, st ast.Stmt) error {
	came := e.edit != nil
	switch x := st.(type) {
	case *ast.CreateTable:
		came = came && !x.KeysFollow
	case *ast.AlterTable:
		came = came || len(x.Cmds) == 0 // a table's keys are all there
	case *ast.Rename, *ast.AlterSchema, *ast.CreateSchema:
	default:
		return nil
	}
	waiting := e.Catalog.Awaiting()
	if !came || len(waiting) == 0 {
		return nil
	}
	e.change(ctx)
	for _, t := range waiting {
		for _, c := range t.Constraints {
			if c.Kind != catalog.AwaitingConstraint {
				continue
			}
			parent := e.awaited(t, c.Awaited)
			if parent == nil {
				continue
			}
			if err := e.makeForeign(ctx, t.ID, c, parent); err != nil {
				return err
			}
		}
	}
	return nil
}

// awaited is the table that a key of t waits for, nil while there is none that the key's owner
// may refer to.
func (e *Env) awaited(t *catalog.Table, w *catalog.Awaited) *catalog.Table {
	s, ok := e.Catalog.Schema(w.Schema)
	if !ok {
		return nil
	}
	parent, ok := e.Catalog.Table(s.ID, w.Table)
	if !ok || parent.Kind != catalog.KindTable || persistenceOfKey(t, parent) != nil {
		return nil
	}
	o := catalog.Object{Class: catalog.RelationClass, ID: parent.ID}
	if r, ok := e.Catalog.RoleByID(t.Owner); (!ok || !r.Super) && e.Catalog.Allowed(o, parent.Owner, t.Owner, catalog.PrivReferences) == 0 {
		return nil
	}
	return parent
}

// makeForeign makes a foreign key of a table that waited for parent. The rows that are there are
// not looked at.
func (e *Env) makeForeign(ctx context.Context, id catalog.ID, c *catalog.Constraint, parent *catalog.Table) error {
	if err := e.own(ctx, parent); err != nil {
		return err
	}
	if err := e.Txn.TouchTable(parent.ID); err != nil {
		return err
	}
	return e.changeTable(ctx, id, func(t *catalog.Table) error {
		n := *c
		n.Kind, n.Awaited, n.Validated, n.Unchecked = catalog.ForeignConstraint, nil, true, true
		if err := referTo(t, parent, &n, &ast.Constraint{Name: c.Name, RefColumns: c.Awaited.Columns}); err != nil {
			if p, ok := pgerr.As(err); ok {
				return pgerr.New(p.Code, p.Message).
					WithDetail("Foreign key %q of table %q was made before the table that it refers to.", c.Name, t.Name).
					WithHint("Give the table the key that is referred to, or drop the foreign key first.")
			}
			return err
		}
		replaceConstraint(t, &n)
		return nil
	})
}

// awaitAgain lets the foreign keys wait by which other tables refer to tables that go. Those of
// partitions, which cannot wait, go too, and are added to what goes.
func (e *Env) awaitAgain(ctx context.Context, targets []object) ([]object, error) {
	out := targets
	for _, o := range targets {
		t, ok := e.Catalog.TableByID(o.id)
		if !ok || o.kind != tableObject {
			continue
		}
		for _, id := range slices.Sorted(slices.Values(e.referrers(t))) {
			if slices.ContainsFunc(targets, func(o object) bool { return o.kind == tableObject && o.id == id }) {
				continue
			}
			other, _ := e.Catalog.TableByID(id)
			for _, k := range other.Constraints {
				switch {
				case k.Kind != catalog.ForeignConstraint || k.RefTable != t.ID:
				case mayAwait(other) && !t.Temp:
					if err := e.forget(ctx, id, k, t); err != nil {
						return nil, err
					}
				default:
					e.notice("00000", "foreign key %q of table %q goes with the table it refers to", k.Name, other.Name)
					out = append(out, object{kind: constraintObject, id: other.ID, part: k.ID})
				}
			}
		}
	}
	return out, nil
}

// forget makes a foreign key to a table one that waits for a table of that name.
func (e *Env) forget(ctx context.Context, id catalog.ID, k *catalog.Constraint, to *catalog.Table) error {
	w := &catalog.Awaited{Schema: e.Catalog.SchemaName(to.Schema), Table: to.Name}
	for _, a := range k.RefColumns {
		w.Columns = append(w.Columns, to.Columns[a-1].Name)
	}
	e.change(ctx)
	return e.changeTable(ctx, id, func(t *catalog.Table) error {
		n := *k
		n.Kind, n.Awaited, n.RefTable, n.RefColumns, n.Index, n.Parts = catalog.AwaitingConstraint, w, 0, nil, 0, nil
		n.Validated, n.Unchecked = false, false
		replaceConstraint(t, &n)
		return nil
	})
}
