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

// parentsThere looks whether the relations are there that a new table is to be a child of, each
// named once; whether they can have children is seen when they are opened.
func (e *Env) parentsThere(st *ast.CreateTable) error {
	var seen []catalog.ID
	for i := range st.Inherits {
		r, err := e.relation(&st.Inherits[i])
		if err != nil {
			return err
		}
		if r.table == nil {
			continue
		}
		if slices.Contains(seen, r.table.ID) {
			return pgerr.Newf(pgerrcode.DuplicateTable, "relation %q would be inherited from more than once", r.table.Name)
		}
		seen = append(seen, r.table.ID)
	}
	return nil
}

// parents finds the tables that a new one is a child of: those of INHERITS, or the one
// that it is a partition of.
func (e *Env) parents(ctx context.Context, t *catalog.Table, st *ast.CreateTable) ([]*catalog.Table, error) {
	if st.Bound != nil {
		p, err := e.partitionParent(ctx, &st.Inherits[0])
		if err != nil {
			return nil, err
		}
		if t.Temp != p.Temp {
			what := [2]string{"permanent", "temporary"}
			return nil, pgerr.Newf(pgerrcode.WrongObjectType, "cannot create a %s relation as partition of %s relation %q", what[b2i(t.Temp)], what[b2i(p.Temp)], p.Name)
		}
		return []*catalog.Table{p}, nil
	}
	var out []*catalog.Table
	for i := range st.Inherits {
		p, err := e.inheritable(ctx, t, &st.Inherits[i])
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// notInherited is the error of opened for a parent.
func notInherited(name, _ string) error {
	return pgerr.Newf(pgerrcode.WrongObjectType, "inherited relation %q is not a table or foreign table", name)
}

// inheritable finds a table that may have t for a child, and keeps others out of it.
func (e *Env) inheritable(ctx context.Context, t *catalog.Table, n *ast.QName) (*catalog.Table, error) {
	p, err := e.opened(n, notInherited)
	switch {
	case err != nil:
		return nil, err
	case p.IsPartitioned():
		return nil, pgerr.Newf(pgerrcode.WrongObjectType, "cannot inherit from partitioned table %q", p.Name)
	case p.IsPartition():
		return nil, pgerr.Newf(pgerrcode.WrongObjectType, "cannot inherit from partition %q", p.Name)
	case p.Temp && !t.Temp:
		return nil, pgerr.Newf(pgerrcode.WrongObjectType, "cannot inherit from temporary relation %q", p.Name)
	case t.Temp && !p.Temp:
		return nil, pgerr.NotSupported(int(n.Pos), "temporary children of tables that are not are not supported")
	}
	return p, e.own(ctx, p)
}

// inheritColumns gives a new table the columns of its parents, merged by name.
func (e *Env) inheritColumns(ctx context.Context, t *catalog.Table, parents []*catalog.Table) error {
	conflict := map[string]bool{} // columns with several defaults
	for _, p := range parents {
		for _, pc := range p.Listed() {
			if c := t.ColumnByName(pc.Name); c != nil {
				e.notice("00000", "merging multiple inherited definitions of column %q", c.Name)
				if err := e.mergeable(c, pc, "inherited column"); err != nil {
					return err
				}
				if err := mergeStorage(c, storageOf(pc), pc.Compression, "inherited column"); err != nil {
					return err
				}
				if pc.Default != "" && c.Default != pc.Default {
					conflict[c.Name] = conflict[c.Name] || c.Default != ""
					c.Default, c.DefaultID = pc.Default, pc.DefaultID
				}
				c.InhCount++
				c.NotNull = c.NotNull || pc.NotNull
				continue
			}
			c := *pc
			c.Num, c.InhCount, c.Inherited = int16(len(t.Columns)+1), 1, true
			c.Identity, c.SequenceID, c.AutoIncrement, c.Missing, c.Comment, c.StatTarget, c.Options = 0, 0, false, nil, "", 0, nil
			c.NDims = 0 // as PostgreSQL takes over the type alone
			if pc.Identity != 0 {
				c.Default, c.DefaultID = "", 0
			}
			t.Columns = append(t.Columns, c)
		}
	}
	e.conflicting = conflict
	for i := range t.Columns {
		c := &t.Columns[i]
		if c.DefaultID == 0 {
			continue
		}
		var err error
		if c.DefaultID, err = e.edit.NewID(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (e *Env) collationNamed(id catalog.ID) string {
	if id == 0 {
		return "default"
	}
	if c, ok := e.Catalog.CollationByID(id); ok {
		return c.Name
	}
	return ""
}

// mergeable compares two definitions of a column.
func (e *Env) mergeable(c, d *catalog.Column, what string) error {
	if c.Type != d.Type || c.Domain != d.Domain {
		return pgerr.Newf(pgerrcode.DatatypeMismatch, "%s %q has a type conflict", what, c.Name).
			WithDetail("%s versus %s", types.FormatType(c.Type), types.FormatType(d.Type))
	}
	if c.Collation != d.Collation {
		return pgerr.Newf(pgerrcode.CollationMismatch, "%s %q has a collation conflict", what, c.Name).
			WithDetail("%q versus %q", e.collationNamed(c.Collation), e.collationNamed(d.Collation))
	}
	if (c.Generated != 0) != (d.Generated != 0) && what == "inherited column" {
		return pgerr.Newf(pgerrcode.DatatypeMismatch, "%s %q has a generation conflict", what, c.Name)
	}
	return nil
}

// mergeColumn takes a declared column into the inherited one of its name; false if there
// is none.
func (e *Env) mergeColumn(t *catalog.Table, c *catalog.Column, d *ast.ColumnDef, partition bool) (at int, ok bool, err error) {
	old := t.ColumnByName(c.Name)
	if old == nil || old.InhCount == 0 || !old.Inherited {
		return 0, false, nil
	}
	at = int(old.Num) - 1
	if !partition {
		if e.declared == at {
			e.notice("00000", "merging column %q with inherited definition", c.Name)
		} else {
			n := pgerr.Newf("00000", "moving and merging column %q with inherited definition", c.Name).
				WithDetail("User-specified column moved to the position of the inherited column.")
			n.Severity = pgerr.Notice
			e.Notice(n)
		}
		if err := e.mergeable(old, c, "column"); err != nil {
			return 0, true, err
		}
		if err := mergeStorage(old, c.Storage, c.Compression, "column"); err != nil {
			return 0, true, err
		}
	}
	old.Inherited, old.NotNull = false, old.NotNull || c.NotNull
	if old.Generated != 0 {
		if c.Generated != 0 {
			return 0, true, pgerr.Newf(pgerrcode.InvalidColumnDefinition, "child column %q specifies generation expression", c.Name).
				WithHint("Omit the generation expression in the definition of the child table column to inherit the generation expression from the parent table.")
		}
		for i := range d.Constraints {
			switch d.Constraints[i].Kind {
			case ast.ConDefault:
				return 0, true, pgerr.Newf(pgerrcode.InvalidColumnDefinition, "column %q inherits from generated column but specifies default", c.Name)
			case ast.ConIdentity:
				return 0, true, pgerr.Newf(pgerrcode.InvalidColumnDefinition, "column %q inherits from generated column but specifies identity", c.Name)
			}
		}
	}
	if c.Identity != 0 {
		old.Identity, old.AutoIncrement = c.Identity, c.AutoIncrement
	}
	return at, true, nil
}

// noConflicts refuses columns whose parents have different defaults.
func (e *Env) noConflicts(t *catalog.Table, st *ast.CreateTable) error {
	for i := range t.Columns {
		c := &t.Columns[i]
		if !e.conflicting[c.Name] {
			continue
		}
		given := slices.ContainsFunc(st.Columns, func(d ast.ColumnDef) bool {
			return d.Name == c.Name && slices.ContainsFunc(d.Constraints, func(k ast.Constraint) bool { return k.Kind == ast.ConDefault || k.Kind == ast.ConGenerated })
		})
		if given {
			continue
		}
		if c.Generated != 0 {
			return pgerr.Newf(pgerrcode.InvalidColumnDefinition, "column %q inherits conflicting generation expressions", c.Name)
		}
		return pgerr.Newf(pgerrcode.InvalidColumnDefinition, "column %q inherits conflicting default values", c.Name).
			WithHint("To resolve the conflict, specify a default explicitly.")
	}
	return nil
}

// inheritChecks gives a table the CHECK constraints of its parents.
func (e *Env) inheritChecks(ctx context.Context, t *catalog.Table, parents []*catalog.Table) error {
	for _, p := range parents {
		for _, k := range p.Constraints {
			if k.Kind != catalog.CheckConstraint || k.NoInherit {
				continue
			}
			if _, err := e.inheritCheck(ctx, t, p, k, true); err != nil {
				return err
			}
		}
	}
	return nil
}

// inheritCheck gives a table a CHECK constraint of a parent, or merges it with the one of that
// name; added tells which. silent: of several parents' ones nothing is said.
func (e *Env) inheritCheck(ctx context.Context, t, p *catalog.Table, k *catalog.Constraint, silent bool) (added bool, err error) {
	if old := constraintOf(t, k.Name); old != nil {
		if silent && old.Kind == catalog.CheckConstraint && old.Expr != k.Expr {
			return false, pgerr.Newf(pgerrcode.DuplicateObject, "check constraint name %q appears multiple times but with different expressions", k.Name)
		}
		_, err := e.mergeCheck(t, old, k, true, silent)
		return false, err
	}
	c := *k
	if c.ID, err = e.edit.NewID(ctx); err != nil {
		return false, err
	}
	c.Columns, c.InhCount, c.Inherited, c.Comment = sameNamed(t, p, k.Columns), 1, true, ""
	t.Constraints = append(t.Constraints, &c)
	return true, nil
}

// mergeCheck merges a CHECK constraint of a table with one of the same name that a parent
// gives it, or that is declared where a parent has given it already
// (MergeWithExistingConstraint).
func (e *Env) mergeCheck(t *catalog.Table, old, k *catalog.Constraint, inherited, silent bool) (*catalog.Constraint, error) {
	_, stored := e.Catalog.TableByID(t.ID)
	allowed := inherited || !stored || old.Inherited && !t.IsPartition()
	conflict := func(with, of string) error {
		return pgerr.Newf(pgerrcode.InvalidObjectDefinition, "constraint %q conflicts with %s constraint on relation %q", k.Name, with, of)
	}
	switch {
	case old.Kind != catalog.CheckConstraint || old.Expr != k.Expr || !allowed || !inherited && old.InhCount == 0:
		return nil, pgerr.Newf(pgerrcode.DuplicateObject, "constraint %q for relation %q already exists", k.Name, t.Name)
	case old.NoInherit:
		return nil, conflict("non-inherited", t.Name)
	case old.InhCount > 0 && k.NoInherit:
		return nil, conflict("inherited", t.Name)
	case k.Validated && !old.Validated:
		return nil, conflict("NOT VALID", t.Name)
	}
	if !silent {
		e.notice("00000", "merging constraint %q with inherited definition", k.Name)
	}
	c := *old
	switch {
	case t.IsPartition():
		c.InhCount, c.Inherited = 1, true
	case inherited:
		c.InhCount++
	default:
		c.Inherited = false
	}
	replaceConstraint(t, &c)
	return &c, nil
}
