package define

import (
	"context"
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// columnsOfParent changes the columns of child id as those of its parent have changed.
func (e *Env) columnsOfParent(ctx context.Context, old, t *catalog.Table, id catalog.ID, cmd *ast.AlterCmd, only bool) error {
	for i := range t.Columns {
		now := &t.Columns[i]
		if i >= len(old.Columns) {
			if err := e.addInherited(ctx, id, now); err != nil {
				return err
			}
			continue
		}
		was := &old.Columns[i]
		child, _ := e.Catalog.TableByID(id)
		c := child.ColumnByName(was.Name)
		if was.Dropped || c == nil {
			continue
		}
		switch {
		case now.Dropped:
			if err := e.dropInherited(ctx, child, c, only, cmd.Cascade); err != nil {
				return err
			}
		case only:
		default:
			if err := e.columnFacts(ctx, was, now, child, c.Num); err != nil {
				return err
			}
		}
	}
	return nil
}

// columnFacts changes NOT NULL, default, generation and storage of a child's column.
func (e *Env) columnFacts(ctx context.Context, was, now *catalog.Column, child *catalog.Table, attr int16) error {
	n := copyTable(child)
	c := &n.Columns[attr-1]
	changed := false
	if now.NotNull && !c.NotNull {
		if err := e.Jobs.CheckNotNull(ctx, e.Txn, e.Catalog, child, attr); err != nil {
			return err
		}
		c.NotNull, changed = true, true
	}
	if was.NotNull && !now.NotNull && c.NotNull {
		if pk := n.PrimaryKey(); pk != nil && slices.Contains(pk.Columns, attr) {
			return pgerr.Newf(pgerrcode.InvalidTableDefinition, "column %q is in a primary key", c.Name)
		}
		c.NotNull, changed = false, true
	}
	if was.Generated != 0 && now.Generated == 0 && c.Generated != 0 {
		c.Generated, c.Default, changed = 0, "", true
	}
	if now.Default != was.Default && now.Generated == 0 && was.Generated == 0 {
		var err error
		if c.Default, c.SequenceID, c.DefaultID, changed = now.Default, 0, 0, true; c.Default != "" {
			if c.DefaultID, err = e.edit.NewID(ctx); err != nil {
				return err
			}
		}
	}
	if now.StatTarget != was.StatTarget && c.StatTarget != now.StatTarget {
		c.StatTarget, changed = now.StatTarget, true
	}
	if now.Storage != was.Storage && now.Type == was.Type && c.Storage != now.Storage {
		c.Storage, changed = now.Storage, true
	}
	if !changed {
		return nil
	}
	if err := e.own(ctx, child); err != nil {
		return err
	}
	return e.putTable(n)
}

// addInherited gives a child a new column of its parent.
func (e *Env) addInherited(ctx context.Context, id catalog.ID, pc *catalog.Column) error {
	old, _ := e.Catalog.TableByID(id)
	if err := e.own(ctx, old); err != nil {
		return err
	}
	t := copyTable(old)
	if c := t.ColumnByName(pc.Name); c != nil {
		switch {
		case c.Type != pc.Type || c.Domain != pc.Domain:
			return pgerr.Newf(pgerrcode.DatatypeMismatch, "child table %q has different type for column %q", t.Name, c.Name)
		case c.Collation != pc.Collation:
			return pgerr.Newf(pgerrcode.CollationMismatch, "child table %q has different collation for column %q", t.Name, c.Name)
		}
		c.InhCount++
		e.notice("00000", "merging definition of column %q for child %q", c.Name, t.Name)
		return e.putTable(t)
	}
	if err := e.notMemberOfItself(t, pc.Type); err != nil {
		return err
	}
	c := *pc
	c.Num, c.InhCount, c.Inherited, c.Comment = int16(len(t.Columns)+1), 1, true, ""
	c.Identity, c.SequenceID, c.AutoIncrement = 0, 0, false
	if pc.Identity != 0 {
		c.Default, c.DefaultID = "", 0
	}
	if c.DefaultID != 0 {
		var err error
		if c.DefaultID, err = e.edit.NewID(ctx); err != nil {
			return err
		}
	}
	t.Columns = append(t.Columns, c)
	if err := e.putTable(t); err != nil {
		return err
	}
	fill := (c.Default != "" || c.Domain != 0 || pc.Identity != 0) && c.Missing == nil && !t.IsPartitioned()
	if !fill {
		if c.NotNull && c.Missing == nil {
			return e.Jobs.CheckNotNull(ctx, e.Txn, e.Catalog, t, c.Num)
		}
		return nil
	}
	var value expr.Expr
	if c.Generated == 0 {
		var err error
		if value, err = bind.ColumnDefault(pc, e.options()); err != nil {
			return err
		}
		if k, ok := value.(*expr.Const); ok && c.Domain == 0 && k.D.IsNull() {
			return nil
		}
	}
	values := map[int16]expr.Expr{}
	if value != nil {
		values[c.Num] = value
	}
	_, err := e.rewrite(ctx, old, t, values)
	return err
}

// dropInherited takes a column from a child whose parent has lost it, unless it is its own or
// another parent's, too.
func (e *Env) dropInherited(ctx context.Context, child *catalog.Table, c *catalog.Column, only, cascade bool) error {
	if err := e.own(ctx, child); err != nil {
		return err
	}
	if c.InhCount > 1 || !c.Inherited || only {
		n := copyTable(child)
		k := &n.Columns[c.Num-1]
		if k.InhCount--; only {
			k.Inherited = false
		}
		return e.putTable(n)
	}
	if err := e.remove(ctx, []object{{kind: columnObject, id: child.ID, attr: c.Num}}, cascade); err != nil {
		return err
	}
	return e.freeRows(ctx, child.ID)
}

// checksOfParent changes the CHECK constraints of child id as those of its parent have changed.
func (e *Env) checksOfParent(ctx context.Context, old, t *catalog.Table, id catalog.ID, cmd *ast.AlterCmd, only bool) error {
	for _, k := range t.Constraints {
		was := constraintByID(old, k.ID)
		if k.Kind != catalog.CheckConstraint || k.NoInherit || was != nil && (was.Validated || !k.Validated) || only {
			continue
		}
		child, _ := e.Catalog.TableByID(id)
		if err := e.own(ctx, child); err != nil {
			return err
		}
		n := copyTable(child)
		if was == nil {
			if _, err := e.inheritCheck(ctx, n, t, k, false); err != nil {
				return err
			}
		} else if c := constraintOf(n, k.Name); c != nil {
			v := *c
			v.Validated = true
			replaceConstraint(n, &v)
		}
		if err := e.putTable(n); err != nil {
			return err
		}
		if c := constraintOf(n, k.Name); c != nil && c.Validated {
			if err := e.Jobs.Validate(ctx, e.Txn, e.Catalog, n, c); err != nil {
				return err
			}
		}
	}
	if cmd.Kind == ast.DropColumn {
		return nil // what goes with a column of the parent goes with the child's, or stays with it
	}
	for _, k := range old.Constraints {
		if k.Kind != catalog.CheckConstraint || k.NoInherit || constraintByID(t, k.ID) != nil {
			continue
		}
		child, _ := e.Catalog.TableByID(id)
		c := constraintOf(child, k.Name)
		if c == nil || c.Kind != catalog.CheckConstraint || c.InhCount == 0 {
			continue
		}
		if err := e.own(ctx, child); err != nil {
			return err
		}
		n := copyTable(child)
		if c.InhCount > 1 || !c.Inherited || only {
			v := *c
			if v.InhCount--; only {
				v.Inherited = false
			}
			replaceConstraint(n, &v)
		} else {
			removeConstraint(n, c.ID)
		}
		if err := e.putTable(n); err != nil {
			return err
		}
	}
	return nil
}
