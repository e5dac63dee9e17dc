package executor

import (
	"context"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

// inFamily makes modify write the rows of a family.
func (m *modify) inFamily() error {
	if m.writer.def.Family == nil {
		return nil
	}
	var err error
	m.family, err = newFamilyWriter(m.writer)
	return err
}

// keepMember computes RETURNING for a row that a member has; extra are other columns.
func (m *modify) keepMember(w *memberWriter, row []types.Datum, id, xmax uint64, extra []types.Datum) error {
	if m.returning == nil {
		return nil
	}
	system := []types.Datum{types.CtidDatum(id), types.Int(int64(uint32(xmax))), types.Int(int64(w.def.Write.Table.ID))}
	return m.keep(row, append(system, extra...))
}

// systemTypes are the types of what keepMember puts behind the row.
var systemTypes = []types.T{types.Of(types.TidOID), types.Of(types.XidOID), types.Of(types.OidOID)}

// rowOf names a row of a family.
type rowOf struct {
	table catalog.ID
	id    uint64
}

// updateFamily is UPDATE of a table with children. Input: see physical.Family.
func updateFamily(n *physical.Update, u *modify, seen map[rowOf]bool) func(ctx context.Context, b *batch.Batch, i int) error {
	cols := len(n.Write.Table.Columns)
	at := 1 + cols + len(n.Set)
	assigned := make([]bool, cols)
	return func(ctx context.Context, b *batch.Batch, i int) error {
		u.in = rowAt(b, i, u.in[:0])
		id := uint64(u.in[0].Int())
		m, err := u.family.of(ctx, catalog.ID(u.in[at].Int()))
		if err != nil {
			return err
		}
		key := rowOf{m.def.Write.Table.Storage, id}
		if seen[key] || u.env.query.changedBefore(key.table, id) {
			return nil
		}
		seen[key] = true
		clear(assigned)
		old := u.in[1 : 1+cols]
		u.row = append(u.row[:0], old...)
		for k, a := range n.Set {
			u.row[a-1], assigned[a-1] = u.in[1+cols+k], true
		}
		to, id, ok, err := u.family.update(ctx, m, id, u.row, assigned)
		if err != nil || !ok {
			return err
		}
		if to != m {
			seen[rowOf{to.def.Write.Table.Storage, id}] = true
		}
		u.affected++
		if u.counts && sameValues(n, old, u.row) {
			u.kept++
		}
		return u.keepMember(to, u.row, id, 0, u.in[at+1:])
	}
}

// deleteFamily is DELETE of a table with children.
func deleteFamily(n *physical.Delete, d *modify) func(ctx context.Context, b *batch.Batch, i int) error {
	cols := len(n.Write.Table.Columns)
	return func(ctx context.Context, b *batch.Batch, i int) error {
		d.in = rowAt(b, i, d.in[:0])
		id := uint64(d.in[0].Int())
		m, err := d.family.of(ctx, catalog.ID(d.in[1+cols].Int()))
		if err != nil {
			return err
		}
		ok, err := d.deleteMember(ctx, m, id)
		if err != nil || !ok {
			return err
		}
		d.affected++
		return d.keep(d.in[1:1+cols], d.in[2+cols:])
	}
}

// deleteMember deletes a row of a member; false: it was changed or deleted before.
func (m *modify) deleteMember(ctx context.Context, w *memberWriter, id uint64) (bool, error) {
	if m.env.query.changedBefore(w.def.Write.Table.Storage, id) {
		return false, nil
	}
	old, err := w.read(ctx, id)
	if err != nil || old == nil {
		return false, err
	}
	return w.delete(ctx, id, old)
}
