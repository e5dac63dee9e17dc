package define

import (
	"context"
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/storage/kv"
)

// A row trigger of a partitioned table fires nowhere itself: each partition has one of its
// own that is a part of it (Trigger.Parent), and comes and goes with it. Statement triggers
// are those of the table that a statement names, and triggers of other children are theirs
// alone.

// rowTransitions refuses row triggers with transition tables where these would have rows
// of other tables, or rows of another type.
func rowTransitions(t *catalog.Table, g *catalog.Trigger) error {
	switch {
	case !g.Is(catalog.TriggerRow):
	case t.IsPartition():
		return pgerr.New(pgerrcode.FeatureNotSupported, "ROW triggers with transition tables are not supported on partitions")
	case len(t.Parents) > 0:
		return pgerr.New(pgerrcode.FeatureNotSupported, "ROW triggers with transition tables are not supported on inheritance children")
	}
	return nil
}

// mayBecomeChild refuses a child of parent with such triggers.
func mayBecomeChild(t *catalog.Table, partition bool) error {
	for _, g := range t.Triggers {
		if !g.Is(catalog.TriggerRow) || g.OldTable == "" && g.NewTable == "" {
			continue
		}
		if partition {
			return pgerr.Newf(pgerrcode.FeatureNotSupported, "trigger %q prevents table %q from becoming a partition", g.Name, t.Name).
				WithDetail("ROW triggers with transition tables are not supported on partitions.")
		}
		return pgerr.Newf(pgerrcode.FeatureNotSupported, "trigger %q prevents table %q from becoming an inheritance child", g.Name, t.Name).
			WithDetail("ROW triggers with transition tables are not supported in inheritance hierarchies.")
	}
	return nil
}

// cloneTriggers gives a partition, which is stored, the row triggers of its parent.
func (e *Env) cloneTriggers(ctx context.Context, parent *catalog.Table, id catalog.ID) error {
	for _, g := range parent.Triggers {
		if g.Is(catalog.TriggerRow) {
			if err := e.cloneTrigger(ctx, parent, g, id, false); err != nil {
				return err
			}
		}
	}
	return nil
}

// cloneTrigger gives a partition, and its partitions, its part of a trigger; with replace
// it takes the place of one with that name.
func (e *Env) cloneTrigger(ctx context.Context, parent *catalog.Table, g *catalog.Trigger, id catalog.ID, replace bool) (err error) {
	if err := e.Txn.LockTable(ctx, id, kv.Exclusive); err != nil {
		return err
	}
	old, _ := e.Catalog.TableByID(id)
	t := copyTable(old)
	n := *g
	n.Parent, n.Comment, n.Constraint = g.ID, "", 0
	if n.Columns = nil; len(g.Columns) > 0 {
		n.Columns = sameNamed(t, parent, g.Columns)
	}
	if err := replaceableTrigger(t, t.Trigger(g.Name), &ast.CreateTrigger{Name: g.Name, Replace: replace, Constraint: g.Constraint != 0}, true); err != nil {
		return err
	}
	if was := t.Trigger(g.Name); was != nil {
		n.ID, n.Comment = was.ID, was.Comment
	} else if n.ID, err = e.edit.NewID(ctx); err != nil {
		return err
	}
	if g.Constraint != 0 {
		if n.Constraint, err = e.edit.NewID(ctx); err != nil {
			return err
		}
	}
	putTrigger(t, &n)
	if err := e.putTable(t); err != nil {
		return err
	}
	return e.inPartitions(t, &n, func(c catalog.ID) error { return e.cloneTrigger(ctx, t, &n, c, replace) })
}

// inPartitions does something with each partition of a table, if g is a row trigger of it.
func (e *Env) inPartitions(t *catalog.Table, g *catalog.Trigger, do func(id catalog.ID) error) error {
	if !t.IsPartitioned() || !g.Is(catalog.TriggerRow) {
		return nil
	}
	for _, id := range slices.Clone(t.Children) {
		if err := do(id); err != nil {
			return err
		}
	}
	return nil
}

// partOf is the part of a trigger that a table has, or nil.
func partOf(t *catalog.Table, g *catalog.Trigger) *catalog.Trigger {
	for _, p := range t.Triggers {
		if p.Parent == g.ID {
			return p
		}
	}
	return nil
}

// changeParts changes the parts of a trigger in the partitions of t, and in theirs.
func (e *Env) changeParts(ctx context.Context, t *catalog.Table, g *catalog.Trigger, change func(*catalog.Table, *catalog.Trigger) error) error {
	return e.inPartitions(t, g, func(id catalog.ID) error {
		old, _ := e.Catalog.TableByID(id)
		part := partOf(old, g)
		if part == nil {
			return nil
		}
		if err := e.Txn.LockTable(ctx, id, kv.Exclusive); err != nil {
			return err
		}
		c, n := copyTable(old), *part
		if err := change(c, &n); err != nil {
			return err
		}
		putTrigger(c, &n)
		if err := e.putTable(c); err != nil {
			return err
		}
		return e.changeParts(ctx, c, &n, change)
	})
}

// triggerParts are the parts of a trigger in partitions: they go with it.
func (e *Env) triggerParts(t *catalog.Table, g *catalog.Trigger) (out []dependent) {
	_ = e.inPartitions(t, g, func(id catalog.ID) error {
		if c, ok := e.Catalog.TableByID(id); ok {
			if p := partOf(c, g); p != nil {
				out = append(out, dependent{object: object{kind: triggerObject, id: id, part: p.ID}, order: p.ID, auto: true})
			}
		}
		return nil
	})
	return out
}

// leaveTriggers takes from a table that is no partition any more, and from its partitions,
// the triggers that it has had of its parent.
func (e *Env) leaveTriggers(ctx context.Context, id catalog.ID) error {
	t, _ := e.Catalog.TableByID(id)
	var gone []object
	for _, g := range t.Triggers {
		if g.Parent != 0 {
			gone = append(gone, object{kind: triggerObject, id: id, part: g.ID})
		}
	}
	return e.remove(ctx, gone, true)
}
