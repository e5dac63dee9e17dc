package bind

import (
	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/expr"
)

// secureInsert adds the checks of row security to an INSERT.
func (b *binder) secureInsert(n *logical.Insert, via writtenView) error {
	t := n.Write.Table
	if !t.RowSecurity {
		return nil
	}
	return b.asWriter(via, func() (err error) {
		c := n.OnConflict
		reads := n.Returning != nil && mentioned(n.Row, nil, n.Returning...)
		if c != nil {
			reads = reads || len(c.Arbiters) > 0
		}
		if n.Checks, err = b.newRowChecks(t, 'a', reads, n.Row); err != nil || c == nil || !c.DoUpdate {
			return err
		}
		if c.Using, err = b.oldRowChecks(t, 'w', true, c.Existing, physical.ConflictRow); err != nil {
			return err
		}
		c.Checks, err = b.newRowChecks(t, 'w', true, n.Row)
		return err
	})
}

// secureUpdate adds the policies of row security to an UPDATE: of which rows there are, and
// what they may become. Rows that the statement reads must be visible before and after.
func (b *binder) secureUpdate(n *logical.Update, via writtenView, src *source, vals []expr.Expr) error {
	t := n.Write.Table
	if !t.RowSecurity {
		return nil
	}
	return b.asWriter(via, func() (err error) {
		reads := mentioned(n.Old, src.tree, vals...) || mentioned(n.Row, nil, n.Returning...)
		if err := b.secure(src.rel, 'w'); err != nil {
			return err
		}
		if reads {
			if err := b.secure(src.rel, 'r'); err != nil {
				return err
			}
		}
		n.Checks, err = b.newRowChecks(t, 'w', reads, n.Row)
		return err
	})
}

func (b *binder) secureDelete(n *logical.Delete, via writtenView, src *source) error {
	if !n.Write.Table.RowSecurity {
		return nil
	}
	return b.asWriter(via, func() error {
		reads := mentioned(n.Old, src.tree, n.Returning...)
		if err := b.secure(src.rel, 'd'); err != nil || !reads {
			return err
		}
		return b.secure(src.rel, 'r')
	})
}

// secureMerge adds them to a MERGE, which sees what SELECT does, and is refused where it
// may not change that.
func (b *binder) secureMerge(n *logical.Merge, src *source) (err error) {
	t := n.Write.Table
	if !t.RowSecurity {
		return nil
	}
	if err := b.secure(src.rel, 'r'); err != nil {
		return err
	}
	n.Row = b.newRow(t, n.Alias).ids
	for i := range n.Whens {
		w := &n.Whens[i]
		switch w.Action {
		case physical.MergeUpdate:
			if w.Using, err = b.oldRowChecks(t, 'w', false, n.Old, physical.TargetRow); err == nil {
				w.Checks, err = b.newRowChecks(t, 'w', true, n.Row)
			}
		case physical.MergeDelete:
			w.Using, err = b.oldRowChecks(t, 'd', false, n.Old, physical.TargetRow)
		case physical.MergeInsert:
			w.Checks, err = b.newRowChecks(t, 'a', false, n.Row)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
