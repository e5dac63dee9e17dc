package executor

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/partition"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/table"
)

// The key of a partitioned table that a foreign key refers to is in the index of the one
// partition that can have it: unique keys have the partition key in them.

// leafOf finds the partition of t that can have a key of its unique index x, and its
// part of the index; nil when there is no such partition.
func leafOf(env *Env, t *catalog.Table, x *catalog.Index, vals []types.Datum) (*catalog.Table, *catalog.Index) {
	for t.IsPartitioned() {
		key := make([]types.Datum, len(t.Partitioning.Keys))
		for i, k := range t.Partitioning.Keys {
			for j := range x.Keys {
				if x.Keys[j].Attr != k.Attr {
					continue
				}
				if key[i] = vals[j]; k.Order != "" && !vals[j].IsNull() {
					key[i] = types.Bytes(builtin.TextKey(k.Order, k.Type, vals[j].Bytes()))
				}
			}
		}
		set := env.partitions(t)
		i := set.Find(key)
		if i < 0 {
			return nil, nil
		}
		var part *catalog.Index
		for _, y := range set.Parts[i].Indexes {
			if y.Parent == x.ID {
				part = y
			}
		}
		if t, x = set.Parts[i], part; x == nil {
			return nil, nil
		}
	}
	return t, x
}

// partitions are the partitions of a table, looked up once in a statement.
func (e *Env) partitions(t *catalog.Table) *partition.Set {
	if s := e.sets[t.ID]; s != nil && s.Table == t {
		return s
	}
	if e.sets == nil {
		e.sets = map[catalog.ID]*partition.Set{}
	}
	s := partition.New(e.Catalog, t)
	e.sets[t.ID] = s
	return s
}

// holdKey is table.HoldReferenced, of partitioned tables, too.
func holdKey(ctx context.Context, env *Env, t *catalog.Table, x *catalog.Index, vals []types.Datum) (bool, error) {
	if t, x = leafOf(env, t, x, vals); t == nil {
		return false, nil
	}
	ok, err := table.HoldReferenced(ctx, env.Txn, t, x, collated(x, vals))
	env.lookedUp(x, ok)
	return ok, err
}

// findKey is table.FindUnique, of partitioned tables, too.
func findKey(ctx context.Context, env *Env, from kv.Reader, t *catalog.Table, x *catalog.Index, vals []types.Datum) (bool, error) {
	if t, x = leafOf(env, t, x, vals); t == nil {
		return false, nil
	}
	_, ok, err := table.FindUnique(ctx, from, t, x, collated(x, vals))
	env.lookedUp(x, ok)
	return ok, err
}

// collated gives the values of an index's columns the form in which its entries have them.
func collated(x *catalog.Index, vals []types.Datum) []types.Datum {
	out := vals
	for i := range x.Keys {
		if k := &x.Keys[i]; k.Order != "" && !vals[i].IsNull() {
			if &out[0] == &vals[0] {
				out = slices.Clone(vals)
			}
			out[i] = types.Bytes(builtin.TextKey(k.Order, k.Type, vals[i].Bytes()))
		}
	}
	return out
}

// partKey is a foreign key to a table that t is a part of, as one to t.
func partKey(cat *catalog.Snapshot, t, up *catalog.Table, con *catalog.Constraint) (*catalog.Constraint, error) {
	c := *con
	attrs := up.AttrsIn(t)
	c.RefColumns = make([]int16, len(con.RefColumns))
	for i, a := range con.RefColumns {
		c.RefColumns[i] = attrs[a-1]
	}
	if x := cat.KeyPart(t, con.Index); x != nil {
		c.Index = x.ID
		return &c, nil
	}
	return nil, fmt.Errorf("executor: foreign key %s refers to no index of %s", con.Name, t.Name)
}

// beforeMove is beforeKeyChange for a row that goes to another partition as row: for who
// refers to the table that both are parts of, root, it changes.
func (w *tableWriter) beforeMove(ctx context.Context, root *catalog.Table, old, row []types.Datum) error {
	for p := w.env.Catalog.PartitionParent(w.def.Table); p != nil && p.ID != root.ID; p = w.env.Catalog.PartitionParent(p) {
		if len(w.env.Catalog.Referrers(p.ID)) > 0 {
			return pgerr.New(pgerrcode.FeatureNotSupported, "cannot move tuple across partitions when a non-root ancestor of the source partition is directly referenced in a foreign key").
				WithDetail("A foreign key points to ancestor %q but not the root ancestor %q.", p.Name, root.Name).
				WithHint("Consider defining the foreign key on table %q.", root.Name)
		}
	}
	before := len(w.keysLater)
	err := w.keyChanges(ctx, old, func(up *catalog.Table) []types.Datum {
		if up == w.def.Table {
			return nil
		}
		return row
	})
	for i := range w.keysLater[before:] {
		w.keysLater[before+i].moved = true
	}
	return err
}

// keyChanges remembers what is to be done about rows that refer to a key of the table, or of
// what it is a part of; row gives the row that becomes of it, nil: it goes.
func (w *tableWriter) keyChanges(ctx context.Context, old []types.Datum, row func(*catalog.Table) []types.Datum) error {
	for up := w.def.Table; up != nil; up = w.env.Catalog.PartitionParent(up) {
		for _, id := range w.env.Catalog.Referrers(up.ID) {
			child, ok := w.env.Catalog.TableByID(id)
			if !ok || child.IsPartitioned() {
				continue
			}
			for _, con := range child.Constraints {
				if con.Kind != catalog.ForeignConstraint || con.RefTable != up.ID {
					continue
				}
				if up != w.def.Table {
					var err error
					if con, err = partKey(w.env.Catalog, w.def.Table, up, con); err != nil {
						return err
					}
				}
				now := row(up)
				if now != nil && w.sameValues(con.RefColumns, old, now) {
					continue
				}
				if fires, err := w.keyFires(ctx, child, con, now == nil, catalog.ReferencedDelete, catalog.ReferencedUpdate); err != nil {
					return err
				} else if !fires {
					continue
				}
				if err := w.endKey(ctx, child, con, old, now); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// topKey is a change of a key with the table whose foreign key it was that partitions have
// got theirs from: errors name that.
func topKey(cat *catalog.Snapshot, k *keyChange) *keyChange {
	c := *k
	for up := c.con.Parent; up != 0; up = c.con.Parent {
		p := cat.PartitionParent(c.child)
		if p == nil {
			return k
		}
		found := false
		for _, con := range p.Constraints {
			if con.ID == up {
				n := *con
				n.RefColumns, n.Index = k.con.RefColumns, k.con.Index
				c.child, c.con, found = p, &n, true
			}
		}
		if !found {
			return k
		}
	}
	return &c
}
