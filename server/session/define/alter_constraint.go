package define

import (
	"context"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

func noConstraint(t *catalog.Table, name string) error {
	return pgerr.Newf(pgerrcode.UndefinedObject, "constraint %q of relation %q does not exist", name, t.Name)
}

func replaceConstraint(t *catalog.Table, c *catalog.Constraint) {
	for i := range t.Constraints {
		if t.Constraints[i].ID == c.ID {
			t.Constraints[i] = c
		}
	}
}

// settleConstraints builds the indexes and checks the constraints that a table
// has and its old version had not; a rewritten table has its indexes already.
func (e *Env) settleConstraints(ctx context.Context, old, t *catalog.Table, firstIndex int, rewritten bool) error {
	if !rewritten {
		for _, x := range t.Indexes[firstIndex:] {
			if err := e.Jobs.Build(ctx, e.Txn, e.Catalog, t, x); err != nil {
				return err
			}
		}
	}
	for _, c := range t.Constraints {
		if c.Validated && constraintByID(old, c.ID) == nil {
			if err := e.validate(ctx, t, c); err != nil {
				return err
			}
		}
	}
	return nil
}

// validate looks at the rows that are there, with what a check calls.
func (e *Env) validate(ctx context.Context, t *catalog.Table, c *catalog.Constraint) error {
	if c.Kind == catalog.CheckConstraint {
		if err := bind.MayCompute(c.Expr, t, bind.Check, types.Of(types.BoolOID), "", e.options()); err != nil {
			return err
		}
	}
	return e.Jobs.Validate(ctx, e.Txn, e.Catalog, t, c)
}

// enforce is MySQL's ALTER CHECK … ENFORCED, which looks at the rows that are there, and NOT ENFORCED.
func (e *Env) enforce(ctx context.Context, t *catalog.Table, cmd *ast.AlterCmd) error {
	c := constraintOf(t, cmd.Name)
	if c == nil || c.Kind != catalog.CheckConstraint || c.Range {
		return noConstraint(t, cmd.Name)
	}
	n := *c
	n.Unenforced = cmd.Kind == ast.UnenforceCheck
	n.Validated = !n.Unenforced
	replaceConstraint(t, &n)
	if n.Validated && !c.Validated {
		if err := e.Jobs.Validate(ctx, e.Txn, e.Catalog, t, &n); err != nil {
			return err
		}
	}
	return e.putTable(t)
}

func constraintByID(t *catalog.Table, id catalog.ID) *catalog.Constraint {
	for _, c := range t.Constraints {
		if c.ID == id {
			return c
		}
	}
	return nil
}

// addConstraint is ADD CONSTRAINT.
func (e *Env) addConstraint(ctx context.Context, old, t *catalog.Table, cmd *ast.AlterCmd) error {
	k := cmd.Constraint
	if k.Kind == ast.ConPrimary && k.UsingIndex == "" {
		if err := presentColumns(t, k.Columns); err != nil {
			return err
		}
	}
	if k.Kind == ast.ConPrimary && k.UsingIndex == "" && (t.PrimaryKey() != nil || prefixPrimary(t) != nil) {
		return multiplePrimary(t)
	}
	before := len(t.Indexes)
	c, _, err := e.newConstraint(ctx, t, k)
	if err != nil {
		if k.Kind == ast.ConCheck {
			err = placeless(err) // PostgreSQL has lost the statement's text by then
		}
		return err
	}
	if c.Kind == catalog.PrimaryConstraint {
		for _, a := range c.Columns {
			if !old.Columns[a-1].NotNull {
				if err := e.Jobs.CheckNotNull(ctx, e.Txn, e.Catalog, t, a); err != nil {
					return err
				}
			}
		}
		if choosePrimaryAttr(t); t.PrimaryAttr != 0 {
			// The key decides how rows are kept: write them anew under it.
			if err := e.putTable(t); err != nil {
				return err
			}
			_, err := e.rewrite(ctx, old, t, nil)
			return err
		}
	}
	if err := e.putTable(t); err != nil {
		return err
	}
	return e.settleConstraints(ctx, old, t, before, false)
}

// presentColumns refuses a primary key of what are no columns of its table: they become
// NOT NULL before the key is made.
func presentColumns(t *catalog.Table, names []string) error {
	for _, n := range names {
		switch {
		case isSystemColumn(n):
			return pgerr.Newf(pgerrcode.FeatureNotSupported, "cannot alter system column %q", n)
		case t.ColumnByName(n) == nil:
			return noColumn(t, n)
		}
	}
	return nil
}

func multiplePrimary(t *catalog.Table) error {
	return pgerr.Newf(pgerrcode.InvalidTableDefinition, "multiple primary keys for table %q are not allowed", t.Name)
}

// prefixPrimary is the table's primary key of prefixes, or nil.
func prefixPrimary(t *catalog.Table) *catalog.Index {
	for _, x := range t.Indexes {
		if x.Key == catalog.PrimaryKeyName {
			return x
		}
	}
	return nil
}

// primaryName is what MySQL calls a primary key.
const primaryName = "PRIMARY"

// dropConstraint is DROP CONSTRAINT.
func (e *Env) dropConstraint(ctx context.Context, t *catalog.Table, cmd *ast.AlterCmd) error {
	c := constraintOf(t, cmd.Name)
	if cmd.RangeOf != "" {
		if c = rangeOf(t, cmd.RangeOf); c == nil {
			return nil
		}
	}
	for i := 0; cmd.Primary && c == nil && i < len(t.Constraints); i++ {
		if t.Constraints[i].Kind == catalog.PrimaryConstraint {
			c = t.Constraints[i]
		}
	}
	if part, _ := partNamed(t, cmd.Name); c == nil && part != nil {
		return pgerr.Newf(pgerrcode.InvalidTableDefinition, "cannot drop inherited constraint %q of relation %q", cmd.Name, t.Name)
	}
	if x := prefixPrimary(t); cmd.Primary && c == nil && x != nil {
		return e.remove(ctx, []object{{kind: indexObject, id: x.ID}}, cmd.Cascade)
	}
	if c == nil {
		if cmd.IfExists {
			e.notice("00000", "constraint %q of relation %q does not exist, skipping", cmd.Name, t.Name)
			return nil
		}
		if cmd.Primary {
			return noKey(t, primaryName)
		}
		return noConstraint(t, cmd.Name)
	}
	if x := t.Index(c.Index); cmd.Primary && x != nil {
		if err := e.keyNeeded(t, x, primaryName); err != nil {
			return err
		}
	}
	if err := e.remove(ctx, []object{{kind: constraintObject, id: t.ID, part: c.ID}}, cmd.Cascade); err != nil {
		return err
	}
	return e.freeRows(ctx, t.ID)
}

// freeRows keeps the rows of a table under hidden numbers when the primary key that they
// were kept by is gone.
func (e *Env) freeRows(ctx context.Context, id catalog.ID) error {
	t, ok := e.Catalog.TableByID(id)
	if !ok || t.PrimaryAttr == 0 || t.PrimaryKey() != nil {
		return nil
	}
	_, err := e.rewrite(ctx, t, copyTable(t), nil)
	return err
}

func removeConstraint(t *catalog.Table, id catalog.ID) {
	var keep []*catalog.Constraint
	for _, c := range t.Constraints {
		if c.ID != id {
			keep = append(keep, c)
		}
	}
	t.Constraints = keep
}

// removeIndex takes an index off a table (a copy) and frees its storage.
func (e *Env) removeIndex(t *catalog.Table, id catalog.ID) error {
	var keep []*catalog.Index
	for _, x := range t.Indexes {
		if x.ID != id {
			keep = append(keep, x)
			continue
		}
		if err := e.edit.DropIndexStorage(x); err != nil {
			return err
		}
	}
	t.Indexes = keep
	return nil
}
