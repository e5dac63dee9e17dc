package define

import (
	"context"
	"slices"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/partition"
)

// A foreign key to a partitioned table has a part for each partition, as pg_constraint has
// rows: see catalog.ForeignPart. They follow from the partitions that there are, so that they
// are looked over at the end of each statement that can make or end partitions or keys.

// settleForeignParts gives foreign keys the parts that they are to have after a statement.
func (e *Env) settleForeignParts(ctx context.Context, st ast.Stmt) error {
	switch st.(type) {
	case *ast.CreateTable, *ast.AlterTable, *ast.Drop, *ast.DropOwned, *ast.CreateSchema:
	default:
		return nil
	}
	if e.edit == nil {
		return nil
	}
	for _, t := range e.Catalog.ReferToPartitioned() {
		if err := e.partsOfKeys(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

// partsOfKeys settles the parts of a table's own foreign keys.
func (e *Env) partsOfKeys(ctx context.Context, t *catalog.Table) error {
	var n *catalog.Table
	for _, k := range t.Constraints {
		up, ok := e.Catalog.TableByID(k.RefTable)
		if k.Kind != catalog.ForeignConstraint || !ok || !up.IsPartitioned() && len(k.Parts) == 0 {
			continue
		}
		var want []catalog.ForeignPart
		if k.Parent == 0 { // what is a part of another table's key has none
			want = e.foreignParts(k, up, k.ID)
		}
		if slices.EqualFunc(k.Parts, want, func(a, b catalog.ForeignPart) bool { return a.Table == b.Table && b.ID != 0 }) {
			continue
		}
		if n == nil {
			n = copyTable(t)
		}
		c := *k
		c.Parts = want
		replaceConstraint(n, &c)
		if err := e.makeParts(ctx, n, &c); err != nil {
			return err
		}
	}
	if n == nil {
		return nil
	}
	return e.putTable(n)
}

// foreignParts are the parts of a key that refers to up, whose own row is parent, in the
// order of the partitions: those that are there already, and new ones, without numbers.
func (e *Env) foreignParts(k *catalog.Constraint, up *catalog.Table, parent catalog.ID) (out []catalog.ForeignPart) {
	for _, t := range partition.New(e.Catalog, up).Parts {
		x := e.Catalog.KeyPart(t, k.Index)
		if x == nil {
			continue
		}
		part := catalog.ForeignPart{Parent: parent, Table: t.ID, Index: x.ID}
		if old := k.PartOn(t.ID); old != nil {
			part = *old
			part.Index = x.ID
		}
		out = append(out, part)
		if t.IsPartitioned() {
			out = append(out, e.foreignParts(k, t, part.ID)...)
		}
	}
	return out
}

// makeParts gives the new parts of a key of t, which is being changed, numbers and names.
func (e *Env) makeParts(ctx context.Context, t *catalog.Table, k *catalog.Constraint) (err error) {
	for i := range k.Parts {
		p := &k.Parts[i]
		if up, _ := e.Catalog.TableByID(p.Table); up != nil && up.Parents[0] != k.RefTable {
			p.Parent = k.PartOn(up.Parents[0]).ID
		}
		if p.ID != 0 {
			continue
		}
		if p.ID, err = e.edit.NewID(ctx); err != nil {
			return err
		}
		p.Name = constraintName(t, k.Columns, "fkey")
	}
	return nil
}

// topOfForeign is the foreign key of the partitioned table that k, of t, is a part of, with
// that table; itself where it is none.
func (e *Env) topOfForeign(t *catalog.Table, k *catalog.Constraint) (*catalog.Table, *catalog.Constraint) {
	for k.Parent != 0 {
		p := e.Catalog.PartitionParent(t)
		if p == nil || constraintByID(p, k.Parent) == nil {
			break
		}
		t, k = p, constraintByID(p, k.Parent)
	}
	return t, k
}

// referringToPart are the foreign keys that have a part on t, a partition.
func (e *Env) referringToPart(t *catalog.Table) (out []dependent) {
	e.Catalog.PartsOn(t, func(own *catalog.Table, k *catalog.Constraint, _ *catalog.Constraint) {
		out = append(out, dependent{object: object{kind: constraintObject, id: own.ID, part: k.ID}, order: k.ID})
	})
	return out
}

// partNamed is the foreign key of t that has a part of that name, and where.
func partNamed(t *catalog.Table, name string) (k *catalog.Constraint, at int) {
	for _, c := range t.Constraints {
		for i := range c.Parts {
			if c.Parts[i].Name == name {
				return c, i
			}
		}
	}
	return nil, 0
}

// renamePart gives a part of a foreign key of t, a copy, another name.
func renamePart(t *catalog.Table, old, name string) {
	k, at := partNamed(t, old)
	c := *k
	c.Parts = slices.Clone(k.Parts)
	c.Parts[at].Name = name
	replaceConstraint(t, &c)
}
