package define

import (
	"context"
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// What ALTER TABLE does to a table it does to its children, too: propagate compares the
// table with what it was and gives the children what is new, takes from them what is
// gone, and goes on to theirs.

// refuseOfChild refuses what may not be done to a child, or without the children.
func (e *Env) refuseOfChild(t *catalog.Table, cmd *ast.AlterCmd, only bool) error {
	wrong := func(format string, args ...any) error {
		return pgerr.Newf(pgerrcode.InvalidTableDefinition, format, args...)
	}
	parted, children := t.IsPartitioned(), len(t.Children) > 0
	c := t.ColumnByName(cmd.Name)
	k := constraintOf(t, cmd.Name)
	switch cmd.Kind {
	case ast.AddColumn:
		switch {
		case t.IsPartition():
			return pgerr.New(pgerrcode.WrongObjectType, "cannot add column to a partition")
		case only && children:
			return wrong("column must be added to child tables too")
		case children && slices.ContainsFunc(cmd.Column.Constraints, func(k ast.Constraint) bool { return k.Kind == ast.ConIdentity }):
			return wrong("cannot recursively add identity column to table that has child tables")
		}
	case ast.DropColumn:
		switch {
		case c == nil:
		case c.InhCount > 0:
			return wrong("cannot drop inherited column %q", c.Name)
		case e.partitionedBy(t, c.Name) != nil:
			return wrong("cannot drop column %q because it is part of the partition key of relation %q", c.Name, e.partitionedBy(t, c.Name).Name)
		case parted && only && children:
			return pgerr.New(pgerrcode.InvalidTableDefinition, "cannot drop column from only the partitioned table when partitions exist").
				WithHint("Do not specify the ONLY keyword.")
		}
	case ast.ColumnType:
		switch {
		case c == nil:
		case c.InhCount > 0:
			return wrong("cannot alter inherited column %q", c.Name)
		case e.partitionedBy(t, c.Name) != nil:
			return wrong("cannot alter column %q because it is part of the partition key of relation %q", c.Name, e.partitionedBy(t, c.Name).Name)
		case only && children:
			return wrong("type of inherited column %q must be changed in child tables too", c.Name)
		}
	case ast.SetNotNull:
		if parted && only && c != nil && !c.NotNull {
			return e.notNullBelow(t, c.Name)
		}
	case ast.DropNotNull:
		switch {
		case c == nil:
		case parted && only && children:
			return pgerr.New(pgerrcode.InvalidTableDefinition, "cannot remove constraint from only the partitioned table when partitions exist").
				WithHint("Do not specify the ONLY keyword.")
		case t.IsPartition():
			if p := e.Catalog.PartitionParent(t); p != nil {
				if pc := p.ColumnByName(c.Name); pc != nil && pc.NotNull {
					return wrong("column %q is marked NOT NULL in parent table", c.Name)
				}
			}
		}
	case ast.DropExpression:
		switch {
		case only && children:
			return pgerr.New(pgerrcode.FeatureNotSupported, "ALTER TABLE / DROP EXPRESSION must be applied to child tables too")
		case c != nil && c.InhCount > 0:
			return wrong("cannot drop generation expression from inherited column")
		}
	case ast.AddConstraint:
		if cmd.Constraint.UsingIndex != "" {
			if _, err := e.usedIndex(t, cmd.Constraint); err != nil {
				return err
			}
		}
		switch kind := cmd.Constraint.Kind; {
		case kind == ast.ConCheck && only && children && !cmd.Constraint.NoInherit:
			return wrong("constraint must be added to child tables too")
		case kind == ast.ConCheck && parted && cmd.Constraint.NoInherit:
			return wrong("cannot add NO INHERIT constraint to partitioned table %q", t.Name)
		case kind == ast.ConForeign && parted && only:
			return pgerr.Newf(pgerrcode.WrongObjectType, "cannot use ONLY for foreign key on partitioned table %q referencing relation %q", t.Name, cmd.Constraint.RefTable.Name)
		case kind == ast.ConForeign && parted && cmd.Constraint.NotValid:
			return pgerr.Newf(pgerrcode.WrongObjectType, "cannot add NOT VALID foreign key on partitioned table %q referencing relation %q", t.Name, cmd.Constraint.RefTable.Name).
				WithDetail("This feature is not yet supported on partitioned tables.")
		case cmd.Constraint.UsingIndex != "" && parted:
			return pgerr.New(pgerrcode.FeatureNotSupported, "ALTER TABLE / ADD CONSTRAINT USING INDEX is not supported on partitioned tables")
		case kind == ast.ConPrimary && parted && only && t.PrimaryKey() == nil:
			for _, name := range cmd.Constraint.Columns {
				if c := t.ColumnByName(name); c != nil && !c.NotNull {
					if err := e.notNullBelow(t, name); err != nil {
						return err
					}
				}
			}
		}
	case ast.DropConstraint:
		switch {
		case k == nil:
		case k.InhCount > 0 || k.Parent != 0:
			return wrong("cannot drop inherited constraint %q of relation %q", k.Name, t.Name)
		case parted && only && children && k.Kind == catalog.CheckConstraint:
			return pgerr.New(pgerrcode.InvalidTableDefinition, "cannot remove constraint from only the partitioned table when partitions exist").
				WithHint("Do not specify the ONLY keyword.")
		}
	case ast.AlterConstraint:
		if k != nil && k.Parent != 0 {
			root, from := t, k
			for p := e.Catalog.PartitionParent(root); p != nil && from.Parent != 0; p = e.Catalog.PartitionParent(p) {
				root, from = p, constraintByID(p, from.Parent)
			}
			return pgerr.Newf(pgerrcode.InternalError, "cannot alter constraint %q on relation %q", k.Name, t.Name).
				WithDetail("Constraint %q is derived from constraint %q of relation %q.", k.Name, from.Name, root.Name).
				WithHint("You may alter the constraint it derives from, instead.")
		}
	case ast.ValidateConstraint:
		if k != nil && only && children && k.Kind == catalog.CheckConstraint && !k.Validated {
			return wrong("constraint must be validated on child tables too")
		}
	case ast.RedefineColumn, ast.MoveColumn, ast.ColumnOnUpdate, ast.TableCollation:
		if children || t.IsPartition() {
			return pgerr.NotSupported(int(cmd.Pos), "this form of ALTER TABLE is not supported for tables with children")
		}
	case ast.SetLogged, ast.SetUnlogged:
	}
	return nil
}

// dividedBy is the table, if the rows are divided by an expression of which reads is true.
func dividedBy(t *catalog.Table, reads func(text string) bool) []dependent {
	if t.IsPartitioned() && slices.ContainsFunc(t.Partitioning.Keys, func(k catalog.PartitionKey) bool { return k.Expr != "" && reads(k.Expr) }) {
		return []dependent{{object: object{kind: tableObject, id: t.ID}, order: t.ID}}
	}
	return nil
}

// partitionedBy is the first of a table and those below it that the column partitions.
func (e *Env) partitionedBy(t *catalog.Table, column string) *catalog.Table {
	for _, m := range e.Catalog.Family(t) {
		if c := m.ColumnByName(column); c != nil && e.inPartitionKey(m, c.Num) {
			return m
		}
	}
	return nil
}

// inPartitionKey reports that the table is partitioned by the column.
func (e *Env) inPartitionKey(t *catalog.Table, attr int16) bool {
	return t.IsPartitioned() && slices.ContainsFunc(t.Partitioning.Keys, func(k catalog.PartitionKey) bool {
		return k.Attr == attr || k.Attr == 0 && e.mentions(t, k.Expr, attr)
	})
}

// propagate gives the children of a table what has changed in it since old.
func (e *Env) propagate(ctx context.Context, old *catalog.Table, cmd *ast.AlterCmd, only bool) error {
	t, ok := e.Catalog.TableByID(old.ID)
	if !ok || t == old {
		return nil
	}
	for _, id := range slices.Clone(t.Children) {
		was, ok := e.Catalog.TableByID(id)
		if !ok {
			continue
		}
		if err := e.columnsOfParent(ctx, old, t, id, cmd, only); err != nil {
			return err
		}
		if err := e.checksOfParent(ctx, old, t, id, cmd, only); err != nil {
			return err
		}
		if only && !t.IsPartitioned() {
			continue
		}
		if t.IsPartitioned() && !only {
			if err := e.cloneKeys(ctx, t, id, old); err != nil {
				return err
			}
		}
		if err := e.propagate(ctx, was, cmd, false); err != nil {
			return err
		}
	}
	return nil
}

// leave takes a dropped or detached table off the lists of its parents.
func (e *Env) leave(ctx context.Context, t *catalog.Table, from ...catalog.ID) error {
	for _, id := range from {
		p, ok := e.Catalog.TableByID(id)
		if !ok {
			continue
		}
		if err := e.own(ctx, p); err != nil {
			return err
		}
		n := copyTable(p)
		n.Children = slices.DeleteFunc(slices.Clone(p.Children), func(c catalog.ID) bool { return c == t.ID })
		if n.IsPartitioned() {
			by := *n.Partitioning
			if n.Partitioning = &by; by.Default == t.ID {
				by.Default = 0
			}
		}
		if err := e.putTable(n); err != nil {
			return err
		}
		if n.IsPartitioned() && n.Partitioning.Default != 0 {
			if def, ok := e.Catalog.TableByID(n.Partitioning.Default); ok {
				if err := e.renewed(ctx, def); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// partDependents are what goes with a table because it is above it: partitions unasked.
func (e *Env) partDependents(t *catalog.Table) (out []dependent) {
	for _, id := range t.Children {
		out = append(out, dependent{object: object{kind: tableObject, id: id}, order: id, auto: t.IsPartitioned()})
	}
	// Foreign keys to what the table is a part of may refer to its rows.
	for p := e.Catalog.PartitionParent(t); p != nil; p = e.Catalog.PartitionParent(p) {
		for _, d := range e.referring(p, func(k *catalog.Constraint) bool { return k.Parent == 0 }) {
			if c, _ := e.Catalog.TableByID(d.id); e.Catalog.PartitionRoot(c) != e.Catalog.PartitionRoot(p) {
				out = append(out, d)
			}
		}
	}
	return out
}

// parts are the indexes of partitions that are parts of index x, or with a constraint the constraints.
func (e *Env) parts(t *catalog.Table, x *catalog.Index, k *catalog.Constraint) (out []dependent) {
	for _, id := range t.Children {
		c, ok := e.Catalog.TableByID(id)
		if !ok {
			continue
		}
		for _, y := range c.Indexes {
			if x != nil && y.Parent == x.ID {
				out = append(out, dependent{object: object{kind: indexObject, id: y.ID}, order: y.ID, auto: true})
			}
		}
		for _, n := range c.Constraints {
			if k != nil && n.Parent == k.ID {
				out = append(out, dependent{object: object{kind: constraintObject, id: c.ID, part: n.ID}, order: n.ID, auto: true})
			}
		}
	}
	return out
}

// aboutParents reports the actions that change the children themselves where it is needed.
func aboutParents(kind ast.AlterKind) bool {
	switch kind {
	case ast.AttachPartition, ast.DetachPartition, ast.AddInherit, ast.DropInherit, ast.AddPartitions, ast.DropPartitions, ast.TruncatePartitions,
		ast.ReorganizePartitions, ast.CoalescePartitions, ast.ExchangePartition, ast.RemovePartitioning,
		ast.DivideTable:
		return true
	}
	return false
}

// notNullBelow refuses what makes a column of a partitioned table alone NOT NULL while it is
// not in each of its parts.
func (e *Env) notNullBelow(t *catalog.Table, column string) error {
	for _, m := range e.Catalog.Family(t)[1:] {
		if c := m.ColumnByName(column); c != nil && !c.NotNull {
			return pgerr.New(pgerrcode.InvalidTableDefinition, "constraint must be added to child tables too").
				WithDetail("Column %q of relation %q is not already NOT NULL.", column, m.Name).
				WithHint("Do not specify the ONLY keyword.")
		}
	}
	return nil
}
