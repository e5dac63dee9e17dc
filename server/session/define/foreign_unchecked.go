package define

import (
	"context"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/storage/kv"
)

// Doubt notes that rows were written past a foreign key of the table. Statements that write call
// it in their midst: it waits for other changes of the catalog, and table.ErrRestart says that
// the key may be another one by now.
func (e *Env) Doubt(ctx context.Context, table, constraint catalog.ID) error {
	t, ok := e.Catalog.TableByID(table)
	if !ok {
		return nil
	}
	c := constraintByID(t, constraint)
	if c == nil || c.Unchecked || !c.Validated {
		return nil
	}
	e.change(ctx)
	n := *c
	n.Unchecked = true
	t = copyTable(t)
	replaceConstraint(t, &n)
	return e.putTable(t)
}

// doubtReferrers doubts the foreign keys to a table whose rows go unseen.
func (e *Env) doubtReferrers(ctx context.Context, t *catalog.Table) error {
	for _, id := range e.referrers(t) {
		child, ok := e.Catalog.TableByID(id)
		if !ok {
			continue
		}
		for _, c := range child.Constraints {
			if c.Kind != catalog.ForeignConstraint {
				continue
			}
			if err := e.Doubt(ctx, id, c.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// recheck is VALIDATE CONSTRAINT of a foreign key that is valid and doubted: PostgreSQL has
// nothing to do then, and looks at no row. If all refer to one that is there, plans may go by it
// again. t is ours to change.
func (e *Env) recheck(ctx context.Context, t *catalog.Table, c *catalog.Constraint) error {
	if len(c.Triggers) > 0 { // rows can be written past it
		return nil
	}
	if err := e.Txn.LockTable(ctx, c.RefTable, kv.Exclusive); err != nil {
		return err
	}
	v := *c
	v.Unchecked = false
	err := e.Jobs.Validate(ctx, e.Txn, e.Catalog, t, &v)
	if pgerr.Code(err) == pgerrcode.ForeignKeyViolation {
		w := pgerr.Newf(pgerrcode.Warning, "foreign key %q of table %q is violated by rows that were written without its check", c.Name, t.Name)
		w.Severity = pgerr.Warning
		e.Notice(w)
		return nil
	}
	if err != nil {
		return err
	}
	replaceConstraint(t, &v)
	return e.putTable(t)
}
