package executor

import (
	"context"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// moveByKey updates a row of a partition that a foreign key's action gives another
// partition's key: it goes there by the table that the foreign key was made for. false: it
// stays where it is, or must.
func (w *tableWriter) moveByKey(ctx context.Context, k *keyChange, id uint64, row []types.Datum, set []bool) (bool, error) {
	err := w.checkWithin(row, nil)
	if pgerr.Code(err) != pgerrcode.CheckViolation {
		return false, err
	}
	top := topKey(w.env.Catalog, k).child
	if !top.IsPartitioned() {
		return false, err
	}
	f, err := w.env.query.cascadeFamily(ctx, top)
	if err != nil {
		return false, err
	}
	m, err := f.of(ctx, w.def.Table.ID)
	if err != nil {
		return false, err
	}
	assigned := make([]bool, len(f.root.def.Table.Columns))
	for i, a := range m.def.Attrs {
		assigned[i] = a > 0 && set[a-1]
	}
	_, _, _, err = f.update(ctx, m, id, m.common(row, nil), assigned)
	f.number(w.env.query)
	return true, err
}

// cascadeFamily is the writer of a partitioned table that foreign keys change.
func (q *Query) cascadeFamily(ctx context.Context, root *catalog.Table) (*familyWriter, error) {
	if f := q.families[root.ID]; f != nil {
		return f, nil
	}
	def, err := q.env.FamilyWrite(root)
	if err != nil {
		return nil, err
	}
	top, err := q.cascade(ctx, def)
	if err != nil {
		return nil, err
	}
	f, err := newFamilyWriter(top)
	if err != nil {
		return nil, err
	}
	f.open()
	if q.families == nil {
		q.families = map[catalog.ID]*familyWriter{}
	}
	q.families[root.ID] = f
	return f, nil
}
