package executor

import (
	"context"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

// Distribute copies the rows of tables into def's, each to the partition that it belongs to where
// that has any. Columns correspond by name. All is checked as for INSERT but foreign keys, whose
// values have been checked where the rows come from; triggers do not fire.
func Distribute(ctx context.Context, env *Env, from []*catalog.Table, def *physical.TableWrite) error {
	root, err := newTableWriter(def)
	if err != nil {
		return err
	}
	if err := root.open(ctx, env); err != nil {
		return err
	}
	var family *familyWriter
	if def.Family != nil {
		if family, err = newFamilyWriter(root); err != nil {
			return err
		}
		family.open()
	}
	out := make([]types.Datum, len(def.Table.Columns))
	for _, t := range from {
		attrs := def.Table.AttrsIn(t)
		err := eachRow(ctx, env, t, true, func(_ uint64, row []types.Datum) error {
			for i, a := range attrs {
				if out[i] = types.Null; a > 0 {
					out[i] = row[a-1]
				}
			}
			w, own := root, out
			if family != nil {
				m, err := family.find(ctx, out)
				if err != nil {
					return err
				}
				w, own = m.tableWriter, m.own(out)
			}
			if err := w.complete(own, nil); err != nil {
				return err
			}
			_, err := w.w.Insert(ctx, own)
			return w.withSchema(err)
		})
		if err != nil {
			return err
		}
	}
	return nil
}
