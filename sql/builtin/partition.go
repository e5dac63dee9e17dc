package builtin

import (
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/partition"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// partitionFuncs registers the functions about the trees of partitioned tables and
// indexes.
func partitionFuncs(r *registrar) {
	r.eval("pg_get_partkeydef", define("partkeydef"))
	r.eval("pg_get_partition_constraintdef", define("partconstraintdef"))
	r.eval("satisfies_hash_partition", withSession(satisfiesHash))
	r.eval("pg_partition_root", withSession(func(_ *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		up := partitionAncestors(s.Catalog(), catalog.ID(a[0].Int()))
		if len(up) == 0 {
			return null()
		}
		return types.Int(int64(up[len(up)-1])), nil
	}))
	r.rows("pg_partition_ancestors", func(c *Ctx, a []types.Datum) (RowIter, error) {
		s, err := session(c)
		if err != nil || a[0].IsNull() {
			return &listRows{}, err
		}
		l := &listRows{}
		for _, id := range partitionAncestors(s.Catalog(), catalog.ID(a[0].Int())) {
			l.list = append(l.list, types.Int(int64(id)))
		}
		return l, nil
	})
	r.rows("pg_partition_tree", func(c *Ctx, a []types.Datum) (RowIter, error) {
		s, err := session(c)
		if err != nil || a[0].IsNull() {
			return &tableRows{}, err
		}
		return &tableRows{rows: partitionTree(s.Catalog(), catalog.ID(a[0].Int()))}, nil
	})
}

// partitionAncestors are a table or index in a tree of partitions and what it is a part
// of, from it upwards; nil for others.
func partitionAncestors(snap *catalog.Snapshot, id catalog.ID) []catalog.ID {
	if t, ok := snap.TableByID(id); ok {
		if !t.IsPartition() && !t.IsPartitioned() {
			return nil
		}
		out := []catalog.ID{t.ID}
		for p := snap.PartitionParent(t); p != nil; p = snap.PartitionParent(p) {
			out = append(out, p.ID)
		}
		return out
	}
	x, ok := snap.IndexByID(id)
	if !ok {
		return nil
	}
	if t, ok := snap.TableByID(x.Table); x.Parent == 0 && (!ok || !t.IsPartitioned()) {
		return nil
	}
	var out []catalog.ID
	for ok {
		out = append(out, x.ID)
		if x.Parent == 0 {
			break
		}
		x, ok = snap.IndexByID(x.Parent)
	}
	return out
}

// partitionTree are the rows of pg_partition_tree: a relation, its parent, whether it is a
// leaf, and how deep it is.
func partitionTree(snap *catalog.Snapshot, root catalog.ID) (rows [][]types.Datum) {
	if partitionAncestors(snap, root) == nil {
		return nil
	}
	level := map[catalog.ID]int{root: 0}
	for list := []catalog.ID{root}; len(list) > 0; list = list[1:] {
		id := list[0]
		children, parent, leaf := partsOf(snap, id)
		up := types.Null
		if parent != 0 {
			up = types.Int(int64(parent))
		}
		rows = append(rows, []types.Datum{types.Int(int64(id)), up, types.Bool(leaf), types.Int(int64(level[id]))})
		for _, c := range children {
			level[c] = level[id] + 1
		}
		list = append(list, children...)
	}
	return rows
}

func partsOf(snap *catalog.Snapshot, id catalog.ID) (children []catalog.ID, parent catalog.ID, leaf bool) {
	if t, ok := snap.TableByID(id); ok {
		if p := snap.PartitionParent(t); p != nil {
			parent = p.ID
		}
		return t.Children, parent, !t.IsPartitioned()
	}
	x, ok := snap.IndexByID(id)
	if !ok {
		return nil, 0, true
	}
	t, _ := snap.TableByID(x.Table)
	for _, c := range t.Children {
		ct, ok := snap.TableByID(c)
		if !ok {
			continue
		}
		for _, y := range ct.Indexes {
			if y.Parent == x.ID {
				children = append(children, y.ID)
			}
		}
	}
	return children, x.Parent, !t.IsPartitioned()
}

// satisfiesHash is satisfies_hash_partition: whether a key belongs into the partition of a
// hash-partitioned table with a modulus and remainder.
func satisfiesHash(c *Ctx, s Session, a []types.Datum) (types.Datum, error) {
	wrong := func(format string, args ...any) (types.Datum, error) {
		return types.Datum{}, pgerr.Newf(pgerrcode.InvalidParameterValue, format, args...)
	}
	if a[0].IsNull() || a[1].IsNull() || a[2].IsNull() {
		return types.Bool(false), nil
	}
	modulus, remainder := a[1].Int(), a[2].Int()
	switch {
	case modulus <= 0:
		return wrong("modulus for hash partition must be an integer value greater than zero")
	case remainder < 0:
		return wrong("remainder for hash partition must be an integer value greater than or equal to zero")
	case remainder >= modulus:
		return wrong("remainder for hash partition must be less than modulus")
	}
	t, ok := s.Catalog().TableByID(catalog.ID(a[0].Int()))
	if !ok {
		return types.Datum{}, pgerr.Newf(pgerrcode.InternalError, "could not open relation with OID %d", a[0].Int())
	}
	if !t.IsPartitioned() || t.Partitioning.Strategy != 'h' {
		return wrong("%q is not a hash partitioned table", t.Name)
	}
	keys, key := t.Partitioning.Keys, a[3:]
	if len(keys) != len(key) {
		return wrong("number of partitioning columns (%d) does not match number of partition keys provided (%d)", len(keys), len(key))
	}
	for i := range keys {
		if given := c.argT(3 + i); given.OID != keys[i].Type.OID {
			return wrong("column %d of the partition key has type %s, but supplied value is of type %s", i+1, types.TypeName(keys[i].Type.OID), types.TypeName(given.OID))
		}
	}
	key = slices.Clone(key)
	for i, k := range keys {
		if k.Order != "" && !key[i].IsNull() {
			key[i] = types.Bytes(TextKey(k.Order, k.Type, key[i].Bytes()))
		}
	}
	return types.Bool(partition.Hash(keys, key)%uint64(modulus) == uint64(remainder)), nil
}
