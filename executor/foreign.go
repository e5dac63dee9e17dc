package executor

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/table"
)

// Foreign keys (PostgreSQL chapter 5.4.5). A row that refers to no row, or to its own
// table, is looked at again when the statement ends, when all its parts have written;
// the referenced side acts then, too, as PostgreSQL's after-row triggers do.

// pendingCheck is a reference to look for at the end of the statement.
type pendingCheck struct {
	seq  int64 // of the row: see Query
	con  *catalog.Constraint
	vals []types.Datum
}

// keyChange is a referenced key that ended, and what it became (nil = deleted).
type keyChange struct {
	seq      int64               // of the row: see Query
	con      *catalog.Constraint // of the referring table
	parent   *catalog.Table      // whose columns con.RefColumns are: of a row's own partition
	child    *catalog.Table
	old, new []types.Datum
	moved    bool // the row goes to another partition of what con refers to
	replaced bool // by REPLACE: the key coming back does not content NO ACTION
}

// checkReferences looks for the rows that a new or changed row refers to.
func (w *tableWriter) checkReferences(ctx context.Context, old, row []types.Datum) error {
	for _, con := range w.def.Table.Constraints {
		if !con.Refers() || old != nil && w.sameValues(con.Columns, old, row) {
			continue
		}
		if fires, err := w.keyFires(ctx, w.def.Table, con, old == nil, catalog.ReferringInsert, catalog.ReferringUpdate); err != nil {
			return err
		} else if !fires {
			continue
		}
		if con.Kind == catalog.AwaitingConstraint {
			if err := w.awaits(con, row); err != nil {
				return err
			}
			continue
		}
		vals, all, err := w.referenceValues(con, row)
		if err != nil {
			return err
		}
		if !all {
			continue
		}
		if w.env.deferred(con) {
			if err := w.checkDeferred(ctx, con, vals); err != nil {
				return err
			}
			continue
		}
		if con.RefTable != w.def.Table.ID {
			ok, err := w.holds(ctx, con, vals)
			if err != nil {
				return err
			}
			if ok || w.missing && len(w.env.parts()) == 0 && w.env.late() == nil {
				continue
			}
			w.missing = true
		}
		w.checksLater = append(w.checksLater, pendingCheck{w.env.seq(), con, cloneDatums(vals)})
	}
	return nil
}

// parts are the data-modifying WITH queries of the statement.
func (e *Env) parts() []int {
	if e.query == nil {
		return nil
	}
	return e.query.Plan.WriteCTEs
}

// holds looks for the row that a key refers to, and keeps it.
func (w *tableWriter) holds(ctx context.Context, con *catalog.Constraint, vals []types.Datum) (bool, error) {
	parent, x, err := w.referenced(con)
	if err != nil {
		return false, err
	}
	return holdKey(ctx, w.env, parent, x, vals)
}

// checkDeferred puts the check off if it does not hold now.
func (w *tableWriter) checkDeferred(ctx context.Context, con *catalog.Constraint, vals []types.Datum) error {
	parent, x, err := w.referenced(con)
	if err != nil {
		return err
	}
	ok, err := holdKey(ctx, w.env, parent, x, vals)
	if err != nil || ok {
		return err
	}
	return w.env.putOff(referring, w.def.Table, parent, con, byRefColumns(x, con, vals))
}

func cloneDatums(vals []types.Datum) []types.Datum {
	c := make([]types.Datum, len(vals))
	for i := range vals {
		c[i] = vals[i].Clone()
	}
	return c
}

func (w *tableWriter) sameValues(cols []int16, a, b []types.Datum) bool {
	for _, c := range cols {
		x, y := a[c-1], b[c-1]
		if x.IsNull() != y.IsNull() || !x.IsNull() && !types.Equal(w.def.Table.Columns[c-1].Type, x, y) {
			return false
		}
	}
	return true
}

// referenceValues are the row's referring columns as the referenced key's types;
// all is false when the reference is not to be checked because a column is NULL.
func (w *tableWriter) referenceValues(con *catalog.Constraint, row []types.Datum) (vals []types.Datum, all bool, err error) {
	parent, x, err := w.referenced(con)
	if err != nil {
		return nil, false, err
	}
	nulls, beyond := 0, false
	vals = make([]types.Datum, len(x.Keys))
	for i, c := range con.Columns {
		d := row[c-1]
		if d.IsNull() {
			nulls++
			continue
		}
		from, to := w.def.Table.Columns[c-1].Type, parent.Columns[con.RefColumns[i]-1].Type
		if from.OID != to.OID {
			d, err = types.Cast(from, to, d, w.env.Format, false)
			if pgerr.Code(err) == pgerrcode.NumericValueOutOfRange {
				beyond, err = true, nil // no key has this value
			}
			if err != nil {
				return nil, false, err
			}
		}
		for k := range x.Keys {
			if x.Keys[k].Attr == con.RefColumns[i] {
				vals[k] = d
			}
		}
	}
	if nulls > 0 && nulls < len(con.Columns) && con.Match == 'f' {
		return nil, false, pgerr.Newf(pgerrcode.ForeignKeyViolation,
			"insert or update on table %q violates foreign key constraint %q", w.def.Table.Name, con.Name).
			WithDetail("MATCH FULL does not allow mixing of null and nonnull key values.").
			OnTable(w.schema(), w.def.Table.Name).OnConstraint(con.Name)
	}
	if nulls == 0 && beyond {
		return nil, false, w.beyondKey(parent.Name, con, row)
	}
	return vals, nulls == 0, nil
}

