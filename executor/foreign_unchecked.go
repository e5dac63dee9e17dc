package executor

import (
	"context"
	"slices"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/storage/table"
)

// Rows that are written past a foreign key: its triggers are switched off, or the session does
// not look at foreign keys, or a trigger kept a row that an action of the key was to change. The
// key is doubted from then on: no plan goes by it (catalog.Constraint, Unchecked).

// keyFires reports that the foreign key's trigger for the row's event, first of those that come
// and go and else second, is not switched off. If it is, the key of the table child is doubted.
func (w *tableWriter) keyFires(ctx context.Context, child *catalog.Table, con *catalog.Constraint, comesOrGoes bool, first, second int) (bool, error) {
	if con.Triggers == "" && w.env.Replica == nil && w.env.Unchecked == nil {
		return true, nil
	}
	i := second
	if comesOrGoes {
		i = first
	}
	if con.TriggerState(i).Fires(w.env.replica()) && !w.env.unchecked() {
		return true, nil
	}
	return false, w.env.doubt(ctx, child, con)
}

func (e *Env) unchecked() bool { return e.Unchecked != nil && e.Unchecked() }

// doubt tells of a key once in a statement.
func (e *Env) doubt(ctx context.Context, child *catalog.Table, con *catalog.Constraint) error {
	if con.Unchecked || e.Doubt == nil || slices.Contains(e.doubted, con.ID) {
		return nil
	}
	e.doubted = append(e.doubted, con.ID)
	return e.Doubt(ctx, child, con)
}

// doubtKept doubts a key whose action was to change all rows that refer to an ended key, if
// triggers of the referring table have kept some: PostgreSQL leaves them, too.
func (w *tableWriter) doubtKept(ctx context.Context, k *keyChange, child *tableWriter, event catalog.TriggerKind) error {
	if !child.triggers.has(event | catalog.TriggerBefore | catalog.TriggerRow) {
		return nil
	}
	if gone, err := w.refersToNothing(ctx, k); err != nil || !gone {
		return err
	}
	return w.env.doubt(ctx, k.child, k.con)
}

// refersToNothing reports that rows refer to a key that ended and is not there again.
func (w *tableWriter) refersToNothing(ctx context.Context, k *keyChange) (bool, error) {
	x := w.def.Table.Index(k.con.Index)
	if _, ok, err := table.FindUnique(ctx, w.env.Txn, w.def.Table, x, collated(x, byKeys(x, k.con, k.old))); err != nil || ok {
		return false, err
	}
	rows, err := w.referringRows(ctx, k, false)
	return err == nil && rows.n > 0, err
}
