package executor

import (
	"context"
	"slices"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

// A foreign key of a partitioned table acts on that: a row whose key changes may go to
// another partition, and statement triggers are those of the table whose key it is.

// cascadePart is cascade for the rows of a partition; top is the change for the table whose
// foreign key it has.
func (w *tableWriter) cascadePart(ctx context.Context, k, top *keyChange, rows *rowStore, action byte) error {
	def, err := w.env.TableWrite(top.child)
	if err != nil {
		return err
	}
	root, err := w.env.query.cascade(ctx, def)
	if err != nil {
		return err
	}
	if root.parts == nil {
		if root.parts, err = newFamilyWriter(root); err != nil {
			return err
		}
		root.parts.open()
	}
	event, set := w.childEvent(top, action)
	if err := root.triggers.before(ctx, event, set); err != nil {
		return err
	}
	m, err := root.parts.of(ctx, k.child.ID)
	if err != nil {
		return err
	}
	err = w.lockEach(ctx, k, rows, func(id uint64, old []types.Datum) error {
		if event == catalog.TriggerDelete {
			_, err := m.delete(ctx, id, old)
			return err
		}
		row := slices.Clone(m.common(old, nil))
		if err := root.assign(top, row, action); err != nil {
			return err
		}
		_, _, _, err := root.parts.update(ctx, m, id, row, set)
		return err
	})
	if err != nil {
		return err
	}
	root.parts.number(w.env.query)
	if err := w.doubtKept(ctx, k, m.tableWriter, event); err != nil {
		return err
	}
	if err := root.triggers.after(event, set); err != nil || action != 'd' {
		return err
	}
	return w.noneRefers(ctx, k)
}