// referenced finds the table and unique index that a foreign key refers to.
func (w *tableWriter) referenced(con *catalog.Constraint) (*catalog.Table, *catalog.Index, error) {
	parent, ok := w.env.Catalog.TableByID(con.RefTable)
	if ok {
		if x := parent.Index(con.Index); x != nil {
			return parent, x, nil
		}
	}
	return nil, nil, fmt.Errorf("executor: foreign key %s refers to nothing", con.Name)
}

func (w *tableWriter) checkReference(ctx context.Context, con *catalog.Constraint, vals []types.Datum) error {
	ok, err := w.holds(ctx, con, vals)
	if err != nil || ok {
		return err
	}
	parent, x, err := w.referenced(con)
	if err != nil {
		return err
	}
	return missingReference(w.env, w.def.Table, parent, con, byRefColumns(x, con, vals))
}

// missingReference is the error of a row that refers to a key that is not there.
func missingReference(env *Env, child, parent *catalog.Table, con *catalog.Constraint, key []types.Datum) error {
	return missing(env, child, parent.Name, con, keyText(env, parent, con, key))
}

func missing(env *Env, child *catalog.Table, parent string, con *catalog.Constraint, key string) error {
	return pgerr.Newf(pgerrcode.ForeignKeyViolation,
		"insert or update on table %q violates foreign key constraint %q", child.Name, con.Name).
		WithDetail("Key (%s)=(%s) is not present in table %q.", columnNames(child, con.Columns), key, parent).
		OnTable(env.Catalog.SchemaName(child.Schema), child.Name).OnConstraint(con.Name)
}

// awaits refuses a row that refers to a table which is not there.
func (w *tableWriter) awaits(con *catalog.Constraint, row []types.Datum) error {
	for _, c := range con.Columns {
		if row[c-1].IsNull() {
			return nil
		}
	}
	return w.beyondKey(con.Awaited.Table, con, row)
}

// beyondKey is missingReference for a row with a value that no key of the parent's
// type can have, or where there is no parent.
func (w *tableWriter) beyondKey(parent string, con *catalog.Constraint, row []types.Datum) error {
	parts := make([]string, len(con.Columns))
	for i, c := range con.Columns {
		parts[i] = string(types.AppendText(nil, w.def.Table.Columns[c-1].Type, row[c-1], w.env.Format))
	}
	return missing(w.env, w.def.Table, parent, con, strings.Join(parts, ", "))
}

func columnNames(t *catalog.Table, cols []int16) string {
	names := make([]string, len(cols))
	for i, c := range cols {
		names[i] = t.Columns[c-1].Name
	}
	return strings.Join(names, ", ")
}

// keyText prints a referenced key, given in the order of RefColumns.
func keyText(env *Env, parent *catalog.Table, con *catalog.Constraint, key []types.Datum) string {
	parts := make([]string, len(key))
	for i, c := range con.RefColumns {
		parts[i] = string(types.AppendText(nil, parent.Columns[c-1].Type, key[i], env.Format))
	}
	return strings.Join(parts, ", ")
}

// beforeKeyChange waits for transactions that refer to a key which is about to
// end, and remembers what is to be done about rows that refer to it.
func (w *tableWriter) beforeKeyChange(ctx context.Context, old, row []types.Datum) error {
	return w.keyChanges(ctx, old, func(*catalog.Table) []types.Datum { return row })
}

func (w *tableWriter) endKey(ctx context.Context, child *catalog.Table, con *catalog.Constraint, old, row []types.Datum) error {
	x := w.def.Table.Index(con.Index)
	if x == nil {
		return fmt.Errorf("executor: foreign key %s refers to nothing", con.Name)
	}
	k := keyChange{seq: w.env.seq(), con: con, parent: w.def.Table, child: child, replaced: w.replacing}
	for _, c := range con.RefColumns {
		if old[c-1].IsNull() {
			return nil // nothing can refer to it
		}
		k.old = append(k.old, old[c-1].Clone())
		if row != nil {
			k.new = append(k.new, row[c-1].Clone())
		}
	}
	vals := make([]types.Datum, len(x.Keys))
	for i := range x.Keys {
		vals[i] = old[x.Keys[i].Attr-1]
	}
	if err := table.ReleaseReferenced(ctx, w.env.Txn, x, collated(x, vals)); err != nil {
		return err
	}
	w.keysLater = append(w.keysLater, k)
	return nil
}

// seq is the number of the row that the statement writes, and late its queue.
func (e *Env) seq() int64 {
	if e.query == nil {
		return 0
	}
	return e.query.seq
}

func (e *Env) late() *lateQueue {
	if e.query == nil {
		return nil
	}
	return e.query.late
}

// lookForTwice looks at the end of the statement for keys that came twice meanwhile.
func (w *tableWriter) lookForTwice(ctx context.Context) error {
	if !w.twiceNow {
		return nil
	}
	w.twiceNow = false
	return CheckPutOff(ctx, w.env, func(con *catalog.Constraint) bool {
		return con.Kind != catalog.ForeignConstraint && con.Kind != catalog.TriggerConstraint && !w.env.deferred(con)
	})
}

// finish runs what was put off, outside statements: those have Query.runLate.
func (w *tableWriter) finish(ctx context.Context) error {
	if err := w.lookForTwice(ctx); err != nil {
		return err
	}
	for len(w.keysLater) > 0 || len(w.checksLater) > 0 {
		keys, checks := w.keysLater, w.checksLater
		w.keysLater, w.checksLater = nil, nil
		for i := range keys {
			if err := w.act(ctx, &keys[i]); err != nil {
				return err
			}
		}
		for i := range checks {
			if err := w.checkReference(ctx, checks[i].con, checks[i].vals); err != nil {
				return err
			}
		}
	}
	return nil
}
