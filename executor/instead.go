package executor

import (
	"context"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

// Statements on a view whose triggers INSTEAD OF the event do what is to be done with
// each row. A row that they return counts as done, and RETURNING shows it.

func isInstead(w *physical.TableWrite) bool { return w.Table.Kind == catalog.KindView }

// instead fires the triggers; row may be changed in place.
func (m *modify) instead(ctx context.Context, event catalog.TriggerKind, old, row []types.Datum, set []bool) (bool, error) {
	m.writer.nextRow()
	ok, err := m.writer.triggers.eachRow(ctx, event|catalog.TriggerInstead|catalog.TriggerRow, old, row, nil, set)
	if ok {
		m.affected++
	}
	return ok, err
}

func (m *modify) insteadInsert() {
	m.run = func(ctx context.Context, b *batch.Batch, i int) error {
		m.row = rowAt(b, i, m.row[:0])
		ok, err := m.instead(ctx, catalog.TriggerInsert, nil, m.row, nil)
		if err != nil || !ok {
			return err
		}
		if err := m.writer.checkViews(m.row, nil); err != nil {
			return err
		}
		return m.keepInserted(m.row, 0, 0)
	}
	m.input = stepwise(m.input)
}

func (m *modify) insteadUpdate(n *physical.Update) {
	cols := len(n.Write.Table.Columns)
	assigned := make([]bool, cols)
	for _, a := range n.Set {
		assigned[a-1] = true
	}
	m.run = func(ctx context.Context, b *batch.Batch, i int) error {
		m.in = rowAt(b, i, m.in[:0])
		old := m.in[1 : 1+cols]
		m.row = append(m.row[:0], old...)
		for k, a := range n.Set {
			m.row[a-1] = m.in[1+cols+k]
		}
		ok, err := m.instead(ctx, catalog.TriggerUpdate, old, m.row, assigned)
		if err != nil || !ok {
			return err
		}
		if err := m.writer.checkViews(m.row, nil); err != nil {
			return err
		}
		return m.keep(m.row, m.in[1+cols+len(n.Set):])
	}
}

func (m *modify) insteadDelete(n *physical.Delete) {
	cols := len(n.Write.Table.Columns)
	m.run = func(ctx context.Context, b *batch.Batch, i int) error {
		m.in = rowAt(b, i, m.in[:0])
		old := m.in[1 : 1+cols]
		ok, err := m.instead(ctx, catalog.TriggerDelete, old, nil, nil)
		if err != nil || !ok {
			return err
		}
		return m.keep(old, m.in[1+cols:])
	}
}
