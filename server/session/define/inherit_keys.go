package define

import (
	"context"
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// cloneKeys gives a partition, which is stored, the indexes and foreign keys of its parent: such as it
// has already become parts of the parent's, others are made. Those that the parent had before,
// if that is given, are left as they are: one made for the parent only stays without parts.
func (e *Env) cloneKeys(ctx context.Context, parent *catalog.Table, id catalog.ID, before *catalog.Table) error {
	order := slices.Clone(parent.Indexes)
	slices.SortStableFunc(order, func(a, b *catalog.Index) int { return b2i(b.Primary) - b2i(a.Primary) })
	taken := map[catalog.ID]bool{}
	for _, x := range order {
		if before != nil && before.Index(x.ID) != nil {
			continue
		}
		if err := e.cloneIndex(ctx, parent, x, id, taken); err != nil {
			return err
		}
	}
	for _, k := range parent.Constraints {
		if k.Kind == catalog.ForeignConstraint && (before == nil || constraintByID(before, k.ID) == nil) {
			if err := e.cloneForeign(ctx, parent, k, id); err != nil {
				return err
			}
		}
	}
	return nil
}

// cloneIndex makes one index of a partition a part of the parent's index x.
func (e *Env) cloneIndex(ctx context.Context, parent *catalog.Table, x *catalog.Index, id catalog.ID, taken map[catalog.ID]bool) error {
	old, _ := e.Catalog.TableByID(id)
	t := copyTable(old)
	if slices.ContainsFunc(t.Indexes, func(y *catalog.Index) bool { return y.Parent == x.ID }) {
		return nil
	}
	for i, y := range t.Indexes {
		if y.Parent != 0 || taken[y.ID] || !y.Valid || !e.alike(parent, x, t, y) {
			continue
		}
		taken[y.ID] = true
		n := *y
		n.Parent = x.ID
		t.Indexes[i] = &n
		e.partOfConstraint(t, &n, x)
		return e.putTable(t)
	}
	if what := "UNIQUE"; x.Unique && t.IsPartitioned() {
		if x.Primary {
			what = "PRIMARY KEY"
		}
		probe := *x
		probe.Keys = slices.Clone(x.Keys)
		for i := range probe.Keys {
			if a := probe.Keys[i].Attr; a != 0 {
				probe.Keys[i].Attr = sameNamed(t, parent, []int16{a})[0]
			}
		}
		if err := uniqueInParts(t, &probe, what); err != nil {
			return err
		}
	}
	if x.Primary && t.PrimaryKey() != nil {
		return pgerr.Newf(pgerrcode.InvalidTableDefinition, "multiple primary keys for table %q are not allowed", t.Name)
	}
	before := len(t.Indexes)
	if err := e.likeIndex(ctx, t, parent, x, &ast.TableLike{}); err != nil {
		return err
	}
	n := t.Indexes[before]
	n.Parent, n.Key = x.ID, ""
	e.partOfConstraint(t, n, x)
	if x.Primary {
		if err := e.primaryColumns(ctx, old, t, n); err != nil {
			return err
		}
	}
	if err := e.putTable(t); err != nil {
		return err
	}
	if t.IsPartitioned() {
		t, _ = e.Catalog.TableByID(id)
		for _, c := range t.Children {
			if err := e.cloneIndex(ctx, t, n, c, map[catalog.ID]bool{}); err != nil {
				return err
			}
		}
		return nil
	}
	if x.Primary && t.PrimaryAttr != 0 {
		_, err := e.rewrite(ctx, old, t, nil)
		return err
	}
	return e.Jobs.Build(ctx, e.Txn, e.Catalog, t, n)
}

// primaryColumns makes the columns of a new primary key NOT NULL.
func (e *Env) primaryColumns(ctx context.Context, old, t *catalog.Table, x *catalog.Index) error {
	for _, k := range x.Keys {
		if c := &t.Columns[k.Attr-1]; !old.Columns[k.Attr-1].NotNull {
			c.NotNull = true
			if err := e.Jobs.CheckNotNull(ctx, e.Txn, e.Catalog, old, k.Attr); err != nil {
				return err
			}
		}
	}
	return nil
}

// partOfConstraint makes the constraint of index n a part of that of x.
func (e *Env) partOfConstraint(t *catalog.Table, n, x *catalog.Index) {
	if c := constraintByID(t, n.Constraint); c != nil && x.Constraint != 0 {
		k := *c
		k.Parent, k.InhCount, k.Inherited = x.Constraint, 1, true
		if c.InhCount == 0 && t.Index(n.ID) != nil && !n.Primary {
			k.Inherited = true
		}
		replaceConstraint(t, &k)
	}
}

// alike reports that index y of t would serve as the part of index x of parent.
func (e *Env) alike(parent *catalog.Table, x *catalog.Index, t *catalog.Table, y *catalog.Index) bool {
	if x.AccessMethod() != y.AccessMethod() || x.Unique != y.Unique || len(x.Keys) != len(y.Keys) || len(x.Include) != len(y.Include) ||
		x.NullsNotDistinct != y.NullsNotDistinct || (x.Constraint != 0) != (y.Constraint != 0) && x.Constraint != 0 ||
		x.Primary != y.Primary || x.Where != y.Where || x.Deferrable != y.Deferrable {
		return false
	}
	for i := range x.Keys {
		a, b := x.Keys[i], y.Keys[i]
		if (a.Attr == 0) != (b.Attr == 0) || a.Expr != b.Expr || a.OpClass != b.OpClass || a.Desc != b.Desc || a.NullsFirst != b.NullsFirst ||
			a.Collation != b.Collation {
			return false
		}
		if a.Attr != 0 && parent.Columns[a.Attr-1].Name != t.Columns[b.Attr-1].Name {
			return false
		}
	}
	for i := range x.Include {
		if parent.Columns[x.Include[i]-1].Name != t.Columns[y.Include[i]-1].Name {
			return false
		}
	}
	return true
}

// cloneForeign gives a partition a foreign key of its parent.
func (e *Env) cloneForeign(ctx context.Context, parent *catalog.Table, k *catalog.Constraint, id catalog.ID) error {
	old, _ := e.Catalog.TableByID(id)
	t := copyTable(old)
	if slices.ContainsFunc(t.Constraints, func(c *catalog.Constraint) bool { return c.Parent == k.ID }) {
		return nil
	}
	cols, del := sameNamed(t, parent, k.Columns), sameNamed(t, parent, k.OnDeleteCols)
	var n *catalog.Constraint
	for _, c := range t.Constraints {
		if c.Kind == catalog.ForeignConstraint && c.Parent == 0 && c.RefTable == k.RefTable && c.Index == k.Index && slices.Equal(c.Columns, cols) &&
			c.OnDelete == k.OnDelete && c.OnUpdate == k.OnUpdate && c.Match == k.Match && c.Deferrable == k.Deferrable && c.Deferred == k.Deferred &&
			slices.Equal(c.RefColumns, k.RefColumns) && c.Validated == k.Validated {
			n = c
		}
	}
	made := n == nil
	c := *k
	if made {
		var err error
		if c.ID, err = e.edit.NewID(ctx); err != nil {
			return err
		}
		c.Columns, c.OnDeleteCols, c.Comment = cols, del, ""
		if constraintOf(t, c.Name) != nil {
			c.Name = constraintName(t, cols, "fkey")
		}
		t.Constraints = append(t.Constraints, &c)
	} else {
		c = *n
	}
	c.Parent, c.InhCount, c.Inherited = k.ID, 1, true
	if !made {
		replaceConstraint(t, &c)
	}
	if err := e.putTable(t); err != nil {
		return err
	}
	if t.IsPartitioned() {
		for _, child := range t.Children {
			if err := e.cloneForeign(ctx, t, &c, child); err != nil {
				return err
			}
		}
		return nil
	}
	if made && c.Validated {
		return e.Jobs.Validate(ctx, e.Txn, e.Catalog, t, &c)
	}
	return nil
}

// partitionColumn is a column as PARTITION OF lists it, with the type that it has.
func (e *Env) partitionColumn(t *catalog.Table, d *ast.ColumnDef) (*ast.ColumnDef, error) {
	c := t.ColumnByName(d.Name)
	switch {
	case c == nil:
		return nil, pgerr.Newf(pgerrcode.UndefinedColumn, "column %q does not exist", d.Name)
	case !c.Inherited:
		return nil, pgerr.Newf(pgerrcode.DuplicateColumn, "column %q specified more than once", d.Name)
	}
	return anyTyped(d), nil
}

// anyTyped is what is said of a column whose type and collation come from elsewhere,
// whatever is written, with some type.
func anyTyped(d *ast.ColumnDef) *ast.ColumnDef {
	n := *d
	n.Type, n.Collation = ast.TypeName{At: ast.At{Pos: ast.NoPos}, Name: ast.QName{Schema: "pg_catalog", Name: "int4"}}, nil
	return &n
}
