package bind

import (
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/partition"
	"github.com/loxodb/loxodb/sql/types"
)

// family are the tables whose rows a name stands for: the table and all below it, as
// far as they have rows; nil for a table without children, or one that is named with ONLY.
func (b *binder) family(t *catalog.Table, only bool) []*catalog.Table {
	if only || len(t.Children) == 0 && !t.IsPartitioned() {
		return nil
	}
	return b.leaves(t)
}

// leaves are the tables of a family that have rows.
func (b *binder) leaves(t *catalog.Table) []*catalog.Table {
	list := []*catalog.Table{}
	for _, m := range ordered(b.o.Catalog, t) {
		b.meta.Depend(m.ID)
		if !m.IsPartitioned() {
			list = append(list, m)
		}
	}
	return list
}

// ordered lists a family as PostgreSQL reads it: partitions in the order of their bounds,
// each with what is below it, other children level by level by OID.
func ordered(snap *catalog.Snapshot, t *catalog.Table) []*catalog.Table {
	if !t.IsPartitioned() {
		return snap.Family(t)
	}
	out := []*catalog.Table{t}
	for _, p := range partition.New(snap, t).Parts {
		out = append(out, ordered(snap, p)...)
	}
	return out
}

// chosen are the leaves of the partitions that a statement names, nil where it names none.
func (b *binder) chosen(t *catalog.Table, ref *ast.TableRef) ([]*catalog.Table, error) {
	if len(ref.Parts) == 0 {
		return nil, nil
	}
	if !t.IsPartitioned() {
		return nil, notDivided(ref, t.Name)
	}
	set, in := partition.New(b.o.Catalog, t), map[*catalog.Table]bool{}
	for _, name := range ref.Parts {
		p := set.Named(name)
		if p == nil {
			return nil, errAt(ref.Pos, pgerrcode.UndefinedTable, "Unknown partition '%s' in table '%s'", name, t.Name)
		}
		in[p] = true
	}
	var out []*catalog.Table
	for _, p := range set.Parts {
		if in[p] {
			out = append(out, b.leaves(p)...)
		}
	}
	return out, nil
}

// notDivided is the error of a statement that names partitions of what has none.
func notDivided(ref *ast.TableRef, name string) error {
	return errAt(ref.Pos, pgerrcode.WrongObjectType, "PARTITION () clause on non partitioned table \"%s\"", name)
}

// familyWrite is what writers of a table need that may have children. Rows that are
// inserted go to children only if these are partitions.
func (b *binder) familyWrite(t *catalog.Table, ref *ast.TableRef, only, insert bool) (*physical.TableWrite, error) {
	w, err := b.tableWrite(t)
	if err != nil {
		return nil, err
	}
	chosen, err := b.chosen(t, ref)
	if err != nil {
		return nil, err
	}
	for p := t; p != nil; p = b.o.Catalog.PartitionParent(p) {
		b.meta.Depend(p.ID)
	}
	if insert && !t.IsPartitioned() {
		return w, nil
	}
	tables := b.family(t, only && !insert)
	if tables == nil {
		return w, nil
	}
	f := &physical.Family{}
	for _, m := range tables {
		mw, err := b.tableWrite(m)
		if err != nil {
			return nil, err
		}
		m := member(b.o.Catalog, t, mw)
		m.Closed = chosen != nil && !slices.Contains(chosen, mw.Table)
		f.Members = append(f.Members, m)
	}
	if t.IsPartitioned() {
		if f.Route, err = route(t, t, tables, b.o); err != nil {
			return nil, err
		}
	}
	c := *w
	c.Family = f
	return &c, nil
}

// FamilyWrite is TableWrite of a table that may be partitioned, with its partitions.
func FamilyWrite(t *catalog.Table, o Options) (*physical.TableWrite, error) {
	return newBinder(o).familyWrite(t, &ast.TableRef{}, false, false)
}

func member(snap *catalog.Snapshot, root *catalog.Table, w *physical.TableWrite) physical.Member {
	m := physical.Member{Write: w, Attrs: root.AttrsIn(w.Table), Indexes: map[catalog.ID]*catalog.Index{}}
	m.Same = len(m.Attrs) == len(w.Table.Columns)
	for i, a := range m.Attrs {
		m.Same = m.Same && (int(a) == i+1 || a == 0 && w.Table.Columns[i].Dropped)
	}
	for _, x := range w.Table.Indexes {
		for up := x; up != nil; {
			if up.Table == root.ID {
				m.Indexes[up.ID] = x
			}
			p := up.Parent
			if up = nil; p != 0 {
				up, _ = snap.IndexByID(p)
			}
		}
	}
	return m
}

// route is the way from a partitioned table of the family of root to its members.
func route(root, t *catalog.Table, members []*catalog.Table, o Options) (*physical.Route, error) {
	keys, err := PartitionKeys(t, o)
	if err != nil {
		return nil, err
	}
	if root != t {
		keys = moved(keys, t.AttrsIn(root))
	}
	r := &physical.Route{Set: partition.New(o.Catalog, t), Keys: keys}
	for _, p := range r.Set.Parts {
		n := physical.Next{Member: slices.Index(members, p)}
		if p.IsPartitioned() {
			if n.Route, err = route(root, p, members, o); err != nil {
				return nil, err
			}
		}
		r.Next = append(r.Next, n)
	}
	return r, nil
}

// moved are expressions over a table's row as ones over another's, whose attributes attrs names.
func moved(list []expr.Expr, attrs []int16) []expr.Expr {
	out := make([]expr.Expr, len(list))
	for i, e := range list {
		out[i] = logical.Rewrite(e, func(n expr.Expr) expr.Expr {
			if c, ok := n.(*expr.Column); ok {
				return &expr.Column{Index: int(attrs[c.Index]) - 1, T: c.T, Name: c.Name}
			}
			return n
		})
	}
	return out
}

// PartitionKeys binds the keys of a partitioned table over its row.
func PartitionKeys(t *catalog.Table, o Options) ([]expr.Expr, error) {
	var out []expr.Expr
	for i := range t.Partitioning.Keys {
		k := &t.Partitioning.Keys[i]
		if c := t.Column(k.Attr); c != nil {
			out = append(out, PartitionValue(k, &expr.Column{Index: int(k.Attr) - 1, T: c.Type, Name: c.Name}, o))
			continue
		}
		e, err := storedScalar(k.Expr, t, PartKey, types.T{}, "", o)
		if err != nil {
			return nil, err
		}
		out = append(out, PartitionValue(k, e, o))
	}
	return out, nil
}

// PartitionValue is what is compared with bounds, or hashed, for a value of a partition key.
func PartitionValue(k *catalog.PartitionKey, e expr.Expr, o Options) expr.Expr {
	return indexKey(&catalog.IndexKey{Order: k.Order, Collation: k.Collation}, e, o)
}

// within are the conditions on the rows of a partition, the nearest table's first.
func within(t *catalog.Table, o Options) ([]physical.Within, error) {
	var out []physical.Within
	for part := t; ; {
		p := o.Catalog.PartitionParent(part)
		if p == nil {
			return out, nil
		}
		keys, err := PartitionKeys(p, o)
		if err != nil {
			return nil, err
		}
		out = append(out, physical.Within{Set: partition.New(o.Catalog, p), Keys: moved(keys, p.AttrsIn(t)), Part: part.ID})
		part = p
	}
}
