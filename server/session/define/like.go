package define

import (
	"context"
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// Bits of LIKE … INCLUDING, as PostgreSQL numbers them.
const (
	likeComments    = 1 << 0
	likeCompression = 1 << 1
	likeConstraints = 1 << 2
	likeDefaults    = 1 << 3
	likeGenerated   = 1 << 4
	likeIdentity    = 1 << 5
	likeIndexes     = 1 << 6
	likeStatistics  = 1 << 7
	likeStorage     = 1 << 8
)

// likeSource finds the table, view or composite type that a LIKE copies.
func (e *Env) likeSource(l *ast.TableLike) (*catalog.Table, error) {
	src, err := e.table(&l.Name)
	if err == nil {
		return src, nil
	}
	if o := e.other(&l.Name); o != nil && o.kind != "" {
		err = pgerr.Newf(pgerrcode.WrongObjectType, "relation %q is invalid in LIKE clause", o.name).
			WithDetail("This operation is not supported for %s.", o.plural)
	}
	return nil, placed(err, &l.Name)
}

// likeColumns copies another table's columns, and their CHECK constraints if asked for.
func (e *Env) likeColumns(ctx context.Context, t *catalog.Table, l *ast.TableLike) error {
	src, err := e.likeSource(l)
	if err != nil {
		return err
	}
	if t.Collation == 0 {
		t.Collation = src.Collation
	}
	for k, like := range src.Listed() {
		c := *like
		old := t.ColumnByName(c.Name)
		merge := old != nil && old.InhCount > 0 && old.Inherited
		if old != nil && !merge {
			return pgerr.Newf(pgerrcode.DuplicateColumn, "column %q specified more than once", c.Name)
		}
		c.Num = int16(len(t.Columns) + 1)
		c.Missing, c.SequenceID, c.Identity, c.NDims = nil, 0, 0, 0
		c.InhCount, c.Inherited, c.StatTarget, c.Options = 0, false, 0, nil
		if c.Generated != 0 && l.Options&likeGenerated == 0 || c.Generated == 0 && l.Options&likeDefaults == 0 {
			c.Default, c.Generated, c.DefaultID = "", 0, 0
		}
		if c.DefaultID != 0 {
			if c.DefaultID, err = e.edit.NewID(ctx); err != nil {
				return err
			}
		}
		if l.Options&likeComments == 0 {
			c.Comment = ""
		}
		if l.Options&likeStorage == 0 {
			c.Storage = 0
		} else if merge {
			c.Storage = storageOf(&c) // not left to the parent
		}
		if l.Options&likeCompression == 0 {
			c.Compression = 0
		}
		if merge {
			e.declared = l.After + k
			if _, _, err := e.mergeColumn(t, &c, &ast.ColumnDef{Name: c.Name}, false); err != nil {
				return err
			}
			continue
		}
		t.Columns = append(t.Columns, c)
		if like.Identity != 0 && l.Options&likeIdentity != 0 {
			if err := e.likeSequence(ctx, t, &t.Columns[c.Num-1], like); err != nil {
				return err
			}
		}
	}
	if l.Options&likeConstraints != 0 {
		return e.likeChecks(ctx, t, src, l)
	}
	return nil
}

// likeSequence gives an identity column a sequence with the options of another's.
func (e *Env) likeSequence(ctx context.Context, t *catalog.Table, c, like *catalog.Column) error {
	old, ok := e.Catalog.SequenceByID(like.SequenceID)
	if !ok {
		return nil
	}
	q := *old
	var err error
	if q.ID, err = e.edit.NewID(ctx); err != nil {
		return err
	}
	q.Schema, q.Owner, q.Temp, q.Unlogged, q.Comment, q.Position = t.Schema, t.Owner, t.Temp, t.Unlogged, "", 0
	q.Name = e.relationName(t.Schema, nil, t.Name, c.Name, "seq")
	q.OwnerTable, q.OwnerAttr = t.ID, c.Num
	q.Type = types.Int8OID // the bounds are copied, the type is not
	c.Identity, c.SequenceID = like.Identity, q.ID
	return e.edit.PutSequence(&q)
}

// likeChecks copies CHECK constraints under their names.
func (e *Env) likeChecks(ctx context.Context, t, src *catalog.Table, l *ast.TableLike) error {
	for _, k := range src.Constraints {
		if k.Kind != catalog.CheckConstraint {
			continue
		}
		c := *k
		var err error
		if c.ID, err = e.edit.NewID(ctx); err != nil {
			return err
		}
		c.Columns, c.Validated = sameNamed(t, src, k.Columns), !k.Unenforced
		c.InhCount, c.Inherited = 0, false
		if l.Options&likeComments == 0 {
			c.Comment = ""
		}
		t.Constraints = append(t.Constraints, &c)
	}
	return nil
}

// sameNamed are the columns of t that have the names of src's.
func sameNamed(t, src *catalog.Table, attrs []int16) []int16 {
	var out []int16
	for _, a := range attrs {
		out = append(out, t.ColumnByName(src.Columns[a-1].Name).Num)
	}
	return out
}

// likeIndexes copies indexes, and the keys that they implement, under new names.
func (e *Env) likeIndexes(ctx context.Context, t *catalog.Table, l *ast.TableLike) error {
	if l.Options&likeIndexes == 0 {
		return nil
	}
	src, err := e.table(&l.Name)
	if err != nil {
		return err
	}
	// PostgreSQL makes the keys first, the primary one before all others.
	order := slices.Clone(src.Indexes)
	rank := func(x *catalog.Index) int {
		switch {
		case x.Primary:
			return 0
		case x.Constraint != 0:
			return 1
		}
		return 2
	}
	slices.SortStableFunc(order, func(a, b *catalog.Index) int { return rank(a) - rank(b) })
	for _, x := range order {
		if x.Primary && t.PrimaryKey() != nil {
			return pgerr.Newf(pgerrcode.InvalidTableDefinition, "multiple primary keys for table %q are not allowed", t.Name)
		}
		if err := e.likeIndex(ctx, t, src, x, l); err != nil {
			return err
		}
	}
	return nil
}

func (e *Env) likeIndex(ctx context.Context, t, src *catalog.Table, like *catalog.Index, l *ast.TableLike) error {
	x := *like
	var err error
	if x.ID, err = e.edit.NewID(ctx); err != nil {
		return err
	}
	x.Table, x.Storage, x.Constraint, x.Replaces, x.Parent, x.Ready, x.Valid = t.ID, x.ID, 0, 0, 0, true, true
	x.Clustered, x.ReplicaIdentity = false, false
	x.Keys = slices.Clone(like.Keys)
	for i := range x.Keys {
		k := &x.Keys[i]
		k.StatTarget = 0
		own := k.Derived
		if k.Attr != 0 {
			k.Attr = sameNamed(t, src, []int16{k.Attr})[0]
			own = t.Columns[k.Attr-1].Collation
		}
		// Written as a type's own, a collation is lost: the copy has the column's.
		if k.Collation == typeCollation(k.Type) && own != 0 && own != k.Collation {
			k.Collation = own
			if err := e.orderKey(&x, k, nil, x.AccessMethod()); err != nil {
				return err
			}
		}
		if k.Reads = sameNamed(t, src, k.Reads); k.Version != 0 {
			k.Version = sameNamed(t, src, []int16{k.Version})[0]
		}
	}
	x.Include = sameNamed(t, src, like.Include)
	if x.IsVector() {
		if err := checkVectorKey(x.Method, &x.Keys[0]); err != nil {
			return err
		}
	}
	if l.Options&likeComments == 0 {
		x.Comment = ""
	}
	if like.Constraint == 0 {
		x.Name = e.relationName(t.Schema, indexNames(t), t.Name, keyNames(t, &x), "idx")
		t.Indexes = append(t.Indexes, &x)
		return nil
	}
	c := *constraintByID(src, like.Constraint)
	if c.ID, err = e.edit.NewID(ctx); err != nil {
		return err
	}
	c.Index, c.Columns = x.ID, nil
	for i := range x.Keys {
		c.Columns = append(c.Columns, x.Keys[i].Attr)
	}
	c.Parent, c.InhCount, c.Inherited = 0, 0, false
	label, second := "key", columnList(t, slices.Concat(c.Columns, x.Include))
	switch {
	case x.Primary:
		label, second = "pkey", ""
	case len(x.Exclude) > 0 && t.IsPartitioned():
		return pgerr.NotSupported(-1, "exclusion constraints are not supported on partitioned tables")
	case len(x.Exclude) > 0:
		label, second = "excl", keyNames(t, &x)
	}
	c.Name = e.relationName(t.Schema, indexNames(t), t.Name, second, label)
	x.Name, x.Constraint, c.Comment = c.Name, c.ID, "" // the comment copied is the index's
	t.Constraints, t.Indexes = append(t.Constraints, &c), append(t.Indexes, &x)
	if x.Primary {
		choosePrimaryAttr(t)
	}
	return nil
}

// indexNames are the names that the indexes of a table being made have taken.
func indexNames(t *catalog.Table) map[string]bool {
	also := map[string]bool{}
	for _, x := range t.Indexes {
		also[x.Name] = true
	}
	return also
}
