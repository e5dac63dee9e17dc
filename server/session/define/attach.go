package define

import (
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// alterParents is ATTACH and DETACH PARTITION, INHERIT and NO INHERIT.
func (e *Env) alterParents(ctx context.Context, t *catalog.Table, cmd *ast.AlterCmd) error {
	switch cmd.Kind {
	case ast.AttachPartition:
		return e.attachPartition(ctx, t, cmd)
	case ast.DetachPartition:
		return e.detachPartition(ctx, t, cmd)
	case ast.AddInherit:
		return e.addInherit(ctx, t, cmd)
	}
	return e.dropInherit(ctx, t, cmd)
}

func (e *Env) attachPartition(ctx context.Context, parent *catalog.Table, cmd *ast.AlterCmd) error {
	if !parent.IsPartitioned() {
		return pgerr.Newf(pgerrcode.InvalidObjectDefinition, "table %q is not partitioned", parent.Name)
	}
	bound, err := e.bound(parent, cmd.Bound)
	if err != nil {
		return err
	}
	t, err := e.opened(cmd.Of, actionRefused("ATTACH PARTITION"))
	if err != nil {
		return err
	}
	for _, m := range e.Catalog.Family(t) {
		if err := e.own(ctx, m); err != nil {
			return err
		}
	}
	switch {
	case t.IsPartition():
		return pgerr.Newf(pgerrcode.WrongObjectType, "%q is already a partition", t.Name)
	case t.OfType != 0:
		return pgerr.New(pgerrcode.WrongObjectType, "cannot attach a typed table as partition")
	case len(t.Parents) > 0:
		return pgerr.New(pgerrcode.WrongObjectType, "cannot attach inheritance child as partition")
	case len(t.Children) > 0 && !t.IsPartitioned():
		return pgerr.New(pgerrcode.WrongObjectType, "cannot attach inheritance parent as partition")
	case slices.ContainsFunc(e.Catalog.Family(t), func(m *catalog.Table) bool { return m.ID == parent.ID }):
		return pgerr.New(pgerrcode.DuplicateTable, "circular inheritance not allowed").
			WithDetail("%q is already a child of %q.", parent.Name, t.Name)
	case t.Temp && !parent.Temp:
		return pgerr.Newf(pgerrcode.WrongObjectType, "cannot attach a temporary relation as partition of permanent relation %q", parent.Name)
	case !t.Temp && parent.Temp:
		return pgerr.Newf(pgerrcode.WrongObjectType, "cannot attach a permanent relation as partition of temporary relation %q", parent.Name)
	}
	for i := range t.Columns {
		if c := &t.Columns[i]; !c.Dropped && parent.ColumnByName(c.Name) == nil {
			return pgerr.Newf(pgerrcode.DatatypeMismatch, "table %q contains column %q not found in parent %q", t.Name, c.Name, parent.Name).
				WithDetail("The new partition may contain only the columns present in parent.")
		}
	}
	if err := mayBecomeChild(t, true); err != nil {
		return err
	}
	if err := e.checkBound(parent, t.Name, bound, cmd.Bound); err != nil {
		return err
	}
	n := copyTable(t)
	n.Parents, n.Bound = []catalog.ID{parent.ID}, bound
	if err := e.mergeWithParent(n, parent); err != nil {
		return err
	}
	if err := e.putTable(n); err != nil {
		return err
	}
	parent, _ = e.Catalog.TableByID(parent.ID)
	if err := e.join(ctx, parent, n, true); err != nil {
		return err
	}
	parent, _ = e.Catalog.TableByID(parent.ID)
	if err := e.cloneKeys(ctx, parent, n.ID, nil); err != nil {
		return err
	}
	return e.cloneTriggers(ctx, parent, n.ID)
}

// mergeWithParent makes the columns and CHECK constraints of a table (a copy) those of a child
// of parent.
func (e *Env) mergeWithParent(t, parent *catalog.Table) error {
	for i := range parent.Columns {
		pc := &parent.Columns[i]
		if pc.Dropped {
			continue
		}
		c := t.ColumnByName(pc.Name)
		switch {
		case c == nil:
			return pgerr.Newf(pgerrcode.DatatypeMismatch, "child table is missing column %q", pc.Name)
		case c.Type != pc.Type || c.Domain != pc.Domain:
			return pgerr.Newf(pgerrcode.DatatypeMismatch, "child table %q has different type for column %q", t.Name, c.Name)
		case c.Collation != pc.Collation:
			return pgerr.Newf(pgerrcode.CollationMismatch, "child table %q has different collation for column %q", t.Name, c.Name)
		case pc.NotNull && !c.NotNull:
			return pgerr.Newf(pgerrcode.DatatypeMismatch, "column %q in child table must be marked NOT NULL", c.Name)
		case pc.Generated != 0 && c.Generated == 0:
			return pgerr.Newf(pgerrcode.DatatypeMismatch, "column %q in child table must be a generated column", c.Name)
		case pc.Generated != 0 && c.Default != pc.Default:
			return pgerr.Newf(pgerrcode.DatatypeMismatch, "column %q in child table has a conflicting generation expression", c.Name)
		}
		if c.InhCount++; t.IsPartition() {
			c.Inherited = true
		}
	}
	for _, k := range parent.Constraints {
		if k.Kind != catalog.CheckConstraint || k.NoInherit {
			continue
		}
		c := constraintOf(t, k.Name)
		switch {
		case c == nil || c.Kind != catalog.CheckConstraint:
			return pgerr.Newf(pgerrcode.DatatypeMismatch, "child table is missing constraint %q", k.Name)
		case c.Expr != k.Expr:
			return pgerr.Newf(pgerrcode.DatatypeMismatch, "child table %q has different definition for check constraint %q", t.Name, k.Name)
		case c.NoInherit:
			return pgerr.Newf(pgerrcode.InvalidObjectDefinition, "constraint %q conflicts with non-inherited constraint on child table %q", k.Name, t.Name)
		case k.Validated && !c.Validated:
			return pgerr.Newf(pgerrcode.InvalidObjectDefinition, "constraint %q conflicts with NOT VALID constraint on child table %q", k.Name, t.Name)
		}
		n := *c
		if n.InhCount++; t.IsPartition() {
			n.Inherited = true
		}
		replaceConstraint(t, &n)
	}
	return nil
}

// childNamed finds the child of parent that a statement names.
func (e *Env) childNamed(ctx context.Context, parent *catalog.Table, cmd *ast.AlterCmd, what string) (*catalog.Table, error) {
	t, err := e.opened(cmd.Of, func(name, _ string) error {
		return pgerr.Newf(pgerrcode.UndefinedTable, "relation %q is not a %s of relation %q", name, what, parent.Name)
	})
	if err != nil {
		return nil, err
	}
	if !slices.Contains(t.Parents, parent.ID) {
		return nil, pgerr.Newf(pgerrcode.UndefinedTable, "relation %q is not a %s of relation %q", t.Name, what, parent.Name)
	}
	return t, e.own(ctx, t)
}

func (e *Env) detachPartition(ctx context.Context, parent *catalog.Table, cmd *ast.AlterCmd) error {
	if !parent.IsPartitioned() {
		return pgerr.Newf(pgerrcode.InvalidObjectDefinition, "table %q is not partitioned", parent.Name)
	}
	if cmd.Concurrently {
		if err := e.Alone("ALTER TABLE ... DETACH CONCURRENTLY"); err != nil {
			return err
		}
		if parent.Partitioning.Default != 0 {
			return pgerr.New(pgerrcode.ObjectNotInPrerequisiteState, "cannot detach partitions concurrently when a default partition exists")
		}
	}
	t, err := e.childNamed(ctx, parent, cmd, "partition")
	if err != nil {
		return err
	}
	if cmd.Finalize {
		return pgerr.Newf(pgerrcode.ObjectNotInPrerequisiteState, "cannot complete detaching partition %q", t.Name).
			WithDetail("There's no pending concurrent detach.")
	}
	n, err := e.detached(ctx, parent, t)
	if err != nil {
		return err
	}
	return e.stillReferred(ctx, parent, n)
}

// detached makes a partition a table of its own.
func (e *Env) detached(ctx context.Context, parent, t *catalog.Table) (*catalog.Table, error) {
	n := copyTable(t)
	n.Parents, n.Bound = nil, nil
	leaveColumns(n, parent)
	for i, x := range n.Indexes {
		if x.Parent != 0 {
			c := *x
			c.Parent = 0
			n.Indexes[i] = &c
		}
	}
	for _, k := range n.Constraints {
		if k.Parent != 0 || k.Kind == catalog.CheckConstraint && k.InhCount > 0 {
			c := *k
			if c.Parent, c.Inherited = 0, false; c.InhCount > 0 {
				c.InhCount--
			}
			replaceConstraint(n, &c)
		}
	}
	if err := e.putTable(n); err != nil {
		return nil, err
	}
	for _, m := range e.Catalog.Family(n)[1:] {
		if err := e.own(ctx, m); err != nil {
			return nil, err
		}
		if err := e.putTable(copyTable(m)); err != nil {
			return nil, err
		}
	}
	if err := e.leave(ctx, n, parent.ID); err != nil {
		return nil, err
	}
	return n, e.leaveTriggers(ctx, n.ID)
}

// leaveColumns makes the columns of a table that it has of parent its own.
func leaveColumns(t, parent *catalog.Table) {
	for i := range t.Columns {
		c := &t.Columns[i]
		if !c.Dropped && c.InhCount > 0 && parent.ColumnByName(c.Name) != nil {
			c.InhCount--
			if c.InhCount == 0 {
				c.Inherited = false
			}
		}
	}
}

// stillReferred refuses to take away rows of a partition, which has left parent, that
// foreign keys to the partitioned table refer to.
func (e *Env) stillReferred(ctx context.Context, parent, t *catalog.Table) error {
	for p := parent; p != nil; p = e.Catalog.PartitionParent(p) {
		for _, id := range e.Catalog.Referrers(p.ID) {
			child, ok := e.Catalog.TableByID(id)
			if !ok || child.IsPartitioned() {
				continue
			}
			for _, k := range child.Constraints {
				if k.Kind != catalog.ForeignConstraint || k.RefTable != p.ID {
					continue
				}
				err := e.Jobs.Validate(ctx, e.Txn, e.Catalog, child, k)
				if pe, ok := pgerr.As(err); ok && pe.Code == pgerrcode.ForeignKeyViolation {
					key, _, _ := strings.Cut(pe.Detail, " is not present")
					child, k := e.topOfForeign(child, k)
					name := k.Name
					if part := k.PartOn(t.ID); part != nil {
						name = part.Name
					}
					return pgerr.Newf(pgerrcode.ForeignKeyViolation, "removing partition %q violates foreign key constraint %q", t.Name, name).
						WithDetail("%s is still referenced from table %q.", key, child.Name).
						OnTable(e.Catalog.SchemaName(child.Schema), child.Name).OnConstraint(name)
				}
				if err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// mayGetParents refuses INHERIT of what is divided, or a part (ATPrepAddInherit).
func mayGetParents(t *catalog.Table) error {
	switch {
	case t.OfType != 0:
		return pgerr.New(pgerrcode.WrongObjectType, "cannot change inheritance of typed table")
	case t.IsPartition():
		return pgerr.New(pgerrcode.WrongObjectType, "cannot change inheritance of a partition")
	case t.IsPartitioned():
		return pgerr.New(pgerrcode.WrongObjectType, "cannot change inheritance of partitioned table")
	}
	return nil
}

func (e *Env) addInherit(ctx context.Context, t *catalog.Table, cmd *ast.AlterCmd) error {
	p, err := e.opened(cmd.Of, actionRefused("INHERIT"))
	if err != nil {
		return err
	}
	switch {
	case p.Temp && !t.Temp:
		return pgerr.Newf(pgerrcode.WrongObjectType, "cannot inherit from temporary relation %q", p.Name)
	case t.Temp && !p.Temp:
		return pgerr.NotSupported(int(cmd.Of.Pos), "temporary children of tables that are not are not supported")
	case p.IsPartitioned():
		return pgerr.Newf(pgerrcode.WrongObjectType, "cannot inherit from partitioned table %q", p.Name)
	case p.IsPartition():
		return pgerr.New(pgerrcode.WrongObjectType, "cannot inherit from a partition")
	case slices.Contains(t.Parents, p.ID):
		return pgerr.Newf(pgerrcode.DuplicateTable, "relation %q would be inherited from more than once", p.Name)
	case slices.ContainsFunc(e.Catalog.Family(t), func(m *catalog.Table) bool { return m.ID == p.ID }):
		return pgerr.New(pgerrcode.DuplicateTable, "circular inheritance not allowed").
			WithDetail("%q is already a child of %q.", p.Name, t.Name)
	}
	if err := mayBecomeChild(t, false); err != nil {
		return err
	}
	if err := e.own(ctx, p); err != nil {
		return err
	}
	n := copyTable(t)
	if err := e.mergeWithParent(n, p); err != nil {
		return err
	}
	n.Parents = append(slices.Clone(n.Parents), p.ID)
	if err := e.putTable(n); err != nil {
		return err
	}
	return e.join(ctx, p, n, false)
}

func (e *Env) dropInherit(ctx context.Context, t *catalog.Table, cmd *ast.AlterCmd) error {
	if t.IsPartition() {
		return pgerr.New(pgerrcode.WrongObjectType, "cannot change inheritance of a partition")
	}
	p, err := e.opened(cmd.Of, func(name, _ string) error {
		return pgerr.Newf(pgerrcode.UndefinedTable, "relation %q is not a parent of relation %q", name, t.Name)
	})
	if err != nil {
		return err
	}
	if !slices.Contains(t.Parents, p.ID) {
		if p.IsPartitioned() {
			return pgerr.Newf(pgerrcode.UndefinedTable, "relation %q is not a partition of relation %q", t.Name, p.Name)
		}
		return pgerr.Newf(pgerrcode.UndefinedTable, "relation %q is not a parent of relation %q", p.Name, t.Name)
	}
	n := copyTable(t)
	n.Parents = slices.DeleteFunc(slices.Clone(t.Parents), func(id catalog.ID) bool { return id == p.ID })
	leaveColumns(n, p)
	for _, k := range p.Constraints {
		c := constraintOf(n, k.Name)
		if k.Kind != catalog.CheckConstraint || k.NoInherit || c == nil || c.InhCount == 0 {
			continue
		}
		v := *c
		if v.InhCount--; v.InhCount == 0 {
			v.Inherited = false
		}
		replaceConstraint(n, &v)
	}
	if err := e.putTable(n); err != nil {
		return err
	}
	return e.leave(ctx, n, p.ID)
}
