package executor

import (
	"context"
	"slices"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// openTriggers readies the triggers for a statement. Work on all rows of a table, which
// is no statement, fires none.
func (w *tableWriter) openTriggers() {
	q := w.env.query
	if q == nil {
		w.triggers = nil
		return
	}
	q.queue()
}

// watchRows has the rows noted that triggers before this statement's rows, or functions that
// it calls, change behind its back.
func (w *tableWriter) watchRows() {
	q, c := w.env.query, w.env.Changes
	if q == nil || c == nil || w.family != nil || w.def.Family != nil {
		return
	}
	const before = catalog.TriggerBefore | catalog.TriggerUpdate | catalog.TriggerDelete
	if q.Plan.Calls || w.triggers != nil && (w.triggers.has(before|catalog.TriggerRow) || w.triggers.has(before)) {
		w.watch = c.begin(w.def.Table.Storage, q)
	}
}

// nextRow begins another row of the statement.
func (w *tableWriter) nextRow() {
	if q := w.env.query; q != nil {
		q.seq++
	}
}

// changed tells statements around this one that it has changed a row.
func (w *tableWriter) changed(id uint64) {
	if c := w.env.Changes; c != nil && len(c.watches) > 0 {
		c.note(w.def.Table.Storage, id, w.env.query)
	}
}

// beforeInsert fires the row triggers before an INSERT, which may change row; false: there
// is to be none.
func (w *tableWriter) beforeInsert(ctx context.Context, row []types.Datum) (bool, error) {
	w.nextRow()
	if !w.triggers.has(catalog.TriggerBefore | catalog.TriggerRow | catalog.TriggerInsert) {
		return true, nil
	}
	if err := w.checkDomains(row, nil); err != nil {
		return false, err
	}
	return w.triggers.beforeRow(ctx, catalog.TriggerInsert, nil, row, nil)
}

// beforeUpdate fires the row triggers before an UPDATE, which may change row and set.
// assigned are the columns that the statement assigns, for the triggers after it.
func (w *tableWriter) beforeUpdate(ctx context.Context, id uint64, old, row []types.Datum, set []bool) (assigned []bool, ok bool, err error) {
	w.nextRow()
	if err := w.unchanged(id, "updated"); err != nil || w.triggers == nil {
		return nil, err == nil, err
	}
	assigned = w.triggers.assigned(set)
	if !w.triggers.has(catalog.TriggerBefore | catalog.TriggerRow | catalog.TriggerUpdate) {
		return assigned, true, nil
	}
	if err := w.checkDomains(row, &changedRow{ctx, id, set}); err != nil {
		return nil, false, err
	}
	if ok, err := w.triggers.eachRow(ctx, catalog.TriggerUpdate|catalog.TriggerBefore|catalog.TriggerRow, old, row, set, assigned); err != nil || !ok {
		return nil, false, err
	}
	return assigned, true, w.unchanged(id, "updated")
}

// beforeDelete fires the row triggers before a DELETE.
func (w *tableWriter) beforeDelete(ctx context.Context, id uint64, old []types.Datum) (bool, error) {
	w.nextRow()
	if err := w.unchanged(id, "deleted"); err != nil || w.triggers == nil {
		return err == nil, err
	}
	if ok, err := w.triggers.beforeRow(ctx, catalog.TriggerDelete, old, nil, nil); err != nil || !ok {
		return false, err
	}
	return true, w.unchanged(id, "deleted")
}

// assigned are the columns that UPDATE OF means: set, and the generated columns that
// come from those; all of them where triggers before the row may change others.
func (g *tableTriggers) assigned(set []bool) []bool {
	out := slices.Clone(set)
	all := g.has(catalog.TriggerBefore | catalog.TriggerRow | catalog.TriggerUpdate)
	for _, c := range g.w.def.Generated {
		if all || slices.ContainsFunc(expr.Columns(c.Expr), func(i int) bool { return set[i] }) {
			out[c.Attr-1] = true
		}
	}
	return out
}
